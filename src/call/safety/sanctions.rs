//! Handlers of sanctions: a banned or paused device stops, and does not connect again by itself.

use std::time::Duration;

use super::standing::Standing;
use crate::{
    call::{
        Call, Inquiry, Output, Problem,
        deadline::{Deadline, DeadlineReason},
        state::CallState,
    },
    protocol::SanctionNotice,
};

/// How long the page waits for an answer to a person who looks at it. A bad mobile network needs a few seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

impl Call {
    /// The server has told what was decided. A refusal ends everything; [`keep_out`](Self::keep_out) shows it.
    pub(crate) fn on_sanctioned(&mut self, notice: SanctionNotice) {
        if notice.kind.is_refusal() {
            let now = self.profile.unix_seconds(self.now);
            let ends = Some(notice.until).filter(|it| now < *it);
            let inquiry = self.standing.answered_with(&notice);
            self.standing = Standing::Refused { notice: Some(notice), ends, inquiry };
        } else if self.standing.problem().is_none() {
            self.standing = Standing::Warned(notice);
        }
    }

    /// The server refuses this device. If it has not said why before, it does not.
    pub(crate) fn on_refused(&mut self) {
        let confirmed = self.standing.confirmed();
        if let Standing::Refused { inquiry, .. } = &mut self.standing {
            *inquiry = confirmed;
        } else {
            self.standing = Standing::Refused { notice: None, ends: None, inquiry: confirmed };
        }
    }

    /// The person has read the warning. The server tells it again until it ends, so this device remembers that.
    pub(crate) fn accept_warning(&mut self, out: &mut Vec<Output>) {
        if let Standing::Warned(notice) = &self.standing {
            self.profile.consent.read_warning = Some(notice.until);
            self.save_profile(out);
        }
    }

    /// The person asks the server once more, since an appeal may have been granted. Nothing else starts before the
    /// answer.
    pub(crate) fn try_again(&mut self, out: &mut Vec<Output>) {
        if let (Standing::Refused { inquiry, .. }, Some(Problem::Banned | Problem::Paused)) =
            (&mut self.standing, shown_lock(&self.state))
        {
            *inquiry = Inquiry::Asking { until: self.now + ANSWER_WITHIN };
            self.session.open(self.now, out);
            self.session.retry_now(self.now, out);
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
        match (keeps_out, shown_lock(&self.state)) {
            (Some(problem), shown) if shown != Some(problem) => self.stop(Some(problem), out),
            (None, Some(_)) => self.state = CallState::Landing(None),
            (Some(_) | None, _) => {}
        }
    }

    /// Whether presses do nothing.
    pub(crate) fn is_locked(&self) -> bool {
        shown_lock(&self.state).is_some()
    }

    /// When the device may take part again, or an answer about that is late.
    pub(crate) fn sanction_deadline(&self) -> Option<Deadline> {
        let ends = self.standing.until().map(|it| self.profile.moment_of(it));
        let at = ends.into_iter().chain(self.standing.answer_by()).min();
        at.map(|at| (at, DeadlineReason::Sanction))
    }
}

/// The problem that the page shows in this state, if presses do nothing because of it.
fn shown_lock(state: &CallState) -> Option<Problem> {
    if let CallState::Landing(Some(problem)) = state
        && problem.is_lock()
    {
        Some(*problem)
    } else {
        None
    }
}
