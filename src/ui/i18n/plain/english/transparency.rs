//! The English text of `/transparency`.

use super::private::PRIVATE;
use crate::ui::i18n::plain::texts::{Block, PageText, Part};

/// The page.
pub(super) const PAGE: PageText = PageText {
    title: "Transparency",
    summary: "How often people were reported on this server, and what was decided, month by month.",
    parts: &[Part {
        title: "How to read these numbers",
        blocks: &[
            Block::Text(
                "They count reports and decisions, not people. One person may have been reported by several others. \
                 The server counts nothing about people who were not reported.",
            ),
            Block::Operated("They are the numbers of this server alone, which {name} runs."),
            Block::Unnamed(PRIVATE),
            Block::Text("What is reported, and how decisions are made: {report} and {appeal}."),
        ],
    }],
};

/// What is counted, in the order of the page.
pub(super) const COUNTS: &[(&str, &str)] = &[
    ("report nudity", "Reports of nudity"),
    ("report harassment", "Reports of harassment"),
    ("report hate", "Reports of hate"),
    ("report spam", "Reports of spam or of video that is not live"),
    ("report under-age", "Reports of somebody who looks younger than 18"),
    ("report threats", "Reports of threats"),
    ("report other", "Other reports"),
    ("automatic pause", "Pauses by the server, of a quarter of an hour"),
    ("dismiss", "Decisions that no rule was broken"),
    ("warn", "Warnings"),
    ("pause", "Pauses by a person"),
    ("ban", "Bans"),
    ("lift", "Decisions that were ended early"),
    ("appeal", "Appeals"),
    ("grant appeal", "Appeals that were granted"),
    ("reject appeal", "Appeals that were rejected"),
];
