//! The page around the call: its environment, the parts of it that are open, and whether the person is still there.

pub(crate) mod environment;
pub(crate) mod window;
pub(crate) mod swipe;
pub(crate) mod idle;
pub(crate) mod absence;
pub(crate) mod presence;

use std::time::Duration;

use crate::{
    call::{
        Browser, Gesture, Sound, Surroundings,
        deadline::{Deadline, DeadlineReason},
    },
    time::Moment,
};
use absence::Absence;
use idle::IdleTimer;

/// How long the first gesture waits for the second one.
const CONFIRM_WITHIN: Duration = Duration::from_secs(3);

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
    /// The next Back stays on the page.
    pub(crate) catches_back: bool,
    /// This gesture was made once. A second one before this moment confirms it.
    question: Option<(Gesture, Moment)>,
}

impl PageState {
    /// The state of a page that has just been loaded.
    pub(crate) fn new(browser: Browser) -> Self {
        Self { surroundings: Surroundings { browser, ..Surroundings::default() }, ..Self::default() }
    }

    /// Asks the person to make the gesture again if it is meant.
    pub(crate) fn ask_about(&mut self, gesture: Gesture, now: Moment) {
        self.question = Some((gesture, now + CONFIRM_WITHIN));
    }

    /// The gesture that the page asks about.
    pub(crate) fn question(&self, now: Moment) -> Option<Gesture> {
        self.question.filter(|(_, until)| *until > now).map(|(gesture, _)| gesture)
    }

    /// Takes the question back. Returns it if it could still be answered.
    pub(crate) fn take_question(&mut self, now: Moment) -> Option<Gesture> {
        let asked = self.question(now);
        self.question = None;
        asked
    }

    /// Forgets a gesture that was not made again in time.
    pub(crate) fn handle_timeout(&mut self, now: Moment) {
        self.question = self.question.filter(|(_, until)| *until > now);
    }

    /// When the page has something to do; `idle_counts` is whether the person is expected to be there.
    pub(crate) fn deadline(&self, idle_counts: bool) -> Option<Deadline> {
        let question = self.question.map(|(_, until)| (until, DeadlineReason::Question));
        let left_at = self.absence.deadline().into_iter().chain([self.idle.deadline()]).min();
        let idle = left_at.filter(|_| idle_counts).map(|at| (at, DeadlineReason::Idle));
        question.into_iter().chain(idle).min()
    }
}
