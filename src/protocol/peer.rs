//! What two browsers say to each other over the data channel, where the server cannot read it.
//!
//! The channel is negotiated beforehand (W3C WebRTC, `negotiated: true`), ordered and reliable, named
//! [`CHANNEL_LABEL`] with the number [`CHANNEL_ID`]; each message is one JSON text.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The channel's label and version: who speaks another one does not open this one.
pub const CHANNEL_LABEL: &str = "passerby.v1";

/// The channel's stream number; any that both ends agree on.
pub const CHANNEL_ID: u16 = 0;

/// Bytes of one message; longer ones are dropped unread. The largest message of today has under 100.
pub const MAX_PEER_MESSAGE_BYTES: usize = 4 * 1024;

/// One message. A page passes over what it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerMessage {
    /// What the sender sends at this moment; said when the channel opens and at each change.
    Sending {
        /// The microphone is there and not muted.
        audio: bool,
        /// The camera is there and on.
        video: bool,
    },
    /// The sender leaves the match, and says so here in case the server cannot.
    Bye {},
    /// The impolite end has chosen its number for the code that both can compare, and binds itself to it.
    Commit {
        /// The first 128 bits of the SHA-256 of the number.
        hash: Uuid,
    },
    /// The polite end's number, chosen before it could know the other one.
    Nonce {
        /// 128 random bits.
        nonce: Uuid,
    },
    /// The impolite end's number.
    Reveal {
        /// 128 random bits, whose hash is what was committed to.
        nonce: Uuid,
    },
}
