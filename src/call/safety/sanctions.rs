//! Handlers of sanctions: a banned or paused device stops, and does not connect again by itself.

use super::standing::Standing;
use crate::{
    call::{
        Call, Output, Problem,
        deadline::{Deadline, DeadlineReason},
        state::CallState,
    },
    protocol::SanctionNotice,
};

impl Call {
    /// The server has told what was decided. A refusal ends everything; [`keep_out`](Self::keep_out) shows it.
    pub(crate) fn on_sanctioned(&mut self, notice: SanctionNotice) {
        if notice.kind.is_refusal() {
            let now = self.profile.unix_seconds(self.now);
            let ends = Some(notice.until).filter(|it| now < *it);
            self.standing = Standing::Refused { notice: Some(notice), ends };
        } else if self.standing.problem().is_none() {
            self.standing = Standing::Warned(notice);
        }
    }

    /// The server refuses this device and has not said why.
    pub(crate) fn on_refused(&mut self) {
        if self.standing.problem().is_none() {
            self.standing = Standing::Refused { notice: None, ends: None };
        }
    }

    /// The person has read the warning. The server tells it again until it ends, so this device remembers that.
    pub(crate) fn accept_warning(&mut self, out: &mut Vec<Output>) {
        if let Standing::Warned(notice) = &self.standing {
            self.profile.consent.read_warning = Some(notice.until);
            self.save_profile(out);
        }
    }

    /// The person asks the server once more, since an appeal may have been granted.
    pub(crate) fn try_again(&mut self, out: &mut Vec<Output>) {
        if let Some(Problem::Banned | Problem::Paused) = self.shown_lock() {
            self.standing = Standing::Good;
            self.state = CallState::Landing(None);
            self.start(out);
        }
    }

    /// Stops everything while the person is known to be under 18, whichever page of this browser they have told, and
    /// while the device may not take part. A warning that was read, on whichever page, is over.
    pub(crate) fn keep_out(&mut self, out: &mut Vec<Output>) {
        let now = self.profile.unix_seconds(self.now);
        if self.standing.is_over(now, self.profile.consent.read_warning) {
            self.standing = Standing::Good;
        }
        let is_under_age = self.profile.is_under_age(self.now);
        let keeps_out = if is_under_age { Some(Problem::UnderAge) } else { self.standing.problem() };
        match (keeps_out, self.shown_lock()) {
            (Some(problem), shown) if shown != Some(problem) => self.stop(Some(problem), out),
            (None, Some(_)) => self.state = CallState::Landing(None),
            (Some(_) | None, _) => {}
        }
    }

    /// Whether presses do nothing.
    pub(crate) fn is_locked(&self) -> bool {
        self.shown_lock().is_some()
    }

    /// The problem that the page shows, if presses do nothing because of it.
    fn shown_lock(&self) -> Option<Problem> {
        if let CallState::Landing(Some(problem)) = self.state
            && problem.is_lock()
        {
            Some(problem)
        } else {
            None
        }
    }

    /// When the device may take part again.
    pub(crate) fn sanction_deadline(&self) -> Option<Deadline> {
        self.standing.until().map(|until| (self.profile.moment_of(until), DeadlineReason::Sanction))
    }
}
