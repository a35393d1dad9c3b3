//! The writing of each language: its script, the language itself, quotation marks, spaces and punctuation.

use std::collections::BTreeMap;

use unicode_script::{Script, UnicodeScript};
use whatlang::Lang;

use super::{Pair, pairs};

/// The scripts of a language, and the language as `whatlang` calls it.
fn writing(tag: &str) -> (&'static [Script], Lang) {
    match tag {
        "ar" => (&[Script::Arabic], Lang::Ara),
        "de" => (&[Script::Latin], Lang::Deu),
        "es" => (&[Script::Latin], Lang::Spa),
        "fr" => (&[Script::Latin], Lang::Fra),
        "hi" => (&[Script::Devanagari], Lang::Hin),
        "id" => (&[Script::Latin], Lang::Ind),
        "ja" => (&[Script::Han, Script::Hiragana, Script::Katakana], Lang::Jpn),
        "pl" => (&[Script::Latin], Lang::Pol),
        "pt-BR" => (&[Script::Latin], Lang::Por),
        "ru" => (&[Script::Cyrillic], Lang::Rus),
        "tr" => (&[Script::Latin], Lang::Tur),
        _ => panic!("say how {tag} is written"),
    }
}

/// Names, units and abbreviations that are in Latin letters everywhere, the longer ones first.
const LATIN: [&str; 30] = [
    "Take It Down",
    "JavaScript",
    "StopNCII",
    "Passerby",
    "Firefox",
    "Escape",
    "Safari",
    "Chrome",
    "kbit/s",
    "https",
    "HTTPS",
    "NCMEC",
    "Wi-Fi",
    "kbps",
    "Edge",
    "Esc",
    "Web",
    "VPN",
    "UDP",
    "TCP",
    "TLS",
    "IP",
    "OK",
    "EU",
    "ms",
    "M:",
    "C:",
    "T:",
    "S:",
    "F:",
];

/// The letters of a text, without slots and names.
fn letters(it: &Pair) -> Vec<char> {
    let outside: String = it.text.split('{').map(|it| it.split_once('}').map_or(it, |it| it.1)).collect();
    let outside = LATIN.into_iter().chain(["P:", "H:"]).fold(outside, |text, name| text.replace(name, " "));
    outside.chars().filter(|it| it.is_alphabetic()).collect()
}

#[test]
fn every_text_is_in_the_script_of_its_language() {
    let mut found = Vec::new();
    for it in pairs().into_iter().filter(|it| it.text != it.english) {
        let (scripts, _) = writing(it.tag);
        let letters = letters(&it);
        let is_own = |it: &&char| {
            let script = it.script();
            scripts.contains(&script) || matches!(script, Script::Common | Script::Inherited)
        };
        let own = letters.iter().filter(is_own).count();
        if own < letters.len() {
            found.push(format!(
                "{}: {own} of {} letters are of its script: {}",
                it.place,
                letters.len(),
                it.text
            ));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_file_is_in_its_language() {
    let mut files = BTreeMap::<String, (&str, String)>::new();
    for it in pairs() {
        let name = it.place.split(": ").next().unwrap().to_owned();
        let text = &mut files.entry(name).or_insert((it.tag, String::new())).1;
        text.push_str(&it.text);
        text.push(' ');
    }
    assert_eq!(files.len(), 22);
    for (name, (tag, text)) in files {
        let is = whatlang::detect(&text).map(|it| it.lang());
        assert_eq!(is, Some(writing(tag).1), "{name}: in another language");
    }
}

/// The quotation marks of a language (CLDR, `quotationStart` and so on), and its apostrophe.
fn quotes(tag: &str) -> &'static str {
    match tag {
        "ar" | "ru" => "\u{ab}\u{bb}",
        "de" => "\u{201e}\u{201c}",
        "pl" => "\u{201e}\u{201d}",
        "es" => "\u{ab}\u{bb}\u{201c}\u{201d}",
        "fr" => "\u{ab}\u{bb}\u{2019}",
        "hi" => "\u{201c}\u{201d}\u{2018}\u{2019}",
        "id" | "pt-BR" => "\u{201c}\u{201d}",
        "tr" => "\u{201c}\u{201d}\u{2019}",
        "ja" => "\u{300c}\u{300d}",
        _ => panic!("say how {tag} quotes"),
    }
}

#[test]
fn quotation_marks_are_those_of_the_language() {
    const ALL: &str =
        "\u{ab}\u{bb}\u{2018}\u{2019}\u{201a}\u{201c}\u{201d}\u{201e}\u{300c}\u{300d}\u{300e}\u{300f}";
    const PAIRS: [[char; 2]; 4] =
        [['\u{ab}', '\u{bb}'], ['\u{300c}', '\u{300d}'], ['\u{201c}', '\u{201d}'], ['\u{201e}', '\u{201c}']];
    let mut found = Vec::new();
    for it in pairs() {
        let own = quotes(it.tag);
        found.extend(
            it.text
                .chars()
                .find(|mark| ALL.contains(*mark) && !own.contains(*mark))
                .map(|mark| format!("{}: {mark} is no mark of the language: {}", it.place, it.text)),
        );
        let count = |mark: char| it.text.matches(mark).count();
        for [open, close] in PAIRS.into_iter().filter(|it| it.iter().all(|mark| own.contains(*mark))) {
            if count(open) != count(close) {
                found.push(format!("{}: {open} and {close} are no pairs: {}", it.place, it.text));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// What is wrong with a mark between these two characters; `None` if nothing is.
fn fault(it: &Pair, before: Option<char>, mark: char, after: Option<char>) -> Option<&'static str> {
    let is_space = |it: Option<char>| it.is_some_and(|it| matches!(it, '\u{a0}' | '\u{202f}'));
    let is_end = after.is_none_or(|it| it == ' ');
    let is_in_number = [before, after].iter().all(|it| it.is_some_and(|it| it.is_ascii_digit()));
    let (is_fine, why) = match (it.tag, mark) {
        (_, ',') if is_in_number => return None,
        ("fr", ':') if after == Some('/') => return None,
        ("fr", '?' | '!' | ';' | ':' | '\u{bb}') => (is_space(before), "a no-break space belongs before it"),
        ("fr", '\u{ab}') => (is_space(after), "a no-break space belongs after it"),
        ("ar", ',' | ';' | '?') => (false, "it is a Latin mark"),
        ("hi", '.') if is_end => (false, "it is no danda"),
        ("ja", ',' | '?' | '!' | '(' | ')') => (false, "it is of half width"),
        ("ja", '.') if is_end => (false, "it is of half width"),
        ("es", '?') => (it.text.contains('\u{bf}'), "the question begins without \u{bf}"),
        ("es", '!') => (it.text.contains('\u{a1}'), "the exclamation begins without \u{a1}"),
        ("de", '\u{2026}') => (is_space(before), "a no-break space belongs before it"),
        (_, ',' | '.' | '?' | '!' | ';' | '\u{2026}') => (before != Some(' '), "there is a space before it"),
        _ => return None,
    };
    (!is_fine).then_some(why)
}

#[test]
fn spaces_and_punctuation_are_those_of_the_language() {
    let mut found = Vec::new();
    // The question mark of the list of keys is the name of a key.
    for it in pairs().into_iter().filter(|it| !it.text.starts_with('?')) {
        let chars: Vec<_> = it.text.chars().collect();
        for (at, mark) in chars.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| chars[at]);
            if let Some(why) = fault(&it, before, *mark, chars.get(at + 1).copied()) {
                found.push(format!("{}: {mark}: {why}: {}", it.place, it.text));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
