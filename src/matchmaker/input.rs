//! All that can happen to the matchmaker; it must not know how the driver came to know it.

use core::net::IpAddr;
use std::{fmt, time::Duration};

use crate::protocol::{ErrorCode, Frame, ToServer};

/// One socket, numbered by the server from 1, never twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

/// Where a socket comes from, as far as that tells one network from another.
///
/// An IPv4 address or the first half of an IPv6 address, which is what a household has. Two in the same one may reach each other by private addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address; an IPv4 address that is written as IPv6 is taken for what it is.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            it @ IpAddr::V4(_) => it,
            IpAddr::V6(it) => {
                let [a, b, c, d, ..] = it.segments();
                [a, b, c, d, 0, 0, 0, 0].into()
            }
        })
    }
}

impl fmt::Debug for Network {
    /// Hides the address: it must not get into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network(hidden)")
    }
}

/// One fact.
#[derive(Clone, Debug)]
pub enum Input {
    /// A WebSocket handshake has succeeded.
    Opened {
        /// The new socket.
        connection: SocketId,
        /// Where it comes from.
        network: Network,
    },
    /// A well-formed message has come.
    Said {
        /// From whom.
        connection: SocketId,
        /// The message; descriptions and candidates in it have passed their checks.
        frame: Frame<ToServer>,
    },
    /// Something has come that must not be heard.
    Refused {
        /// From whom.
        connection: SocketId,
        /// What is wrong with it.
        code: ErrorCode,
        /// Its `seq` and `ack`, 0 for what could not be read; `None` where there was no frame.
        numbers: Option<(u64, u64)>,
    },
    /// Something has come sooner after others like it than the server allows.
    TooSoon {
        /// From whom.
        connection: SocketId,
        /// Its `seq` and `ack`.
        numbers: (u64, u64),
        /// When the same may be said again.
        retry: Duration,
    },
    /// The socket is gone.
    Closed {
        /// Which.
        connection: SocketId,
        /// How.
        closing: Closing,
    },
    /// The server is going to stop: nobody new is let in, who is not in a match is sent away.
    Drain,
    /// A deadline has come; any moment at or after [`next_deadline`](super::Matchmaker::next_deadline).
    Tick,
}

/// How a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// With a close frame from the page: it left on purpose.
    Goodbye,
    /// Without one: the page may come back and resume.
    Lost,
}
