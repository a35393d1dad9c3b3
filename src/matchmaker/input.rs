//! All that can happen to the matchmaker; it must not know how the driver came to know it.

use crate::protocol::{ErrorCode, Frame, ToServer};

/// One socket, numbered by the server from 1, never twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Connection(pub u64);

/// One fact.
#[derive(Clone, Debug)]
pub enum Input {
    /// A WebSocket handshake has succeeded.
    Opened {
        /// The new socket.
        connection: Connection,
    },
    /// A well-formed message has come.
    Said {
        /// From whom.
        connection: Connection,
        /// The message; descriptions and candidates in it have passed their checks.
        frame: Frame<ToServer>,
    },
    /// Something has come that must not be heard.
    Refused {
        /// From whom.
        connection: Connection,
        /// What is wrong with it.
        code: ErrorCode,
        /// Its `seq` and `ack`, 0 for what could not be read; `None` where there was no frame.
        numbers: Option<(u64, u64)>,
    },
    /// The socket is gone.
    Closed {
        /// Which.
        connection: Connection,
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
