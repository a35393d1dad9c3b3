//! Reports and sanctions, as the page shows them, and what a person can ask about reports.

use crate::{
    protocol::{MatchId, NoticeKind, ReportReason},
    time::Moment,
};

/// A request about reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportWish {
    /// End the call, and ask why its partner is reported.
    Partner,
    /// Show the past partners who can be reported.
    Choose,
    /// Ask why the partner of this match, which is over, is reported.
    Past(MatchId),
    /// Report the chosen partner, with these words.
    Send(ReportReason, String),
    /// Close the question or the answer. What was sent is not taken back.
    Close,
}

/// The button that reports the partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportButton {
    /// There is none: the server takes no reports, or none of this partner.
    #[default]
    Hidden,
    /// There is nobody to report.
    Inactive,
    /// It reports the partner, or the one who has just left.
    Active,
}

/// How far a person has come with a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportStep {
    /// There is none, or its person has closed it.
    #[default]
    None,
    /// The page asks which past partner.
    Choosing,
    /// The page asks why.
    Asking,
    /// It was sent; the server has not answered yet.
    Sending,
    /// It is sent as soon as the server can take it.
    Kept,
    /// The server has it, from now or from before.
    Accepted,
    /// The server no longer takes a report of this match.
    TooLate,
    /// The server takes no more reports of this device today, or there is no room for another one here.
    TooMany,
}

/// A past match whose partner can still be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastCall {
    /// The match.
    pub id: MatchId,
    /// When it began, in seconds since the Unix epoch.
    pub started: u64,
    /// How many seconds it took.
    pub seconds: u64,
}

/// What was decided about this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sanction {
    /// What was decided.
    pub kind: NoticeKind,
    /// Why, and until when in seconds since the Unix epoch. `None` if the server has not said it.
    pub terms: Option<(ReportReason, u64)>,
    /// Whether no person has decided it.
    pub automatic: bool,
    /// Whether there is a code with which the person can appeal.
    pub can_appeal: bool,
    /// What came of asking the server whether it still stands.
    pub inquiry: Inquiry,
}

/// What came of asking the server whether a refusal still stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inquiry {
    /// The person has not asked.
    #[default]
    None,
    /// The server has not answered yet.
    Asking {
        /// When the page gives up.
        until: Moment,
    },
    /// The server could not be reached.
    Unanswered,
    /// It still stands.
    Confirmed,
}
