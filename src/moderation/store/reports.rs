//! Reports: storing one, the score of its subject, and the automatic pause.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, params};

use super::{
    Store,
    imposing::Imposed,
    rows::{DeviceColumn, NetworkColumn, ReasonColumn, device, match_id, network},
};
use crate::{
    moderation::{
        error::ModerationError,
        records::{Report, ReportReceipt, Status, SubjectId},
        rules::{
            codes::ReferenceCode,
            decisions::{PAUSED_FOR, ReportOutcome},
            sanctions::SanctionKind,
            unix_time::{Stamp, UnixTime},
            weights::{
                CountedReport, PAUSE_WINDOW, REMEMBERED_REPORTS, automatic_pause, distinct_reports,
                reporter_weight, score,
            },
        },
    },
    protocol::{DeviceId, limits::MAX_REPORT_CHARS},
};

/// Pairs of reporter and network that are looked at for one subject, the first ones: far more than a real person meets
/// before a moderator looks.
const MAX_PAIRS: usize = 4_096;

/// Subjects whose scores follow when the weight of one reporter changes: more than a person reports in a month.
const MAX_RESCORED: usize = 100;

/// Subjects whose scores follow one decision, give or take those of one reporter: a second of work. The score of any
/// other one follows with its next report.
const MAX_RESCORED_AT_ONCE: usize = 1_000;

impl Store {
    /// Stores a report, unless its reporter has reported this match before.
    pub(crate) fn report(&mut self, stamp: Stamp, report: &Report) -> Result<ReportReceipt, ModerationError> {
        if report.words.chars().count() > MAX_REPORT_CHARS {
            return Err(ModerationError::NotAllowed("the words of the report are too long"));
        }
        if report.reporter.device == report.subject.device {
            return Err(ModerationError::NotAllowed("nobody reports their own device"));
        }
        let known = self
            .connection
            .prepare_cached("SELECT code FROM reports WHERE match = ? AND reporter_device = ?")?
            .query_row(params![match_id(&report.match_id), device(&report.reporter.device)], |row| {
                row.get::<_, ReferenceCode>(0)
            })
            .optional()?;
        if let Some(code) = known {
            return Ok(ReportReceipt { code, is_new: false, has_paused: false });
        }
        let code = ReferenceCode::first_of(&stamp.random);
        let subject = self.insert(stamp.now, report, code)?;
        self.count(stamp.now, &format!("report {}", report.reason.name()))?;
        let has_paused = self.pause_automatically(stamp, subject)?;
        self.summarise(subject.0)?;
        Ok(ReportReceipt { code, is_new: true, has_paused })
    }

    /// What came of the report with this code.
    pub(crate) fn outcome(&mut self, code: ReferenceCode) -> Result<ReportOutcome, ModerationError> {
        self.connection
            .prepare_cached("SELECT outcome FROM reports WHERE code = ?")?
            .query_row([code], |row| row.get(0))
            .optional()?
            .ok_or(ModerationError::NotFound)
    }

    fn insert(
        &mut self,
        now: UnixTime,
        report: &Report,
        code: ReferenceCode,
    ) -> Result<SubjectId, ModerationError> {
        // A new report opens a closed subject again; an escalated one stays so.
        let subject: i64 = self
            .connection
            .prepare_cached(
                "INSERT INTO subjects (device, network, status) VALUES (?1, ?2, ?3)
                 ON CONFLICT (device) DO UPDATE SET network = ?2, status = iif(status = ?4, ?3, status)
                 RETURNING id",
            )?
            .query_row(
                params![
                    device(&report.subject.device),
                    network(&report.subject.network),
                    Status::Open.name(),
                    Status::Closed.name()
                ],
                |row| row.get(0),
            )?;
        self.connection
            .prepare_cached(
                "INSERT INTO reports (match, reporter_device, reporter_network, subject, subject_network, reason,
                 words, started, received, code) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                match_id(&report.match_id),
                device(&report.reporter.device),
                network(&report.reporter.network),
                subject,
                network(&report.subject.network),
                report.reason.name(),
                report.words,
                report.started,
                now,
                code,
            ])?;
        Ok(SubjectId(subject))
    }

    /// Pauses a subject if enough reporters, who are believed, have reported it today. Returns whether it did.
    fn pause_automatically(&mut self, stamp: Stamp, subject: SubjectId) -> Result<bool, ModerationError> {
        let last: Option<UnixTime> = self
            .connection
            .prepare_cached("SELECT paused FROM subjects WHERE id = ?")?
            .query_row([subject.0], |row| row.get(0))?;
        if last.is_some_and(|it| it + PAUSE_WINDOW > stamp.now) {
            // It would not be paused again, and a flood of reports comes here.
            return Ok(false);
        }
        let counted = self.counted(subject.0, stamp.now - PAUSE_WINDOW)?;
        let Some(reason) = automatic_pause(stamp.now, last, &counted) else { return Ok(false) };
        let until = stamp.now + PAUSED_FOR;
        let imposed =
            Imposed { kind: SanctionKind::Pause, reason, until, is_automatic: true, decision: None };
        if self.impose(stamp, subject, imposed)?.is_none() {
            return Ok(false);
        }
        self.connection
            // A new version: a page from before the pause must not decide about it unseen.
            .prepare_cached(
                "UPDATE subjects SET paused = ?, is_paused = 1, version = version + 1 WHERE id = ?",
            )?
            .execute(params![stamp.now, subject.0])?;
        self.connection
            .prepare_cached(
                "INSERT INTO decisions (subject, decided, moderator, action, reason, until, note)
                 VALUES (?, ?, '', 'pause', ?, ?, '')",
            )?
            .execute(params![subject.0, stamp.now, reason.name(), until])?;
        self.count(stamp.now, "automatic pause")?;
        self.audit(stamp.now, "", "pause", Some(subject), reason.name())?;
        Ok(true)
    }

    /// The undecided reports of a subject that count, received after `since`, with the weights of their reporters.
    fn counted(
        &mut self,
        subject: i64,
        since: UnixTime,
    ) -> Result<Vec<(CountedReport, u32)>, ModerationError> {
        let read = |row: &Row<'_>| {
            Ok(CountedReport {
                device: row.get::<_, DeviceColumn>(0)?.0,
                network: row.get::<_, NetworkColumn>(1)?.0,
                received: row.get(2)?,
                reason: row.get::<_, ReasonColumn>(3)?.0,
            })
        };
        // With `min`, the database takes the other columns from the row that has it.
        let pairs: Vec<_> = self
            .connection
            .prepare_cached(
                "SELECT reporter_device, reporter_network, received, reason, min(id) AS first FROM reports
                 WHERE subject = ? AND outcome = 'undecided' AND received > ?
                 GROUP BY reporter_device, reporter_network ORDER BY first LIMIT ?",
            )?
            .query_map(params![subject, since, MAX_PAIRS], read)?
            .collect::<Result<_, _>>()?;
        let reports = distinct_reports(pairs).into_iter();
        reports.map(|it| Ok((it, self.weight(it.device)?))).collect()
    }

    /// The weight of a reporter: of the newest decisions, how many found them right.
    fn weight(&mut self, reporter: DeviceId) -> Result<u32, ModerationError> {
        let (mut upheld, mut dismissed) = (0, 0);
        let mut statement = self.connection.prepare_cached(
            "SELECT outcome, count(DISTINCT decision) FROM (SELECT outcome, decision FROM reports
             WHERE reporter_device = ? AND outcome IN ('upheld', 'dismissed') ORDER BY id DESC LIMIT ?)
             GROUP BY outcome",
        )?;
        let mut rows = statement.query(params![device(&reporter), REMEMBERED_REPORTS])?;
        while let Some(row) = rows.next()? {
            match row.get(0)? {
                ReportOutcome::Undecided => {}
                ReportOutcome::Upheld => upheld = row.get(1)?,
                ReportOutcome::Dismissed => dismissed = row.get(1)?,
            }
        }
        Ok(reporter_weight(upheld, dismissed))
    }

    /// Writes the score of a subject and what the queue shows of its undecided reports.
    pub(super) fn summarise(&mut self, subject: i64) -> Result<(), ModerationError> {
        self.connection
            .prepare_cached(
                "UPDATE subjects SET (reports, first_report, last_report, last_report_id) =
                 (SELECT count(*), ifnull(min(received), 0), ifnull(max(received), 0), ifnull(max(id), 0)
                 FROM reports WHERE subject = ?1 AND outcome = 'undecided') WHERE id = ?1",
            )?
            .execute([subject])?;
        self.rescore(subject)
    }

    /// Writes the score of a subject.
    fn rescore(&mut self, subject: i64) -> Result<(), ModerationError> {
        let weights: Vec<_> =
            self.counted(subject, UnixTime(0))?.into_iter().map(|(_, weight)| weight).collect();
        let is_paused: bool = self
            .connection
            .prepare_cached("SELECT is_paused FROM subjects WHERE id = ?")?
            .query_row([subject], |row| row.get(0))?;
        self.connection
            .prepare_cached("UPDATE subjects SET score = ? WHERE id = ?")?
            .execute(params![score(weights, is_paused), subject])?;
        Ok(())
    }

    /// After a decision: the weights of its reporters have changed, and with them the scores of other subjects.
    pub(super) fn rescore_others(&mut self, decision: i64) -> Result<(), ModerationError> {
        let reporters: Vec<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT DISTINCT reporter_device FROM reports WHERE decision = ? LIMIT ?")?
            .query_map(params![decision, MAX_PAIRS], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        self.rescore_reported_by(reporters.iter().map(Vec::as_slice))
    }

    /// Writes the scores of the subjects that any of these devices has reported and that wait for a decision. Each is
    /// written once, however many of the devices have reported it.
    pub(super) fn rescore_reported_by<'a>(
        &mut self,
        reporters: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(), ModerationError> {
        let mut subjects = BTreeSet::new();
        for reporter in reporters {
            let mut statement = self.connection.prepare_cached(
                "SELECT DISTINCT subject FROM reports WHERE reporter_device = ? AND outcome = 'undecided' LIMIT ?",
            )?;
            let mut rows = statement.query(params![reporter, MAX_RESCORED])?;
            while let Some(row) = rows.next()? {
                subjects.insert(row.get::<_, i64>(0)?);
            }
            if subjects.len() >= MAX_RESCORED_AT_ONCE {
                break;
            }
        }
        subjects.into_iter().try_for_each(|it| self.rescore(it))
    }
}
