//! The relay's state machine: a STUN and TURN server for the two ends of each match and for nobody else.
//!
//! [`Relay::handle`] takes one packet and turns it into what must be sent, and returns where. Time and randomness are
//! arguments, so the same history always gives the same packets.
//!
//! A relayed address is only a name. What one client sends to the name of another one of its match goes from the same
//! socket to that client's own address. No socket is opened for an allocation. But for a few short answers, no packet
//! goes to an address whose owner has not proven that it receives there.
//!
//! - `packet`, `path`: what comes in and goes out, from where and to where; `framing`: where it ends in a stream;
//! - `account`: what the driver knows of a user name;
//! - `nonce`, `source_limit`: what keeps false addresses from costing anything;
//! - `requests`: who may ask, and the answers; `reply` writes them;
//! - `allocations`, `name`: the clients, their matches and their names;
//! - `forward`: packets between the clients of a match;
//! - `counts`: what was done, for metrics.

mod account;
mod allocations;
mod counts;
mod forward;
mod framing;
mod name;
mod nonce;
mod packet;
mod path;
mod reply;
mod requests;
mod source_limit;

#[cfg(test)]
mod tests;

use crate::time::Moment;
use allocations::Allocations;
use nonce::Nonces;
use source_limit::SourceLimit;

pub use account::{Account, Accounts};
pub use counts::{Counts, DropReason};
pub use framing::{FRAME_HEADER_BYTES, Frame};
pub use packet::{MAX_PACKET_BYTES, Packet};
pub use path::{Path, Transport};

/// How much the relay may be used.
#[derive(Clone, Copy, Debug)]
pub struct RelayLimits {
    /// Maximum number of allocations. One more gets the error 508.
    pub max_allocations: usize,
    /// How much the two ends of a match may send together, in bytes of payload per second. What is more is dropped.
    pub match_bytes_per_second: u32,
}

/// Forwards packets between the clients of a match.
#[derive(Debug)]
pub struct Relay<A> {
    accounts: A,
    nonces: Nonces,
    source_limit: SourceLimit,
    allocations: Allocations,
    /// Ports of names, and ids of indications; neither must be secret.
    random: fastrand::Rng,
    counts: Counts,
}

impl<A: Accounts> Relay<A> {
    /// A relay without allocations. `seed` is for the nonces and all random numbers; it must come from the operating
    /// system, except in tests.
    pub fn new(seed: [u8; 32], limits: RelayLimits, accounts: A) -> Self {
        let mut random = fastrand::Rng::with_seed(seed.iter().fold(0, |all, it| {
            // Any mixture will do.
            u64::rotate_left(all, 5) ^ u64::from(*it)
        }));
        Self {
            accounts,
            nonces: Nonces::new(&seed),
            source_limit: SourceLimit::new(random.u64(..)),
            allocations: Allocations::new(limits.max_allocations, limits.match_bytes_per_second),
            random,
            counts: Counts::default(),
        }
    }

    /// Handles one packet from a client, and turns it into the one that must be sent to the returned path. `None` if
    /// nothing must be sent.
    ///
    /// Total: it never fails and never blocks. All decisions depend on `now`, but for the expiry of credentials, which
    /// is in `unix_seconds`.
    pub fn handle(
        &mut self,
        now: Moment,
        unix_seconds: u64,
        packet: &mut Packet,
        from: Path,
    ) -> Option<Path> {
        self.handle_timeout(now);
        let result = if from.remote.port() == 0 {
            Err(DropReason::NoPort)
        } else if packet.bytes().len() > MAX_PACKET_BYTES {
            Err(DropReason::Malformed)
        } else if packet.is_channel_data() || packet.is_send() {
            self.forward(now, packet, from)
        } else {
            self.on_request((now, unix_seconds), packet, from)
        };
        result.inspect_err(|why| self.counts.drop(*why)).ok()
    }

    /// The connection of a client is closed; its allocation ends (RFC 8656, 7.4).
    pub fn on_closed(&mut self, path: Path) {
        self.allocations.remove(path);
    }

    /// The driver could not send a packet, or has dropped one that waited to be sent.
    pub const fn on_dropped(&mut self, why: DropReason) {
        self.counts.drop(why);
    }

    /// Whether the client has an allocation.
    pub fn has_allocation(&self, path: Path) -> bool {
        self.allocations.get(path).is_some()
    }

    /// The connections of clients whose allocation has ended since the last call. The driver must close them: only an
    /// allocation counts them.
    pub fn take_ended_streams(&mut self) -> Vec<Path> {
        self.allocations.take_ended_streams()
    }

    /// When [`handle_timeout`](Self::handle_timeout) must be called next; `None` if nothing is due.
    pub fn deadline(&self) -> Option<Moment> {
        self.allocations.deadline()
    }

    /// Ends the allocations that were not refreshed.
    pub fn handle_timeout(&mut self, now: Moment) {
        self.allocations.expire(now);
    }

    /// How many allocations there are now.
    pub fn allocations(&self) -> usize {
        self.allocations.len()
    }

    /// What was done so far.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }
}
