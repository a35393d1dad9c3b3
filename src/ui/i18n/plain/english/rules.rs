//! The English text of `/rules`.

use super::private::PRIVATE;
use crate::ui::i18n::plain::texts::{Block, PageText, Part};

/// The page.
pub(super) const PAGE: PageText = PageText {
    title: "Rules",
    summary: "Passerby is for adults who are kind to strangers. These are the rules of this server.",
    parts: &[
        Part {
            title: "In short",
            blocks: &[Block::List(&[
                "You are 18 or older. If the other person looks younger, leave and report it.",
                "Keep it clean: no nudity, and nothing sexual.",
                "Be kind, and let people go. Anyone may leave at any time, without a reason.",
                "Don\u{2019}t record, photograph or publish other people.",
            ])],
        },
        Part {
            title: "Never",
            blocks: &[Block::List(&[
                "anything sexual with, about or in front of people under 18, in pictures or in words. The operator \
                 reports it to the authorities where the law asks for it.",
                "nudity, sexual acts, or asking for them",
                "hate, threats, bullying, or encouraging people to hurt themselves or others",
                "recording people, blackmailing them, or publishing what you know about them",
                "fake or recorded video, and pretending to be someone else",
                "advertising, spam, fraud, asking for money or passwords",
                "buying or selling what is against the law",
                "coming back while you have been asked to stay away",
            ])],
        },
        Part {
            title: "If somebody breaks the rules",
            blocks: &[
                Block::Text(
                    "Leave: press Next, or Stop. Block them, so that you don\u{2019}t meet again, and report them. \
                     {report} says how, also without an account. You never owe anyone an explanation.",
                ),
                Block::Text(
                    "The operator of this server decides what follows. They may warn people, or keep them out for \
                     some time.",
                ),
            ],
        },
        Part {
            title: "If you are under 18",
            blocks: &[Block::Text(
                "This place is not for you. If something has happened to you here, it was not your fault: {safety} \
                 lists people who help.",
            )],
        },
        Part {
            title: "Who made these rules",
            blocks: &[
                Block::Operated("{name} runs this server and is responsible for it: {imprint}."),
                Block::Unnamed(PRIVATE),
                Block::Text(
                    "This is version {version} of the rules. When it changes, you are asked to accept them again.",
                ),
            ],
        },
    ],
};
