//! [`Input`]: everything that can happen to the matchmaker.

use core::net::IpAddr;
use std::{fmt, time::Duration};

use crate::{
    protocol::{ErrorCode, Frame, ToServer},
    time::Moment,
};

/// One WebSocket. The server numbers them from 1 and never reuses a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

/// The network that a socket comes from.
///
/// It is a whole IPv4 address, or the first 64 bits of an IPv6 address, which is what a household gets. Two peers of
/// one network may reach each other by private addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address. An IPv4-mapped IPv6 address counts as IPv4.
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
    /// Hides the address, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network(hidden)")
    }
}

/// One event.
#[derive(Clone, Debug)]
pub enum Input {
    /// A WebSocket handshake has succeeded.
    Opened {
        /// The new socket.
        socket: SocketId,
        /// Its network.
        network: Network,
    },
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
