//! `[limits]`: rates, sizes and timeouts for one peer, one network and the whole server.

use std::ops::RangeInclusive;

use serde::Deserialize;

use super::value::InvalidKey;
use crate::{
    protocol::limits::{HELLO_WITHIN, MAX_OUTBOX_BYTES},
    time::RateLimit,
};

/// The largest burst; a limit that allows more can as well be switched off.
const MAX_BURST: u32 = 10_000;

/// The highest rate: one per millisecond, in which the clock counts.
const MAX_PER_MINUTE: u32 = 60_000;

/// The range of every timeout but the next, in seconds.
const SECONDS: RangeInclusive<u64> = 1..=60;

/// The range of the time between two requests, in seconds. Load balancers keep idle connections for up to an hour.
const IDLE_SECONDS: RangeInclusive<u64> = 1..=4000;

/// The range of one peer's outbox, in KiB. The largest message fits into the smallest one, with some room to spare.
/// Even the largest one is a small part of what all outboxes may have together.
const OUTBOX_KIB: RangeInclusive<u32> = 64..=4096;

/// The range of the memory of all outboxes together, in MiB: from several times the largest outbox to more than a
/// machine is likely to have.
const OUTBOX_TOTAL_MIB: RangeInclusive<u32> = 16..=65_536;

/// `[limits]`: limits for one peer and one network, and timeouts.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct LimitSettings {
    /// Limits for the messages of one socket.
    pub peer: PeerLimits,
    /// Limits for all visitors of one network together: one IPv4 address or one /64 of IPv6.
    pub network: NetworkLimits,
    /// The maximum number of networks that are counted, 1 or more; about 100 bytes each. An IPv6 address counts for
    /// three. Beyond that, networks are not counted: an attacker with that many is not stopped by per-network limits.
    /// Default: 65536. `PASSERBY__LIMITS__NETWORKS`.
    pub networks: usize,
    /// The maximum number of open connections of one listener, not counting sockets, 1 or more; an idle one, or else
    /// the oldest, is closed to make room. A page needs six of them for a second. Default: 4096, which together with
    /// ten thousand sockets is far below the descriptors that `docs/passerby.service` allows. `PASSERBY__LIMITS__OPEN`.
    pub open: usize,
    /// Seconds for a TLS handshake, then for a request's head, 1 to 60. Default: 10. `PASSERBY__LIMITS__HEAD_SECONDS`.
    pub head_seconds: u64,
    /// Seconds for which a connection is kept open for the next request, 1 to 4000. It has to be longer than a proxy
    /// in front keeps idle connections: a proxy that sends a request just as the server closes answers with 502.
    /// Default: 75, because most keep them for 60. `PASSERBY__LIMITS__IDLE_SECONDS`.
    pub idle_seconds: u64,
    /// Seconds for which a write may make no progress, 1 to 60; also the total time for one message of a socket.
    /// Default: 10, because a phone in a tunnel is either back by then or gone. `PASSERBY__LIMITS__WRITE_SECONDS`.
    pub write_seconds: u64,
    /// Seconds from a socket's handshake to its `hello`, 1 to 60. Default: 5. `PASSERBY__LIMITS__HELLO_SECONDS`.
    pub hello_seconds: u64,
    /// KiB of descriptions and candidates stored for one peer until it acknowledges them, 64 to 4096. Default: 256.
    /// `PASSERBY__LIMITS__OUTBOX_KIB`.
    pub outbox_kib: u32,
    /// MiB of unacknowledged messages stored for all peers together, 16 to 65536. Beyond that, those are disconnected
    /// that have not acknowledged for longest and store more than an even share. Default: 144, more than
    /// 19,000 pages need that all join at once. `PASSERBY__LIMITS__OUTBOX_TOTAL_MIB`.
    pub outbox_total_mib: u32,
}

/// A burst, then a steady rate: `PASSERBY__LIMITS__PEER__JOINS__BURST` and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Rate {
    /// How many are allowed at once, up to 10000; 0 means no limit.
    pub burst: u32,
    /// How many are allowed per minute after the burst, evenly spread, 1 to 60000.
    pub per_minute: u32,
}

/// `[limits.peer]`: one token bucket per kind of message. A page never comes near these rates without a person's help.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct PeerLimits {
    /// `join`, `unblock` and `check`. `join` is sent after each partner who left, and whenever a preference changes, as
    /// when five topics are typed in.
    pub joins: Rate,
    /// `next`, `failed` and `report`: even an impatient person looks at a partner for two seconds on average.
    pub nexts: Rate,
    /// Offers and answers: a match has at most six connections, each with its offer and three ICE restarts.
    pub signals: Rate,
    /// Candidates and ends of candidates. The burst fits a whole match: 64 candidates and an end for each of six
    /// connections, 390. A peer that moves on every two seconds sends about 30 for the prepared offer and 30 for the
    /// answer each time.
    pub candidates: Rate,
    /// All other messages: pings, acknowledgements, `connected`, `leave`.
    pub others: Rate,
}

/// `[limits.network]`: sized for a school or a carrier's shared address where a hundred people use the site at once.
///
/// Each limit is for one IPv4 address or one /64 of IPv6. All networks of a /56 together may have twice as much, those
/// of a /48 eight times as much; of sockets and open connections not more than half of what the server has.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct NetworkLimits {
    /// The maximum number of sockets at a time, 0 for no limit. Default: 128, so that it takes eighty networks to fill
    /// a server. `PASSERBY__LIMITS__NETWORK__CONNECTIONS`.
    pub connections: usize,
    /// The maximum number of open connections, not counting sockets, 0 for no limit; any more are closed at once.
    /// Default: 512, because a page needs six for a second. `PASSERBY__LIMITS__NETWORK__OPEN`.
    pub open: usize,
    /// Page requests: the page is rendered for each one, the most expensive thing that a visitor can ask for.
    pub pages: Rate,
    /// New sockets: after an event or a restart, everyone connects within a minute.
    pub openings: Rate,
    /// `join`.
    pub joins: Rate,
    /// `next`, `failed` and `report`: enough for a hundred people who each move on every six seconds.
    pub nexts: Rate,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            peer: PeerLimits::default(),
            network: NetworkLimits::default(),
            networks: 65_536,
            open: 4096,
            head_seconds: 10,
            idle_seconds: 75,
            write_seconds: 10,
            hello_seconds: HELLO_WITHIN.as_secs(),
            outbox_kib: (MAX_OUTBOX_BYTES / 1024) as u32,
            outbox_total_mib: 144,
        }
    }
}

impl Default for PeerLimits {
    fn default() -> Self {
        Self {
            joins: Rate { burst: 20, per_minute: 60 },
            nexts: Rate { burst: 10, per_minute: 30 },
            signals: Rate { burst: 64, per_minute: 240 },
            candidates: Rate { burst: 512, per_minute: 2_400 },
            others: Rate { burst: 64, per_minute: 300 },
        }
    }
}

impl Default for NetworkLimits {
    fn default() -> Self {
        Self {
            connections: 128,
            open: 512,
            pages: Rate { burst: 256, per_minute: 600 },
            openings: Rate { burst: 128, per_minute: 120 },
            joins: Rate { burst: 256, per_minute: 1_200 },
            nexts: Rate { burst: 256, per_minute: 1_200 },
        }
    }
}

impl Rate {
    /// The limiter for this rate; `None` means no limit.
    pub(crate) fn rate_limit(self) -> Option<RateLimit> {
        (self.burst > 0).then(|| RateLimit::new(self.per_minute, self.burst))
    }

    fn check(self, key: &'static str) -> Result<(), InvalidKey> {
        if self.burst > MAX_BURST {
            let problem = format!("has a burst above {MAX_BURST}; use a burst of 0 for no limit");
            return Err(InvalidKey::new(key, problem));
        }
        if self.burst > 0 && !(1..=MAX_PER_MINUTE).contains(&self.per_minute) {
            let problem =
                format!("must have a per_minute of 1 to {MAX_PER_MINUTE}; use a burst of 0 for no limit");
            return Err(InvalidKey::new(key, problem));
        }
        Ok(())
    }
}

impl LimitSettings {
    /// Checks what the types do not.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if a value is out of range.
    pub(super) fn check(&self) -> Result<(), InvalidKey> {
        let Self {
            peer,
            network,
            networks,
            open,
            head_seconds,
            idle_seconds,
            write_seconds,
            hello_seconds,
            outbox_kib,
            outbox_total_mib,
        } = self;
        for (key, count) in [("limits.networks", networks), ("limits.open", open)] {
            if *count == 0 {
                return Err(InvalidKey::new(key, "must be 1 or more"));
            }
        }
        for (key, size, range) in [
            ("limits.outbox_kib", outbox_kib, OUTBOX_KIB),
            ("limits.outbox_total_mib", outbox_total_mib, OUTBOX_TOTAL_MIB),
        ] {
            if !range.contains(size) {
                let problem = format!("must be {} to {}", range.start(), range.end());
                return Err(InvalidKey::new(key, problem));
            }
        }
        for (key, seconds, range) in [
            ("limits.head_seconds", head_seconds, SECONDS),
            ("limits.idle_seconds", idle_seconds, IDLE_SECONDS),
            ("limits.write_seconds", write_seconds, SECONDS),
            ("limits.hello_seconds", hello_seconds, SECONDS),
        ] {
            if !range.contains(seconds) {
                let problem = format!("must be {} to {}", range.start(), range.end());
                return Err(InvalidKey::new(key, problem));
            }
        }
        for (key, rate) in [
            ("limits.peer.joins", peer.joins),
            ("limits.peer.nexts", peer.nexts),
            ("limits.peer.signals", peer.signals),
            ("limits.peer.candidates", peer.candidates),
            ("limits.peer.others", peer.others),
            ("limits.network.pages", network.pages),
            ("limits.network.openings", network.openings),
            ("limits.network.joins", network.joins),
            ("limits.network.nexts", network.nexts),
        ] {
            rate.check(key)?;
        }
        Ok(())
    }
}

/// A limit whose rejections are counted in the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// `limits.peer.joins`
    PeerJoins,
    /// `limits.peer.nexts`
    PeerNexts,
    /// `limits.peer.signals`
    PeerSignals,
    /// `limits.peer.candidates`
    PeerCandidates,
    /// `limits.peer.others`
    PeerOthers,
    /// `limits.network.connections`
    NetworkConnections,
    /// `limits.network.open`
    NetworkOpen,
    /// `limits.network.pages`
    NetworkPages,
    /// `limits.network.openings`
    NetworkOpenings,
    /// `limits.network.joins`
    NetworkJoins,
    /// `limits.network.nexts`
    NetworkNexts,
    /// `limits.networks`
    Networks,
    /// `limits.open`
    Open,
    /// `limits.head_seconds`
    Head,
    /// `limits.write_seconds`
    Write,
}

impl Limit {
    /// All limits in order, each with its value of the metric label `limit`.
    pub(crate) const ALL: [(Self, &str); 15] = [
        (Self::PeerJoins, "peer-joins"),
        (Self::PeerNexts, "peer-nexts"),
        (Self::PeerSignals, "peer-signals"),
        (Self::PeerCandidates, "peer-candidates"),
        (Self::PeerOthers, "peer-others"),
        (Self::NetworkConnections, "network-connections"),
        (Self::NetworkOpen, "network-open"),
        (Self::NetworkPages, "network-pages"),
        (Self::NetworkOpenings, "network-openings"),
        (Self::NetworkJoins, "network-joins"),
        (Self::NetworkNexts, "network-nexts"),
        (Self::Networks, "networks"),
        (Self::Open, "open"),
        (Self::Head, "head"),
        (Self::Write, "write"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::limits::{MAX_CANDIDATES, MAX_EPOCH};

    #[test]
    fn labels_are_in_the_order_of_the_variants() {
        assert!(Limit::ALL.iter().enumerate().all(|(n, it)| it.0 as usize == n));
    }

    #[test]
    fn candidate_burst_covers_a_whole_match() {
        let all = u32::from(MAX_CANDIDATES + 1) * MAX_EPOCH;
        assert!(all <= PeerLimits::default().candidates.burst, "{all}");
    }

    #[test]
    fn zero_burst_means_unlimited() {
        assert!(Rate { burst: 0, per_minute: 0 }.rate_limit().is_none());
        assert!(Rate { burst: 0, per_minute: 0 }.check("key").is_ok());
        assert!(Rate { burst: 1, per_minute: 0 }.check("key").is_err());
        assert!(Rate { burst: 1, per_minute: 60_001 }.check("key").is_err());
        assert!(Rate { burst: 10_001, per_minute: 1 }.check("key").is_err());
    }
}
