//! The slow model: plain lists, searched from end to end for every question.

use std::collections::BTreeMap;

use crate::moderation::{
    Action, BANNED_DEVICES, CLAIMED_FOR, Cutoffs, FRICTION_FOR, Kept, NETWORK_REFUSED_FOR, NEW_REPORTER,
    PAUSE_REPORTERS, PAUSE_WINDOW, PAUSED_FOR, PAUSED_SCORE, ReportOutcome, SanctionKind, Status, UnixTime,
    reporter_weight,
};

/// A device or network of a test.
pub(super) type Number = u8;

#[derive(Clone, Debug)]
pub(super) struct ModelReport {
    pub(super) id: i64,
    pub(super) match_id: Number,
    pub(super) reporter: (Number, Number),
    pub(super) subject: Number,

    pub(super) received: UnixTime,
    pub(super) outcome: ReportOutcome,
    pub(super) decision: usize,
    pub(super) decided: UnixTime,
}

#[derive(Clone, Debug)]
pub(super) struct ModelSubject {
    pub(super) network: Number,
    pub(super) status: Status,
    pub(super) version: i64,
    paused: Option<UnixTime>,
    pub(super) is_paused: bool,
    claim: Option<(Number, UnixTime)>,
}

#[derive(Clone, Debug)]
struct ModelSanction {
    device: Number,
    network: Number,
    kind: SanctionKind,
    is_automatic: bool,
    started: UnixTime,
    until: UnixTime,
    ended: Option<UnixTime>,
}

/// Why a decision of the model fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotFound,
    Claimed,
    Conflict,
    NotAllowed,
}

#[derive(Default)]
pub(super) struct Model {
    pub(super) reports: Vec<ModelReport>,
    pub(super) subjects: BTreeMap<Number, ModelSubject>,
    sanctions: Vec<ModelSanction>,
    decisions: Vec<(Number, UnixTime)>,
    last_id: i64,
    last_decision: usize,
}

impl Model {
    pub(super) fn report(
        &mut self,
        now: UnixTime,
        match_id: Number,
        reporter: (Number, Number),
        subject: (Number, Number),
    ) -> bool {
        if self.reports.iter().any(|it| it.match_id == match_id && it.reporter.0 == reporter.0) {
            return false;
        }
        self.last_id += 1;
        self.reports.push(ModelReport {
            id: self.last_id,
            match_id,
            reporter,
            subject: subject.0,
            received: now,
            outcome: ReportOutcome::Undecided,
            decision: 0,
            decided: UnixTime(0),
        });
        let new = ModelSubject {
            network: subject.1,
            status: Status::Open,
            version: 0,
            paused: None,
            is_paused: false,
            claim: None,
        };
        let known = self.subjects.entry(subject.0).or_insert(new);
        known.network = subject.1;
        if known.status == Status::Closed {
            known.status = Status::Open;
        }
        let was_paused_today = known.paused.is_some_and(|it| it + PAUSE_WINDOW > now);
        let counted = self.counted(subject.0, |it| it.received + PAUSE_WINDOW > now);
        let weight: u32 = counted.iter().map(|it| self.weight(it.reporter.0)).sum();
        if counted.len() >= PAUSE_REPORTERS && weight >= 3 * NEW_REPORTER && !was_paused_today {
            let is_paused = self.impose(now, subject.0, SanctionKind::Pause, now + PAUSED_FOR, true);
            if is_paused {
                let known = self.subjects.get_mut(&subject.0).unwrap();
                (known.paused, known.is_paused) = (Some(now), true);
                known.version += 1;
                self.decisions.push((subject.0, now));
            }
        }
        true
    }

    pub(super) fn claim(&mut self, now: UnixTime, moderator: Number, subject: Number) -> Result<(), Refusal> {
        self.check_claim(now, moderator, subject)?;
        self.subjects.get_mut(&subject).unwrap().claim = Some((moderator, now + CLAIMED_FOR));
        Ok(())
    }

    fn check_claim(&self, now: UnixTime, moderator: Number, subject: Number) -> Result<(), Refusal> {
        let known = self.subjects.get(&subject).ok_or(Refusal::NotFound)?;
        match known.claim {
            Some((other, until)) if other != moderator && now < until => Err(Refusal::Claimed),
            _ => Ok(()),
        }
    }

    pub(super) fn decide(
        &mut self,
        now: UnixTime,
        moderator: Number,
        subject: Number,
        seen: (i64, i64),
        action: Action,
    ) -> Result<(), Refusal> {
        self.check_claim(now, moderator, subject)?;
        if self.subjects[&subject].version != seen.0 {
            return Err(Refusal::Conflict);
        }
        if action == Action::Escalate && self.undecided(subject).next().is_none() {
            return Err(Refusal::NotAllowed);
        }
        self.last_decision += 1;
        self.decisions.push((subject, now));
        let outcome = action.outcome();
        let is_decided = outcome != ReportOutcome::Undecided;
        for report in self.reports.iter_mut().filter(|it| it.subject == subject && it.id <= seen.1) {
            if is_decided && report.outcome == ReportOutcome::Undecided {
                report.outcome = outcome;
                report.decision = self.last_decision;
                report.decided = now;
            }
        }
        let current = self.current(now, subject);
        match action {
            Action::Warn(_) => {
                _ = self.impose(now, subject, SanctionKind::Warning, UnixTime(now.0 + 30 * 86_400), false)
            }
            Action::Pause(_) => _ = self.impose(now, subject, SanctionKind::Pause, now + PAUSED_FOR, false),
            Action::Ban(_, length) => {
                _ = self.impose(now, subject, SanctionKind::Ban, now + length.duration(), false);
            }
            Action::Dismiss if current.is_some_and(|it| it.is_automatic) => self.end(now, subject),
            Action::Lift => self.end(now, subject),
            Action::Dismiss | Action::Escalate | Action::Note => {}
        }
        let is_left = self.undecided(subject).next().is_some();
        let known = self.subjects.get_mut(&subject).unwrap();
        known.version += 1;
        known.is_paused &= !is_decided;
        if action != Action::Note {
            known.claim = None;
        }
        if action == Action::Escalate {
            known.status = Status::Escalated;
        } else if is_decided {
            known.status = if is_left { Status::Open } else { Status::Closed };
        }
        Ok(())
    }

    fn current(&self, now: UnixTime, device: Number) -> Option<ModelSanction> {
        let mut all = self.sanctions.iter();
        all.find(|it| it.device == device && it.ended.is_none() && now < it.until).cloned()
    }

    fn end(&mut self, now: UnixTime, device: Number) {
        for sanction in self.sanctions.iter_mut().filter(|it| it.device == device && it.ended.is_none()) {
            sanction.ended = Some(now.min(sanction.until));
        }
    }

    fn impose(
        &mut self,
        now: UnixTime,
        device: Number,
        kind: SanctionKind,
        until: UnixTime,
        is_automatic: bool,
    ) -> bool {
        if let Some(old) = self.current(now, device) {
            let is_kept = if is_automatic { old.kind >= kind } else { !old.is_automatic && old.kind > kind };
            if is_kept {
                return false;
            }
        }
        self.end(now, device);
        let network = self.subjects[&device].network;
        self.sanctions.push(ModelSanction {
            device,
            network,
            kind,
            is_automatic,
            started: now,
            until,
            ended: None,
        });
        true
    }

    pub(super) fn undecided(&self, subject: Number) -> impl Iterator<Item = &ModelReport> {
        self.reports.iter().filter(move |it| it.subject == subject && it.outcome == ReportOutcome::Undecided)
    }

    fn counted(&self, subject: Number, is_recent: impl Fn(&ModelReport) -> bool) -> Vec<&ModelReport> {
        let mut counted: Vec<&ModelReport> = Vec::new();
        for report in self.undecided(subject).filter(|it| is_recent(it)) {
            let is_taken =
                |it: &&ModelReport| it.reporter.0 == report.reporter.0 || it.reporter.1 == report.reporter.1;
            if !counted.iter().any(is_taken) {
                counted.push(report);
            }
        }
        counted
    }

    fn weight(&self, reporter: Number) -> u32 {
        let count = |outcome| {
            let own = self.reports.iter().filter(|it| it.reporter.0 == reporter && it.outcome == outcome);
            let mut decisions: Vec<_> = own.map(|it| it.decision).collect();
            decisions.sort_unstable();
            decisions.dedup();
            decisions.len() as u32
        };
        reporter_weight(count(ReportOutcome::Upheld), count(ReportOutcome::Dismissed))
    }

    pub(super) fn score(&self, subject: Number) -> u32 {
        let weights: u32 = self.counted(subject, |_| true).iter().map(|it| self.weight(it.reporter.0)).sum();
        weights + if self.subjects[&subject].is_paused { PAUSED_SCORE } else { 0 }
    }

    pub(super) fn sanction(&self, now: UnixTime, device: Number) -> Option<(SanctionKind, UnixTime)> {
        self.current(now, device).map(|it| (it.kind, it.until))
    }

    /// Until when a network is refused, and whether there is friction.
    pub(super) fn network(&self, now: UnixTime, network: Number) -> (Option<UnixTime>, bool) {
        let is_ban = |it: &&_| matches!(it, ModelSanction { kind: SanctionKind::Ban, ended: None, network: of, .. } if *of == network);
        let mut bans: Vec<_> = self.sanctions.iter().filter(is_ban).map(|it| it.started).collect();
        bans.sort_unstable();
        bans.reverse();
        let refused_until = bans.get(BANNED_DEVICES - 1).map(|it| *it + NETWORK_REFUSED_FOR);
        (refused_until.filter(|it| now < *it), bans.iter().any(|it| now < *it + FRICTION_FOR))
    }

    pub(super) fn remove_old(&mut self, now: UnixTime) {
        let cutoffs = Cutoffs::at(now);
        let before = self.reports.clone();
        self.reports.retain(|it| {
            !cutoffs.is_over(match it.outcome {
                ReportOutcome::Undecided => Kept::Undecided(it.received),
                ReportOutcome::Upheld | ReportOutcome::Dismissed => Kept::Decided(it.decided),
            })
        });
        self.sanctions.retain(|it| !cutoffs.is_over(Kept::Ended(it.ended.unwrap_or(it.until).min(it.until))));
        self.decisions.retain(|it| !cutoffs.is_over(Kept::Decided(it.1)));
        for (number, subject) in &mut self.subjects {
            let had = before.iter().any(|it| {
                it.subject == *number
                    && cutoffs.is_over(Kept::Undecided(it.received))
                    && it.outcome == ReportOutcome::Undecided
            });
            let has =
                self.reports.iter().any(|it| it.subject == *number && it.outcome == ReportOutcome::Undecided);
            if had && !has {
                subject.status = Status::Closed;
                subject.version += 1;
                subject.is_paused = false;
            }
        }
        let (reports, sanctions, decisions) = (&self.reports, &self.sanctions, &self.decisions);
        self.subjects.retain(|number, subject| {
            subject.status != Status::Closed
                || reports.iter().any(|it| it.subject == *number)
                || sanctions.iter().any(|it| it.device == *number)
                || decisions.iter().any(|it| it.0 == *number)
        });
    }
}
