//! The English text of `/appeal`.

use super::private::PRIVATE;
use crate::ui::i18n::plain::texts::{Block, DecisionTexts, FactLabels, PageText, Part};

/// The page.
pub(super) const PAGE: PageText = PageText {
    title: "Decisions and appeals",
    summary: "Why you were warned, paused or banned, how to appeal, and what came of your report. No account is needed, \
              only the code that the page has shown you.",
    parts: &[
        Part {
            title: "How an appeal works",
            blocks: &[
                Block::Text(
                    "With the code of a decision you may appeal against it once. A person reads the appeal. If the appeal is granted, the decision ends at once. The answer stands here, under \
                     the same code.",
                ),
                Block::Text("What people must not do here is in the rules: {rules}."),
                Block::Text("A pause ends after a quarter of an hour, with or without an appeal."),
            ],
        },
        Part {
            title: "If you have no code",
            blocks: &[
                Block::Operated(
                    "Write to {contact}, and say what the page showed you and when. A network that is refused for a \
                     day has no code: it opens again by itself.",
                ),
                Block::Unnamed(PRIVATE),
            ],
        },
    ],
};

/// What the page says about a code.
pub(super) const DECISIONS: DecisionTexts = DecisionTexts {
    code: "Your code",
    look_up: "Look it up",
    unknown: "Nothing has this code. Please check each letter and digit. Codes are deleted some time after a decision \
              has ended.",
    busy: "That doesn\u{2019}t work right now. Please try again in a minute.",
    off: "This server keeps no reports and makes no decisions about people, so there is nothing to look up.",
    kinds: ["You were warned", "You were paused", "You were banned"],
    by_person: "A person has decided this.",
    automatic: "No person has decided this. Several people had reported you, so the server made you wait for a quarter \
                of an hour. A person will look at their reports.",
    facts: FactLabels {
        reason: "Reason",
        reports: "Reports",
        decided: "Decided",
        until: "Until",
        ended: "Ended",
        answer: "Answer",
    },
    reasons: [
        "Nudity or sexual acts",
        "Harassment",
        "Hate",
        "Spam, or a video that is not live",
        "Somebody who looks younger than 18",
        "Threats or violence",
        "Something else that breaks the rules",
    ],
    appeal: "Appeal",
    appeal_hint: "Say why you think that the decision is wrong, in at most 1,000 characters. You can do this once.",
    words: "Your appeal",
    send: "Send the appeal",
    bad_words: "Please write something, in at most 1,000 characters.",
    waiting: "Your appeal is here. A person will read it. Come back with the same code for the answer.",
    granted: "Your appeal was granted. This decision has ended. If the page still keeps you out, another decision does. \
              If that one has a code, the page shows it.",
    rejected: "Your appeal was rejected. The decision stays.",
    outcomes: [
        "Your report is here. No person has decided about it yet.",
        "A person has found your report right, and has acted.",
        "A person has looked at your report and has found no broken rule.",
    ],
};
