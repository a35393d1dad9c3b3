//! Sanctions in the database: imposing, ending and their statements of reasons.

use rusqlite::{OptionalExtension, Row, params};

use super::{
    Store,
    rows::{DeviceColumn, NetworkColumn, ReasonColumn, SANCTION, device, network, sanction},
};
use crate::{
    moderation::{
        error::ModerationError,
        records::{AppealState, Statement, SubjectId},
        rules::{
            codes::ReferenceCode,
            decisions::replaces,
            sanctions::{Sanction, SanctionChange, SanctionKind},
            unix_time::{Stamp, UnixTime},
        },
    },
    protocol::{DeviceId, ReportReason},
};

/// A sanction to be imposed.
pub(super) struct Imposed {
    pub(super) kind: SanctionKind,
    pub(super) reason: ReportReason,
    pub(super) until: UnixTime,
    pub(super) is_automatic: bool,
    /// The decision whose reports are its facts; without one the undecided reports are.
    pub(super) decision: Option<i64>,
}

impl Store {
    /// Imposes a sanction on a subject's device; `None` if a stronger one stays in effect.
    pub(super) fn impose(
        &mut self,
        stamp: Stamp,
        subject: SubjectId,
        imposed: Imposed,
    ) -> Result<Option<Sanction>, ModerationError> {
        let (device_id, tag) = self
            .connection
            .prepare_cached("SELECT device, network FROM subjects WHERE id = ?")?
            .query_row([subject.0], |row| {
                Ok((row.get::<_, DeviceColumn>(0)?.0, row.get::<_, NetworkColumn>(1)?.0))
            })?;
        let new = Sanction {
            kind: imposed.kind,
            reason: imposed.reason,
            started: stamp.now,
            until: imposed.until,
            is_automatic: imposed.is_automatic,
            appeal: ReferenceCode::second_of(&stamp.random),
        };
        if self.sanction_of(stamp.now, device_id)?.is_some_and(|old| !replaces(&new, &old)) {
            return Ok(None);
        }
        self.end_sanction(stamp.now, device_id)?;
        self.connection
            .prepare_cached(
                "INSERT INTO sanctions (subject, device, network, kind, reason, is_automatic, started, until, code,
                 decision, reports, first_report, last_report)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, count(*), ifnull(min(received), 0),
                 ifnull(max(received), 0) FROM reports
                 WHERE subject = ?1 AND iif(?10 IS NULL, outcome = 'undecided', decision = ?10)",
            )?
            .execute(params![
                subject.0,
                device(&device_id),
                network(&tag),
                new.kind.name(),
                new.reason.name(),
                new.is_automatic,
                new.started,
                new.until,
                new.appeal,
                imposed.decision,
            ])?;
        self.change(SanctionChange::Imposed { device: device_id, network: Some(tag), sanction: new });
        Ok(Some(new))
    }

    /// The sanction of a device that has effect.
    pub(super) fn sanction_of(
        &mut self,
        now: UnixTime,
        device_id: DeviceId,
    ) -> Result<Option<Sanction>, ModerationError> {
        let current = self
            .connection
            .prepare_cached(&format!("SELECT {SANCTION} FROM sanctions WHERE device = ? AND ended IS NULL"))?
            .query_row([device(&device_id)], sanction)
            .optional()?;
        Ok(current.filter(|it| it.is_active(now)))
    }

    /// Ends the current sanction of a device, if it has one.
    pub(super) fn end_sanction(&mut self, now: UnixTime, device_id: DeviceId) -> Result<(), ModerationError> {
        let ended = self
            .connection
            .prepare_cached("UPDATE sanctions SET ended = min(until, ?) WHERE device = ? AND ended IS NULL")?
            .execute(params![now, device(&device_id)])?;
        if ended > 0 {
            self.change(SanctionChange::Lifted { device: device_id });
        }
        Ok(())
    }

    /// The statement of reasons with this code.
    pub(crate) fn statement(&mut self, code: ReferenceCode) -> Result<Statement, ModerationError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {STATEMENT} FROM sanctions LEFT JOIN appeals ON appeals.sanction = sanctions.id WHERE code = ?"
            ))?
            .query_row([code], statement)
            .optional()?
            .ok_or(ModerationError::NotFound)
    }
}

/// The columns of [`statement`].
pub(super) const STATEMENT: &str = "kind, reason, started, until, is_automatic, code, reports, first_report, \
     last_report, ended, appeals.id, appeals.decided, appeals.is_granted, appeals.answer";

/// A statement in the columns [`STATEMENT`], which stand first.
pub(super) fn statement(row: &Row<'_>) -> rusqlite::Result<Statement> {
    let appeal: Option<i64> = row.get(10)?;
    let decided: Option<UnixTime> = row.get(11)?;
    let state = match (appeal, decided) {
        (None, _) => AppealState::None,
        (Some(_), None) => AppealState::Waiting,
        (Some(_), Some(_)) if row.get(12)? => AppealState::Granted { answer: row.get(13)? },
        (Some(_), Some(_)) => AppealState::Rejected { answer: row.get(13)? },
    };
    Ok(Statement {
        kind: row.get(0)?,
        reason: row.get::<_, ReasonColumn>(1)?.0,
        decided: row.get(2)?,
        until: row.get(3)?,
        is_automatic: row.get(4)?,
        appeal: row.get(5)?,
        reports: row.get(6)?,
        first_report: row.get(7)?,
        last_report: row.get(8)?,
        ended: row.get(9)?,
        state,
    })
}
