//! Handlers about whether the person is there: a page that may have been left asks before it looks for a stranger.

use std::time::Duration;

use super::absence::Wake;
use crate::{
    call::{
        Call, Clocks, Output, Problem, ReportStep,
        state::{CallState, Pause},
    },
    protocol::ToServer,
    time::Moment,
};

/// How long the page waits for a press before it closes the devices. WCAG 2.2.1 requires at least 20 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

impl Call {
    /// Compares the clocks with those of the last input. A page that has slept in a call has left it: the partner is
    /// gone, and nobody may see the person before a press. `due` is when the page wanted to be woken.
    pub(crate) fn on_wake(&mut self, clocks: Clocks, due: Option<Moment>, out: &mut Vec<Output>) {
        let wake = self.page.absence.on_wake(clocks, due);
        if wake == Wake::AfterSleep && self.state.is_matched() {
            self.pause(Pause::Absent, out);
        }
        self.ask_if_absent(out);
    }

    /// The person has pressed something.
    pub(crate) fn on_press(&mut self) {
        self.page.idle.on_activity(self.now);
        self.page.absence.on_press();
        if let CallState::Paused { until, .. } = &mut self.state {
            *until = self.now + ANSWER_WITHIN;
        }
    }

    /// Asks whether the person is there if the page looks for a stranger and the person may be away. While there is a
    /// problem the page shows that instead, and asks before it joins the queue again.
    pub(crate) fn ask_if_absent(&mut self, out: &mut Vec<Output>) {
        if self.state.is_searching() && self.session_problem().is_none() && self.is_absent() {
            self.pause(Pause::Absent, out);
        }
    }

    /// Stops to look for a stranger, or to connect with one, while a dialog covers the page: behind it, the person
    /// would not see who sees them. A call in which they have appeared goes on.
    pub(crate) fn pause_for_dialog(&mut self, out: &mut Vec<Output>) {
        let has_dialog = self.report_step() != ReportStep::None || self.standing.is_warned();
        if has_dialog && self.state.is_meeting_people() && !self.state.phase(self.now).is_talking() {
            self.pause(Pause::Dialog, out);
        }
    }

    /// Leaves match and queue, and waits for a press. Only the person sees the own picture meanwhile.
    pub(crate) fn pause(&mut self, why: Pause, out: &mut Vec<Output>) {
        let is_known_to_server = self.state.is_meeting_people();
        self.state.close_prepared(out);
        self.leave_state(CallState::Paused { why, until: self.now + ANSWER_WITHIN }, true, out);
        self.queue.requests = Default::default();
        if is_known_to_server {
            self.send(ToServer::Leave {}, out);
        }
    }

    /// Stops if the press that the page waits for did not come in time.
    pub(crate) fn stop_if_unanswered(&mut self, out: &mut Vec<Output>) {
        if let CallState::Paused { until, .. } = self.state
            && until <= self.now
        {
            self.stop(Some(Problem::Idle), out);
        }
    }

    /// Whether the person may be away, and has to press something before a stranger sees them.
    pub(crate) fn is_absent(&self) -> bool {
        self.page.absence.is_away() || self.page.idle.is_idle(self.now)
    }

    /// Keeps the screen on while the page waits for a stranger or has one, or lets it turn off.
    pub(crate) fn sync_wake_lock(&mut self, out: &mut Vec<Output>) {
        let is_stuck = self.state.is_searching() && self.session_problem().is_some();
        let keeps_awake = self.state.is_meeting_people() && !is_stuck;
        if self.page.keeps_awake != keeps_awake {
            self.page.keeps_awake = keeps_awake;
            out.push(Output::KeepAwake(keeps_awake));
        }
    }

    /// Lets the browser ask before it leaves a call, and catches Back wherever the start page is a step back.
    pub(crate) fn sync_ways_back(&mut self, out: &mut Vec<Output>) {
        let asks = self.state.phase(self.now).is_talking();
        if self.page.asks_before_leaving != asks {
            self.page.asks_before_leaving = asks;
            out.push(Output::AskBeforeLeaving(asks));
        }
        let catches = !self.state.is_first_page();
        if catches && !self.page.catches_back {
            out.push(Output::CatchBack);
        }
        self.page.catches_back = catches;
    }
}
