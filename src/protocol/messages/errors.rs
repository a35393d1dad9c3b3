//! [`ErrorCode`]: why something was refused, under a stable name; it must not know what follows from it.

use serde::{Deserialize, Serialize};

/// Why a message, or a whole connection, was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// Not JSON, or not a frame.
    BadFrame,
    /// A message of no known name.
    UnknownMessage,
    /// A known message with a missing, unknown or impossible field.
    BadMessage,
    /// A binary message.
    NotText,
    /// Not UTF-8.
    NotUtf8,
    /// More than [`MAX_FRAME_BYTES`](crate::protocol::limits::MAX_FRAME_BYTES).
    TooLarge,
    /// The first message was not `hello`, or none came in time.
    HelloFirst,
    /// A second `hello`.
    HelloTwice,
    /// A number was skipped, or more was acknowledged than was sent.
    BadSequence,
    /// The match was never this peer's.
    NotYourMatch,
    /// A session description that no browser would make.
    BadSdp,
    /// A candidate that no browser would make, or one that names a host.
    BadCandidate,
    /// More than [`MAX_CANDIDATES`](crate::protocol::limits::MAX_CANDIDATES) for one description.
    TooManyCandidates,
    /// An epoch above [`MAX_EPOCH`](crate::protocol::limits::MAX_EPOCH).
    BadEpoch,
    /// More than [`MAX_REFUSALS`](crate::protocol::limits::MAX_REFUSALS) messages were refused.
    TooManyRefusals,
    /// Too much is unacknowledged: the page does not read.
    TooSlow,
    /// Nothing was heard for too long, see [`Heartbeat::silence`](crate::protocol::Heartbeat::silence).
    Silent,
    /// Another socket took this peer over.
    Replaced,
    /// This peer hides its address, and the server has no relay.
    NoRelay,
    /// It came too soon after others like it; the same may be said again later.
    RateLimited,
    /// The server has no room for another socket from this network.
    NetworkFull,
    /// The server has no room for another peer.
    ServerFull,
    /// The server stops.
    ServerStops,
}

impl ErrorCode {
    /// The close code with which the connection ends (RFC 6455, 7.4; from 4000 on our own), `None` if it goes on.
    pub const fn close_code(self) -> Option<u16> {
        match self {
            Self::NotYourMatch
            | Self::BadSdp
            | Self::BadCandidate
            | Self::TooManyCandidates
            | Self::BadEpoch
            | Self::RateLimited
            | Self::NoRelay => None,
            Self::NotText => Some(1003),
            Self::NotUtf8 => Some(1007),
            Self::TooManyRefusals | Self::TooSlow => Some(1008),
            Self::TooLarge => Some(1009),
            Self::ServerStops => Some(1012),
            Self::ServerFull | Self::NetworkFull => Some(1013),
            Self::BadFrame | Self::UnknownMessage | Self::BadMessage => Some(4400),
            Self::HelloFirst | Self::HelloTwice => Some(4401),
            Self::Silent => Some(4408),
            Self::BadSequence | Self::Replaced => Some(4409),
        }
    }
}
