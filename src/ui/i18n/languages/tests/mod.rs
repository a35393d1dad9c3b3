//! Tests of the files of all languages. A message names the file and the key.

mod form;
mod glossary;
mod script;
mod source;

use super::files::LANGUAGES;
use serde_json::Value;

/// A text of a language, with the English one.
pub(super) struct Pair {
    /// The tag of the language.
    pub(super) tag: &'static str,
    /// The file and the key.
    pub(super) place: String,
    /// The English text.
    pub(super) english: String,
    /// The text in the language.
    pub(super) text: String,
}

/// A file of a language, with what it would be in English.
pub(super) struct TextFile {
    pub(super) tag: &'static str,
    pub(super) name: String,
    pub(super) english: Value,
    pub(super) value: Value,
}

/// The two files of each language.
pub(super) fn files() -> Vec<TextFile> {
    let mut files = Vec::new();
    for language in &LANGUAGES {
        let tag = language.tag;
        let parse = |name: &str, file| serde_json::from_str(file).unwrap_or_else(|it| panic!("{name}: {it}"));
        for (name, file, english) in [
            (format!("{tag}.json"), language.file, source::catalogue()),
            (format!("plain/{tag}.json"), language.plain_file, source::plain_pages()),
        ] {
            let value = parse(&name, file);
            files.push(TextFile { tag, name, english, value });
        }
    }
    files
}

/// All texts of a value with their keys.
pub(super) fn texts<'a>(value: &'a Value, key: &str, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::String(text) => found.push((key.to_owned(), text)),
        Value::Array(values) => {
            for (index, it) in values.iter().enumerate() {
                texts(it, &format!("{key}[{index}]"), found);
            }
        }
        Value::Object(fields) => {
            for (name, it) in fields.iter().filter(|(name, _)| *name != "_head") {
                texts(it, &format!("{key}.{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => panic!("{key} is no text"),
    }
}

/// Every translated text but the tag, the direction, and addresses.
pub(super) fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for TextFile { tag, name, english, value } in files() {
        let (mut from, mut to) = (Vec::new(), Vec::new());
        texts(&english, "", &mut from);
        texts(&value, "", &mut to);
        for ((key, english), (other, text)) in from.into_iter().zip(to) {
            assert_eq!(key, other, "{name}");
            if !matches!(key.as_str(), ".language" | ".direction") && !english.starts_with("https://") {
                let place = format!("{name}: {}", key.trim_start_matches('.'));
                pairs.push(Pair { tag, place, english: english.to_owned(), text: text.to_owned() });
            }
        }
    }
    pairs
}
