//! Whom a page has met and does not want to meet again, by names that nobody else can read; it must not know who they are.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::comma_list;
use crate::protocol::limits::{MAX_BLOCKED, MAX_MET};

/// Two devices, the same whichever of the two is told it. It tells nothing to who does not have the server's key: not who
/// the two are, nor whether either of them is in another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PairId(pub Uuid);

impl fmt::Debug for PairId {
    /// Hides the value: who has met whom must not get into a log.
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

/// A pair that met not long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    /// The two.
    pub pair: PairId,
    /// Whole minutes since.
    pub minutes_ago: u8,
}

/// What a page tells the server of whom it has met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastPairs {
    /// Whom it met last, the latest last: at most [`MAX_MET`]. By preference it meets somebody else.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "write_met",
        deserialize_with = "read_met"
    )]
    pub met: Vec<Met>,
    /// Whom it never wants to meet again, the latest last: at most [`MAX_BLOCKED`].
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "write_blocked",
        deserialize_with = "read_blocked"
    )]
    pub blocked: Vec<PairId>,
}

impl PastPairs {
    /// Whether there is none.
    pub const fn is_none(&self) -> bool {
        self.met.is_empty() && self.blocked.is_empty()
    }
}

fn write_met<S: Serializer>(all: &[Met], serializer: S) -> Result<S::Ok, S::Error> {
    comma_list::join(all.iter().map(|it| format!("{}:{}", it.pair.0, it.minutes_ago)), serializer)
}

fn read_met<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Met>, D::Error> {
    comma_list::split(deserializer, MAX_MET, |text| {
        let (pair, minutes) = text.split_once(':')?;
        Some(Met { pair: pair.parse().ok()?, minutes_ago: minutes.parse().ok()? })
    })
}

fn write_blocked<S: Serializer>(all: &[PairId], serializer: S) -> Result<S::Ok, S::Error> {
    comma_list::join(all.iter().map(|it| it.0.to_string()), serializer)
}

fn read_blocked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PairId>, D::Error> {
    comma_list::split(deserializer, MAX_BLOCKED, |text| text.parse().ok())
}
