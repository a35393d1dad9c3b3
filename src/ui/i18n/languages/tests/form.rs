//! The form of the files: keys, slots, lengths, and what a text must not contain.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Pair, TextFile, files, pairs};
use crate::ui::{
    i18n::{Words, languages::files::LANGUAGES},
    in_language, plain_texts,
};

/// The slots of a text, in the order of their names.
fn slots(text: &str) -> Vec<&str> {
    let mut slots: Vec<_> =
        text.split('{').skip(1).filter_map(|it| it.split_once('}')).map(|it| it.0).collect();
    slots.sort_unstable();
    slots
}

/// Compares a value with the English one, and says what differs.
fn compare(english: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let names = |it: &Map<String, Value>| it.keys().cloned().collect::<BTreeSet<_>>();
    match (english, value) {
        (Value::String(english), Value::String(text)) => {
            if slots(text) != slots(english) {
                found.push(format!(
                    "{place}: the slots of \u{201c}{english}\u{201d} are not those of \u{201c}{text}\u{201d}"
                ));
            }
            if text.is_empty() != english.is_empty() || text.contains('<') {
                found.push(format!("{place}: is empty where English is not, or has markup"));
            }
            if english.starts_with("https://") && text != english {
                found.push(format!("{place}: the address is not {english}"));
            }
        }
        (Value::Array(english), Value::Array(values)) => {
            if values.len() != english.len() {
                found.push(format!("{place}: {} texts in place of {}", values.len(), english.len()));
            }
            for (index, (english, value)) in english.iter().zip(values).enumerate() {
                compare(english, value, &format!("{place}[{index}]"), found);
            }
        }
        (Value::Object(english), Value::Object(values)) => {
            let (expected, is) = (names(english), names(values));
            found.extend(expected.difference(&is).map(|it| format!("{place}.{it} is missing")));
            found.extend(is.difference(&expected).map(|it| format!("{place}.{it} is unknown")));
            for (name, english) in english.iter().filter(|it| is.contains(it.0)) {
                compare(english, &values[name], &format!("{place}.{name}"), found);
            }
        }
        _ => found.push(format!("{place}: of another kind than in English")),
    }
}

#[test]
fn every_file_has_the_keys_and_the_slots_of_the_english_texts() {
    let mut found = Vec::new();
    for TextFile { name, english, value, .. } in files() {
        compare(&english, &value, &format!("{name}: "), &mut found);
    }
    assert!(found.is_empty(), "\n{}", found.join("\n").replace(": .", ": "));
}

#[test]
fn every_file_is_read_and_says_who_has_read_it() {
    for language in &LANGUAGES {
        let tag = language.tag;
        let words = language.read().unwrap_or_else(|it| panic!("{tag}.json: {it}"));
        let plain = language.read_plain().unwrap_or_else(|it| panic!("plain/{tag}.json: {it}"));
        let direction = if tag == "ar" { "rtl" } else { "ltr" };
        assert_eq!((words.language, words.direction, words.name), (tag, direction, "Passerby"));
        assert_eq!((plain.language, plain.direction), (tag, direction));
        assert_eq!((in_language(tag).language, plain_texts(tag).language), (tag, tag));
        for file in [language.file, language.plain_file] {
            assert!(
                file.starts_with("{\n  \"_head\": \"machine draft\",\n"),
                "{tag}: the first key is `_head`"
            );
        }
    }
    assert_eq!(in_language("tlh").language, "en", "an unknown language falls back to English");
    assert_eq!(plain_texts("tlh").language, "en");
}

/// Whether a text may be the same in English and in another language: names, and short words that both have.
fn may_be_equal(it: &Pair) -> bool {
    let letters = it.english.chars().filter(|it| it.is_alphabetic()).count();
    // The first of the three texts about another site is its name.
    let is_site = it.place.contains("sites[") && it.place.ends_with("[0]");
    let is_name = it.english.starts_with("Passerby") || it.english.ends_with("icture-in-picture");
    letters <= 12 || is_site || is_name
}

#[test]
fn every_text_is_translated_and_ends_as_the_english_one() {
    let end = |text: &str| text.chars().last().filter(|it| *it == '\u{2026}');
    let mut found = Vec::new();
    for it in pairs() {
        if it.text == it.english && !may_be_equal(&it) {
            found.push(format!("{}: is English: {}", it.place, it.text));
        }
        if end(&it.text) != end(&it.english) {
            found.push(format!("{}: ends in another way than in English: {}", it.place, it.text));
        }
    }
    assert!(
        found.is_empty(),
        "
{}",
        found.join(
            "
"
        )
    );
}

#[test]
fn texts_contain_no_marks_that_are_typed_by_mistake() {
    // Direction marks and overrides (UAX 9), quotation marks of programs, three dots, and other digits than 0 to 9.
    let is_mark = |it: char| {
        matches!(it, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '"' | '\'')
            || it.is_numeric() && !it.is_ascii()
    };
    let mut found = Vec::new();
    for it in pairs() {
        let mark = it.text.chars().find(|mark| is_mark(*mark)).map(|mark| mark.escape_unicode().to_string());
        let wrong = mark.or_else(|| it.text.contains("...").then(|| "three dots".into()));
        let has_spaces = it.text.trim() != it.text || it.text.contains("  ");
        for wrong in wrong.into_iter().chain(has_spaces.then(|| "a space too many".into())) {
            found.push(format!("{}: {wrong}: {}", it.place, it.text));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_word_of_one_letter_does_not_end_a_line() {
    // A rule of Polish and Russian printers. What follows a number is a unit, which belongs to the number.
    let letters = |tag: &str| match tag {
        "pl" => "aiouwz",
        "ru" => "\u{430}\u{432}\u{438}\u{43a}\u{43e}\u{441}\u{443}",
        _ => "",
    };
    let mut found = Vec::new();
    for it in pairs() {
        let letters = letters(it.tag);
        let words: Vec<_> = it.text.split([' ', '\u{a0}']).collect();
        let is_unit = |at: usize| at > 0 && words[at - 1].ends_with(|it: char| it.is_numeric() || it == '}');
        for (at, word) in words.iter().enumerate() {
            let bare = word.trim_start_matches(|it: char| !it.is_alphanumeric()).to_lowercase();
            let is_one = bare.chars().count() == 1 && letters.contains(&bare) && !is_unit(at);
            if is_one && it.text.contains(&format!("{word} {}", words.get(at + 1).unwrap_or(&"\n"))) {
                found.push(format!(
                    "{}: an ordinary space after \u{201c}{word}\u{201d}: {}",
                    it.place, it.text
                ));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn texts_are_neither_much_shorter_nor_much_longer_than_the_english_ones() {
    // Japanese needs few characters, and Arabic writes no short vowels. Short texts vary more.
    let mut found = Vec::new();
    for it in pairs().into_iter().filter(|it| it.english.chars().count() >= 20) {
        let [english, is] = [&it.english, &it.text].map(|it| it.chars().count());
        let (least, most) = if it.tag == "ja" { (15, 130) } else { (40, 220) };
        let percent = 100 * is / english;
        if !(least..=most).contains(&percent) {
            found.push(format!("{}: {percent} % as long as in English: {}", it.place, it.text));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn headings_and_buttons_are_short() {
    const BUTTONS: [&str; 16] = [
        "start", "next", "stop", "report", "chat", "more", "close", "send", "cancel", "done", "undo", "skip",
        "block", "reload", "here", "reveal",
    ];
    for it in pairs() {
        let key = it.place.rsplit(' ').next().unwrap();
        let most = if key.ends_with(".heading") {
            40
        } else if key.starts_with("gesture_hints") {
            34
        } else if BUTTONS.contains(&key) {
            14
        } else {
            continue;
        };
        let length = it.text.chars().count();
        assert!(
            it.place.starts_with("plain/") || length <= most,
            "{}: {length} of {most} characters",
            it.place
        );
    }
}

/// A file, and the keys of a button and of a sentence that names it.
const NAMED: [(&str, &str); 7] = [
    ("start", "landing.sentence"),
    ("next", "landing.sentence"),
    ("next", "connecting_slow.sentence"),
    ("more", "notices[4]"),
    ("more", "notices[5]"),
    ("reveal", "soft_start_note"),
    ("start_without", "asking_slow.sentence"),
];

#[test]
fn a_sentence_names_a_button_by_its_words() {
    let all = pairs();
    let text = |place: &str| {
        let found = all.iter().find(|it| it.place == place);
        found.unwrap_or_else(|| panic!("{place}: there is no such key")).text.to_lowercase()
    };
    for language in &LANGUAGES {
        let tag = language.tag;
        let named = NAMED.map(|(button, sentence)| (button, format!("{tag}.json: {sentence}")));
        let rules =
            ["next", "stop"].map(|it| (it, format!("plain/{tag}.json: rules.parts[2].blocks[0].text")));
        for (button, sentence) in named.into_iter().chain(rules) {
            let name = text(&format!("{tag}.json: {button}"));
            let said = text(&sentence);
            assert!(
                said.contains(&name),
                "{sentence}: \u{201c}{said}\u{201d} does not name \u{201c}{name}\u{201d}, which is `{button}`"
            );
        }
    }
}

#[test]
fn symbols_of_a_code_are_told_apart_by_their_names() {
    let english = in_language("en").symbols;
    for language in &LANGUAGES {
        let symbols = in_language(language.tag).symbols;
        let names: BTreeSet<_> = symbols.iter().filter_map(|it| it.split_once(' ')).map(|it| it.1).collect();
        assert_eq!(names.len(), symbols.len(), "{}.json: symbols", language.tag);
        for (english, symbol) in english.iter().zip(symbols) {
            assert_eq!(english.split(' ').next(), symbol.split(' ').next(), "{}.json: symbols", language.tag);
        }
    }
}

#[test]
fn a_faulty_file_is_refused_with_the_key() {
    let file = LANGUAGES.iter().find(|it| it.tag == "de").unwrap().file;
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
