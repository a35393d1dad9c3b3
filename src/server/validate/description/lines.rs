//! [`Lines`]: the lines of a description, each with what all its characters have in common.

use std::ops::Range;

use super::verdict::Flaw;
use crate::protocol::{
    limits::{MAX_SDP_LINE_BYTES, MAX_SDP_LINES},
    transport::word::{ONES, first, less_than},
};

/// One line of a description.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Its type, the lower-case letter before the equals sign (RFC 8866, 5).
    pub(super) letter: u8,
    /// What follows the equals sign.
    pub(super) value: &'a str,
    /// Whether it consists of printable ASCII characters.
    pub(super) is_printable: bool,
    /// Where it begins in the description.
    start: usize,
    /// Where its ending begins: CR LF, or LF only, or nothing for the last line.
    end: usize,
    /// Where the next line begins.
    next: usize,
}

impl Line<'_> {
    /// Where it is, without its ending.
    pub(super) const fn text(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Where it is, with its ending.
    pub(super) const fn whole(&self) -> Range<usize> {
        self.start..self.next
    }
}

/// The lines of a description, from the first to the last or to the first invalid one.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    count: usize,
}

impl<'a> Lines<'a> {
    /// The lines of this text.
    pub(super) const fn of(text: &'a str) -> Self {
        Self { text, at: 0, count: 0 }
    }

    /// The line that begins here.
    ///
    /// # Errors
    ///
    /// [`Flaw::Size`] if it is too long or one too many, [`Flaw::Line`] if it has a control character or does not begin
    /// with a type.
    fn read(&mut self) -> Result<Line<'a>, Flaw> {
        let start = self.at;
        let bytes = &self.text.as_bytes()[start..];
        let (length, is_printable) = up_to_control(bytes);
        self.count += 1;
        if length > MAX_SDP_LINE_BYTES || self.count > MAX_SDP_LINES {
            return Err(Flaw::Size);
        }
        let ending = match bytes[length..] {
            [] => 0,
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            [_, ..] => return Err(Flaw::Line),
        };
        let end = start + length;
        self.at = end + ending;
        match bytes[..length] {
            // A control character or the end of the text follows, so this is not inside of a character.
            [letter @ b'a'..=b'z', b'=', ..] => Ok(Line {
                letter,
                value: &self.text[start + 2..end],
                is_printable,
                start,
                end,
                next: self.at,
            }),
            _ => Err(Flaw::Line),
        }
    }
}

/// Marks the bytes from 127 on, those of no printable ASCII character (`protocol::transport::word`). Only the first
/// mark counts: after a byte of 255, one of 126 is marked, too.
const fn from_127(word: u64) -> u64 {
    (word | word.wrapping_add(ONES)) & (ONES << 7)
}

/// How many bytes come before the first ASCII control character other than DEL, and whether they are printable ASCII.
fn up_to_control(bytes: &[u8]) -> (usize, bool) {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut foreign = 0;
    for (count, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let (control, others) = (less_than(word, b' '), from_127(word));
        if control != 0 {
            let length = first(control);
            return (8 * count + length, foreign == 0 && first(others) >= length);
        }
        foreign |= others;
    }
    let length = rest.iter().position(|it| *it < b' ').unwrap_or(rest.len());
    let is_printable = foreign == 0 && rest[..length].iter().all(|it| *it < 127);
    (8 * words.len() + length, is_printable)
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.at < self.text.len()).then(|| self.read().inspect_err(|_| self.at = self.text.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<(char, &str, bool), Flaw>> {
        let parts = |it: Line<'_>| (char::from(it.letter), &text[it.text()][2..], it.is_printable);
        Lines::of(text).map(|it| it.map(parts)).collect()
    }

    #[test]
    fn reads_lines_with_any_ending() {
        let lines = [Ok(('v', "0", true)), Ok(('a', "", true)), Ok(('s', "ü", false))];
        assert_eq!(read("v=0\r\na=\ns=ü"), lines);
        assert_eq!(read("v=0\r\na=\ns=ü\r\n"), lines);
        assert_eq!(read(""), []);
        let ranges: Vec<_> = Lines::of("v=0\r\na=1\n").map(|it| it.unwrap()).map(|it| it.whole()).collect();
        assert_eq!(ranges, [0..5, 5..9]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4_000))]

        #[test]
        fn finds_the_end_and_what_is_before(
            text in "([ -~]{0,5}|\\x7f|[\u{80}-\u{90}]|\u{7ff}|\u{10ffff}|[\\x00-\\x1f]|~{7,9}){0,6}",
        ) {
            let length = text.find(|it: char| it < ' ').unwrap_or(text.len());
            let is_printable = text[..length].chars().all(|it| (' '..='~').contains(&it));
            proptest::prop_assert_eq!(up_to_control(text.as_bytes()), (length, is_printable));
        }
    }

    #[test]
    fn ends_at_the_first_line_that_is_none() {
        for bad in
            ["\r\n", "x", "A=x", "=x", "ü=x", "a", "a=\tx", "a=x\0", "a=x\ry", "a=x\r\r", "\u{feff}a=x"]
        {
            assert_eq!(
                read(&format!("v=0\n{bad}\nv=1\n")),
                [Ok(('v', "0", true)), Err(Flaw::Line)],
                "{bad:?}"
            );
        }
    }

    #[test]
    fn bounds_lines_and_their_number() {
        let long = "x".repeat(MAX_SDP_LINE_BYTES - 2);
        assert_eq!(read(&format!("a={long}\n")).len(), 1);
        assert_eq!(read(&format!("a={long}x\n")), [Err(Flaw::Size)]);
        assert!(read(&"a=x\n".repeat(MAX_SDP_LINES)).iter().all(Result::is_ok));
        assert_eq!(read(&"a=x\n".repeat(MAX_SDP_LINES + 1)).pop(), Some(Err(Flaw::Size)));
    }
}
