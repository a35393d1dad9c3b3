//! The English texts of the questions before the first start.

use super::catalogue::StateText;

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
