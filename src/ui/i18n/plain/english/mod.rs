//! The English texts of the plain pages.

mod contact;
mod countries;
mod privacy;
mod private;
mod report;
mod rules;
mod safety;

use super::texts::PlainTexts;

/// All of them.
pub(super) static ENGLISH: PlainTexts = PlainTexts {
    language: "en",
    direction: "ltr",
    back: "Back to the first page",
    countries: &countries::NAMES,
    rules: rules::PAGE,
    privacy: privacy::PAGE,
    safety: safety::PAGE,
    report: report::PAGE,
    contact: contact::PAGE,
};
