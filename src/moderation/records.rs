//! Plain data that goes into the store and comes out of it.

use std::{fmt, str::FromStr};

use super::rules::{
    codes::ReferenceCode,
    decisions::{Action, ReportOutcome},
    network_tags::Month,
    sanctions::{Sanction, SanctionKind},
    unix_time::UnixTime,
};
use crate::protocol::{DeviceId, MatchId, NetworkTag, ReportReason};

/// Characters of the words in an appeal: a page of text.
pub const MAX_APPEAL_CHARS: usize = 1_000;

/// Characters of a moderator's note or answer: a page of text.
pub const MAX_NOTE_CHARS: usize = 1_000;

/// Characters of a moderator's name.
pub const MAX_NAME_CHARS: usize = 32;

/// Rows of a list that are read at once. A page of a browser shows fewer.
pub const MAX_ROWS: usize = 100;

/// One end of a match, as its sealed ticket says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// The device.
    pub device: DeviceId,
    /// The network that it was in.
    pub network: NetworkTag,
}

/// A report whose ticket has been verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// The match in which the two met.
    pub match_id: MatchId,
    /// The reporter.
    pub reporter: Party,
    /// The reported.
    pub subject: Party,
    /// What it is about.
    pub reason: ReportReason,
    /// The reporter's own words, at most [`MAX_REPORT_CHARS`](crate::protocol::limits::MAX_REPORT_CHARS); may be empty.
    pub words: String,
    /// The start of the match.
    pub started: UnixTime,
}

impl fmt::Debug for Report {
    /// Hides the words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Report({})", self.reason.name())
    }
}

/// A report is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportReceipt {
    /// With this code the reporter can ask what came of it.
    pub code: ReferenceCode,
    /// Whether it was new; otherwise this reporter has reported this match before, and nothing changes.
    pub is_new: bool,
    /// Whether its subject was paused because of it.
    pub has_paused: bool,
}

/// A reported device, as moderators name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId(pub i64);

/// What a moderator has seen of a subject. A decision is about nothing else: it fails if somebody has decided in the
/// meantime, and reports that came later stay open. Its text is for forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub(crate) version: i64,
    pub(crate) last_report: i64,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.version, self.last_report)
    }
}

impl FromStr for Seen {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (version, last_report) = text.split_once('.').unwrap_or((text, ""));
        Ok(Self { version: version.parse()?, last_report: last_report.parse()? })
    }
}

/// A subject's place in the work of the moderators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has reports that nobody has decided about.
    Open,
    /// A moderator wants somebody else to decide.
    Escalated,
    /// Nothing is to be done.
    Closed,
}

impl Status {
    /// All of them, in the order in which moderators look at them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Escalated, Self::Closed];

    /// Its name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Escalated => "escalated",
            Self::Closed => "closed",
        }
    }
}

/// The moderator who works on a subject, and until when the others must wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The name.
    pub moderator: String,
    /// The end, if it is not renewed.
    pub until: UnixTime,
}

/// One line of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// The subject.
    pub subject: SubjectId,
    /// Its place in the work.
    pub status: Status,
    /// What a decision must name.
    pub seen: Seen,
    /// The place in the queue: the weights of the reports that count, 100 for a new reporter.
    pub score: u32,
    /// Whether it was paused automatically and waits for a person.
    pub is_paused: bool,
    /// Undecided reports.
    pub reports: u32,
    /// When the first of them came.
    pub first_report: UnixTime,
    /// When the last of them came.
    pub last_report: UnixTime,
    /// The moderator who works on it.
    pub claim: Option<Claim>,
}

/// A line of the queue, and how many undecided reports there are of each reason, the most frequent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    /// The line.
    pub row: QueueRow,
    /// The reasons.
    pub reasons: Vec<(ReportReason, u32)>,
}

/// Where the next page of the queue begins: after this row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePosition {
    /// The score of the row.
    pub score: u32,
    /// Its subject.
    pub subject: SubjectId,
}

/// A report as moderators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportView {
    /// What it is about.
    pub reason: ReportReason,
    /// The reporter's words.
    pub words: String,
    /// The start of the match.
    pub started: UnixTime,
    /// When it came.
    pub received: UnixTime,
    /// What came of it.
    pub outcome: ReportOutcome,
}

/// A former decision or note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionView {
    /// When.
    pub decided: UnixTime,
    /// The moderator; empty for an automatic pause.
    pub moderator: String,
    /// The name of the [`Action`].
    pub action: String,
    /// The rule that was broken.
    pub reason: Option<ReportReason>,
    /// The end of the sanction.
    pub until: Option<UnixTime>,
    /// The words for the other moderators.
    pub note: String,
}

/// All that moderators know of a subject. Lists have the newest [`MAX_ROWS`] rows, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectView {
    /// Its line in the queue.
    pub row: QueueRow,
    /// Its device, by which authorities are told of it.
    pub device: DeviceId,
    /// How many undecided reports there are of each reason.
    pub reasons: Vec<(ReportReason, u32)>,
    /// The reports about it.
    pub reports: Vec<ReportView>,
    /// The reports that it has made about others.
    pub own_reports: Vec<ReportView>,
    /// What was decided before.
    pub decisions: Vec<DecisionView>,
    /// Its warning, pause or ban that has effect.
    pub sanction: Option<Sanction>,
}

/// What a moderator decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeratorDecision {
    /// About which subject.
    pub subject: SubjectId,
    /// What the moderator has seen of it.
    pub seen: Seen,
    /// What is to be done.
    pub action: Action,
    /// Words for the other moderators, at most [`MAX_NOTE_CHARS`]; may be empty.
    pub note: String,
}

/// The reasons of a sanction, for the person and for an appeal: fact, rule, by whom, until when, and how to appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What was decided.
    pub kind: SanctionKind,
    /// Which rule was broken.
    pub reason: ReportReason,
    /// The fact: so many people have reported it.
    pub reports: u32,
    /// When the first of these reports came.
    pub first_report: UnixTime,
    /// When the last of them came.
    pub last_report: UnixTime,
    /// Whether no person decided.
    pub is_automatic: bool,
    /// When it was decided.
    pub decided: UnixTime,
    /// Until when it has effect.
    pub until: UnixTime,
    /// When it was lifted, or replaced by another one.
    pub ended: Option<UnixTime>,
    /// The code with which one appeals.
    pub appeal: ReferenceCode,
    /// The appeal, if there is one.
    pub state: AppealState,
}

/// What has become of an appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppealState {
    /// Nobody has appealed.
    None,
    /// It waits for a moderator.
    Waiting,
    /// It was granted: the sanction was lifted, unless it was over before.
    Granted {
        /// The moderator's words.
        answer: String,
    },
    /// It was rejected.
    Rejected {
        /// The moderator's words.
        answer: String,
    },
}

/// An appeal, as moderators name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppealId(pub i64);

/// What a decision about an appeal has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppealEffect {
    /// The appeal was rejected.
    Rejected,
    /// It was granted, and its sanction ends now.
    Lifted,
    /// It was granted, but its sanction was over already.
    WasOver,
    /// It was granted, but another sanction of the same device has taken its place, and stays.
    AnotherStays,
}

/// An appeal that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealView {
    /// The appeal.
    pub appeal: AppealId,
    /// Its subject.
    pub subject: SubjectId,
    /// What it is about.
    pub statement: Statement,
    /// The person's words.
    pub words: String,
    /// When it came.
    pub received: UnixTime,
}

/// A moderator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moderator {
    /// The name.
    pub name: String,
    /// Since when.
    pub added: UnixTime,
}

/// That somebody has come to the pages of the moderators, has left them or could not come, for the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInEvent {
    /// The moderator of this name has signed in with the token.
    SignedIn(String),
    /// The moderator of this name has signed out.
    SignedOut(String),
    /// Somebody has tried a wrong token.
    Failed {
        /// How many attempts have failed since the last such row without a row of their own.
        left_out: u32,
    },
}

/// How often something happened in one month, for the transparency page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthCount {
    /// The month.
    pub month: Month,
    /// What, such as `report nudity`, `ban` or `automatic pause`.
    pub what: String,
    /// How often.
    pub count: u64,
}
