//! What two browsers say to each other over the data channel, where the server cannot read it.
//!
//! The channel is negotiated beforehand (W3C WebRTC, `negotiated: true`), ordered and reliable, named
//! [`CHANNEL_LABEL`] with the number [`CHANNEL_ID`]; each message is one JSON text.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::protocol::Media;

/// The channel's label and version: who speaks another one does not open this one.
pub const CHANNEL_LABEL: &str = "passerby.v1";

/// The channel's stream number; any that both ends agree on.
pub const CHANNEL_ID: u16 = 0;

/// Bytes of one message; longer ones are dropped unread. Room for the longest text with its JSON escapes.
pub const MAX_PEER_MESSAGE_BYTES: usize = 4 * 1024;

/// One message. A page passes over what it does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerMessage {
    /// What the sender sends at this moment; said when the channel opens and at each change.
    Sending(Presence),
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
    /// The sender has written something. Said again on a fresh connection if it was not acknowledged.
    Chat {
        /// Counts the sender's texts in this match from 1.
        number: u32,
        /// At most [`MAX_CHAT_CHARS`](crate::protocol::limits::MAX_CHAT_CHARS).
        text: String,
    },
    /// The sender has got the other's texts.
    Got {
        /// The number of the last one.
        number: u32,
    },
    /// The sender is writing.
    Typing {},
    /// The sender shows what it feels.
    React {
        /// What.
        reaction: Reaction,
    },
}

/// What one end sends, and whether it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The microphone is there and not muted.
    pub audio: bool,
    /// A picture is sent: the camera is on, or the screen is shared.
    pub video: bool,
    /// The picture is that of a screen, whose text must be legible to its edges.
    #[serde(default)]
    pub screen: bool,
    /// The page is in the background.
    #[serde(default)]
    pub away: bool,
}

impl Presence {
    /// What there is to be seen and heard.
    pub const fn media(self) -> Media {
        Media { audio: self.audio, video: self.video }
    }
}

impl From<Media> for Presence {
    fn from(Media { audio, video }: Media) -> Self {
        Self { audio, video, ..Self::default() }
    }
}

/// What can be said without words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reaction {
    /// Hello, or goodbye.
    Wave,
    /// Yes.
    ThumbsUp,
    /// That is funny.
    Laugh,
    /// That is lovely.
    Heart,
    /// Well done.
    Clap,
}

impl Reaction {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Wave, Self::ThumbsUp, Self::Laugh, Self::Heart, Self::Clap];
}
