//! [`Features`]: what the two ends list in their handshake, so that neither sends what the other would refuse.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something that builds of the same version may or may not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// A page that lists it leaves with [`ToServer::Leave`](crate::protocol::ToServer::Leave) and the close code
    /// [`CLOSE_GOODBYE`](crate::protocol::limits::CLOSE_GOODBYE), and with nothing else. A server that lists it takes
    /// this, and nothing else, for the goodbye of such a page.
    Goodbye,
    /// A server that lists it answers [`ToServer::Check`](crate::protocol::ToServer::Check).
    Check,
    /// A server that lists it accepts [`ToServer::Unblock`](crate::protocol::ToServer::Unblock) for one pair.
    UnblockPair,
    /// A server that lists it accepts `soft` in [`ToServer::Join`](crate::protocol::ToServer::Join).
    SoftStart,
    /// A page that lists it understands [`ToBrowser::Reported`](crate::protocol::ToBrowser::Reported) and
    /// [`ToBrowser::Sanctioned`](crate::protocol::ToBrowser::Sanctioned). A server that lists it stores what
    /// [`ToServer::Report`](crate::protocol::ToServer::Report) says.
    Report,
    /// A page that lists it understands [`ToBrowser::Again`](crate::protocol::ToBrowser::Again).
    Again,
}

impl Feature {
    /// All features of this build.
    pub const ALL: [Self; 6] =
        [Self::Goodbye, Self::Check, Self::UnblockPair, Self::SoftStart, Self::Report, Self::Again];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Goodbye => "goodbye",
            Self::Check => "check",
            Self::UnblockPair => "unblock-pair",
            Self::SoftStart => "soft-start",
            Self::Report => "report",
            Self::Again => "again",
        }
    }
}

/// A set of features; on the wire a list of their names. Names that this build does not know are ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(u32);

impl Features {
    /// All features of this build.
    pub fn all() -> Self {
        Feature::ALL.into_iter().collect()
    }

    /// The same features without this one.
    #[must_use]
    pub const fn without(self, feature: Feature) -> Self {
        Self(self.0 & !Self::bit(feature))
    }

    /// Whether the feature is in the set.
    pub const fn has(self, feature: Feature) -> bool {
        self.0 & Self::bit(feature) != 0
    }

    /// Whether the set is empty.
    pub const fn are_none(&self) -> bool {
        self.0 == 0
    }

    const fn bit(feature: Feature) -> u32 {
        1 << feature as u32
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        Self(features.into_iter().fold(0, |set, it| set | Self::bit(it)))
    }
}

impl Serialize for Features {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(Feature::ALL.into_iter().filter(|it| self.has(*it)).map(Feature::name))
    }
}

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(Feature::ALL.into_iter().filter(|it| names.iter().any(|name| name == it.name())).collect())
    }
}
