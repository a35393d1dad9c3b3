//! [`ErrorCode`]: the stable codes for why something was refused.

use serde::{Deserialize, Serialize};

/// Why a message or a whole connection was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// Not JSON, or not a frame.
    BadFrame,
    /// A message with an unknown name.
    UnknownMessage,
    /// A known message with a missing, unknown or impossible field.
    BadMessage,
    /// A binary message.
    NotText,
    /// Not UTF-8.
    NotUtf8,
    /// Larger than [`MAX_FRAME_BYTES`](crate::protocol::limits::MAX_FRAME_BYTES).
    TooLarge,
    /// The first message was not `hello`, or no message came in time.
    HelloFirst,
    /// A second `hello`.
    HelloTwice,
    /// A number was skipped, or more was acknowledged than was sent.
    BadSequence,
    /// The match never belonged to this peer.
    NotYourMatch,
    /// A session description that no browser would create.
    BadSdp,
    /// A candidate that no browser would create, or one with a host name.
    BadCandidate,
    /// More than [`MAX_CANDIDATES`](crate::protocol::limits::MAX_CANDIDATES) for one description.
    TooManyCandidates,
    /// An epoch above [`MAX_EPOCH`](crate::protocol::limits::MAX_EPOCH).
    BadEpoch,
    /// More than [`MAX_REFUSALS`](crate::protocol::limits::MAX_REFUSALS) messages were refused.
    TooManyRefusals,
    /// Too many messages are unacknowledged, or one was for too long: the page does not read.
    TooSlow,
    /// Nothing arrived for too long, see [`Heartbeat::silence`](crate::protocol::Heartbeat::silence).
    Silent,
    /// Another socket has resumed this peer.
    Replaced,
    /// This peer hides its address, and the server has no relay.
    NoRelay,
    /// Too many messages of this kind in too short a time; the page may try again later.
    RateLimited,
    /// The page has been loaded from an address that is not one of this server's origins.
    WrongOrigin,
    /// This device may not take part now; [`ToBrowser::Sanctioned`](crate::protocol::ToBrowser::Sanctioned) has said
    /// why and until when.
    Sanctioned,
    /// This server starts sessions only for people whose age a provider has stated.
    AgeRequired,
    /// This network has too many open sockets.
    NetworkFull,
    /// The server has too many peers.
    ServerFull,
    /// The server is shutting down.
    ServerStops,
}

impl ErrorCode {
    /// The close code of the connection (RFC 6455, 7.4; codes from 4000 on are ours); `None` if it stays open.
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
            Self::WrongOrigin | Self::Sanctioned | Self::AgeRequired => Some(4403),
            Self::Silent => Some(4408),
            Self::BadSequence | Self::Replaced => Some(4409),
        }
    }
}
