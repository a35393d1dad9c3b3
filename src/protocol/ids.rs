//! The ids on the wire: of peers, matches, connections, devices and networks, the secret for resuming, and why people
//! are reported.

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

/// One browser on one device, for as long as it stores its signed name: 122 random bits. It travels only signed or
/// sealed.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceId(pub Uuid);

impl fmt::Debug for DeviceId {
    /// Hides the value: it would link what one person did.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceId(hidden)")
    }
}

/// A keyed tag of an IPv4 address or an IPv6 /64, 128 bits: it says that two addresses are the same, never which.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NetworkTag(pub [u8; 16]);

impl NetworkTag {
    /// Stands for all networks of which the server has no tag: they count as one. No network has it.
    pub const UNKNOWN: Self = Self([0; 16]);
}

impl fmt::Debug for NetworkTag {
    /// Hides the value: it would link the people of one network.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkTag(hidden)")
    }
}

/// Why somebody is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportReason {
    /// Nudity or sexual acts.
    Nudity,
    /// Insults, stalking, or pressure to do something.
    Harassment,
    /// Hate against a group of people.
    Hate,
    /// Advertisements, a recording in place of a camera, or a program in place of a person.
    Spam,
    /// The person looks younger than 18.
    UnderAge,
    /// Threats, also to publish a recording.
    Threats,
    /// Anything else.
    Other,
}

impl ReportReason {
    /// All reasons, in the order in which people are asked.
    pub const ALL: [Self; 7] =
        [Self::Nudity, Self::Harassment, Self::Hate, Self::Spam, Self::UnderAge, Self::Threats, Self::Other];

    /// Its name on the wire and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nudity => "nudity",
            Self::Harassment => "harassment",
            Self::Hate => "hate",
            Self::Spam => "spam",
            Self::UnderAge => "under-age",
            Self::Threats => "threats",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_the_same_names_everywhere() {
        for reason in ReportReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }

    #[test]
    fn devices_and_networks_are_never_printed() {
        let device = DeviceId(Uuid::from_u128(0x1234));
        assert_eq!(format!("{device:?} {:?}", NetworkTag([7; 16])), "DeviceId(hidden) NetworkTag(hidden)");
    }
}
