//! [`ModerationError`]: why the store did not do what it was asked.

use std::io;

use super::records::Claim;

/// Why a request has failed. Nothing of it was done, except where it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum ModerationError {
    /// Too many requests wait; try again.
    #[error("too many requests wait for the store")]
    Busy,
    /// The store did not answer in time. It may still do what it was asked.
    #[error("the store did not answer in time")]
    TooSlow,
    /// The store has ended.
    #[error("the store has ended")]
    Closed,
    /// The transaction could not be begun or committed; the log has the reason.
    #[error("the database could not be written")]
    Failed,
    /// There is no such subject, sanction, appeal or moderator (any more).
    #[error("there is no such row")]
    NotFound,
    /// Somebody else has decided in the meantime: look again.
    #[error("somebody has decided in the meantime")]
    Conflict,
    /// Another moderator has claimed the subject.
    #[error("claimed by {}", .0.moderator)]
    Claimed(Claim),
    /// The request is not allowed as it is: the text says why.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// Another process reads the database, so that its log cannot be emptied; try again later.
    #[error("another process reads the database")]
    InUse,
    /// A newer version of the program has changed the database.
    #[error("a newer version of the program has changed the database")]
    Newer,
    /// A row of the database is not one that this program writes.
    #[error("a row of the database is damaged")]
    Damaged,
    /// The audit log was changed.
    #[error(transparent)]
    Audit(#[from] super::rules::audit_chain::BrokenChain),
    /// The database has refused.
    #[error("the database: {0}")]
    Database(#[from] rusqlite::Error),
    /// A file cannot be used.
    #[error("the files of the store: {0}")]
    Files(#[from] io::Error),
}
