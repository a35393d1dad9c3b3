//! The English text of `/report`.

use super::private::PRIVATE;
use crate::ui::i18n::plain::texts::{Block, PageText, Part};

/// The page.
pub(super) const PAGE: PageText = PageText {
    title: "Report",
    summary: "How to report a person or anything else on this server, without an account.",
    parts: &[
        Part {
            title: "If someone is in danger",
            blocks: &[Block::Text(
                "Call the emergency number of your country first. {safety} lists hotlines and helplines.",
            )],
        },
        Part {
            title: "A person you are talking to",
            blocks: &[Block::Text(
                "Leave with Next or Stop, and block them, so that you don\u{2019}t meet again: Block is in the \
                 settings of a call and on the page after it. The server keeps no list of meetings and no \
                 recordings, so note when it happened.",
            )],
        },
        Part {
            title: "Anything else",
            blocks: &[
                Block::Operated("Write to {abuse}. These help:"),
                Block::Unnamed(PRIVATE),
                Block::Unnamed("Tell them:"),
                Block::List(&[
                    "when it happened: the day, the time, and your time zone",
                    "how long the call took, and how it ended",
                    "what happened, in your own words",
                    "whether others may be in danger",
                    "how you can be reached, if you would like an answer",
                ]),
                Block::Text(
                    "Please don\u{2019}t send pictures or recordings. Sexual pictures of children must not be sent, \
                     saved or copied, not even as evidence: tell a hotline where you saw them ({safety}).",
                ),
            ],
        },
        Part {
            title: "Pictures of you on the internet",
            blocks: &[
                Block::Text(
                    "The operator cannot remove pictures from other sites. Report them there, and use Take It Down \
                     or StopNCII, which are listed under {safety}.",
                ),
                Block::Operated(
                    "If such a picture is shown on this server again and again, write to {abuse}.",
                ),
            ],
        },
        Part {
            title: "If you disagree with a decision",
            blocks: &[
                Block::Operated(
                    "If you think that a decision of the operator was wrong, or if a report was not answered, write to \
                     {contact}. A person will look at it.",
                ),
                Block::Unnamed(PRIVATE),
            ],
        },
    ],
};
