//! Handlers of reports: what the person asks, what the server answers, and the session that a report needs.

use std::{array, mem};

use super::reporting::{Answer, Dialog};
use crate::{
    call::{
        Call, Output, PastCall, Problem, ReportButton, ReportStep, ReportWish,
        deadline::{Deadline, DeadlineReason},
        partner::CurrentMatch,
        profile::{
            past_matches::{MAX_PAST_MATCHES, PastMatch, Ticket},
            queued_reports::QueuedReport,
        },
        signalling::retry::pause,
        state::{CallState, Pause},
    },
    protocol::{Feature, MatchId, ReportReason, ReportResult, ToServer},
};

impl Call {
    pub(crate) fn on_report_wish(&mut self, wish: ReportWish, out: &mut Vec<Output>) {
        match wish {
            ReportWish::Partner => self.report_partner(out),
            ReportWish::Choose => {
                let offered = self.offered_calls();
                if offered.iter().any(Option::is_some) {
                    self.reporting.dialog = Dialog::Choosing(offered);
                }
            }
            ReportWish::Past(id) => {
                let past = self.offered().find(|it| it.id == id).cloned();
                if let Some(past) = past {
                    self.reporting.dialog = Dialog::Asking(past);
                }
            }
            ReportWish::Send(reason, words) => self.make_report(reason, &words, out),
            ReportWish::Close => self.reporting.close(self.report_step()),
        }
    }

    /// Leaves the partner at once, and asks why only then. The next one is not looked for before a press.
    fn report_partner(&mut self, out: &mut Vec<Output>) {
        let Some(past) = self.reportable_match() else { return };
        if self.state.is_matched() {
            // Also a partner who never appeared.
            self.profile.mark_met();
        }
        self.pause(Pause::Reported, out);
        self.reporting.ended = Some(past.clone());
        self.reporting.dialog = Dialog::Asking(past);
    }

    /// The match as it can be reported, if the server takes reports: the current one, or the one whose end the page
    /// is telling.
    fn reportable_match(&self) -> Option<PastMatch> {
        if let CallState::Ended { match_id, .. } = self.state {
            self.offered().find(|it| it.id == match_id).cloned()
        } else {
            self.state.current_match().and_then(|it| self.past_match(it))
        }
    }

    /// The button that reports the partner.
    pub(crate) fn report_button(&self) -> ReportButton {
        if self.reportable_match().is_some() {
            ReportButton::Active
        } else if self.session.handshake.has_feature(Feature::Report) && !self.state.is_matched() {
            ReportButton::Inactive
        } else {
            ReportButton::Hidden
        }
    }

    /// What the page shows of reports.
    pub(crate) fn report_step(&self) -> ReportStep {
        self.reporting.step(&self.profile.reports.queued, self.state.is_meeting_people())
    }

    /// A match as it can be reported when it is over, if the server takes reports.
    pub(crate) fn past_match(&self, current: &CurrentMatch) -> Option<PastMatch> {
        let ticket = current.terms.ticket.as_deref().and_then(Ticket::new);
        let ticket = ticket.filter(|_| self.session.handshake.has_feature(Feature::Report))?;
        Some(PastMatch {
            id: current.terms.match_id,
            started: self.profile.unix_seconds(current.since()),
            ended: self.profile.unix_seconds(self.now),
            pair: self.profile.pair,
            ticket,
        })
    }

    /// Keeps the ticket of the match that has just ended.
    pub(crate) fn keep_ticket(&mut self, out: &mut Vec<Output>) {
        if let Some(past) = self.reporting.ended.take() {
            self.profile.reports.past.add(past);
            self.save_profile(out);
        }
    }

    /// Reports the chosen partner, and blocks them, also if it is too late for a report.
    fn make_report(&mut self, reason: ReportReason, words: &str, out: &mut Vec<Output>) {
        let past = match mem::take(&mut self.reporting.dialog) {
            Dialog::Asking(past) => past,
            other @ (Dialog::Closed | Dialog::Choosing(_) | Dialog::Made(_) | Dialog::Answered(_)) => {
                self.reporting.dialog = other;
                return;
            }
        };
        if let Some(pair) = past.pair {
            self.profile.block_pair(self.now, pair, self.session.handshake.device());
        }
        let report = QueuedReport::new(&past, reason, words);
        let refused = |step| Dialog::Answered(Answer { step, outcome: String::new() });
        self.reporting.dialog = if report.is_void(self.profile.unix_seconds(self.now)) {
            refused(ReportStep::TooLate)
        } else if self.profile.reports.queued.add(report) {
            self.profile.reports.past.remove(past.id);
            Dialog::Made(past.id)
        } else {
            refused(ReportStep::TooMany)
        };
        self.save_profile(out);
        self.sync_blocked(out);
    }

    /// The server has answered the report of this match, or the one that was sent last if it names none.
    pub(crate) fn on_reported(
        &mut self,
        match_id: Option<MatchId>,
        result: ReportResult,
        outcome: Option<String>,
        out: &mut Vec<Output>,
    ) {
        let Some(id) = match_id.or(self.reporting.sent()) else { return };
        if result == ReportResult::NotNow {
            if self.reporting.sent() == Some(id) {
                self.reporting.postpone(self.now, None, &mut self.rng);
            }
        } else if self.profile.reports.queued.remove(id) {
            self.reporting.on_answer(id, result, outcome);
            self.save_profile(out);
        }
    }

    /// A message was refused as too early. Returns whether it was a report.
    pub(crate) fn is_report_refused(&mut self, about: u64, retry_ms: Option<u32>) -> bool {
        let is_report = self.reporting.is_about(about);
        if is_report {
            let pause = pause(retry_ms, &mut self.rng);
            self.reporting.postpone(self.now, Some(pause), &mut self.rng);
        }
        is_report
    }

    /// Sends the next report if it is time, and opens a session for it where there is none.
    pub(crate) fn sync_reports(&mut self, out: &mut Vec<Output>) {
        let queued = &self.profile.reports.queued;
        if !self.session.is_wanted() || self.reporting.sent().is_some_and(|it| !queued.contains(it)) {
            self.reporting.forget_sent();
        }
        let next = queued.first().cloned().filter(|_| self.reporting.is_ready());
        match next {
            Some(QueuedReport { id, ticket, reason, words, .. }) if self.session.is_open() => {
                if self.session.handshake.has_feature(Feature::Report) {
                    let msg = ToServer::Report { ticket: ticket.text().to_owned(), reason, words };
                    let number = self.session.send(self.now, msg, &mut self.rng, out);
                    self.reporting.on_sent(self.now, id, number);
                } else {
                    // The operator may turn the store on again.
                    self.reporting.postpone(self.now, None, &mut self.rng);
                }
            }
            Some(_) if self.opens_session_for_reports() => self.session.open(self.now, out),
            Some(_) | None => {}
        }
        let has_next = self.reporting.is_ready() && self.profile.reports.queued.first().is_some();
        let is_used = has_next && self.opens_session_for_reports()
            || self.reporting.sent().is_some() && self.may_connect_for_reports()
            || self.standing.is_asking();
        let is_idle = self.state.is_landing() && !self.paths.is_running();
        if is_idle && self.session.is_wanted() && !is_used {
            self.session.say_goodbye(self.now, out);
            self.reporting.forget_sent();
        }
    }

    /// Whether a page that has not started connects to send a report. One in the background leaves that to the page
    /// that the person sees, since the page that sends a report shows the answer.
    fn opens_session_for_reports(&self) -> bool {
        !self.page.is_hidden && self.may_connect_for_reports()
    }

    /// Whether a page that has not started may be connected for a report.
    fn may_connect_for_reports(&self) -> bool {
        if self.lacks_age_statement() {
            false
        } else if let CallState::Landing(Some(problem)) = self.state {
            // Another page sends it, or none can from here.
            !matches!(problem, Problem::OtherTab | Problem::WrongAddress) && !problem.is_lock()
        } else {
            self.state.is_landing()
        }
    }

    /// Does what is due, and drops tickets that are too old.
    pub(crate) fn handle_report_timeout(&mut self, out: &mut Vec<Output>) {
        let unix_now = self.profile.unix_seconds(self.now);
        let reports = &mut self.profile.reports;
        if reports.past.expire(unix_now) | reports.queued.expire(unix_now) {
            self.save_profile(out);
        }
        self.reporting.handle_timeout(self.now, &mut self.rng);
    }

    /// When something is due.
    pub(crate) fn report_deadline(&self) -> Option<Deadline> {
        let reports = &self.profile.reports;
        let expiries = [reports.past.expires_at(), reports.queued.expires_at()];
        let next = expiries.into_iter().flatten().min().map(|it| self.profile.moment_of(it));
        let expiry = next.map(|at| (at, DeadlineReason::Report));
        self.reporting.deadline().into_iter().chain(expiry).min()
    }

    /// The past calls to show: those that the person chooses from, the one that they are asked about, or all that can
    /// be reported.
    pub(crate) fn past_calls(&self) -> [Option<PastCall>; MAX_PAST_MATCHES] {
        match &self.reporting.dialog {
            Dialog::Choosing(shown) => {
                shown.map(|shown| shown.filter(|shown| self.offered().any(|it| it.id == shown.id)))
            }
            Dialog::Asking(past) => [Some(past_call(past)), None, None],
            Dialog::Closed | Dialog::Made(_) | Dialog::Answered(_) => self.offered_calls(),
        }
    }

    fn offered_calls(&self) -> [Option<PastCall>; MAX_PAST_MATCHES] {
        let mut all = self.offered().map(past_call);
        array::from_fn(|_| all.next())
    }

    /// The past matches that can be reported.
    fn offered(&self) -> impl Iterator<Item = &PastMatch> {
        self.profile.reports.past.offered(self.profile.unix_seconds(self.now))
    }
}

/// A past match as the page shows it.
const fn past_call(past: &PastMatch) -> PastCall {
    PastCall { id: past.id, started: past.started, seconds: past.ended.saturating_sub(past.started) }
}
