//! The files of texts, and what is read from them.

use std::sync::OnceLock;

use serde_json::Value;

use crate::ui::i18n::{
    catalogue::Words,
    english, plain,
    plain::{PlainTexts, read::plain_texts_from},
    pseudo,
};

/// A language with files.
pub(super) struct Translation {
    /// The tag (BCP 47).
    pub(super) tag: &'static str,
    /// What the language calls itself.
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    pub(super) plain_file: &'static str,
    /// The catalogue, once somebody has asked for it; `None` if the file is none.
    words: OnceLock<Option<Words>>,
    /// The same of the plain pages.
    plain: OnceLock<Option<PlainTexts>>,
}

macro_rules! language {
    ($tag:literal, $name:literal) => {
        Translation {
            tag: $tag,
            name: $name,
            file: include_str!(concat!($tag, ".json")),
            plain_file: include_str!(concat!("plain/", $tag, ".json")),
            words: OnceLock::new(),
            plain: OnceLock::new(),
        }
    };
}

/// All languages but English, in the order of the menu: by their names, first those in Latin letters.
pub(super) static LANGUAGES: [Translation; 11] = [
    language!("id", "Bahasa Indonesia"),
    language!("de", "Deutsch"),
    language!("es", "Español"),
    language!("fr", "Français"),
    language!("pl", "Polski"),
    language!("pt-BR", "Português (Brasil)"),
    language!("tr", "Türkçe"),
    language!("ru", "Русский"),
    language!("ar", "العربية"),
    language!("hi", "हिन्दी"),
    language!("ja", "日本語"),
];

impl Translation {
    pub(super) fn read(&self) -> Result<Words, String> {
        Words::from_json(&json(self.file)?)
    }

    pub(super) fn read_plain(&self) -> Result<PlainTexts, String> {
        let words = self.read()?;
        let (language, direction) = (words.language, words.direction);
        plain_texts_from(&json(self.plain_file)?, (language, direction), &plain::english::ENGLISH)
    }
}

fn json(file: &str) -> Result<Value, String> {
    serde_json::from_str(file).map_err(|it| it.to_string())
}

fn find(tag: &str) -> Option<&'static Translation> {
    LANGUAGES.iter().find(|it| it.tag == tag)
}

/// The catalogue for a language tag (BCP 47), or the English one if there is none.
///
/// Two languages are artificial. With them, tests find texts that are cut off, not mirrored, or not in the catalogue.
pub fn in_language(tag: &str) -> &'static Words {
    // A test reads each file, so that none is faulty here.
    let words = || find(tag).and_then(|it| it.words.get_or_init(|| it.read().ok()).as_ref());
    match tag {
        "en-XA" => &pseudo::ACCENTED,
        "ar-XB" => &pseudo::MIRRORED,
        _ => words().unwrap_or(&english::ENGLISH),
    }
}

/// The texts of the plain pages for a language tag (BCP 47), or the English ones if there are none.
pub fn plain_texts(tag: &str) -> &'static PlainTexts {
    let texts = find(tag).and_then(|it| it.plain.get_or_init(|| it.read_plain().ok()).as_ref());
    texts.unwrap_or(&plain::english::ENGLISH)
}
