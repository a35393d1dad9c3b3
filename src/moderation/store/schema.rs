//! The tables, as a list of migrations: `PRAGMA user_version` is the number of those that a database has had.

use rusqlite::{Connection, TransactionBehavior};

use crate::moderation::error::ModerationError;

/// Each text is run once, in a transaction with its number. A text that has been released must never change: a database
/// may have had it.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];

/// Brings a database up to date.
///
/// # Errors
///
/// [`ModerationError::Newer`] if a newer version of the program has changed it, and any other error of the
/// database.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), ModerationError> {
    loop {
        // The write lock comes before the question: another process may migrate, too.
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: usize = step.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version > MIGRATIONS.len() {
            return Err(ModerationError::Newer);
        }
        let Some(text) = MIGRATIONS.get(version) else { return Ok(()) };
        step.execute_batch(text)?;
        step.pragma_update(None, "user_version", version + 1)?;
        step.commit()?;
    }
}
