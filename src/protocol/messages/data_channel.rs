//! Messages between two browsers over the data channel, which the server cannot read.
//!
//! The channel is pre-negotiated (W3C WebRTC, `negotiated: true`), ordered and reliable, with the label
//! [`CHANNEL_LABEL`] and the id [`CHANNEL_ID`]; each message is one JSON text.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::protocol::Media;

/// The channel's label, which is also its version: pages of another version open another channel.
pub const CHANNEL_LABEL: &str = "passerby.v1";

/// The channel's stream id; any number on which both ends agree.
pub const CHANNEL_ID: u16 = 0;

/// Bytes of one message; longer ones are dropped unread. The longest text fits with its JSON escapes.
pub const MAX_PEER_MESSAGE_BYTES: usize = 4 * 1024;

/// One message. A page ignores messages that it does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerMessage {
    /// What the sender sends now. Sent when the channel opens, at each change and as a sign of life.
    Sending(Presence),
    /// The sender leaves the match; sent here too in case the server cannot be reached.
    Bye {},
    /// The impolite end commits itself to its random number for the verification code.
    Commit {
        /// The first 128 bits of the SHA-256 of the number.
        hash: Uuid,
    },
    /// The polite end's random number, chosen before it can know the other one.
    Nonce {
        /// 128 random bits.
        nonce: Uuid,
    },
    /// The impolite end reveals its random number.
    Reveal {
        /// 128 random bits that match the committed hash.
        nonce: Uuid,
    },
    /// A chat message. Sent again on a new connection until it is acknowledged.
    Chat {
        /// The number of this text among the sender's texts in this match, from 1.
        number: u32,
        /// At most [`MAX_CHAT_CHARS`](crate::protocol::limits::MAX_CHAT_CHARS).
        text: String,
    },
    /// Acknowledges the partner's chat messages.
    Got {
        /// The number of the last one received.
        number: u32,
    },
    /// The sender is typing.
    Typing {},
    /// The sender shows a reaction.
    React {
        /// The reaction.
        reaction: Reaction,
    },
    /// The sender has revealed their picture, in a match with a soft start. Sent again on a new connection.
    Revealed {},
    /// Whether the sender sees the picture that the receiver announces. Without one it asks for a key frame, and
    /// repeats that every few seconds.
    Sees {
        /// A picture arrives and moves.
        picture: bool,
    },
}

/// What one end sends, and whether its person is looking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The microphone is on and not muted.
    pub audio: bool,
    /// A picture is sent: the camera is on, or the screen is shared.
    pub video: bool,
    /// The picture shows a screen, so its text must stay legible to the edges.
    #[serde(default)]
    pub screen: bool,
    /// The page is in the background.
    #[serde(default)]
    pub away: bool,
    /// A device that the person has turned on gives nothing: the system has muted it, or it was lost.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub interrupted: bool,
    /// The sender wants to receive less data.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub less_data: bool,
}

impl Presence {
    /// The media that is sent.
    pub const fn media(self) -> Media {
        Media { audio: self.audio, video: self.video }
    }
}

impl From<Media> for Presence {
    fn from(Media { audio, video }: Media) -> Self {
        Self { audio, video, ..Self::default() }
    }
}

/// A reaction without words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reaction {
    /// Hello or goodbye.
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
    /// All reactions, in the order in which the page offers them.
    pub const ALL: [Self; 5] = [Self::Wave, Self::ThumbsUp, Self::Laugh, Self::Heart, Self::Clap];
}
