//! [`Input`]: everything that can happen to the matchmaker.

use core::net::{IpAddr, Ipv6Addr};
use std::{fmt, time::Duration};

use super::{
    matches::own_relay::OwnRelay,
    moderation::types::{ReportRequest, SanctionUpdate, StoreAnswer},
};
use crate::{
    protocol::{
        ErrorCode, Frame, NetworkTag, ToServer,
        limits::{CLOSE_GOODBYE, CLOSE_NORMAL},
    },
    time::Moment,
};

/// One run of a process that serves sockets. A process draws a number at random when it starts, so that nothing meant
/// for an earlier run reaches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(pub u64);

/// One WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId {
    /// The edge that serves it.
    pub edge: EdgeId,
    /// Its number there: edges number their sockets from 1 and never reuse a number.
    pub number: u64,
}

/// The network that a socket comes from.
///
/// It is a whole IPv4 address, or the first 64 bits of an IPv6 address, which is what a household gets. Two peers of
/// one network may reach each other by private addresses; `matches::ice` also counts some networks as one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address. An IPv4-mapped IPv6 address counts as IPv4.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            it @ IpAddr::V4(_) => it,
            // Its first 64 bits are those of other addresses, too.
            it @ IpAddr::V6(Ipv6Addr::LOCALHOST) => it,
            IpAddr::V6(it) => {
                let [a, b, c, d, ..] = it.segments();
                [a, b, c, d, 0, 0, 0, 0].into()
            }
        })
    }

    /// The IPv4 address, or the first address of the IPv6 network.
    pub(crate) const fn address(self) -> IpAddr {
        self.0
    }
}

impl fmt::Debug for Network {
    /// Hides the address, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network(hidden)")
    }
}

/// One of the names under which people reach the server; the driver numbers them from 0. Pages of different names may
/// find the relay at different addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteIndex(pub usize);

/// The tags under which a network may be known: that of this month, which tickets get, and that of the last one.
pub type VisitTags = [Option<NetworkTag>; 2];

/// A new socket, and where its page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The socket.
    pub socket: SocketId,
    /// Its network.
    pub network: Network,
    /// The tags of that network, by which reports and sanctions name it: that of this month, and that of the last one.
    /// None if this server tags no networks, or cannot tell the networks of its visitors apart.
    pub network_tags: VisitTags,
    /// The name under which the page was opened.
    pub site: SiteIndex,
}

/// What the driver reads from the system for one input, besides the monotonic clock.
#[derive(Clone, Copy)]
pub struct Readings {
    /// Milliseconds since the Unix epoch, by the wall clock, which may step in either direction between two inputs.
    pub unix_ms: u64,
    /// Randomness from the operating system, or from a cryptographic generator that it has seeded, which is used for no
    /// other input. All ids, secrets and nonces depend on it.
    ///
    /// It, or the seed, must be read after the input has arrived. If a virtual machine is copied or restored after
    /// that, both copies do the same with the same input; if before, they read different randomness. So two tickets
    /// with different contents never have the same nonce.
    pub random: [u8; 32],
}

impl Readings {
    /// Readings for tests and benchmarks, never for a server: they are the same in each run. The wall clock runs with
    /// the monotonic one, which began at 1,700,000,000 s.
    pub const fn for_tests(now: Moment) -> Self {
        Self { unix_ms: 1_700_000_000_000 + now.as_millis(), random: [0; 32] }
    }
}

impl fmt::Debug for Readings {
    /// Hides the randomness.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readings").field("unix_ms", &self.unix_ms).finish_non_exhaustive()
    }
}

/// One event.
#[derive(Clone, Debug)]
pub enum Input {
    /// A WebSocket handshake has succeeded.
    Opened(Visit),
    /// A valid message has arrived.
    Message {
        /// The socket it came from.
        socket: SocketId,
        /// The message. Its descriptions and candidates have been validated.
        frame: Frame<ToServer>,
    },
    /// A message has arrived that is not valid.
    Refused {
        /// The socket it came from.
        socket: SocketId,
        /// What is wrong with it.
        code: ErrorCode,
        /// Its `seq` and `ack`, 0 where they could not be read; `None` if it was not a frame at all.
        numbers: Option<(u64, u64)>,
    },
    /// A message has exceeded a rate limit.
    RateLimited {
        /// The socket it came from.
        socket: SocketId,
        /// Its `seq` and `ack`.
        numbers: (u64, u64),
        /// How long the peer must wait before it may send such a message again.
        retry: Duration,
    },
    /// A socket is gone.
    Closed {
        /// The socket.
        socket: SocketId,
        /// How it ended.
        closing: Closing,
    },
    /// An edge is gone, and all its sockets with it. Their peers may come back through other edges.
    EdgeLost(EdgeId),
    /// An edge is about to stop. Its peers are told to come back through other edges; nothing of theirs is lost.
    EdgeDrains(EdgeId),
    /// An edge has a relay, which ends with it.
    EdgeRelay {
        /// The edge.
        edge: EdgeId,
        /// Where it is.
        relay: OwnRelay,
    },
    /// The store has answered an [`Output::StoreReport`](super::Output::StoreReport).
    ReportStored {
        /// The request.
        request: ReportRequest,
        /// What it says.
        answer: StoreAnswer,
    },
    /// Something was decided about a device or a network. It replaces what was decided about it before.
    Sanction(SanctionUpdate),
    /// The server is about to stop: reject new peers, and end the sessions of all peers that are not in a match. They
    /// come back when the next server is there.
    Drain {
        /// When this server stops at the latest, with or without matches. It stops at once if that is not later than
        /// now, because the next server is there already.
        until: Moment,
    },
    /// A deadline has passed: any moment at or after [`deadline`](super::Matchmaker::deadline).
    Tick,
}

/// How a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The page closed it on purpose.
    Goodbye,
    /// Anything else. The page may come back and resume.
    Lost,
}

impl Closing {
    /// What it means that a socket was closed with this code, or without one. `announced` is whether the page listed
    /// [`Feature::Goodbye`](crate::protocol::Feature::Goodbye) in its `hello`.
    ///
    /// Only one code is a goodbye. Proxies close sockets too, most often with 1000 or 1001.
    pub const fn of(code: Option<u16>, announced: bool) -> Self {
        let goodbye = if announced { CLOSE_GOODBYE } else { CLOSE_NORMAL };
        match code {
            Some(code) if code == goodbye => Self::Goodbye,
            Some(_) | None => Self::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_announced_close_code_is_a_goodbye() {
        let codes = || (1000..=1015).chain([3000, 4000, 4001]).map(Some).chain([None]);
        let goodbyes = |announced| {
            codes().filter(|it| Closing::of(*it, announced) == Closing::Goodbye).collect::<Vec<_>>()
        };
        assert_eq!(goodbyes(true), [Some(4000)], "a page that says how it leaves");
        assert_eq!(goodbyes(false), [Some(1000)], "a page of the first release");
    }
}
