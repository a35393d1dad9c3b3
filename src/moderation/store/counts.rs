//! Counts by month for the transparency page, and retention.

use std::collections::BTreeSet;

use rusqlite::params;

use super::Store;
use crate::moderation::{
    error::ModerationError,
    records::MonthCount,
    rules::{network_tags::Month, retention::Cutoffs, unix_time::UnixTime},
};

/// Rows of each table that one request removes, so that reports do not wait long.
const REMOVED_AT_ONCE: usize = 500;

/// A part of what retention removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// Reports about which nobody has decided in time.
    Undecided,
    /// Reports that were decided long ago.
    Decided,
    /// Sanctions that are over, and their appeals.
    Sanctions,
    /// Decisions and notes.
    Decisions,
    /// The status of subjects that wait for somebody, without a report.
    Escalated,
    /// Subjects of which nothing else is left.
    Subjects,
    /// Rows of the audit log.
    Audit,
}

impl Removal {
    /// All parts. A subject goes after its rows.
    pub(crate) const ALL: [Self; 7] = [
        Self::Undecided,
        Self::Decided,
        Self::Sanctions,
        Self::Decisions,
        Self::Escalated,
        Self::Subjects,
        Self::Audit,
    ];

    /// What operators read if it fails.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided reports",
            Self::Decided => "decided reports",
            Self::Sanctions => "sanctions",
            Self::Decisions => "decisions",
            Self::Escalated => "escalated subjects",
            Self::Subjects => "subjects",
            Self::Audit => "the audit log",
        }
    }
}

impl Store {
    /// Counts one event in the month of `now`.
    pub(super) fn count(&mut self, now: UnixTime, what: &str) -> Result<(), ModerationError> {
        let month = Month::of(now).to_string();
        self.connection
            .prepare_cached(
                "INSERT INTO counts VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            )?
            .execute(params![month, what])?;
        Ok(())
    }

    /// All counts from this month on, the oldest first.
    pub(crate) fn counts(&mut self, since: Month) -> Result<Vec<MonthCount>, ModerationError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT month, what, count FROM counts WHERE month >= ? ORDER BY month, what")?;
        let rows = statement
            .query_map([since.to_string()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?;
        rows.map(|row| {
            let (month, what, count) = row?;
            let month = Month::parse(&month).ok_or(ModerationError::Damaged)?;
            Ok(MonthCount { month, what, count })
        })
        .collect()
    }

    /// Removes some of what is kept no longer. Returns how many rows; none is left once it returns 0.
    pub(crate) fn remove_old(&mut self, part: Removal, now: UnixTime) -> Result<usize, ModerationError> {
        let cutoffs = Cutoffs::at(now);
        match part {
            Removal::Undecided => self.remove_undecided(cutoffs.undecided),
            Removal::Decided => self.remove_decided(cutoffs.decided),
            Removal::Sanctions => {
                self.sanctions.remove_expired(now);
                // The appeal goes with its sanction.
                Ok(self.connection.execute(
                    "DELETE FROM sanctions WHERE id IN (SELECT id FROM sanctions
                     WHERE min(until, ifnull(ended, until)) <= ?1 AND NOT EXISTS (SELECT 1 FROM appeals
                     WHERE sanction = sanctions.id AND iif(decided IS NULL, received > ?2, decided > ?3)) LIMIT ?4)",
                    params![cutoffs.ended, cutoffs.unanswered, cutoffs.answered, REMOVED_AT_ONCE],
                )?)
            }
            // A report may have been decided later than its clock said.
            Removal::Decisions => Ok(self.connection.execute(
                "DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE decided <= ?
                 AND NOT EXISTS (SELECT 1 FROM reports WHERE decision = decisions.id) LIMIT ?)",
                params![cutoffs.decided, REMOVED_AT_ONCE],
            )?),
            Removal::Escalated => self.close_escalated(cutoffs.undecided),
            Removal::Subjects => Ok(self.connection.execute(
                "DELETE FROM subjects WHERE id IN (SELECT id FROM subjects WHERE status = 'closed'
                 AND NOT EXISTS (SELECT 1 FROM reports WHERE subject = subjects.id)
                 AND NOT EXISTS (SELECT 1 FROM decisions WHERE subject = subjects.id)
                 AND NOT EXISTS (SELECT 1 FROM sanctions WHERE subject = subjects.id) LIMIT ?)",
                params![REMOVED_AT_ONCE],
            )?),
            Removal::Audit => self.trim_audit(cutoffs.audited, REMOVED_AT_ONCE),
        }
    }

    /// Closes subjects that were escalated without a report, and about which nobody has decided anything since
    /// `cutoff`. Such a subject has nothing that could end otherwise.
    fn close_escalated(&mut self, cutoff: UnixTime) -> Result<usize, ModerationError> {
        Ok(self.connection.execute(
            "UPDATE subjects SET status = 'closed', version = version + 1 WHERE id IN (SELECT id FROM subjects
             WHERE status = 'escalated' AND reports = 0 AND NOT EXISTS (SELECT 1 FROM decisions
             WHERE subject = subjects.id AND decided > ?) LIMIT ?)",
            params![cutoff, REMOVED_AT_ONCE],
        )?)
    }

    /// Removes reports that were decided long ago. Their reporters' weights change, and with them other scores.
    fn remove_decided(&mut self, cutoff: UnixTime) -> Result<usize, ModerationError> {
        let rows: Vec<(i64, Vec<u8>)> = self
            .connection
            .prepare_cached("SELECT id, reporter_device FROM reports WHERE decided <= ? LIMIT ?")?
            .query_map(params![cutoff, REMOVED_AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (report, _) in &rows {
            self.connection.prepare_cached("DELETE FROM reports WHERE id = ?")?.execute([report])?;
        }
        let reporters: BTreeSet<_> = rows.iter().map(|it| &*it.1).collect();
        self.rescore_reported_by(reporters)?;
        Ok(rows.len())
    }

    /// Removes reports about which nobody has decided in time, and closes subjects that have none left.
    fn remove_undecided(&mut self, cutoff: UnixTime) -> Result<usize, ModerationError> {
        let rows: Vec<(i64, i64)> = self
            .connection
            .prepare_cached(
                "SELECT id, subject FROM reports WHERE decided IS NULL AND received <= ? LIMIT ?",
            )?
            .query_map(params![cutoff, REMOVED_AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (report, _) in &rows {
            self.connection.prepare_cached("DELETE FROM reports WHERE id = ?")?.execute([report])?;
        }
        let subjects: BTreeSet<_> = rows.iter().map(|it| it.1).collect();
        for subject in subjects {
            self.summarise(subject)?;
            self.connection
                .prepare_cached(
                    "UPDATE subjects SET status = 'closed', version = version + 1, is_paused = 0, score = 0
                     WHERE id = ? AND reports = 0",
                )?
                .execute([subject])?;
        }
        Ok(rows.len())
    }
}
