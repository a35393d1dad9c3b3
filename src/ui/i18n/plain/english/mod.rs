//! The English texts of the plain pages.

mod appeal;
mod contact;
mod countries;
mod privacy;
mod private;
mod report;
mod rules;
mod safety;
mod transparency;

use super::texts::PlainTexts;

/// All of them.
pub(crate) static ENGLISH: PlainTexts = PlainTexts {
    language: "en",
    direction: "ltr",
    back: "Back to the first page",
    countries: &countries::NAMES,
    rules: rules::PAGE,
    privacy: privacy::PAGE,
    safety: safety::PAGE,
    report: report::PAGE,
    appeal: appeal::PAGE,
    transparency: transparency::PAGE,
    decisions: appeal::DECISIONS,
    counts: transparency::COUNTS,
    nothing_counted: "Nothing was reported yet.",
    contact: contact::PAGE,
};
