//! Two artificial languages, derived from the English texts. With them, tests find what a translation would break.
//!
//! One has accents and is 40 % longer; the other is written from right to left.

use std::sync::LazyLock;

use super::{catalogue::Words, english::ENGLISH};

/// `en-XA`: longer, with an accent on every letter, so that texts from outside the catalogue stand out.
pub(crate) static ACCENTED: LazyLock<Words> = LazyLock::new(|| translate("en-XA", "ltr", accented));

/// `ar-XB`: every word is written from right to left.
pub(crate) static MIRRORED: LazyLock<Words> = LazyLock::new(|| translate("ar-XB", "rtl", mirrored));

/// U+202E, RIGHT-TO-LEFT OVERRIDE, and U+202C, POP DIRECTIONAL FORMATTING (UAX 9).
const OVERRIDE: [&str; 2] = ["\u{202e}", "\u{202c}"];

fn translate(language: &'static str, direction: &'static str, transform: fn(&str) -> String) -> Words {
    let texts = ENGLISH.texts().into_iter().skip(2).map(transform).map(|it| &*it.leak());
    let mut texts = [language, direction].into_iter().chain(texts);
    // There are as many texts as the catalogue has fields.
    Words::from_texts(&mut || texts.next().unwrap_or_default())
}

/// Adds accents, and dots for 40 % of the length, with spaces at which lines can break.
fn accented(text: &str) -> String {
    let dots = (text.chars().count() * 4).div_ceil(10);
    let more = (1..=dots).map(|it| if it % 8 == 1 && it > 1 { ' ' } else { '\u{b7}' });
    text.chars().map(accent).chain(more).collect()
}

fn accent(letter: char) -> char {
    const PLAIN: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const ACCENTED: &str = "áƀçðéƒĝĥíĵķļɱñóþǫŕšţúṽŵẋýžÁƁÇÐÉƑĜĤÍĴĶĻḾÑÓÞǪŔŠŢÚṼŴẊÝŽ";
    PLAIN.chars().zip(ACCENTED.chars()).find(|(plain, _)| *plain == letter).map_or(letter, |(_, it)| it)
}

/// Overrides the direction of each word.
fn mirrored(text: &str) -> String {
    let [begin, end] = OVERRIDE;
    let words = text.split(' ').map(|word| [begin, word, end].concat());
    if text.is_empty() { String::new() } else { words.collect::<Vec<_>>().join(" ") }
}
