//! The English text of `/contact`.

use super::private::PRIVATE;
use crate::ui::i18n::plain::texts::{Block, PageText, Part};

/// The page.
pub(super) const PAGE: PageText = PageText {
    title: "Contact",
    summary: "Who runs this server, and how to reach them.",
    parts: &[
        Part {
            title: "Who runs this server",
            blocks: &[Block::Operated("{name}, {country}"), Block::Unnamed(PRIVATE)],
        },
        Part {
            title: "How to reach them",
            blocks: &[
                Block::Operated("Questions, privacy and complaints: {contact}"),
                Block::Operated("Abuse and the safety of children: {abuse}"),
                Block::Unnamed("The operator has not named a contact."),
                Block::Text("{report} says what to write."),
            ],
        },
        Part {
            title: "For authorities",
            blocks: &[
                Block::Text(
                    "There are no accounts. Calls and chats go from browser to browser and are encrypted, so the \
                     server has no recordings and cannot make any. It keeps no list of meetings, and no addresses: \
                     {privacy} says what there is.",
                ),
                Block::Operated("Requests go to {contact}."),
            ],
        },
        Part {
            title: "The software",
            blocks: &[Block::Text(
                "Passerby is open-source software, and anyone may run it. The people who write it do not run this \
                 server, know nothing about its calls, and cannot act on reports.",
            )],
        },
    ],
};
