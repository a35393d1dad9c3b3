//! Two languages made of the English texts, in which tests find what a translation would break: one with accents and
//! longer by 40 %, one from right to left; it must not know what the texts say.

use std::sync::LazyLock;

use super::{Words, english::ENGLISH};

/// `en-XA`: every letter has an accent, so that a text from elsewhere is seen, and there is more of it.
pub(crate) static ACCENTED: LazyLock<Words> = LazyLock::new(|| translate("en-XA", "ltr", accented));

/// `ar-XB`: every word is written from right to left.
pub(crate) static MIRRORED: LazyLock<Words> = LazyLock::new(|| translate("ar-XB", "rtl", mirrored));

/// U+202E, RIGHT-TO-LEFT OVERRIDE, and U+202C, POP DIRECTIONAL FORMATTING (UAX 9).
const OVERRIDE: [&str; 2] = ["\u{202e}", "\u{202c}"];

fn translate(language: &'static str, direction: &'static str, say: fn(&str) -> String) -> Words {
    let texts = ENGLISH.texts().into_iter().skip(2).map(say).map(|it| &*it.leak());
    let mut texts = [language, direction].into_iter().chain(texts);
    // As many as there are fields.
    Words::from_texts(&mut || texts.next().unwrap_or_default())
}

/// With 40 % of it in dots at its end, which break where words do.
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

fn mirrored(text: &str) -> String {
    let [begin, end] = OVERRIDE;
    let words = text.split(' ').map(|word| [begin, word, end].concat());
    if text.is_empty() { String::new() } else { words.collect::<Vec<_>>().join(" ") }
}
