//! The English texts of the questions before the first start, and about blurred pictures.

use super::catalogue::{StateText, Words};
use crate::call::Cover;

pub(crate) static GATE: StateText = StateText {
    heading: "Adults only, and three rules",
    sentence: "You have to be 18 or older to meet people here.",
    spoken: "Before you start: are you 18 or older, and do you accept three rules?",
};

pub(crate) static RULES: [&str; 3] = [
    "Be kind. No hate, no threats, no harassment.",
    "Keep your clothes on. No nudity and no sex.",
    "Don\u{2019}t record people. Report whoever looks under 18.",
];

pub(crate) static UNDER_AGE: StateText = StateText {
    heading: "See you when you\u{2019}re 18",
    sentence: "Passerby is for adults. If something online has upset or scared you, it isn\u{2019}t your fault, and \
               there are people who listen and help. It\u{2019}s free, and you don\u{2019}t have to say who you are.",
    spoken: "Passerby is for adults. If you need help, there is a link to people who listen.",
};

/// Nobody has revealed their picture, only this person, only the stranger.
pub(crate) static COVERS: [&str; 3] = [
    "You\u{2019}re both blurred. Talk first, and reveal when you like.",
    "They can\u{2019}t see you yet. You\u{2019}ll see each other when they reveal, too.",
    "They\u{2019}re ready when you are.",
];

/// What the page says while the pictures are blurred.
pub(crate) const fn cover_text(words: &'static Words, cover: Cover) -> &'static str {
    match cover {
        Cover::Lifted => "",
        Cover::Blurred => words.covers[0],
        Cover::OwnRevealed => words.covers[1],
        Cover::PartnerRevealed => words.covers[2],
    }
}
