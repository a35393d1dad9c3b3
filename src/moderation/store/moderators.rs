//! The moderators: names, and hashes of their tokens.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Store, audit::OPERATOR};
use crate::moderation::{
    error::ModerationError,
    records::{MAX_NAME_CHARS, Moderator},
    rules::unix_time::Stamp,
};

/// Moderators of one server; every sign-in is compared with all of them.
const MAX_MODERATORS: usize = 100;

impl Store {
    /// Adds a moderator, and returns the token, which is stored nowhere.
    pub(crate) fn add_moderator(
        &mut self,
        stamp: Stamp,
        name: &str,
    ) -> Result<Zeroizing<String>, ModerationError> {
        let is_fine = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_');
        if name.is_empty() || name.len() > MAX_NAME_CHARS || !name.chars().all(is_fine) || name == OPERATOR {
            return Err(ModerationError::NotAllowed(
                "a name has 1 to 32 letters, digits, dots, hyphens and underscores, and is not \"operator\"",
            ));
        }
        let all = self.moderators()?;
        if all.len() >= MAX_MODERATORS {
            return Err(ModerationError::NotAllowed("there are 100 moderators already"));
        }
        if all.iter().any(|it| it.name == name) {
            return Err(ModerationError::NotAllowed("there is a moderator of this name already"));
        }
        let token = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(stamp.random));
        self.connection.execute(
            "INSERT INTO moderators VALUES (?, ?, ?)",
            params![name, token_hash(&token), stamp.now],
        )?;
        self.audit(stamp.now, OPERATOR, "add moderator", None, name)?;
        Ok(token)
    }

    /// Removes a moderator, whose token is invalid from now on.
    pub(crate) fn remove_moderator(&mut self, stamp: Stamp, name: &str) -> Result<(), ModerationError> {
        if self.connection.execute("DELETE FROM moderators WHERE name = ?", [name])? == 0 {
            return Err(ModerationError::NotFound);
        }
        self.connection.execute("UPDATE subjects SET claimed_by = NULL WHERE claimed_by = ?", [name])?;
        self.audit(stamp.now, OPERATOR, "remove moderator", None, name)
    }

    /// All moderators, by name.
    pub(crate) fn moderators(&mut self) -> Result<Vec<Moderator>, ModerationError> {
        let read = |row: &rusqlite::Row<'_>| Ok(Moderator { name: row.get(0)?, added: row.get(1)? });
        let mut statement = self.connection.prepare("SELECT name, added FROM moderators ORDER BY name")?;
        Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
    }

    /// The moderator with this token. It takes the same time for every wrong one.
    pub(crate) fn moderator(&mut self, token: &str) -> Result<Option<Moderator>, ModerationError> {
        let hash = token_hash(token);
        let mut statement = self.connection.prepare_cached("SELECT name, added, token FROM moderators")?;
        let mut rows = statement.query([])?;
        let mut found = None;
        while let Some(row) = rows.next()? {
            let other: [u8; 32] = row.get(2)?;
            if hash.ct_eq(&other).into() {
                found = Some(Moderator { name: row.get(0)?, added: row.get(1)? });
            }
        }
        Ok(found)
    }

    /// Whether there is a moderator of this name, for those whom a proxy has signed in.
    pub(crate) fn is_moderator(&mut self, name: &str) -> Result<bool, ModerationError> {
        let found = self
            .connection
            .prepare_cached("SELECT 1 FROM moderators WHERE name = ?")?
            .query_row([name], |_| Ok(()));
        Ok(found.optional()?.is_some())
    }
}

/// What is stored of a token: it has 256 random bits, so a plain hash cannot be guessed back.
fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
