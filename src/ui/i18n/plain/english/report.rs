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
                "Press Report. The call ends at once, and you can say what happened; you will not meet this person \
                 again. You can also do this for ten minutes after a call. A moderator looks at each report, and the \
                 other person is not told who has reported them. You get a code with which you can ask what came of \
                 it: {appeal}.",
            )],
        },
        Part {
            title: "Later, or anything else",
            blocks: &[
                Block::Text(
                    "The server keeps no list of meetings and no recordings, so note when it happened.",
                ),
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
                Block::Text("With the code that the page has shown you, you can appeal: {appeal}."),
                Block::Operated(
                    "If you have no code, or if a report was not answered, write to {contact}. A person will look at it.",
                ),
                Block::Unnamed(PRIVATE),
            ],
        },
    ],
};
