//! Whole pages and their keyboard shortcuts.

mod decisions;
mod home;
mod keys;
mod plain;
mod text_area;

pub(crate) use decisions::statement;
pub use decisions::{AppealProgress, CodeAnswer, DecisionFacts, MonthView, PlainContent, ReportedOutcome};
pub use home::App;
pub use plain::{PlainFacts, plain_page};
pub(crate) use text_area::text_area_html;
