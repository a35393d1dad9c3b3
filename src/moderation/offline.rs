//! What command lines do with the database, also beside a running server: backup, moderators, and the audit log.

use std::{
    fs,
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};
use zeroize::Zeroizing;

use super::{
    error::ModerationError,
    records::Moderator,
    rules::{audit_chain::Anchor, unix_time::Stamp},
    store::{self, Store},
};

/// Copies the database to a new file, for this user only. The keys of the networks are not in it. The audit log gets a
/// row before that, which the copy has, too.
///
/// # Errors
///
/// If there is no database, the file exists or cannot be written, or the database cannot be read or is busy.
pub fn backup(dir: &Path, stamp: Stamp, file: &Path) -> Result<(), ModerationError> {
    let mut from = open_existing(dir)?;
    write_new(file, |unfinished| {
        store::audit::append_operation(&mut from, stamp.now, "backup")?;
        copy(&from, unfinished)
    })
}

/// Copies a database into an empty file.
///
/// # Errors
///
/// Also if the database was busy: then nothing is copied.
pub(super) fn copy(from: &Connection, file: &Path) -> Result<(), ModerationError> {
    let mut to = Connection::open(file)?;
    // All pages in one step: one that stops in between begins again whenever the server writes.
    let step = Backup::new(from, &mut to)?.step(-1)?;
    if step != StepResult::Done {
        let problem = format!("the database was busy, so it was not copied ({step:?}): try again");
        return Err(io::Error::new(io::ErrorKind::ResourceBusy, problem).into());
    }
    // Otherwise the copy would need a second file beside it to be read.
    to.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(())
}

/// Adds a moderator, and returns the token, which is stored nowhere.
///
/// # Errors
///
/// [`ModerationError::NotAllowed`] if the name is taken or cannot be one, or there are too many moderators.
pub fn add_moderator(dir: &Path, stamp: Stamp, name: &str) -> Result<Zeroizing<String>, ModerationError> {
    Store::open(dir, stamp.now)?.run(|store| store.add_moderator(stamp, name))
}

/// Removes a moderator, whose token is invalid from now on.
///
/// # Errors
///
/// [`ModerationError::NotFound`] if there is none of this name.
pub fn remove_moderator(dir: &Path, stamp: Stamp, name: &str) -> Result<(), ModerationError> {
    Store::open(dir, stamp.now)?.run(|store| store.remove_moderator(stamp, name))
}

/// All moderators, by name.
///
/// # Errors
///
/// If the database cannot be used.
pub fn moderators(dir: &Path, stamp: Stamp) -> Result<Vec<Moderator>, ModerationError> {
    Store::open(dir, stamp.now)?.run(Store::moderators)
}

/// Verifies the audit log. Returns its last row, to be noted elsewhere, and how many rows there are.
///
/// # Errors
///
/// [`ModerationError::Audit`] if it was changed.
pub fn verify_audit(dir: &Path) -> Result<(Anchor, u64), ModerationError> {
    store::audit::verify(&mut open_existing(dir)?, |_| Ok(()))
}

/// Verifies the audit log, and writes it to a new file, one row a line in JSON. The log gets a row before that, which
/// the file has, too.
///
/// # Errors
///
/// As [`verify_audit`], and if the file exists or cannot be written.
pub fn export_audit(dir: &Path, stamp: Stamp, file: &Path) -> Result<(Anchor, u64), ModerationError> {
    let mut connection = open_existing(dir)?;
    let mut result = Ok((Anchor::default(), 0));
    write_new(file, |unfinished| {
        store::audit::append_operation(&mut connection, stamp.now, "export audit log")?;
        let mut to = BufWriter::new(fs::OpenOptions::new().append(true).open(unfinished)?);
        result = Ok(store::audit::export(&mut connection, &mut to)?);
        Ok(to.flush()?)
    })?;
    result
}

/// Opens a database that must be there.
fn open_existing(dir: &Path) -> Result<Connection, ModerationError> {
    let path = store::path_in(dir);
    if !path.exists() {
        let problem = format!("{} does not exist: no server has started here yet", path.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, problem).into());
    }
    // Not updated: an older server may be running. And not created, should it be gone by now.
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(store::BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Writes a file for this user only, under another name first: a file of this name is complete.
fn write_new(
    file: &Path,
    write: impl FnOnce(&Path) -> Result<(), ModerationError>,
) -> Result<(), ModerationError> {
    let mut name = file.as_os_str().to_owned();
    name.push(".unfinished");
    let unfinished = Path::new(&name);
    if file.exists() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the file exists").into());
    }
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(unfinished)?;
    let result = write(unfinished).and_then(|()| {
        fs::File::open(unfinished)?.sync_all()?;
        // Unlike a new name for it, a link never replaces a file.
        Ok(fs::hard_link(unfinished, file)?)
    });
    fs::remove_file(unfinished)?;
    result
}
