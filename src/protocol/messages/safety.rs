//! Reports, sanctions and soft start: what a person says about a partner, what was decided about a device, and whether
//! pictures are blurred at first.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::protocol::{ReportReason, limits::MAX_REPORT_CHARS};

/// What a person writes about a reported partner: at most [`MAX_REPORT_CHARS`] characters, often none.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ReportWords(String);

impl ReportWords {
    /// These words; `None` if there are too many.
    pub fn new(text: &str) -> Option<Self> {
        let chars = text.chars().take(MAX_REPORT_CHARS + 1).count();
        (chars <= MAX_REPORT_CHARS).then(|| Self(text.to_owned()))
    }

    /// Whether nothing was written.
    pub const fn are_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for ReportWords {
    /// Hides the text: what a person says about another one is private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReportWords(hidden)")
    }
}

impl AsRef<str> for ReportWords {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for ReportWords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| D::Error::custom("too many characters"))
    }
}

/// What came of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportResult {
    /// It is stored, and a person will look at it.
    Accepted,
    /// This end of the match has reported its partner before.
    AlreadyReported,
    /// It cannot be stored now, or this server stores none. The page may send it again later.
    NotNow,
    /// The ticket is not one that this device got from a server with our key within the last 24 hours.
    InvalidTicket,
    /// This device has sent [`MAX_REPORTS`](crate::protocol::limits::MAX_REPORTS) reports in the last 24 hours.
    TooMany,
}

/// What a device may no longer do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// Nothing is refused: its person is only told.
    Warned,
    /// It may not take part for some minutes.
    Paused,
    /// It may not take part for longer.
    Banned,
}

impl NoticeKind {
    /// Whether the device may not take part.
    pub const fn is_refusal(self) -> bool {
        match self {
            Self::Warned => false,
            Self::Paused | Self::Banned => true,
        }
    }
}

/// A decision about a device, with what its person is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SanctionNotice {
    /// What was decided.
    pub kind: NoticeKind,
    /// Why.
    pub reason: ReportReason,
    /// When it ends, in seconds since the Unix epoch.
    pub until: u64,
    /// Whether no person has decided it.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub automatic: bool,
    /// The code with which the person can appeal; absent if there is nothing to appeal against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<String>,
}

/// What a server wants of its visitors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoftStart {
    /// Calls start with the pictures as they are, unless one of the two wants otherwise.
    #[default]
    Off,
    /// Calls start softly, unless both want otherwise.
    On,
    /// All calls start softly.
    Forced,
}

impl SoftStart {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::On, Self::Forced];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Forced => "forced",
        }
    }

    /// The one with this name; the default for any other text.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.name() == name).unwrap_or_default()
    }
}
