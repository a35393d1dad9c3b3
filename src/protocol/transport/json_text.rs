//! Texts in JSON (RFC 8259, 7), read and written eight bytes at a time: most of a description needs no escape.

use super::word::{equal_to, first, less_than};

/// How many bytes at the beginning of a text stand for themselves in JSON: they are no control characters, quotation
/// marks or backslashes.
pub(super) fn plain_prefix(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (count, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let special = less_than(word, b' ') | equal_to(word, b'"') | equal_to(word, b'\\');
        if special != 0 {
            return 8 * count + first(special);
        }
    }
    let is_special = |it: &u8| matches!(it, ..b' ' | b'"' | b'\\');
    8 * words.len() + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// Appends a text with the escapes that `serde_json` writes, without quotation marks around it.
pub(super) fn push_escaped(json: &mut String, text: &str) {
    let mut rest = text;
    loop {
        let (plain, after) = rest.split_at(plain_prefix(rest.as_bytes()));
        json.push_str(plain);
        rest = if let Some(after) = after.strip_prefix("\r\n") {
            json.push_str(r"\r\n");
            after
        } else {
            let mut chars = after.chars();
            match chars.next() {
                None => return,
                Some('"') => json.push_str("\\\""),
                Some('\\') => json.push_str(r"\\"),
                Some('\n') => json.push_str(r"\n"),
                Some('\r') => json.push_str(r"\r"),
                Some('\t') => json.push_str(r"\t"),
                Some('\u{8}') => json.push_str(r"\b"),
                Some('\u{c}') => json.push_str(r"\f"),
                Some(control) => json.push_str(&format!("\\u{:04x}", u32::from(control))),
            }
            chars.as_str()
        };
    }
}

/// Reads a text that begins after its opening quotation mark. Returns it and what follows its closing one; `None` if it
/// has no end, or an escape other than those of a description: line ends, quotation marks and slashes.
pub(super) fn read_escaped(json: &str) -> Option<(String, &str)> {
    // Escapes only make it longer, so this is at most the rest of the message.
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    loop {
        let (plain, after) = rest.split_at(plain_prefix(rest.as_bytes()));
        text.push_str(plain);
        rest = match after.as_bytes() {
            [b'"', ..] => return Some((text, &after[1..])),
            [b'\\', b'r', b'\\', b'n', ..] => {
                text.push_str("\r\n");
                &after[4..]
            }
            [b'\\', escaped, ..] => {
                text.push(match escaped {
                    b'r' => '\r',
                    b'n' => '\n',
                    b'"' | b'\\' | b'/' => char::from(*escaped),
                    _ => return None,
                });
                &after[2..]
            }
            _ => return None,
        };
    }
}

/// Reads a text without escapes that begins after its opening quotation mark. Returns it and what follows its closing
/// one.
pub(super) fn read_plain(json: &str) -> Option<(&str, &str)> {
    let (text, after) = json.split_at(plain_prefix(json.as_bytes()));
    Some((text, after.strip_prefix('"')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*, sample::select};

    /// Texts with everything that has to be escaped, and what looks like it in eight bytes.
    fn text() -> impl Strategy<Value = String> {
        let pieces = [
            "\r\n", "\r", "\n", "\"", "\\", "/", "\t", "\u{8}", "\u{c}", "\0", "\u{1f}", " ", "!", "#", "[",
            "]",
        ];
        let others = ["a=mid:0", "ü", "\u{7f}", "\u{80}", "\u{2028}", "\u{10ffff}", "12345678", "\\u0041"];
        vec(select([&pieces[..], &others].concat()), 0..24).prop_map(|it| it.concat())
    }

    fn escaped(text: &str) -> String {
        let mut json = String::new();
        push_escaped(&mut json, text);
        json
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn writes_what_serde_writes(text in text()) {
            prop_assert_eq!(format!("\"{}\"", escaped(&text)), serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn reads_what_serde_reads_or_nothing(text in text(), after in ".{0,9}") {
            let json = format!("{}\"{after}", escaped(&text));
            let is_usual = !text.contains(['\t', '\u{8}', '\u{c}', '\0', '\u{1f}']);
            let expected = is_usual.then_some((text.clone(), after.as_str()));
            prop_assert_eq!(read_escaped(&json), expected);
            let expected = (escaped(&text) == text).then_some((text.as_str(), after.as_str()));
            prop_assert_eq!(read_plain(&json), expected);
        }

        #[test]
        fn counts_the_bytes_before_the_first_special_one(text in text()) {
            let expected = text.find(|it: char| it < ' ' || it == '"' || it == '\\').unwrap_or(text.len());
            prop_assert_eq!(plain_prefix(text.as_bytes()), expected);
        }
    }

    #[test]
    fn texts_without_an_end_or_with_other_escapes_are_not_read() {
        for json in ["", "a", "a\\", "a\\\"", "\\u0041\"", "\\t\"", "a\nb\"", "\\x\""] {
            assert_eq!(read_escaped(json), None, "{json}");
            assert_eq!(read_plain(json), None, "{json}");
        }
    }
}
