//! Reports: whom a ticket proves that its holder met, and what the store says about it.

use std::time::Duration;

use super::{
    pending::PendingReport,
    types::{GenuineReport, ReportRequest, StoreAnswer},
};
use crate::{
    matchmaker::{
        Matchmaker,
        deadlines::Due,
        matches::ticket::{Meeting, Ticket},
        output::{Note, Output},
    },
    protocol::{MatchId, PeerId, ReportReason, ReportResult, ReportWords, ToBrowser},
    time::Moment,
};

/// How long the store may take. A commit takes milliseconds; a page that has waited this long asks again later.
const STORE_WITHIN: Duration = Duration::from_secs(10);

impl Matchmaker {
    /// A peer reports whom it met in the match of a ticket. It gets exactly one answer, unless it is gone by then.
    pub(crate) fn on_report(
        &mut self,
        now: Moment,
        id: PeerId,
        ticket: &str,
        (reason, words): (ReportReason, ReportWords),
    ) {
        if !self.deployment.moderates {
            return self.send_reported(id, None, ReportResult::NotNow, None);
        }
        let Some((match_id, meeting)) = self.verify_meeting(id, ticket) else {
            return self.send_reported(id, None, ReportResult::InvalidTicket, None);
        };
        if self.reports.are_full() {
            return self.send_reported(id, Some(match_id), ReportResult::NotNow, None);
        }
        let Meeting { started, holder: reporter, partner: subject } = meeting;
        if !self.reports.allowance.take(now, reporter.device, match_id) {
            return self.send_reported(id, Some(match_id), ReportResult::TooMany, None);
        }
        let until = now + STORE_WITHIN;
        let request = self.reports.add(PendingReport { peer: id, match_id, until });
        self.deadlines.set(until, Due::Report(request));
        let report = GenuineReport { match_id, started, reporter, subject, reason, words };
        self.outbound.push(Output::StoreReport { request, report: Box::new(report) });
    }

    /// Whom a peer met in the match of this ticket; `None` unless the ticket is valid and was given to its device, and
    /// the partner was on another device.
    fn verify_meeting(&self, id: PeerId, text: &str) -> Option<(MatchId, Meeting)> {
        let ticket = Ticket::open(text, &self.deployment.keys, self.ids.unix_seconds())?;
        let meeting = ticket
            .meeting
            .filter(|it| self.peers.get(&id).is_some_and(|peer| peer.device == it.holder.device))
            .filter(|it| it.partner.device != it.holder.device)?;
        Some((ticket.match_id, meeting))
    }

    /// The store has answered. An answer after the deadline is ignored: its page asks again, and the store keeps one
    /// report of each end.
    pub(crate) fn on_report_stored(&mut self, request: ReportRequest, answer: StoreAnswer) {
        let Some(PendingReport { peer, match_id, until }) = self.reports.remove(request) else { return };
        self.deadlines.cancel(until, Due::Report(request));
        let (result, outcome) = match answer {
            StoreAnswer::Stored { outcome } => (ReportResult::Accepted, Some(outcome)),
            StoreAnswer::StoredBefore { outcome } => (ReportResult::AlreadyReported, outcome),
            StoreAnswer::Failed => (ReportResult::NotNow, None),
        };
        self.send_reported(peer, Some(match_id), result, outcome);
    }

    /// The store has not answered in time.
    pub(crate) fn on_report_timeout(&mut self, request: ReportRequest) {
        if let Some(PendingReport { peer, match_id, .. }) = self.reports.remove(request) {
            self.send_reported(peer, Some(match_id), ReportResult::NotNow, None);
        }
    }

    fn send_reported(
        &mut self,
        id: PeerId,
        match_id: Option<MatchId>,
        result: ReportResult,
        outcome: Option<String>,
    ) {
        match result {
            ReportResult::Accepted | ReportResult::AlreadyReported => {}
            ReportResult::NotNow | ReportResult::InvalidTicket | ReportResult::TooMany => {
                self.outbound.note(Note::ReportRefused { result });
            }
        }
        self.send(id, ToBrowser::Reported { match_id, result, outcome });
    }
}
