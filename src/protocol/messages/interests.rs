//! Interests and languages: what people like to talk about, and how much of it two peers share.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::comma_list::{self, Item, SEPARATOR};
use crate::protocol::limits::{MAX_INTEREST_CHARS, MAX_INTERESTS, MAX_LANGUAGES};

/// Separators that people type between interests: the commas and semicolons of different scripts, in all their forms.
const COMMAS: [char; 14] = [
    SEPARATOR, ';', '\u{60c}', '\u{61b}', '\u{3001}', '\u{fe10}', '\u{fe11}', '\u{fe14}', '\u{fe50}',
    '\u{fe51}', '\u{fe54}', '\u{ff0c}', '\u{ff1b}', '\u{ff64}',
];

/// The form of an interest by which it is compared.
///
/// It is the text itself, until the server gives it a form in which texts that look the same are the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterestKey(Arc<str>);

impl fmt::Debug for InterestKey {
    /// Hides the text: interests are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InterestKey(hidden)")
    }
}

impl AsRef<str> for InterestKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// An interest as a person wrote it, in any script: 1 to [`MAX_INTEREST_CHARS`] characters.
///
/// It contains no commas or control characters, and no spaces at its ends.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Interest {
    written: String,
    key: InterestKey,
}

impl fmt::Debug for Interest {
    /// Hides the text: interests are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interest(hidden)")
    }
}

impl Interest {
    /// Reads an interest; `None` if the text is not a valid one.
    pub fn new(text: &str) -> Option<Self> {
        let chars = text.chars().take(MAX_INTEREST_CHARS + 1).count();
        let is_short = (1..=MAX_INTEREST_CHARS).contains(&chars);
        let is_plain = text.trim() == text && !text.contains(|it: char| it.is_control() || it == SEPARATOR);
        (is_short && is_plain).then(|| Self { written: text.to_owned(), key: InterestKey(text.into()) })
    }

    /// The same interest, compared by another form of its text.
    #[must_use]
    pub fn with_key(self, key: &str) -> Self {
        Self { key: InterestKey(key.into()), ..self }
    }

    /// The form by which it is compared. It is not sent.
    pub const fn key(&self) -> &InterestKey {
        &self.key
    }

    /// The valid interests in a text that a person typed, at most the first [`MAX_INTERESTS`].
    pub fn all_in(text: &str) -> Vec<Self> {
        text.split(COMMAS).filter_map(|it| Self::new(it.trim())).take(MAX_INTERESTS).collect()
    }
}

impl AsRef<str> for Interest {
    fn as_ref(&self) -> &str {
        &self.written
    }
}

/// A language, by its primary subtag (RFC 5646, 2.2.1): two to eight lower-case letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language([u8; 8]);

impl Language {
    /// Reads a language; `None` if the text is not a primary subtag.
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

/// The interests and languages that a person would like to share with a partner; both may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tastes {
    /// The interests, at most [`MAX_INTERESTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "comma_list")]
    pub interests: Vec<Interest>,
    /// The languages, at most [`MAX_LANGUAGES`]; a peer without any is matched with every language.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "comma_list")]
    pub languages: Vec<Language>,
}

impl Tastes {
    /// Whether both are empty.
    pub const fn are_none(&self) -> bool {
        self.interests.is_empty() && self.languages.is_empty()
    }

    /// What the two have in common, as the first of them wrote it.
    pub fn shared_with(&self, other: &Self) -> Self {
        let is_shared = |it: &&Interest| other.interests.iter().any(|other| other.key == it.key);
        Self {
            interests: self.interests.iter().filter(is_shared).cloned().collect(),
            languages: self.languages.iter().filter(|it| other.languages.contains(it)).copied().collect(),
        }
    }

    /// The closest affinity of two peers that share exactly these.
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

/// How much two peers share, the closest first; also the least that a peer requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affinity {
    /// An interest and a language.
    Interest,
    /// A language.
    Language,
    /// Nothing that they named.
    Anybody,
}

impl Affinity {
    /// All affinities.
    pub const ALL: [Self; 3] = [Self::Interest, Self::Language, Self::Anybody];
}

impl Item for Interest {
    const MOST: usize = MAX_INTERESTS;

    fn write(&self) -> String {
        self.written.clone()
    }

    fn read(text: &str) -> Option<Self> {
        Self::new(text)
    }
}

impl Item for Language {
    const MOST: usize = MAX_LANGUAGES;

    fn write(&self) -> String {
        self.as_ref().to_owned()
    }

    fn read(text: &str) -> Option<Self> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_two_sees_what_it_wrote() {
        let written = |text: &str, key: &str| Interest::new(text).unwrap().with_key(key);
        let tastes = |interests: &[Interest]| Tastes { interests: interests.to_vec(), languages: Vec::new() };
        let one = tastes(&[written("Jazz", "jazz"), written("Tea", "tea")]);
        let other = tastes(&[written("#chess", "chess"), written("#JAZZ", "jazz")]);
        assert_eq!(one.shared_with(&other), tastes(&[written("Jazz", "jazz")]));
        assert_eq!(other.shared_with(&one), tastes(&[written("#JAZZ", "jazz")]));
    }

    #[test]
    fn debug_output_hides_what_people_wrote() {
        let it = Interest::new("Jazz").unwrap().with_key("jazz");
        assert!(!format!("{it:?} {:?}", it.key()).to_lowercase().contains("jazz"));
    }
}
