//! Moderation: reports, decisions about them, and what they do. Pure rules, and a store that keeps its word.
//!
//! [`Moderation::open`] opens the store in the state directory. From then on:
//!
//! - the public side calls [`Moderation::report`], [`Moderation::outcome`], [`Moderation::statement`] and
//!   [`Moderation::appeal`];
//! - what admits visitors gets all [`Sanctions`] by [`Moderation::subscribe`], and then each change after a decision;
//! - [`Moderation::network_tags`] makes the tags of networks that tickets carry;
//! - moderators use [`Moderation::queue`], [`Moderation::view`], [`Moderation::claim`], [`Moderation::decide`],
//!   [`Moderation::dismiss_all`], [`Moderation::appeals`] and [`Moderation::decide_appeal`]; every view and decision
//!   leaves a row in the audit log, and so does a sign-in ([`Moderation::record_sign_in`]);
//! - the driver calls [`Moderation::maintain`] every hour;
//! - command lines use [`offline`].
//!
//! Clock and randomness are arguments ([`Stamp`]). An answer comes after the commit (`synchronous=FULL`), so what was
//! acknowledged survives `kill -9` and the loss of power. Nothing is stored of people who are not reported, and no
//! address of anybody: networks have keyed tags, whose keys are kept in files of their own and for two months only.
//!
//! - `rules`: what follows from times, reports and decisions, without a clock, randomness or files;
//! - `records`: plain data that goes in and comes out;
//! - `store`: the database and its thread;
//! - `key_files`: the keys of the networks;
//! - `requests`, `feed`: how the thread is asked, and how a subscriber follows it;
//! - `maintenance`: what is removed and changed every hour;
//! - `handle`, `offline`: the two interfaces, for the server and for command lines.

pub(crate) mod rules;
pub(crate) mod records;
pub(crate) mod error;
pub(crate) mod key_files;
pub(crate) mod store;
mod requests;
mod feed;
mod handle;
mod maintenance;
pub mod offline;

#[cfg(test)]
mod tests;

pub use error::ModerationError;
pub use feed::{SanctionEvent, SanctionFeed};
pub use handle::Moderation;
pub use maintenance::MaintenanceError;
pub use records::{
    AppealEffect, AppealId, AppealState, AppealView, Claim, DecisionView, MAX_APPEAL_CHARS, MAX_NAME_CHARS,
    MAX_NOTE_CHARS, MAX_ROWS, Moderator, ModeratorDecision, MonthCount, Party, QueueEntry, QueuePosition,
    QueueRow, Report, ReportReceipt, ReportView, Seen, SignInEvent, Statement, Status, SubjectId,
    SubjectView,
};
pub use rules::audit_chain::{Anchor, AuditRow, BrokenChain, ChainHash, ChainVerifier, ChainedRow, hex};
pub use rules::codes::{NotACode, ReferenceCode};
pub use rules::decisions::{Action, BanLength, PAUSED_FOR, ReportOutcome, WARNED_FOR, is_severe};
pub use rules::network_tags::{Month, NetworkTags};
pub use rules::retention::{
    ANSWERED_FOR, AUDITED_FOR, Cutoffs, DECIDED_FOR, ENDED_FOR, Kept, UNANSWERED_FOR, UNDECIDED_FOR,
};
pub use rules::sanctions::{
    BANNED_DEVICES, FRICTION_FOR, NETWORK_REFUSED_FOR, NetworkBans, Sanction, SanctionChange, SanctionKind,
    Sanctions,
};
pub use rules::unix_time::{Stamp, UnixTime};
pub use rules::weights::{
    CountedReport, MAX_COUNTED, NEW_REPORTER, PAUSE_REPORTERS, PAUSE_WINDOW, PAUSED_SCORE, WEIGHTS,
    automatic_pause, distinct_reports, reporter_weight, score,
};
pub use store::queue::CLAIMED_FOR;
