//! [`Store`]: the database, used by one thread. Every request runs in a transaction; several that wait share one.
//!
//! A request that fails changes nothing (a savepoint each), and is answered only after the commit, as is one that
//! succeeds.

pub(crate) mod schema;
pub(crate) mod rows;
pub(crate) mod thread;
pub(crate) mod audit;
pub(crate) mod counts;
pub(crate) mod reports;
pub(crate) mod queue;
pub(crate) mod decisions;
pub(crate) mod imposing;
pub(crate) mod appeals;
pub(crate) mod moderators;

use std::{
    fs,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;

use super::{
    error::ModerationError,
    rules::{
        sanctions::{SanctionChange, Sanctions},
        unix_time::UnixTime,
    },
};

/// The file of the database in the state directory.
const FILE: &str = "moderation.db";

/// How long a write waits for another process, such as a command line beside the server.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// The open database, and what has changed in the transaction at hand.
pub(crate) struct Store {
    pub(crate) connection: Connection,
    /// All sanctions, as committed.
    pub(crate) sanctions: Sanctions,
    /// What the transaction at hand changes of them.
    changes: Vec<SanctionChange>,
}

/// The path of the database in a state directory.
pub(crate) fn path_in(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// Opens the database in a state directory, and creates or updates it.
pub(crate) fn connect(dir: &Path) -> Result<Connection, ModerationError> {
    fs::create_dir_all(dir)?;
    let path = path_in(dir);
    // The database's other files get the mode of this one.
    fs::OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
    let mut connection = Connection::open(&path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What retention removes is overwritten, too.
    connection.pragma_update(None, "secure_delete", true)?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

impl Store {
    /// Opens the store in a state directory, and reads all sanctions that have effect at `now`.
    pub(crate) fn open(dir: &Path, now: UnixTime) -> Result<Self, ModerationError> {
        let connection = connect(dir)?;
        let sanctions = rows::load_sanctions(&connection, now)?;
        Ok(Self { connection, sanctions, changes: Vec::new() })
    }

    /// Notes a change of the sanctions, which is published after the commit.
    fn change(&mut self, change: SanctionChange) {
        self.changes.push(change);
    }

    /// Runs one request inside the transaction at hand; nothing of it remains if it fails.
    ///
    /// A full disk or an error of it can make the database roll the whole transaction back by itself. Then nothing
    /// runs any more until the next one begins: a savepoint outside of a transaction would be one, and its end would
    /// commit it alone.
    pub(crate) fn savepoint<T>(
        &mut self,
        request: impl FnOnce(&mut Self) -> Result<T, ModerationError>,
    ) -> Result<T, ModerationError> {
        self.check_transaction()?;
        let changes = self.changes.len();
        self.connection.execute_batch("SAVEPOINT request")?;
        let result = request(self);
        if let Err(error) = &result
            && self.connection.is_autocommit()
        {
            tracing::error!(%error, "moderation: the database has rolled a transaction back");
            return result;
        }
        self.check_transaction()?;
        let is_undone = result.is_err();
        let end = if is_undone { "ROLLBACK TO request; RELEASE request" } else { "RELEASE request" };
        if let Err(error) = self.connection.execute_batch(end) {
            // What is left of the request cannot be told from the others any more.
            self.roll_back();
            return Err(error.into());
        }
        if is_undone {
            self.changes.truncate(changes);
        }
        result
    }

    /// Runs requests in one transaction, and returns what they have changed of the sanctions once it is committed.
    ///
    /// # Errors
    ///
    /// If nothing of it is stored, whatever the single requests have returned.
    pub(crate) fn transaction(
        &mut self,
        requests: impl FnOnce(&mut Self),
    ) -> Result<Vec<SanctionChange>, ModerationError> {
        // The write lock comes first: otherwise another process could write between a read and a write.
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        requests(self);
        let changes = std::mem::take(&mut self.changes);
        self.check_transaction()?;
        if let Err(error) = self.connection.execute_batch("COMMIT") {
            self.roll_back();
            return Err(error.into());
        }
        changes.iter().for_each(|it| self.sanctions.apply(*it));
        Ok(changes)
    }

    /// That there is a transaction at hand, which the database has not rolled back.
    fn check_transaction(&self) -> Result<(), ModerationError> {
        if self.connection.is_autocommit() { Err(ModerationError::Failed) } else { Ok(()) }
    }

    /// Ends the transaction at hand without storing anything, unless the database has done so by itself.
    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "moderation: a transaction cannot be rolled back");
        }
    }

    /// Runs one request in a transaction of its own.
    pub(crate) fn run<T>(
        &mut self,
        request: impl FnOnce(&mut Self) -> Result<T, ModerationError>,
    ) -> Result<T, ModerationError> {
        let mut result = Err(ModerationError::Closed);
        let committed = self.transaction(|store| result = store.savepoint(request));
        // The reason of the request says more than that its transaction has failed with it.
        let it = result?;
        committed.map(|_| it)
    }
}
