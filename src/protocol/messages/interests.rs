//! What people like to talk about, in which languages, and how much of it two have in common; it must not know who is
//! matched with whom.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::comma_list::{self, SEPARATOR};
use crate::protocol::limits::{MAX_INTEREST_CHARS, MAX_INTERESTS, MAX_LANGUAGES};

/// What people put between the things that they name: commas and semicolons as the keyboards of different scripts have them.
const COMMAS: [char; 6] = [SEPARATOR, ';', '\u{ff0c}', '\u{ff1b}', '\u{3001}', '\u{60c}'];

/// Something to talk about, in any script: 1 to [`MAX_INTEREST_CHARS`] characters, no comma and no control character among
/// them, and no space at either end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interest(String);

impl fmt::Debug for Interest {
    /// Hides the text: what people like is nobody else's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interest(hidden)")
    }
}

impl Interest {
    /// An interest, if the text is one.
    pub fn new(text: &str) -> Option<Self> {
        let chars = text.chars().take(MAX_INTEREST_CHARS + 1).count();
        let is_short = (1..=MAX_INTEREST_CHARS).contains(&chars);
        let is_plain = text.trim() == text && !text.contains(|it: char| it.is_control() || it == SEPARATOR);
        (is_short && is_plain).then(|| Self(text.to_owned()))
    }

    /// The interests in what somebody has written, the first [`MAX_INTERESTS`]; what is none is passed over.
    pub fn all_in(text: &str) -> Vec<Self> {
        text.split(COMMAS).filter_map(|it| Self::new(it.trim())).take(MAX_INTERESTS).collect()
    }
}

impl AsRef<str> for Interest {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A language, by the primary subtag of its tag (RFC 5646, 2.2.1): two to eight small letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language([u8; 8]);

impl Language {
    /// A language, if the text is the subtag of one.
    pub fn new(subtag: &str) -> Option<Self> {
        let mut letters = [b' '; 8];
        let is_one = subtag.len() >= 2 && subtag.bytes().all(|it| it.is_ascii_lowercase());
        letters.get_mut(..subtag.len()).filter(|_| is_one)?.copy_from_slice(subtag.as_bytes());
        Some(Self(letters))
    }
}

impl AsRef<str> for Language {
    fn as_ref(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default().trim_end()
    }
}

/// What somebody would like to have in common with a partner; may be nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tastes {
    /// At most [`MAX_INTERESTS`].
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "joined",
        deserialize_with = "interests"
    )]
    pub interests: Vec<Interest>,
    /// At most [`MAX_LANGUAGES`]; who names none speaks with everybody.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "joined",
        deserialize_with = "languages"
    )]
    pub languages: Vec<Language>,
}

impl Tastes {
    /// Whether there are none.
    pub const fn are_none(&self) -> bool {
        self.interests.is_empty() && self.languages.is_empty()
    }

    /// What two have in common.
    pub fn shared_with(&self, other: &Self) -> Self {
        Self {
            interests: self.interests.iter().filter(|it| other.interests.contains(it)).cloned().collect(),
            languages: self.languages.iter().filter(|it| other.languages.contains(it)).copied().collect(),
        }
    }

    /// The closest of these, where they are what two have in common.
    pub const fn closest(&self) -> Affinity {
        if !self.interests.is_empty() {
            Affinity::Interest
        } else if !self.languages.is_empty() {
            Affinity::Language
        } else {
            Affinity::Anybody
        }
    }
}

/// How much two have in common, the closest first; and how much somebody wants at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affinity {
    /// An interest, and a language.
    Interest,
    /// A language.
    Language,
    /// Nothing that they have named.
    Anybody,
}

impl Affinity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Interest, Self::Language, Self::Anybody];
}

fn joined<S: Serializer, T: AsRef<str>>(all: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    comma_list::join(all.iter().map(|it| it.as_ref().to_owned()), serializer)
}

fn interests<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Interest>, D::Error> {
    comma_list::split(deserializer, MAX_INTERESTS, Interest::new)
}

fn languages<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Language>, D::Error> {
    comma_list::split(deserializer, MAX_LANGUAGES, Language::new)
}
