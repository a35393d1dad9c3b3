//! The names that travel: who, which pairing, which connection; it must not know how they are made.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::limits::MAX_EPOCH;

/// One connected visitor, named by the server (UUID v7); it outlives a lost socket, never a reload of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeerId(pub Uuid);

/// One pairing of two peers (UUID v7); it rides on every signal, so that a stale one is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MatchId(pub Uuid);

/// One `RTCPeerConnection` within a match: 0 was made ahead of it, 1 is the first made for it, at most [`MAX_EPOCH`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

impl Epoch {
    /// The connection whose offer was made while its end still waited; only in a match that says so.
    pub const PREPARED: Self = Self(0);

    /// The first connection that is made for a match.
    pub const FIRST: Self = Self(1);

    /// Whether a match can come so far: at most [`MAX_EPOCH`].
    pub const fn is_possible(self) -> bool {
        self.0 <= MAX_EPOCH
    }

    /// The connection after this one; `None` after the last that a match may have.
    pub const fn next(self) -> Option<Self> {
        if self.0 < MAX_EPOCH { Some(Self(self.0 + 1)) } else { None }
    }
}

/// What a page must show to take its peer back after a lost socket: 122 random bits, good for one use.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub Uuid);

impl fmt::Debug for Secret {
    /// Hides the value: a secret that is printed is one no longer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}
