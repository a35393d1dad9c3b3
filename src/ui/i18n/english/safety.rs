//! The English texts of the questions before the first start, about blurred pictures, reports and sanctions.

use crate::call::Cover;
use crate::ui::i18n::{catalogue::Words, entry::StateText};

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

pub(crate) static AGE_CHECK: StateText = StateText {
    heading: "Your age has to be checked",
    sentence: "Another service checks that you\u{2019}re 18 or older. It doesn\u{2019}t learn who you meet here, and \
               we don\u{2019}t learn who you are.",
    spoken: "Your age has to be checked first, by another service.",
};

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

pub(crate) static REPORTED: StateText = StateText {
    heading: "You\u{2019}ve left the call",
    sentence: "They can\u{2019}t see or hear you any more.",
    spoken: "You\u{2019}ve left the call.",
};

pub(crate) static SEARCH_PAUSED: StateText = StateText {
    heading: "You\u{2019}re not in a call",
    sentence: "Nobody can see or hear you right now.",
    spoken: "You\u{2019}re not in a call. Nobody can see or hear you right now.",
};

/// While the server is asked whether a ban or a pause still stands, without an answer, and if it does.
pub(crate) static INQUIRIES: [&str; 3] = [
    "Asking\u{2026}",
    "That didn\u{2019}t work. Check your connection, or try again in a moment.",
    "Nothing has changed.",
];

/// One for each step of a report but the first, which shows nothing.
pub(crate) static REPORT_STEPS: [StateText; 7] = [
    step("Who do you want to report?", "These calls ended in the last 10 minutes."),
    step("What happened?", "The call is over. They won\u{2019}t be told that you reported them."),
    step("Sending your report\u{2026}", "This takes a moment."),
    step(
        "Your report is saved",
        "We\u{2019}ll send it when the connection is back, even if you close this page and come back within a day.",
    ),
    step(
        "Thank you",
        "A person will look at your report. The stranger isn\u{2019}t told. They\u{2019}re blocked, too: you \
         won\u{2019}t meet them again for 30 days.",
    ),
    step(
        "It\u{2019}s too late to report this call",
        "They\u{2019}re blocked. You can still write to us about them.",
    ),
    step(
        "That\u{2019}s a lot of reports",
        "We can\u{2019}t take another one from you right now. If someone is in danger, please don\u{2019}t wait: there are \
         other ways to report.",
    ),
];

const fn step(heading: &'static str, sentence: &'static str) -> StateText {
    StateText { heading, sentence, spoken: "" }
}

/// One for each reason, in the order of `ReportReason::ALL`.
pub(crate) static REASONS: [&str; 7] = [
    "Nudity or sex",
    "Harassment",
    "Hate",
    "Spam or fake video",
    "Looks under 18",
    "Threats",
    "Something else",
];

pub(crate) static BANNED: StateText = StateText {
    heading: "You can\u{2019}t use Passerby for now",
    sentence: "This is about your device or your network.",
    spoken: "You can\u{2019}t use Passerby for now.",
};

pub(crate) static PAUSED: StateText = StateText {
    heading: "Take a short break",
    sentence: "People you met have reported you. You can go on when the break is over.",
    spoken: "Take a short break. You can go on when it is over.",
};

pub(crate) static WARNED: StateText = StateText {
    heading: "Please keep to the rules",
    sentence: "Someone reported you, and we think they were right. This is a warning. Nothing else happens this time.",
    spoken: "",
};

pub(crate) static NO_APPEAL: &str = "There\u{2019}s no code to appeal with. If it\u{2019}s about your network, you may \
                                    have done nothing wrong: try another network, or come back later.";

/// What the page says while the pictures are blurred.
pub(crate) const fn cover_text(words: &'static Words, cover: Cover) -> &'static str {
    match cover {
        Cover::Lifted => "",
        Cover::Blurred => words.covers[0],
        Cover::OwnRevealed => words.covers[1],
        Cover::PartnerRevealed => words.covers[2],
    }
}
