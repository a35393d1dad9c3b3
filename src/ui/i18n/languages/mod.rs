//! The catalogues of other languages than English: a JSON file for each, whose keys are the names of the fields.
//!
//! The first key of a file says who has read it.

use std::sync::OnceLock;

use crate::ui::i18n::catalogue::Words;

/// A language with a file.
struct Language {
    /// The tag (BCP 47).
    tag: &'static str,
    file: &'static str,
    /// The catalogue, once somebody has asked for it; `None` if the file is none.
    words: OnceLock<Option<Words>>,
}

impl Language {
    const fn new(tag: &'static str, file: &'static str) -> Self {
        Self { tag, file, words: OnceLock::new() }
    }

    fn read(&self) -> Result<Words, String> {
        let file = serde_json::from_str(self.file).map_err(|it| it.to_string())?;
        Words::from_json(&file)
    }
}

static LANGUAGES: [Language; 11] = [
    Language::new("ar", include_str!("ar.json")),
    Language::new("de", include_str!("de.json")),
    Language::new("es", include_str!("es.json")),
    Language::new("fr", include_str!("fr.json")),
    Language::new("hi", include_str!("hi.json")),
    Language::new("id", include_str!("id.json")),
    Language::new("ja", include_str!("ja.json")),
    Language::new("pl", include_str!("pl.json")),
    Language::new("pt-BR", include_str!("pt-BR.json")),
    Language::new("ru", include_str!("ru.json")),
    Language::new("tr", include_str!("tr.json")),
];

/// The catalogue for a tag; `None` if there is no file for it.
pub(super) fn words(tag: &str) -> Option<&'static Words> {
    // A test reads each file, so that none is faulty here.
    let language = LANGUAGES.iter().find(|it| it.tag == tag)?;
    language.words.get_or_init(|| language.read().ok()).as_ref()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ui::i18n::english::ENGLISH;

    /// Each text of a language beside the English one.
    fn pairs(words: &Words) -> Vec<(&'static str, &'static str)> {
        ENGLISH.texts().into_iter().zip(words.texts()).skip(2).collect()
    }

    /// Every language, with its catalogue.
    fn all() -> Vec<(&'static str, &'static Words)> {
        let words = |it: &'static Language| {
            it.words
                .get_or_init(|| Some(it.read().unwrap_or_else(|error| panic!("{}.json: {error}", it.tag))))
        };
        LANGUAGES.iter().map(|it| (it.tag, words(it).as_ref().unwrap())).collect()
    }

    /// The slots of a text, in the order of their numbers.
    fn slots(text: &str) -> Vec<&str> {
        let mut slots: Vec<_> =
            text.split('{').skip(1).filter_map(|it| it.split_once('}')).map(|it| it.0).collect();
        slots.sort_unstable();
        slots
    }

    #[test]
    fn every_file_is_a_catalogue_and_says_who_has_read_it() {
        for (tag, words) in all() {
            assert_eq!(words.language, tag);
            assert_eq!(words.direction, if tag == "ar" { "rtl" } else { "ltr" }, "{tag}");
            assert_eq!(words.name, "Passerby", "{tag}");
        }
        for Language { tag, file, .. } in &LANGUAGES {
            assert!(
                file.starts_with("{\n  \"_head\": \"machine draft\",\n"),
                "{tag}.json: its first key is `_head`"
            );
        }
    }

    #[test]
    fn every_text_is_translated_with_its_slots_and_its_end() {
        let end = |text: &str| text.chars().last().filter(|it| *it == '\u{2026}');
        for (tag, words) in all() {
            for (english, text) in pairs(words) {
                assert_eq!(text.is_empty(), english.is_empty(), "{tag}: {english}");
                assert_eq!(slots(text), slots(english), "{tag}: {english}: {text}");
                assert_eq!(end(text), end(english), "{tag}: {english}: {text}");
            }
        }
    }

    #[test]
    fn texts_contain_no_marks_that_are_typed_by_mistake() {
        // Direction marks and overrides (UAX 9), quotation marks of programs, three dots, and other digits than 0 to 9.
        let is_mark = |it: char| {
            matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '"' | '\'')
                || it.is_numeric() && !it.is_ascii()
        };
        for (tag, words) in all() {
            for (_, text) in pairs(words) {
                assert!(!text.contains(is_mark) && !text.contains("..."), "{tag}: {text}");
                assert!(text.trim() == text, "{tag}: {text}");
            }
        }
    }

    #[test]
    fn a_sentence_names_a_button_by_its_words() {
        for (tag, words) in all() {
            let named = [
                (words.start, words.landing.sentence),
                (words.next, words.landing.sentence),
                (words.next, words.connecting_slow.sentence),
                (words.more, words.notices[4]),
                (words.more, words.notices[5]),
                (words.reveal, words.soft_start_note),
                (words.start_without, words.asking_slow.sentence),
            ];
            for (button, sentence) in named {
                let (button, sentence) = (button.to_lowercase(), sentence.to_lowercase());
                assert!(
                    sentence.contains(&button),
                    "{tag}: \u{201c}{sentence}\u{201d} does not name \u{201c}{button}\u{201d}"
                );
            }
        }
    }

    #[test]
    fn headings_and_buttons_are_short() {
        for (tag, words) in all() {
            let buttons = [
                words.start,
                words.next,
                words.stop,
                words.report,
                words.chat,
                words.more,
                words.close,
                words.send,
                words.cancel,
                words.done,
                words.undo,
                words.skip,
                words.block,
                words.reload,
                words.here,
                words.reveal,
            ];
            for button in buttons {
                assert!(button.chars().count() <= 14, "{tag}: {button}");
            }
            for hint in words.gesture_hints {
                assert!(hint.chars().count() <= 34, "{tag}: {hint}");
            }
        }
        for Language { tag, file, .. } in &LANGUAGES {
            let headings = file.lines().filter_map(|it| it.trim().strip_prefix("\"heading\": \""));
            for heading in headings.map(|it| it.trim_end_matches("\",")) {
                assert!(heading.chars().count() <= 40, "{tag}: {heading}");
            }
        }
    }

    #[test]
    fn symbols_of_a_code_are_told_apart_by_their_names() {
        for (tag, words) in all() {
            let names: BTreeSet<_> =
                words.symbols.iter().filter_map(|it| it.split_once(' ')).map(|it| it.1).collect();
            assert_eq!(names.len(), words.symbols.len(), "{tag}");
            for (english, symbol) in ENGLISH.symbols.iter().zip(words.symbols) {
                assert_eq!(english.split(' ').next(), symbol.split(' ').next(), "{tag}");
            }
        }
    }

    #[test]
    fn a_faulty_file_is_refused_with_the_key() {
        let file = LANGUAGES[1].file;
        let refused = |from: &str, to: &str| {
            assert!(file.contains(from), "{from}");
            let faulty = serde_json::from_str(&file.replacen(from, to, 1)).unwrap();
            Words::from_json(&faulty).unwrap_err()
        };
        assert_eq!(refused("\"stop\":", "\"halt\":"), "halt is unknown");
        assert_eq!(refused("\"_head\":", "\"stop_\":"), "stop_ is unknown");
        assert_eq!(refused("\"heading\":", "\"headline\":"), "landing.headline is unknown");
        assert_eq!(refused("\"links\": [", "\"links\": [\"\","), "links has 9 texts in place of 8");
        assert_eq!(refused("\"volume\": \"", "\"volume\": 7, \"_head\": \""), "volume is no text");
    }
}
