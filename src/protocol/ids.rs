//! The ids on the wire: of peers, matches and connections, and the secret for resuming.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::limits::MAX_EPOCH;

/// One connected page, named by the server (UUID v7); it outlives a lost socket but not a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeerId(pub Uuid);

/// One match of two peers (UUID v7); every signal carries it, so that stale signals are recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MatchId(pub Uuid);

/// One `RTCPeerConnection` of a match, at most [`MAX_EPOCH`]: 0 was prepared before the match, 1 is its first own one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

impl Epoch {
    /// The connection whose offer was prepared while its peer was waiting; only in a match that announces it.
    pub const PREPARED: Self = Self(0);

    /// The first connection made for a match.
    pub const FIRST: Self = Self(1);

    /// Whether this epoch is within [`MAX_EPOCH`].
    pub const fn is_possible(self) -> bool {
        self.0 <= MAX_EPOCH
    }

    /// The next epoch; `None` after [`MAX_EPOCH`].
    pub const fn next(self) -> Option<Self> {
        if self.0 < MAX_EPOCH { Some(Self(self.0 + 1)) } else { None }
    }
}

/// The secret that resumes a peer after a lost socket: 122 random bits, valid until the next one is known to have
/// arrived.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub Uuid);

impl fmt::Debug for Secret {
    /// Hides the value: secrets are never printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}
