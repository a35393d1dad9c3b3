//! Parts of messages: roles, media, servers, limits, and why a match ended.

use serde::{Deserialize, Serialize};

use crate::protocol::{PeerId, Secret};

/// Proves that a page is the one whose socket was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The peer, from the last `welcome`.
    pub peer: PeerId,
    /// The secret, from the last `welcome`.
    pub secret: Secret,
}

/// Which media a peer sends; it may have no camera or no microphone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Sound from a microphone.
    pub audio: bool,
    /// Picture from a camera.
    pub video: bool,
}

/// The role of a peer in perfect negotiation (W3C WebRTC, "Perfect Negotiation Example"); each match has one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Makes the first offer, and ignores an offer that collides with its own. The peer that waited longer.
    Impolite,
    /// Answers, and rolls back its own offer if two offers collide.
    Polite,
}

/// One entry of `RTCConfiguration.iceServers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:` and `turn:` URLs.
    pub urls: Vec<String>,
    /// The user name for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// The state of the partner's socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signalling {
    /// Lost; the partner may resume within its grace period.
    Lost,
    /// Connected again.
    Back,
}

/// Why a match ended, from the recipient's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// This peer asked for another partner and is waiting again.
    Next,
    /// This peer left.
    Left,
    /// The partner asked for another partner.
    PartnerNext,
    /// The partner left.
    PartnerLeft,
    /// The partner's socket was lost and did not come back within the grace period.
    PartnerLost,
    /// The two could not be connected, or not any more; both are waiting again. After the first failure, an end that
    /// did its part is at its old place.
    Unconnected,
}

/// The limits for a page, sent so that a page of another version can keep to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of one message.
    pub frame_bytes: u32,
    /// Bytes of one session description.
    pub sdp_bytes: u32,
    /// Bytes of one candidate.
    pub candidate_bytes: u32,
    /// Candidates per epoch.
    pub candidates: u16,
    /// Milliseconds between two signs of life of a page that waits or talks.
    pub heartbeat_ms: u32,
    /// Milliseconds between two signs of life of an idle page.
    pub idle_heartbeat_ms: u32,
    /// Milliseconds that a matched peer has to resume.
    pub grace_ms: u32,
}
