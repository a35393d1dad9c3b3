//! The queue of the moderators: the list, one subject, and claims.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, params};

use super::{
    Store,
    rows::{DeviceColumn, ReasonColumn, device},
};
use crate::{
    moderation::{
        error::ModerationError,
        records::{
            Claim, DecisionView, MAX_ROWS, QueueEntry, QueuePosition, QueueRow, ReportView, Seen, Status,
            SubjectId, SubjectView,
        },
        rules::unix_time::{Stamp, UnixTime},
    },
    protocol::{DeviceId, ReportReason},
};

/// How long a claim keeps other moderators away: one case takes a few minutes.
pub const CLAIMED_FOR: Duration = Duration::from_secs(10 * 60);

/// The columns of [`queue_row`].
const ROW: &str = "id, status, version, last_report_id, score, is_paused, reports, first_report, last_report, \
     claimed_by, claimed_until";

/// The undecided reports of a subject, by reason, the most frequent first.
pub(crate) const REASONS: &str =
    "SELECT reason, count(*) FROM reports WHERE subject = ? AND outcome = 'undecided'
     GROUP BY reason ORDER BY count(*) DESC, reason";

/// A page of the queue, in the columns [`ROW`]: of which status, after which score and subject, and at most how many.
pub(crate) fn page_query() -> String {
    format!(
        "SELECT {ROW} FROM subjects WHERE status = ?1 AND score <= ?2 AND (score < ?2 OR id > ?3)
         ORDER BY score DESC, id LIMIT ?4"
    )
}

impl Store {
    /// The next subjects of the queue, those with the highest score first.
    pub(crate) fn queue(
        &mut self,
        stamp: Stamp,
        moderator: &str,
        status: Status,
        after: Option<QueuePosition>,
        limit: usize,
    ) -> Result<Vec<QueueEntry>, ModerationError> {
        let (score, id) = after.map_or((i64::MAX, 0), |it| (it.score.into(), it.subject.0));
        let rows: Vec<_> = self
            .connection
            .prepare_cached(&page_query())?
            .query_map(params![status.name(), score, id, limit.min(MAX_ROWS)], |row| {
                queue_row(stamp.now, row)
            })?
            .collect::<Result<_, _>>()?;
        self.audit(stamp.now, moderator, "view queue", None, status.name())?;
        rows.into_iter()
            .map(|row: QueueRow| Ok(QueueEntry { reasons: self.reasons(row.subject)?, row }))
            .collect()
    }

    /// All that is known of a subject.
    pub(crate) fn view(
        &mut self,
        stamp: Stamp,
        moderator: &str,
        subject: SubjectId,
    ) -> Result<SubjectView, ModerationError> {
        let (row, device_id) = self.subject(stamp.now, subject)?;
        let view = SubjectView {
            row,
            device: device_id,
            reasons: self.reasons(subject)?,
            reports: self.reports_where("subject = ?", &subject.0)?,
            own_reports: self.reports_where("reporter_device = ?", &device(&device_id))?,
            decisions: self.decisions(subject)?,
            sanction: self.sanction_of(stamp.now, device_id)?,
        };
        self.audit(stamp.now, moderator, "view subject", Some(subject), "")?;
        Ok(view)
    }

    /// Claims a subject, or renews the claim.
    pub(crate) fn claim(
        &mut self,
        stamp: Stamp,
        moderator: &str,
        subject: SubjectId,
    ) -> Result<Claim, ModerationError> {
        let (row, _) = self.subject(stamp.now, subject)?;
        if let Some(claim) = row.claim.filter(|it| it.moderator != moderator) {
            return Err(ModerationError::Claimed(claim));
        }
        let claim = Claim { moderator: moderator.to_owned(), until: stamp.now + CLAIMED_FOR };
        self.connection
            .prepare_cached("UPDATE subjects SET claimed_by = ?, claimed_until = ? WHERE id = ?")?
            .execute(params![moderator, claim.until, subject.0])?;
        self.audit(stamp.now, moderator, "claim", Some(subject), "")?;
        Ok(claim)
    }

    /// A subject's line in the queue, and its device.
    pub(super) fn subject(
        &mut self,
        now: UnixTime,
        subject: SubjectId,
    ) -> Result<(QueueRow, DeviceId), ModerationError> {
        self.connection
            .prepare_cached(&format!("SELECT {ROW}, device FROM subjects WHERE id = ?"))?
            .query_row([subject.0], |row| Ok((queue_row(now, row)?, row.get::<_, DeviceColumn>(11)?.0)))
            .optional()?
            .ok_or(ModerationError::NotFound)
    }

    /// How many undecided reports there are of each reason, the most frequent first.
    fn reasons(&mut self, subject: SubjectId) -> Result<Vec<(ReportReason, u32)>, ModerationError> {
        Ok(self
            .connection
            .prepare_cached(REASONS)?
            .query_map([subject.0], |row| Ok((row.get::<_, ReasonColumn>(0)?.0, row.get(1)?)))?
            .collect::<Result<_, _>>()?)
    }

    fn reports_where(
        &mut self,
        condition: &str,
        value: &dyn rusqlite::ToSql,
    ) -> Result<Vec<ReportView>, ModerationError> {
        let read = |row: &Row<'_>| {
            Ok(ReportView {
                reason: row.get::<_, ReasonColumn>(0)?.0,
                words: row.get(1)?,
                started: row.get(2)?,
                received: row.get(3)?,
                outcome: row.get(4)?,
            })
        };
        Ok(self
            .connection
            .prepare_cached(&format!(
                "SELECT reason, words, started, received, outcome FROM reports WHERE {condition}
                 ORDER BY id DESC LIMIT ?"
            ))?
            .query_map(params![value, MAX_ROWS], read)?
            .collect::<Result<_, _>>()?)
    }

    fn decisions(&mut self, subject: SubjectId) -> Result<Vec<DecisionView>, ModerationError> {
        let read = |row: &Row<'_>| {
            Ok(DecisionView {
                decided: row.get(0)?,
                moderator: row.get(1)?,
                action: row.get(2)?,
                reason: row.get::<_, Option<ReasonColumn>>(3)?.map(|it| it.0),
                until: row.get(4)?,
                note: row.get(5)?,
            })
        };
        Ok(self
            .connection
            .prepare_cached(
                "SELECT decided, moderator, action, reason, until, note FROM decisions WHERE subject = ?
                 ORDER BY id DESC LIMIT ?",
            )?
            .query_map(params![subject.0, MAX_ROWS], read)?
            .collect::<Result<_, _>>()?)
    }
}

/// A line of the queue in the columns [`ROW`], which stand first.
fn queue_row(now: UnixTime, row: &Row<'_>) -> rusqlite::Result<QueueRow> {
    let (moderator, until): (Option<String>, UnixTime) = (row.get(9)?, row.get(10)?);
    let claim = moderator.map(|moderator| Claim { moderator, until });
    Ok(QueueRow {
        subject: SubjectId(row.get(0)?),
        status: row.get(1)?,
        seen: Seen { version: row.get(2)?, last_report: row.get(3)? },
        score: row.get(4)?,
        is_paused: row.get(5)?,
        reports: row.get(6)?,
        first_report: row.get(7)?,
        last_report: row.get(8)?,
        claim: claim.filter(|it| now < it.until),
    })
}
