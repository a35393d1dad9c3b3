//! From what the store answers to what the pages show.

use crate::{
    moderation::{
        AppealView, BanLength, Claim, DecisionView, MAX_ROWS, QueueEntry, ReportView, Statement, Status,
        SubjectView, UnixTime,
    },
    server::http::decision_pages::decision_facts,
    ui::{
        DecisionFacts,
        moderation::{
            AppealLine, AppealPage, AppealsPage, DecisionDraft, DecisionLine, QueueLine, QueuePage,
            ReportLine, ShownClaim, ShownLength, ShownTime, SubjectPage,
        },
    },
};

/// Lines of one page of the queue: a screen or two.
pub(super) const PAGE_LINES: usize = 50;

/// The moment at which a page is made, and who reads it.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    /// The wall clock.
    pub(super) now: UnixTime,
    /// The moderator's name.
    pub(super) name: &'a str,
}

impl Reader<'_> {
    /// A part of the queue.
    pub(super) fn queue(self, status: Status, entries: &[QueueEntry]) -> QueuePage {
        let last = entries.last().filter(|_| entries.len() == PAGE_LINES).map(|it| &it.row);
        QueuePage {
            status: status.name(),
            parts: Status::ALL.map(Status::name).to_vec(),
            lines: entries.iter().map(|it| self.queue_line(it)).collect(),
            next: last.map(|it| format!("/?status={}&after={}.{}", status.name(), it.score, it.subject.0)),
        }
    }

    fn queue_line(self, QueueEntry { row, reasons }: &QueueEntry) -> QueueLine {
        QueueLine {
            subject: row.subject.0,
            choice: format!("{}:{}", row.subject.0, row.seen),
            score: row.score,
            is_paused: row.is_paused,
            reports: row.reports,
            reasons: reasons.clone(),
            newest: (row.reports > 0).then(|| self.time(row.last_report)),
            claim: row.claim.as_ref().map(|it| self.claim(it)),
        }
    }

    fn claim(self, Claim { moderator, until }: &Claim) -> ShownClaim {
        ShownClaim { moderator: moderator.clone(), is_own: moderator == self.name, until: self.time(*until) }
    }

    /// One subject, with the statement of its sanction and what the moderator has entered.
    pub(super) fn subject(
        self,
        view: SubjectView,
        statement: Option<Statement>,
        draft: DecisionDraft,
    ) -> SubjectPage {
        let SubjectView { row, device, reasons, reports, own_reports, decisions, sanction: _ } = view;
        SubjectPage {
            status: row.status.name(),
            device: device.0.to_string(),
            oldest: self.time(row.first_report),
            seen: row.seen.to_string(),
            reports: reports.into_iter().map(|it| self.report(it)).collect(),
            own_reports: own_reports.into_iter().map(|it| self.report(it)).collect(),
            decisions: decisions.into_iter().map(|it| self.decision(it)).collect(),
            statement: statement.map(|it| decision_facts(it, None)),
            line: self.queue_line(&QueueEntry { row, reasons }),
            lengths: BanLength::ALL
                .map(|it| ShownLength { days: it.days(), is_for_severe: it.is_for_severe() })
                .to_vec(),
            draft,
        }
    }

    fn report(self, ReportView { reason, words, started, received, outcome }: ReportView) -> ReportLine {
        let (met, received) = (self.time(started), self.time(received));
        ReportLine { reason, words, met, received, outcome: outcome.name() }
    }

    fn decision(self, view: DecisionView) -> DecisionLine {
        let DecisionView { decided, moderator, action, reason, until, note } = view;
        DecisionLine {
            decided: self.time(decided),
            moderator: (!moderator.is_empty()).then_some(moderator),
            action,
            reason,
            until: until.map(|it| self.time(it)),
            note,
        }
    }

    /// The appeals that wait, or the first of them.
    pub(super) fn appeals(self, views: &[AppealView]) -> AppealsPage {
        let last = views.last().filter(|_| views.len() == MAX_ROWS);
        AppealsPage {
            lines: views.iter().map(|it| self.appeal_line(it)).collect(),
            next: last.map(|it| format!("/appeals?after={}", it.appeal.0)),
        }
    }

    fn appeal_line(self, view: &AppealView) -> AppealLine {
        let DecisionFacts { kind, reason, until, .. } = decision_facts(view.statement.clone(), None);
        AppealLine {
            appeal: view.appeal.0,
            sanction: kind,
            reason,
            received: self.time(view.received),
            until,
        }
    }

    /// One appeal, with what the moderator has written.
    pub(super) fn appeal(self, view: &AppealView, answer: String) -> AppealPage {
        AppealPage {
            line: self.appeal_line(view),
            subject: view.subject.0,
            statement: decision_facts(view.statement.clone(), None),
            words: view.words.clone(),
            answer,
        }
    }

    /// A time as people read it.
    pub(super) fn time(self, time: UnixTime) -> ShownTime {
        let date = time.utc();
        // As RFC 3339 has it: 2026-11-28T14:05Z.
        let machine = date.replacen(' ', "T", 1).replace(" UTC", "Z");
        ShownTime { date, machine, distance: distance(self.now, time) }
    }
}

/// How far a time is from now, in the largest unit of which there are two, rounded down.
fn distance(now: UnixTime, time: UnixTime) -> String {
    let seconds = now.0.abs_diff(time.0);
    let amount = match seconds {
        0..60 => return "now".to_owned(),
        60..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    };
    if time > now { format!("in {amount}") } else { format!("{amount} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_utc_and_as_distances() {
        let now = UnixTime(1_794_700_800);
        let reader = Reader { now, name: "anna" };
        let time = reader.time(UnixTime(1_794_700_800 - 3_660));
        assert_eq!((&*time.date, &*time.machine), ("2026-11-14 22:59 UTC", "2026-11-14T22:59Z"));
        for (seconds, expected) in [
            (0, "now"),
            (59, "now"),
            (60, "1 min ago"),
            (7_199, "119 min ago"),
            (7_200, "2 h ago"),
            (172_799, "47 h ago"),
            (172_800, "2 days ago"),
        ] {
            assert_eq!(distance(now, UnixTime(now.0 - seconds)), expected);
        }
        assert_eq!(distance(now, UnixTime(now.0 + 600)), "in 10 min");
    }
}
