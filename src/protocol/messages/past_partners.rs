//! Past and blocked partners, by pair ids that reveal nothing without the server's key.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::comma_list::{self, Item};
use crate::protocol::limits::{MAX_BLOCKED, MAX_MET};

/// The id of a pair of devices, the same for both of them.
///
/// Without the server's key it reveals neither the devices nor whether one of them is in another pair.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PairId(pub Uuid);

impl fmt::Debug for PairId {
    /// Hides the value: no log may record which people have met.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairId(hidden)")
    }
}

impl FromStr for PairId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A pair that met recently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    /// The pair.
    pub pair: PairId,
    /// Whole minutes since they met.
    pub minutes_ago: u8,
}

/// The past partners that a page reports to the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastPairs {
    /// The most recent partners, the latest last, at most [`MAX_MET`]. The matchmaker prefers others.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "comma_list")]
    pub met: Vec<Met>,
    /// The blocked partners, the latest last, at most [`MAX_BLOCKED`]. They are never matched again.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "comma_list")]
    pub blocked: Vec<PairId>,
}

impl PastPairs {
    /// Whether both lists are empty.
    pub const fn is_none(&self) -> bool {
        self.met.is_empty() && self.blocked.is_empty()
    }
}

impl Item for Met {
    const MOST: usize = MAX_MET;

    fn write(&self) -> String {
        format!("{}:{}", self.pair.0, self.minutes_ago)
    }

    fn read(text: &str) -> Option<Self> {
        let (pair, minutes) = text.split_once(':')?;
        Some(Self { pair: pair.parse().ok()?, minutes_ago: minutes.parse().ok()? })
    }
}

impl Item for PairId {
    const MOST: usize = MAX_BLOCKED;

    fn write(&self) -> String {
        self.0.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}
