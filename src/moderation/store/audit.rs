//! The audit log in the database: appending, verifying, exporting, and the anchor that retention leaves behind.

use std::io::Write;

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::Store;
use crate::moderation::{
    error::ModerationError,
    records::{SignInEvent, SubjectId},
    rules::{
        audit_chain::{Anchor, AuditRow, ChainVerifier, ChainedRow},
        unix_time::UnixTime,
    },
};

/// The name that the log has for the command lines.
pub(super) const OPERATOR: &str = "operator";

impl Store {
    /// Appends what `moderator` has viewed or done.
    pub(super) fn audit(
        &mut self,
        now: UnixTime,
        moderator: &str,
        what: &str,
        subject: Option<SubjectId>,
        detail: &str,
    ) -> Result<(), ModerationError> {
        append(&self.connection, now, (moderator, what, subject, detail))
    }

    /// Appends that somebody has come, has left, or could not come.
    pub(crate) fn audit_sign_in(
        &mut self,
        now: UnixTime,
        event: &SignInEvent,
    ) -> Result<(), ModerationError> {
        match event {
            SignInEvent::SignedIn(name) => self.audit(now, name, "sign in", None, ""),
            SignInEvent::SignedOut(name) => self.audit(now, name, "sign out", None, ""),
            SignInEvent::Failed { left_out } => {
                let detail = if *left_out > 0 { format!("and {left_out} more") } else { String::new() };
                self.audit(now, "", "failed sign-in", None, &detail)
            }
        }
    }

    /// Removes rows up to the first one that is kept, at most `limit`, and moves the anchor. Returns how many.
    pub(super) fn trim_audit(&mut self, cutoff: UnixTime, limit: usize) -> Result<usize, ModerationError> {
        let from = anchor(&self.connection)?.number;
        // Clocks may go back: a row that is kept keeps all after it.
        let first_kept: Option<u64> = self
            .connection
            .prepare_cached("SELECT min(number) FROM audit WHERE at > ?")?
            .query_row([cutoff], |row| row.get(0))?;
        let end = match first_kept {
            Some(number) => number - 1,
            None => last(&self.connection)?.number,
        };
        let end = end.min(from + limit as u64);
        if end <= from {
            return Ok(0);
        }
        self.connection.execute(
            "UPDATE audit_anchor SET (number, hash) = (SELECT number, hash FROM audit WHERE number = ?)",
            [end],
        )?;
        Ok(self.connection.execute("DELETE FROM audit WHERE number <= ?", [end])?)
    }
}

/// Appends a row: the moderator, what was done, about which subject, and more of it.
fn append(
    connection: &Connection,
    now: UnixTime,
    (moderator, what, subject, detail): (&str, &str, Option<SubjectId>, &str),
) -> Result<(), ModerationError> {
    let last = last(connection)?;
    let row = AuditRow {
        number: last.number + 1,
        at: now.0,
        moderator: moderator.to_owned(),
        what: what.to_owned(),
        subject: subject.map(|it| it.0),
        detail: detail.to_owned(),
    };
    let hash = row.hash_after(&last.hash);
    connection.prepare_cached("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        row.number,
        row.at,
        row.moderator,
        row.what,
        row.subject,
        row.detail,
        hash
    ])?;
    Ok(())
}

/// Appends what a command line does with the whole database, in a transaction of its own. It does without the tables of
/// a newer version, so that the database of an older server, which may be running, stays as it is.
pub(crate) fn append_operation(
    connection: &mut Connection,
    now: UnixTime,
    what: &str,
) -> Result<(), ModerationError> {
    let write = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    append(&write, now, (OPERATOR, what, None, ""))?;
    Ok(write.commit()?)
}

/// The row before the first one.
fn anchor(connection: &Connection) -> Result<Anchor, ModerationError> {
    let read = |row: &Row<'_>| Ok(Anchor { number: row.get(0)?, hash: row.get(1)? });
    Ok(connection.prepare_cached("SELECT number, hash FROM audit_anchor")?.query_row([], read)?)
}

/// The newest row, or else the anchor.
fn last(connection: &Connection) -> Result<Anchor, ModerationError> {
    let read = |row: &Row<'_>| Ok(Anchor { number: row.get(0)?, hash: row.get(1)? });
    let newest = connection
        .prepare_cached("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")?
        .query_row([], read)
        .optional()?;
    newest.map_or_else(|| anchor(connection), Ok)
}

/// Verifies all rows, and passes each to `each`. Returns the last row, and how many there are.
pub(crate) fn verify(
    connection: &mut Connection,
    mut each: impl FnMut(&ChainedRow) -> Result<(), ModerationError>,
) -> Result<(Anchor, u64), ModerationError> {
    // A transaction, so that retention in another process moves nothing meanwhile.
    let read = connection.transaction()?;
    let first = anchor(&read)?;
    let mut verifier = ChainVerifier::after(first);
    let mut statement =
        read.prepare("SELECT number, at, moderator, what, subject, detail, hash FROM audit ORDER BY number")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let chained = ChainedRow {
            row: AuditRow {
                number: row.get(0)?,
                at: row.get(1)?,
                moderator: row.get(2)?,
                what: row.get(3)?,
                subject: row.get(4)?,
                detail: row.get(5)?,
            },
            hash: row.get(6)?,
        };
        verifier.check(&chained)?;
        each(&chained)?;
    }
    let last = verifier.last();
    Ok((last, last.number - first.number))
}

/// Verifies all rows, and writes each as a line of JSON. Returns the last row, and how many there are.
pub(crate) fn export(
    connection: &mut Connection,
    to: &mut impl Write,
) -> Result<(Anchor, u64), ModerationError> {
    verify(connection, |row| Ok(writeln!(to, "{}", row.to_json())?))
}
