//! Laws about prose: banned phrases and the length of comment lines.

use super::{Breach, lines};

/// Characters of one comment line.
const MAX_COMMENT_CHARS: usize = 120;

/// Phrases that hide what a sentence means, with a hint what to write instead.
///
/// Each is split in two, so that a search for them finds nothing here.
const BANNED: [(&str, &str, &str); 21] = [
    ("who", "ever", "name the role: a peer, a visitor, an operator"),
    ("for", " who", "name the role"),
    ("of", " who", "name the role"),
    ("to", " who", "name the role"),
    ("it is", " none", "say what it is not: `not a …`"),
    ("in", " vain", "say what happens instead"),
    ("de", "ed", "command, action or operation"),
    ("de", "eds", "commands, actions or operations"),
    ("all", " the same", "anyway, still, or nothing"),
    ("own", " accord", "by itself, or say who does it"),
    ("an", "ew", "again, or a new one"),
    ("must not", " know", "say what the module is"),
    ("by", " and by", "gradually"),
    ("of", " late", "recently"),
    ("nobody's", " business", "private"),
    ("nobody else's", " business", "private"),
    ("as it", " were", "say it plainly"),
    ("none", " of ours", "not one of ours"),
    ("is good", " for nothing", "is useless, or invalid"),
    ("worth", " nothing", "invalid"),
    ("at", " birth", "at construction"),
];

/// Words with which no sentence of a comment begins.
const BANNED_BEGINNINGS: [&str; 2] = ["Who", "Else"];

/// Texts that people read on the page have rules of their own.
fn is_page_text(file: &str) -> bool {
    file.starts_with("src/ui/i18n/")
}

/// No text contains a banned phrase, and no sentence of a comment begins with a banned word.
pub(super) fn banned_phrases(file: &str, text: &str) -> Vec<Breach> {
    if is_page_text(file) {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        for (start, end, instead) in BANNED {
            if contains_phrase(&lower, &format!("{start}{end}")) {
                breaches.push(Breach::new(at + 1, format!("says \"{start}{end}\"; better: {instead}")));
            }
        }
        let beginnings = comment(line).filter(|_| file.ends_with(".rs")).map(banned_beginning);
        if let Some(word) = beginnings.flatten() {
            breaches.push(Breach::new(at + 1, format!("a sentence begins with \"{word}\"")));
        }
    }
    breaches
}

/// Whether a phrase stands in a text as whole words.
fn contains_phrase(text: &str, phrase: &str) -> bool {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// The text of a comment line.
fn comment(line: &str) -> Option<&str> {
    let text = line.trim_start().strip_prefix("//")?;
    Some(text.trim_start_matches(['/', '!']).trim_start())
}

/// A banned word at the beginning of a sentence that is not a question.
fn banned_beginning(text: &str) -> Option<&'static str> {
    let sentences = std::iter::once(text).chain(text.split(". ").skip(1));
    sentences.filter(|it| !it.ends_with('?')).find_map(|sentence| {
        let word = sentence.split([' ', ',']).next()?;
        BANNED_BEGINNINGS.into_iter().find(|it| *it == word)
    })
}

/// No comment line is longer than [`MAX_COMMENT_CHARS`].
pub(super) fn comment_length(file: &str, text: &str) -> Vec<Breach> {
    if !file.ends_with(".rs") && !file.ends_with(".ts") {
        return Vec::new();
    }
    let too_long =
        |(_, line): &(usize, &str)| comment(line).is_some() && line.chars().count() > MAX_COMMENT_CHARS;
    let law = format!("a comment line of more than {MAX_COMMENT_CHARS} characters");
    text.lines().enumerate().filter(too_long).map(|(at, _)| Breach::new(at + 1, law.clone())).collect()
}

#[test]
fn finds_every_banned_phrase() {
    for (start, end, _) in BANNED {
        let phrase = format!("{start}{end}");
        for text in [format!("a\n// It {phrase}, x."), format!("\nlet {phrase} = 1;"), format!("\n{phrase}")]
        {
            assert!(lines(banned_phrases("README.md", &text)).contains(&2), "{text}");
        }
        assert_eq!(banned_phrases("README.md", &format!("x{phrase}y")), []);
        assert_eq!(banned_phrases("src/ui/i18n/english.rs", &phrase), []);
    }
    assert_eq!(banned_phrases("src/lib.rs", "// The whole video of what we did; indeed, a new one."), []);
}

#[test]
fn finds_sentences_that_begin_badly() {
    for bad in ["// Who waits is served.", "    /// It is. Else, nothing happens.", "//! Else it fails."] {
        assert_eq!(lines(banned_phrases("src/lib.rs", bad)), [1], "{bad}");
    }
    for good in ["// Who is it?", "let Who = 1;", "// Elsewhere it works.", "/// `Who` is a type."] {
        assert_eq!(banned_phrases("src/lib.rs", good), [], "{good}");
    }
}

#[test]
fn finds_long_comment_lines() {
    let line = |mark: &str, chars: usize| format!("{mark}{}", "x".repeat(chars - mark.len()));
    for mark in ["// ", "/// ", "//! ", "    // "] {
        assert_eq!(comment_length("src/lib.rs", &line(mark, MAX_COMMENT_CHARS)), []);
        assert_eq!(lines(comment_length("src/lib.rs", &line(mark, MAX_COMMENT_CHARS + 1))), [1]);
    }
    assert_eq!(comment_length("src/lib.rs", &line("let a = ", 200)), []);
    assert_eq!(comment_length("README.md", &line("// ", 200)), []);
}
