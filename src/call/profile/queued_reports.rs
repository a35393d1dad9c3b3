//! [`QueuedReports`]: reports that the server has not answered yet.

use std::time::Duration;

use super::past_matches::{PastMatch, PastMatches, Ticket};
use crate::protocol::{MatchId, ReportReason, ReportWords, limits::MAX_REPORT_CHARS};

/// Reports that wait for the server. Nobody makes more by hand while it is away.
pub(crate) const MAX_QUEUED_REPORTS: usize = 5;

/// How long after the beginning of its match a server takes a ticket (`src/protocol/README.md`, "Reports").
const TICKET_LASTS: Duration = Duration::from_secs(24 * 60 * 60);

/// What a device stores about reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredReports {
    /// The matches that can be reported.
    pub past: PastMatches,
    /// The reports that the server has not answered.
    pub queued: QueuedReports,
}

/// A report of the partner of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedReport {
    /// The match.
    pub(crate) id: MatchId,
    /// When it began, in seconds since the Unix epoch.
    pub(crate) started: u64,
    /// Why.
    pub(crate) reason: ReportReason,
    /// The ticket of the match.
    pub(crate) ticket: Ticket,
    /// What the person writes about it.
    pub(crate) words: ReportWords,
}

impl QueuedReport {
    /// A report of this match. Of the words as many characters are kept as a report may have, on one line. Of a
    /// partner who looks under 18 nothing but that is reported.
    pub(crate) fn new(past: &PastMatch, reason: ReportReason, words: &str) -> Self {
        let room = if reason == ReportReason::UnderAge { 0 } else { MAX_REPORT_CHARS };
        let words: String = words.trim().replace(char::is_control, " ").chars().take(room).collect();
        Self {
            id: past.id,
            started: past.started,
            reason,
            ticket: past.ticket.clone(),
            words: ReportWords::new(&words).unwrap_or_default(),
        }
    }

    /// As one line.
    fn to_line(&self) -> String {
        let Self { id, started, reason, ticket, words } = self;
        let (id, started) = (id.0.to_string(), started.to_string());
        [&*id, &*started, reason.name(), ticket.text(), words.as_ref()].join(" ")
    }

    fn from_line(line: &str) -> Option<Self> {
        let mut fields = line.splitn(5, ' ');
        let id = MatchId(fields.next()?.parse().ok()?);
        let started = fields.next()?.parse().ok()?;
        let name = fields.next()?;
        Some(Self {
            id,
            started,
            reason: ReportReason::ALL.into_iter().find(|it| it.name() == name)?,
            ticket: Ticket::new(fields.next()?)?,
            words: ReportWords::new(fields.next()?)?,
        })
    }

    /// Whether no server takes its ticket any more.
    pub(crate) fn is_void(&self, now: u64) -> bool {
        self.ends_at() <= now
    }

    fn ends_at(&self) -> u64 {
        self.started.saturating_add(TICKET_LASTS.as_secs())
    }
}

/// The reports, the oldest first, one for each match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueuedReports(Vec<QueuedReport>);

impl QueuedReports {
    /// As text, for storage: a line for each report.
    pub fn to_text(&self) -> String {
        self.0.iter().map(QueuedReport::to_line).collect::<Vec<_>>().join("\n")
    }

    /// Parses such a text and ignores lines that are not valid.
    pub fn from_text(text: &str) -> Self {
        Self(text.lines().filter_map(QueuedReport::from_line).take(MAX_QUEUED_REPORTS).collect())
    }

    /// Adds a report; `false` if there is no room.
    pub(crate) fn add(&mut self, report: QueuedReport) -> bool {
        self.remove(report.id);
        let has_room = self.0.len() < MAX_QUEUED_REPORTS;
        if has_room {
            self.0.push(report);
        }
        has_room
    }

    /// Removes the report of this match; `false` if there is none.
    pub(crate) fn remove(&mut self, id: MatchId) -> bool {
        let before = self.0.len();
        self.0.retain(|it| it.id != id);
        self.0.len() < before
    }

    /// The report that is sent next.
    pub(crate) fn first(&self) -> Option<&QueuedReport> {
        self.0.first()
    }

    /// Whether the report of this match waits.
    pub(crate) fn contains(&self, id: MatchId) -> bool {
        self.0.iter().any(|it| it.id == id)
    }

    /// Drops the reports whose tickets no server takes any more. Returns whether there were any.
    pub(crate) fn expire(&mut self, now: u64) -> bool {
        let before = self.0.len();
        self.0.retain(|it| !it.is_void(now));
        self.0.len() < before
    }

    /// When the next one expires.
    pub(crate) fn expires_at(&self) -> Option<u64> {
        self.0.iter().map(QueuedReport::ends_at).min()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn past(number: u128) -> PastMatch {
        PastMatch {
            id: MatchId(Uuid::from_u128(number)),
            started: 1_000,
            ended: 1_060,
            pair: None,
            ticket: Ticket::new("t.1").unwrap(),
        }
    }

    #[test]
    fn text_round_trips_and_ignores_nonsense() {
        let mut all = QueuedReports::default();
        for (number, reason) in (1..).zip(ReportReason::ALL.into_iter().take(MAX_QUEUED_REPORTS)) {
            assert!(all.add(QueuedReport::new(&past(number), reason, " a\nb  c \u{1f600} ")));
        }
        assert_eq!(all.first().map(|it| it.words.as_ref()), Some("a b  c \u{1f600}"));
        assert!(!all.add(QueuedReport::new(&past(9), ReportReason::Spam, "")), "there is no room");
        assert!(all.add(QueuedReport::new(&past(1), ReportReason::Hate, "")), "one for each match");
        assert_eq!(QueuedReports::from_text(&all.to_text()), all);
        assert_eq!(QueuedReports::from_text(&format!("x\n\n1 2 3\n{}", all.to_text())), all);
    }

    #[test]
    fn words_are_cut_and_those_about_children_are_not_kept() {
        let words = |reason, text: &str| QueuedReport::new(&past(1), reason, text).words.as_ref().to_owned();
        let long = "\u{e9}".repeat(MAX_REPORT_CHARS + 1);
        assert_eq!(words(ReportReason::Other, &long).chars().count(), MAX_REPORT_CHARS);
        assert_eq!(words(ReportReason::UnderAge, "about a child"), "");
    }

    #[test]
    fn a_report_is_void_a_day_after_the_match_began() {
        let mut all = QueuedReports::default();
        all.add(QueuedReport::new(&past(1), ReportReason::Spam, ""));
        let end = 1_000 + 24 * 60 * 60;
        assert_eq!(all.expires_at(), Some(end));
        assert!(!all.expire(end - 1) && all.contains(past(1).id) && all.expire(end));
        assert_eq!(all.first(), None);
    }
}
