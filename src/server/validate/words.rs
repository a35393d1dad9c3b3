//! The words of a report, as a moderator may read them.

use crate::protocol::ReportWords;

/// Removes what would make the words look like others: characters that set the direction of the text (Unicode Standard
/// Annex 9, 2) disappear, and control characters, line breaks and rows of spaces become one space each.
pub(crate) fn clean(words: &mut ReportWords) {
    let shown = words.as_ref().chars().filter(|it| !sets_direction(*it));
    let shown: String = shown.map(|it| if it.is_control() { ' ' } else { it }).collect();
    let text = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    // The text has become no longer, so there are always such words.
    *words = ReportWords::new(&text).unwrap_or_default();
}

const fn sets_direction(it: char) -> bool {
    matches!(
        it,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::limits::MAX_REPORT_CHARS;
    use proptest::prelude::*;

    #[track_caller]
    fn cleaned(text: &str) -> String {
        let mut words = ReportWords::new(text).expect("few enough words");
        clean(&mut words);
        words.as_ref().to_owned()
    }

    #[test]
    fn words_stay_as_a_person_writes_them() {
        for text in
            ["", "He shouted at me.", "Он кричал на меня", "می\u{200c}خواهم", "👩\u{200d}👩 ❤\u{fe0f}"]
        {
            assert_eq!(cleaned(text), text);
        }
    }

    #[test]
    fn what_would_mislead_a_reader_is_removed() {
        for (text, expected) in [
            ("one\r\n\r\ntwo\tthree", "one two three"),
            ("  a \u{a0} b  ", "a b"),
            ("bell\u{7} and \u{1b}[31mred", "bell and [31mred"),
            ("\u{202e}gnp.exe\u{202c}", "gnp.exe"),
            ("a\u{2066}b\u{2069}c\u{200f}", "abc"),
        ] {
            assert_eq!(cleaned(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            let text: String = text.chars().take(MAX_REPORT_CHARS).collect();
            let once = cleaned(&text);
            prop_assert_eq!(cleaned(&once), once);
        }
    }
}
