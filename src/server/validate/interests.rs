//! The folding of interests, so that people who mean the same find each other.

use std::{iter, mem};

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_normalizer::{
    ComposingNormalizer, ComposingNormalizerBorrowed, DecomposingNormalizer, DecomposingNormalizerBorrowed,
};
use icu_properties::{
    CodePointSetData, CodePointSetDataBorrowed,
    props::{DefaultIgnorableCodePoint, SoftDotted},
};

use crate::protocol::{
    Interest, Tastes,
    limits::{MAX_INTEREST_CHARS, MAX_INTERESTS},
};

/// Full case folding (Unicode Standard, 3.13): `ß` and `SS` become `ss`.
const CASE: CaseMapperBorrowed<'static> = CaseMapper::new();

/// Normalisation form NFD (Unicode Standard Annex 15). It puts marks in order, which case folding needs.
const NFD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizer::new_nfd();

/// Normalisation form NFKC (Unicode Standard Annex 15).
const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfkc();

/// Characters that cannot be seen: variation selectors, soft hyphens, joiners and others without width.
const INVISIBLE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<DefaultIgnorableCodePoint>();

/// Letters whose dot disappears under another mark above them, such as `i`.
const SOFT_DOTTED: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<SoftDotted>();

/// The mark that looks like the dot of such a letter.
const DOT_ABOVE: char = '\u{307}';

/// What people type for an apostrophe: quotation marks, accents, primes, modifier letters, and the Hebrew geresh.
const APOSTROPHES: [char; 9] =
    ['\u{2018}', '\u{2019}', '\u{201b}', '`', '\u{b4}', '\u{2032}', '\u{2bb}', '\u{2bc}', '\u{5f3}'];

/// Characters of a folded interest. Folding makes a text longer, but for what people write not twice as long.
const MAX_KEY_CHARS: usize = 2 * MAX_INTEREST_CHARS;

/// How often a text is folded at most; two rounds are enough for all that people write.
const MAX_ROUNDS: usize = 8;

/// Gives each interest the form by which it is compared, and leaves the text as the person wrote it.
///
/// Interests that are the same in that form are listed once, and only the first [`MAX_INTERESTS`] remain. Those of
/// which nothing or too much remains are dropped.
pub(crate) fn fold_all(tastes: &mut Tastes) {
    let written = mem::take(&mut tastes.interests);
    // A text with commas of other scripts is several interests.
    for it in written.iter().flat_map(|it| Interest::all_in(it.as_ref())) {
        let key = fold(it.as_ref());
        let is_key = !key.is_empty() && key.chars().take(MAX_KEY_CHARS + 1).count() <= MAX_KEY_CHARS;
        let is_new = tastes.interests.iter().all(|other| other.key().as_ref() != key);
        if is_key && is_new && tastes.interests.len() < MAX_INTERESTS {
            tastes.interests.push(it.with_key(&key));
        }
    }
}

/// The form in which texts that look the same are the same: `NFKC_Casefold` (Unicode Standard, 3.13).
///
/// Besides, all apostrophes are the same, a `#` at the beginning does not count, one space stands between words, and a
/// dot above a letter with a dot cannot be seen. Letters of different scripts stay different.
fn fold(text: &str) -> String {
    let mut folded = fold_once(text);
    for _ in 0..MAX_ROUNDS {
        let again = fold_once(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

fn fold_once(text: &str) -> String {
    let visible: String = text.chars().filter(|it| !INVISIBLE.contains(*it)).map(apostrophe).collect();
    let plain = NFKC.normalize(&CASE.fold_string(&NFD.normalize(&visible))).into_owned();
    let before = iter::once(None).chain(plain.chars().map(Some));
    let has_second_dot = |(before, it): &(Option<char>, char)| {
        *it == DOT_ABOVE && before.is_some_and(|it| SOFT_DOTTED.contains(it))
    };
    let undotted: String =
        before.zip(plain.chars()).filter(|it| !has_second_dot(it)).map(|(_, it)| it).collect();
    let words: Vec<_> = undotted.split_whitespace().collect();
    words.join(" ").trim_start_matches(['#', ' ']).to_owned()
}

fn apostrophe(it: char) -> char {
    if APOSTROPHES.contains(&it) { '\'' } else { it }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*, sample::select};

    /// Each interest after folding: as written, and its key.
    #[track_caller]
    fn folded(interests: Vec<Interest>) -> Vec<(String, String)> {
        let mut tastes = Tastes { interests, languages: Vec::new() };
        fold_all(&mut tastes);
        let parts = |it: &Interest| (it.as_ref().to_owned(), it.key().as_ref().to_owned());
        tastes.interests.iter().map(parts).collect()
    }

    #[track_caller]
    fn keys(text: &str) -> Vec<String> {
        folded(Interest::all_in(text)).into_iter().map(|(_, key)| key).collect()
    }

    #[test]
    fn texts_that_look_the_same_are_the_same() {
        for (one, other) in [
            ("Jazz", "jAZZ"),
            ("❤\u{fe0f}", "❤"),
            ("İstanbul", "istanbul"),
            ("i\u{307}stanbul", "Istanbul"),
            ("Straße", "STRASSE"),
            ("straße", "strasse"),
            ("GROẞ", "gross"),
            ("chess\u{200b}", "chess"),
            ("\u{2060}ch\u{200d}ess\u{feff}", "chess"),
            ("می\u{200c}خواهم", "میخواهم"),
            ("foot\u{ad}ball", "football"),
            ("rock’n’roll", "rock'n'roll"),
            ("rock‘n‘roll", "rock'n'roll"),
            ("rock´n`roll", "rock'n'roll"),
            ("rock＇n＇roll", "rock'n'roll"),
            ("Hawaiʻi", "hawai'i"),
            ("צ׳", "צ'"),
            ("#jazz", "jazz"),
            ("＃ Jazz", "jazz"),
            ("##jazz", "jazz"),
            ("board   games", "Board\u{a0}Games"),
            ("се\u{308}рфинг", "СЁРФИНГ"),
            ("Ｇｏ", "go"),
            ("ﬁlm", "FILM"),
            ("ΤΈΝΙΣ", "τένις"),
            ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
        ] {
            assert_eq!(keys(one).len(), 1, "{one}");
            assert_eq!(keys(one), keys(other), "{one} {other}");
        }
    }

    #[test]
    fn texts_that_mean_something_else_stay_different() {
        for (one, other) in [
            // Latin and Cyrillic.
            ("cap", "сар"),
            // Latin and Greek.
            ("o", "ο"),
            ("C#", "C"),
            ("we're", "were"),
            ("resume", "résumé"),
            ("ı", "i"),
            ("board games", "boardgames"),
        ] {
            assert_ne!(keys(one), keys(other), "{one} {other}");
        }
    }

    #[test]
    fn the_text_stays_as_it_was_written() {
        let of = |text| folded(Interest::all_in(text));
        let pair = |written: &str, key: &str| (written.to_owned(), key.to_owned());
        assert_eq!(of("#Jazz, Straße ,JAZZ"), [pair("#Jazz", "jazz"), pair("Straße", "strasse")]);
        assert_eq!(of("囲碁,खेल,לטייל").len(), 3);
    }

    #[test]
    fn commas_of_any_script_separate_interests() {
        assert_eq!(keys("音乐，电影；茶"), ["音乐", "电影", "茶"]);
        assert_eq!(keys("音楽、映画､本"), ["音楽", "映画", "本"]);
        assert_eq!(keys("موسيقى، شاي"), ["موسيقى", "شاي"]);
        let one = Interest::new("a︐b").unwrap();
        assert_eq!(folded(vec![one]), folded(Interest::all_in("a,b")), "also in a message");
        let many = ["a；b", "c", "d；e；f", "g"].map(|it| Interest::new(it).unwrap()).to_vec();
        assert_eq!(folded(many).len(), MAX_INTERESTS);
    }

    #[test]
    fn drops_interests_of_which_nothing_or_too_much_remains() {
        assert_eq!(keys("\u{200b},#,# #,\u{ad}\u{fe0f},chess"), ["chess"]);
        let long = "ß".repeat(MAX_INTEREST_CHARS);
        assert_eq!(keys(&long), ["s".repeat(2 * MAX_INTEREST_CHARS)]);
        assert_eq!(keys("\u{fdfa}\u{fdfa}\u{fdfa}\u{fdfa},chess"), ["chess"]);
    }

    #[test]
    fn every_character_folds_to_a_form_that_folding_does_not_change() {
        // Without most ideographs, Hangul syllables, private characters and old scripts, which are many and do not
        // change.
        let ranges = [
            0..0x3500,
            0x9f00..0xad00,
            0xf8f0..0x1_1000,
            0x1_d000..0x1_f300,
            0x2_f800..0x2_fa20,
            0xe_0000..0xe_0200,
        ];
        for it in ranges.into_iter().flatten().filter_map(char::from_u32) {
            let text = format!("{it}i{it}\u{307}");
            let once = fold(&text);
            assert_eq!(fold(&once), once, "{}", text.escape_unicode());
        }
    }

    /// Characters that change when they are folded, or that change others.
    fn special() -> impl Strategy<Value = char> {
        select(vec![
            'a', 'I', 'İ', 'ı', 'i', 'j', 'ß', 'ẞ', 'Σ', 'ς', 'ﬁ', 'Å', 'é', '#', '\'', '’', '´', ' ',
            '\u{a0}', '\u{300}', '\u{301}', '\u{307}', '\u{323}', '\u{328}', '\u{345}', '\u{ad}', '\u{200d}',
            '\u{fe0f}', 'ᾳ', '한', '\u{1112}', '\u{1161}', '\u{11ab}', '１',
        ])
    }

    fn text() -> impl Strategy<Value = String> {
        let chars = prop_oneof![3 => special(), 1 => any::<char>()];
        vec(chars, 0..MAX_INTEREST_CHARS).prop_map(|it| it.into_iter().collect())
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in text()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn equivalent_texts_are_the_same(text in text()) {
            prop_assert_eq!(fold(&text), fold(&NFD.normalize(&text)));
        }

        #[test]
        fn what_cannot_be_seen_does_not_count(text in text(), at in any::<prop::sample::Index>()) {
            let ends: Vec<_> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (start, end) = text.split_at(*at.get(&ends));
            prop_assert_eq!(fold(&text), fold(&format!("{start}\u{200b}{end}")));
        }

        #[test]
        fn vetting_again_changes_nothing(texts in vec("[a-zß'# ,；\u{200b}]{1,40}", 0..8)) {
            let interests = texts.iter().flat_map(|it| Interest::all_in(it)).take(MAX_INTERESTS).collect();
            let mut tastes = Tastes { interests, languages: Vec::new() };
            fold_all(&mut tastes);
            let once = tastes.clone();
            fold_all(&mut tastes);
            prop_assert_eq!(tastes, once);
        }
    }
}
