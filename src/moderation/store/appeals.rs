//! Appeals: one for each sanction, by its code.

use rusqlite::{ErrorCode, OptionalExtension, Row, params};

use super::{
    Store,
    imposing::{STATEMENT, statement},
};
use crate::moderation::{
    error::ModerationError,
    records::{
        AppealEffect, AppealId, AppealView, MAX_APPEAL_CHARS, MAX_NOTE_CHARS, MAX_ROWS, Statement, SubjectId,
    },
    rules::{
        codes::ReferenceCode,
        unix_time::{Stamp, UnixTime},
    },
};

impl Store {
    /// Stores the appeal against the sanction with this code.
    pub(crate) fn appeal(
        &mut self,
        stamp: Stamp,
        code: ReferenceCode,
        words: &str,
    ) -> Result<Statement, ModerationError> {
        if words.chars().count() > MAX_APPEAL_CHARS {
            return Err(ModerationError::NotAllowed("the words of the appeal are too long"));
        }
        let sanction: i64 = self
            .connection
            .prepare_cached("SELECT id FROM sanctions WHERE code = ?")?
            .query_row([code], |row| row.get(0))
            .optional()?
            .ok_or(ModerationError::NotFound)?;
        let stored = self
            .connection
            .prepare_cached("INSERT INTO appeals (sanction, words, received) VALUES (?, ?, ?)")?
            .execute(params![sanction, words, stamp.now]);
        match stored {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                return Err(ModerationError::NotAllowed("there is an appeal already"));
            }
            other => other?,
        };
        self.count(stamp.now, "appeal")?;
        self.statement(code)
    }

    /// The appeals that wait, the oldest first.
    pub(crate) fn appeals(
        &mut self,
        stamp: Stamp,
        moderator: &str,
        after: Option<AppealId>,
    ) -> Result<Vec<AppealView>, ModerationError> {
        let views = self
            .connection
            .prepare_cached(&waiting("appeals.id > ? ORDER BY appeals.id LIMIT ?"))?
            .query_map(params![after.map_or(0, |it| it.0), MAX_ROWS], appeal_view)?
            .collect::<Result<_, _>>()?;
        self.audit(stamp.now, moderator, "view appeals", None, "")?;
        Ok(views)
    }

    /// One appeal that waits.
    pub(crate) fn waiting_appeal(
        &mut self,
        stamp: Stamp,
        moderator: &str,
        appeal: AppealId,
    ) -> Result<AppealView, ModerationError> {
        let view = self
            .connection
            .prepare_cached(&waiting("appeals.id = ?"))?
            .query_row([appeal.0], appeal_view)
            .optional()?
            .ok_or(ModerationError::NotFound)?;
        self.audit(stamp.now, moderator, "view appeal", Some(view.subject), "")?;
        Ok(view)
    }

    /// Decides about an appeal. If it is granted, its sanction is lifted if it still has effect, and its reports count
    /// as dismissed. Returns what that has done.
    pub(crate) fn decide_appeal(
        &mut self,
        stamp: Stamp,
        moderator: &str,
        appeal: AppealId,
        is_granted: bool,
        answer: &str,
    ) -> Result<AppealEffect, ModerationError> {
        if answer.chars().count() > MAX_NOTE_CHARS {
            return Err(ModerationError::NotAllowed("the answer is too long"));
        }
        let read = self
            .connection
            .prepare_cached(
                "SELECT subject, appeals.decided IS NULL, ended IS NULL, sanctions.decision FROM appeals
                 JOIN sanctions ON sanctions.id = appeals.sanction WHERE appeals.id = ?",
            )?
            .query_row([appeal.0], |row| {
                Ok((SubjectId(row.get(0)?), row.get::<_, bool>(1)?, row.get::<_, bool>(2)?, row.get(3)?))
            })
            .optional()?;
        let (subject, is_waiting, is_current, decision): (_, _, _, Option<i64>) =
            read.ok_or(ModerationError::NotFound)?;
        if !is_waiting {
            return Err(ModerationError::Conflict);
        }
        self.connection
            .prepare_cached("UPDATE appeals SET decided = ?, is_granted = ?, answer = ? WHERE id = ?")?
            .execute(params![stamp.now, is_granted, answer, appeal.0])?;
        let effect = if is_granted {
            let effect = self.lift_if(stamp.now, subject, is_current)?;
            if let Some(decision) = decision {
                self.connection
                    .prepare_cached("UPDATE reports SET outcome = 'dismissed' WHERE decision = ?")?
                    .execute([decision])?;
                self.rescore_others(decision)?;
            }
            effect
        } else {
            AppealEffect::Rejected
        };
        self.connection
            .prepare_cached("UPDATE subjects SET version = version + 1 WHERE id = ?")?
            .execute([subject.0])?;
        let what = if is_granted { "grant appeal" } else { "reject appeal" };
        let detail = match effect {
            AppealEffect::Rejected | AppealEffect::Lifted => "",
            AppealEffect::WasOver => "was over",
            AppealEffect::AnotherStays => "another sanction stays",
        };
        self.count(stamp.now, what)?;
        self.audit(stamp.now, moderator, what, Some(subject), detail)?;
        Ok(effect)
    }

    /// Lifts the sanction of a subject whose appeal is granted, if that sanction is the current one.
    fn lift_if(
        &mut self,
        now: UnixTime,
        subject: SubjectId,
        is_current: bool,
    ) -> Result<AppealEffect, ModerationError> {
        let (_, device) = self.subject(now, subject)?;
        let has_effect = self.sanction_of(now, device)?.is_some();
        if is_current {
            // Also one that has expired: a ban that is over may still count for its network.
            self.end_sanction(now, device)?;
        }
        Ok(match (is_current, has_effect) {
            (true, true) => AppealEffect::Lifted,
            (false, true) => AppealEffect::AnotherStays,
            (_, false) => AppealEffect::WasOver,
        })
    }
}

/// A query for those appeals that wait and of which `rest` is true, in the columns of [`appeal_view`].
fn waiting(rest: &str) -> String {
    format!(
        "SELECT {STATEMENT}, subject, words, received FROM appeals
         JOIN sanctions ON sanctions.id = appeals.sanction WHERE appeals.decided IS NULL AND {rest}"
    )
}

/// An appeal that waits, with its statement in the columns [`STATEMENT`], which stand first.
fn appeal_view(row: &Row<'_>) -> rusqlite::Result<AppealView> {
    Ok(AppealView {
        appeal: AppealId(row.get(10)?),
        subject: SubjectId(row.get(14)?),
        statement: statement(row)?,
        words: row.get(15)?,
        received: row.get(16)?,
    })
}
