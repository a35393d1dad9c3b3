//! The catalogues of all texts that people read on the page.
//!
//! The server chooses a catalogue ([`Words`]), renders the page with it, and sends its texts as a list. The browser
//! half makes the same catalogue from that list, so the wasm contains no texts.

pub mod plain;

mod catalogue;
mod entry;

mod english;
mod languages;
mod pseudo;

use leptos::prelude::expect_context;

pub use catalogue::Words;
pub(crate) use english::{blocked::steps_of, safety::cover_text};
pub use entry::StateText;
pub use languages::{PageLanguage, in_language, plain_texts};

/// The catalogue of this page, from the context.
pub fn words() -> &'static Words {
    expect_context()
}

/// A text of the catalogue with a value in the place of `{0}`.
pub fn fill(template: &str, value: &str) -> String {
    match template.split_once('{').map(|(before, rest)| (before, rest.split_once('}'))) {
        Some((before, Some((_, after)))) => [before, value, after].concat(),
        _ => template.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalogue_survives_conversion_to_a_list_and_back() {
        let english = in_language("en");
        let texts = english.texts();
        let mut rest = texts.iter();
        let copy = Words::from_texts(&mut || rest.next().unwrap());
        assert_eq!(copy.texts(), texts);
        assert_eq!((copy.start, copy.talking.sentence), (english.start, english.talking.sentence));
        assert_eq!(rest.next(), None);
    }

    #[test]
    fn fills_the_slot_of_a_template_and_leaves_other_texts_alone() {
        assert_eq!(fill("{0} characters left", "7"), "7 characters left");
        assert_eq!(fill("noch {0}", "7"), "noch 7");
        for text in ["Chat", "{0", "0}", ""] {
            assert_eq!(fill(text, "7"), text);
        }
        for language in ["en", "en-XA", "ar-XB"] {
            assert!(fill(in_language(language).chars_left, "7").contains('7'), "{language}");
        }
    }

    #[test]
    fn pseudo_languages_are_longer_accented_or_mirrored() {
        let (english, accented, mirrored) = (in_language("en"), in_language("en-XA"), in_language("ar-XB"));
        assert_eq!((accented.language, accented.direction), ("en-XA", "ltr"));
        assert_eq!((mirrored.language, mirrored.direction), ("ar-XB", "rtl"));
        for (text, accented) in english.texts().iter().zip(accented.texts()).skip(2) {
            let (before, after) = (text.chars().count(), accented.chars().count());
            assert!(10 * after >= 14 * before, "{text:?} became {accented:?}");
            assert!(!accented.contains(|it: char| it.is_ascii_alphabetic()), "{accented:?}");
        }
        assert_eq!(in_language("tlh").language, "en", "an unknown language falls back to English");
    }
}
