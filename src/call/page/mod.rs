//! The page around the call: its environment, the parts of it that are open, and whether the person is still there.

pub(crate) mod environment;
pub(crate) mod window;
pub(crate) mod idle;
pub(crate) mod absence;
pub(crate) mod presence;

use std::time::Duration;

use crate::{
    call::{
        Browser, Sound, Surroundings,
        deadline::{Deadline, DeadlineReason},
    },
    time::Moment,
};
use absence::Absence;
use idle::IdleTimer;

/// How long the first press of Esc waits for the second one.
const CONFIRM_NEXT_WITHIN: Duration = Duration::from_secs(3);

/// The state of the page around the call.
#[derive(Debug, Default)]
pub(crate) struct PageState {
    /// What the browser reports about the page. `outdated`, `asks_presence` and `here` are not kept here; the snapshot
    /// fills them in.
    pub(crate) surroundings: Surroundings,
    /// Since when the person has done nothing.
    pub(crate) idle: IdleTimer,
    /// Whether the person was away.
    pub(crate) absence: Absence,
    /// The screen is kept on.
    pub(crate) keeps_awake: bool,
    /// The browser asks before it leaves the page.
    pub(crate) asks_before_leaving: bool,
    /// The page is in the background.
    pub(crate) is_hidden: bool,
    /// How loud the partner is.
    pub(crate) sound: Sound,
    /// When the page last played the partner again by itself.
    pub(crate) played_at: Option<Moment>,
    /// The chat is open.
    pub(crate) chat_open: bool,
    /// The details of the connection are open.
    pub(crate) details_open: bool,
    /// Esc was pressed once. A second press before this moment means Next.
    confirm_next_until: Option<Moment>,
}

impl PageState {
    /// The state of a page that has just been loaded.
    pub(crate) fn new(browser: Browser) -> Self {
        Self { surroundings: Surroundings { browser, ..Surroundings::default() }, ..Self::default() }
    }

    /// Asks the person to press Esc again if Next is meant.
    pub(crate) fn ask_to_confirm_next(&mut self, now: Moment) {
        self.confirm_next_until = Some(now + CONFIRM_NEXT_WITHIN);
    }

    /// Takes the question back. Returns whether it could still be answered.
    pub(crate) fn take_confirm_next(&mut self, now: Moment) -> bool {
        let is_asking = self.is_confirming_next(now);
        self.cancel_confirm_next();
        is_asking
    }

    /// Takes the question back.
    pub(crate) const fn cancel_confirm_next(&mut self) {
        self.confirm_next_until = None;
    }

    /// Whether a press of Esc means Next.
    pub(crate) fn is_confirming_next(&self, now: Moment) -> bool {
        self.confirm_next_until.is_some_and(|until| until > now)
    }

    /// Forgets a press of Esc that was not repeated in time.
    pub(crate) fn handle_timeout(&mut self, now: Moment) {
        if self.confirm_next_until.is_some_and(|until| until <= now) {
            self.confirm_next_until = None;
        }
    }

    /// When the page has something to do; `idle_counts` is whether the person is expected to be there.
    pub(crate) fn deadline(&self, idle_counts: bool) -> Option<Deadline> {
        let confirm = self.confirm_next_until.map(|it| (it, DeadlineReason::ConfirmNext));
        let left_at = self.absence.deadline().into_iter().chain([self.idle.deadline()]).min();
        let idle = left_at.filter(|_| idle_counts).map(|at| (at, DeadlineReason::Idle));
        confirm.into_iter().chain(idle).min()
    }
}
