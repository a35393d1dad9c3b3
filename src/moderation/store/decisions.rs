//! What a moderator decides about a subject.

use rusqlite::params;

use super::{Store, imposing::Imposed};
use crate::moderation::{
    error::ModerationError,
    records::{MAX_NOTE_CHARS, ModeratorDecision, QueueRow, Status},
    rules::{
        decisions::{Action, ReportOutcome},
        sanctions::Sanction,
        unix_time::{Stamp, UnixTime},
    },
};

impl Store {
    /// Decides about a subject. Returns the sanction that it imposes; `None` also if a stronger one stays in effect.
    pub(crate) fn decide(
        &mut self,
        stamp: Stamp,
        moderator: &str,
        decision: &ModeratorDecision,
    ) -> Result<Option<Sanction>, ModerationError> {
        let ModeratorDecision { subject, seen, action, ref note } = *decision;
        if note.chars().count() > MAX_NOTE_CHARS {
            return Err(ModerationError::NotAllowed("the note is too long"));
        }
        if let Action::Ban(reason, length) = action
            && !length.is_allowed_for(reason)
        {
            return Err(ModerationError::NotAllowed("only a severe reason allows such a long ban"));
        }
        let (row, device) = self.subject(stamp.now, subject)?;
        if let Some(claim) = row.claim.clone().filter(|it| it.moderator != moderator) {
            return Err(ModerationError::Claimed(claim));
        }
        if row.seen.version != seen.version {
            return Err(ModerationError::Conflict);
        }
        if action == Action::Escalate && row.reports == 0 {
            // With nothing to decide about, nothing would end it.
            return Err(ModerationError::NotAllowed(
                "there is no undecided report that somebody else could decide",
            ));
        }
        let id = self.insert_decision(stamp.now, moderator, decision)?;
        let outcome = action.outcome();
        if outcome != ReportOutcome::Undecided {
            self.connection
                .prepare_cached(
                    "UPDATE reports SET outcome = ?, decision = ?, decided = ?
                     WHERE subject = ? AND outcome = 'undecided' AND id <= ?",
                )?
                .execute(params![outcome.name(), id, stamp.now, subject.0, seen.last_report])?;
        }
        let mut sanction = None;
        if let (Some(reason), Some((kind, until))) = (action.reason(), action.sanction(stamp.now)) {
            let imposed = Imposed { kind, reason, until, is_automatic: false, decision: Some(id) };
            sanction = self.impose(stamp, subject, imposed)?;
        }
        let ends_pause = action == Action::Dismiss
            && self.sanction_of(stamp.now, device)?.is_some_and(|it| it.is_automatic);
        if action == Action::Lift || ends_pause {
            self.end_sanction(stamp.now, device)?;
        }
        self.finish(&row, action)?;
        self.rescore_others(id)?;
        self.count(stamp.now, action.name())?;
        self.audit(stamp.now, moderator, action.name(), Some(subject), &detail(action))?;
        Ok(sanction)
    }

    fn insert_decision(
        &mut self,
        now: UnixTime,
        moderator: &str,
        decision: &ModeratorDecision,
    ) -> Result<i64, ModerationError> {
        let action = decision.action;
        self.connection
            .prepare_cached(
                "INSERT INTO decisions (subject, decided, moderator, action, reason, until, note)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                decision.subject.0,
                now,
                moderator,
                action.name(),
                action.reason().map(|it| it.name()),
                action.sanction(now).map(|it| it.1),
                decision.note,
            ])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Writes the new version of a subject, and its place in the work.
    fn finish(&mut self, row: &QueueRow, action: Action) -> Result<(), ModerationError> {
        let subject = row.subject.0;
        let is_decided = action.outcome() != ReportOutcome::Undecided;
        if is_decided {
            self.connection
                .prepare_cached("UPDATE subjects SET is_paused = 0 WHERE id = ?")?
                .execute([subject])?;
        }
        self.summarise(subject)?;
        let left: u32 = self
            .connection
            .prepare_cached("SELECT reports FROM subjects WHERE id = ?")?
            .query_row([subject], |row| row.get(0))?;
        let status = match (action, is_decided) {
            (Action::Escalate, _) => Status::Escalated,
            // Some came after what the moderator has seen.
            (_, true) if left > 0 => Status::Open,
            (_, true) => Status::Closed,
            (_, false) => row.status,
        };
        // A note is a part of the work; anything else ends it.
        let keeps_claim = action == Action::Note;
        self.connection
            .prepare_cached(
                "UPDATE subjects SET version = version + 1, status = ?,
                 claimed_by = iif(?, claimed_by, NULL) WHERE id = ?",
            )?
            .execute(params![status.name(), keeps_claim, subject])?;
        Ok(())
    }
}

/// What the audit log says about an action besides its name.
fn detail(action: Action) -> String {
    match action {
        Action::Ban(reason, length) => {
            format!("{} for {} h", reason.name(), length.duration().as_secs() / 3_600)
        }
        Action::Warn(reason) | Action::Pause(reason) => reason.name().to_owned(),
        Action::Dismiss | Action::Escalate | Action::Note | Action::Lift => String::new(),
    }
}
