//! What the pages of the moderators show, as plain data.

use crate::{
    protocol::{NoticeKind, ReportReason},
    ui::DecisionFacts,
};

/// What every page after the sign-in has.
#[derive(Clone, Debug)]
pub struct ModeratorFrame {
    /// The path of the site's style sheet.
    pub style: String,
    /// The moderator's name.
    pub moderator: String,
    /// What every form must send back, so that no page of another site can send one.
    pub form_token: String,
    /// Whether the moderator can sign out here; otherwise a proxy has signed them in.
    pub has_session: bool,
    /// What has just happened.
    pub notice: Option<ModeratorNotice>,
}

/// What has just happened, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModeratorNotice {
    /// It was done.
    Done(String),
    /// It was not done: why, and what to do.
    Problem(String),
}

/// A time as people read it (UTC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownTime {
    /// Such as `2026-11-28 18:24 UTC`.
    pub date: String,
    /// The same for programs (RFC 3339).
    pub machine: String,
    /// Such as `5 min ago` or `in 3 days`.
    pub distance: String,
}

/// The moderator who works on a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownClaim {
    /// The name.
    pub moderator: String,
    /// Whether it is the reader.
    pub is_own: bool,
    /// When it ends by itself.
    pub until: ShownTime,
}

/// The queue, or a part of it.
#[derive(Clone, Debug)]
pub struct QueuePage {
    /// The status of its subjects, one of [`Self::parts`].
    pub status: &'static str,
    /// The parts of the queue, each by the status of its subjects.
    pub parts: Vec<&'static str>,
    /// The subjects.
    pub lines: Vec<QueueLine>,
    /// The link to the next part, if there is one.
    pub next: Option<String>,
}

/// One subject of the queue.
#[derive(Clone, Debug)]
pub struct QueueLine {
    /// The subject's number.
    pub subject: i64,
    /// The subject as it was seen, for the form that dismisses several.
    pub choice: String,
    /// Its place in the queue.
    pub score: u32,
    /// Whether it was paused automatically and nobody has decided since. The pause ends by itself after 15 minutes.
    pub is_paused: bool,
    /// Undecided reports.
    pub reports: u32,
    /// How many of them have which reason.
    pub reasons: Vec<(ReportReason, u32)>,
    /// When the last of them came; `None` if there are none.
    pub newest: Option<ShownTime>,
    /// The moderator who works on it.
    pub claim: Option<ShownClaim>,
}

/// All about one subject.
#[derive(Clone, Debug)]
pub struct SubjectPage {
    /// Its line in the queue.
    pub line: QueueLine,
    /// Its status, as in [`QueuePage`].
    pub status: &'static str,
    /// The name of its device: a random number of this server, in hexadecimal digits.
    pub device: String,
    /// When the first undecided report came.
    pub oldest: ShownTime,
    /// What the moderator sees of it now, for the form.
    pub seen: String,
    /// The reports about it, the newest first.
    pub reports: Vec<ReportLine>,
    /// Its own reports about others, the newest first.
    pub own_reports: Vec<ReportLine>,
    /// Former decisions and notes, the newest first.
    pub decisions: Vec<DecisionLine>,
    /// What its person reads about the sanction that has effect.
    pub statement: Option<DecisionFacts>,
    /// How long a ban can last, the shortest first.
    pub lengths: Vec<ShownLength>,
    /// What stands in the form already.
    pub draft: DecisionDraft,
}

/// How long a ban can last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownLength {
    /// In days.
    pub days: u64,
    /// Whether only a severe reason allows it.
    pub is_for_severe: bool,
}

/// One report.
#[derive(Clone, Debug)]
pub struct ReportLine {
    /// What it is about.
    pub reason: ReportReason,
    /// The reporter's words.
    pub words: String,
    /// When the two met.
    pub met: ShownTime,
    /// When it came.
    pub received: ShownTime,
    /// What came of it: `undecided`, `upheld` or `dismissed`.
    pub outcome: &'static str,
}

/// A former decision or note.
#[derive(Clone, Debug)]
pub struct DecisionLine {
    /// When.
    pub decided: ShownTime,
    /// Whose; `None` if it was automatic.
    pub moderator: Option<String>,
    /// The name of the action.
    pub action: String,
    /// The rule that was broken.
    pub reason: Option<ReportReason>,
    /// The end of the sanction.
    pub until: Option<ShownTime>,
    /// The words for other moderators.
    pub note: String,
}

/// What a moderator has entered and not yet done.
#[derive(Clone, Debug, Default)]
pub struct DecisionDraft {
    /// The note.
    pub note: String,
    /// The chosen reason; otherwise the most frequent one is chosen.
    pub reason: Option<ReportReason>,
    /// The chosen length of a ban, in days.
    pub days: Option<u64>,
}

/// The appeals that wait.
#[derive(Clone, Debug)]
pub struct AppealsPage {
    /// The appeals, the oldest first.
    pub lines: Vec<AppealLine>,
    /// The link to the next ones, if there may be some.
    pub next: Option<String>,
}

/// One appeal of the list.
#[derive(Clone, Debug)]
pub struct AppealLine {
    /// Its number.
    pub appeal: i64,
    /// What it is about.
    pub sanction: NoticeKind,
    /// The rule that was broken.
    pub reason: ReportReason,
    /// When it came.
    pub received: ShownTime,
    /// When the sanction ends.
    pub until: String,
}

/// One appeal.
#[derive(Clone, Debug)]
pub struct AppealPage {
    /// Its line in the list.
    pub line: AppealLine,
    /// The number of its subject.
    pub subject: i64,
    /// What the person read.
    pub statement: DecisionFacts,
    /// What the person wrote.
    pub words: String,
    /// What stands in the answer already.
    pub answer: String,
}
