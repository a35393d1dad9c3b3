//! What is around the page: the window it is in, other pages of this browser, the network, the person who has not touched
//! anything for long, the others who are here; it must not know the call.

use std::time::Duration;

use crate::{protocol::Occupancy, time::Moment};

/// How long somebody may wait and touch nothing before the page asks: who waits meets people, who is not there wastes
/// their time.
const IDLE_AFTER: Duration = Duration::from_secs(10 * 60);

/// How long the page waits for the answer (WCAG 2.2.1 wants 20 s at least).
const ASKS_FOR: Duration = Duration::from_secs(60);

/// What is around a page, as far as people see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The browser says that there is no network.
    pub offline: bool,
    /// The stranger's picture stands in a window of its own.
    pub in_picture: bool,
    /// The call fills the screen.
    pub fills_screen: bool,
    /// The browser plays no sound before somebody has asked for it.
    pub sound_blocked: bool,
    /// The server has a newer page than this one.
    pub outdated: bool,
    /// The page wants to know whether anybody is there.
    pub asks_presence: bool,
    /// How busy it is, while this page waits and once the server has said so.
    pub here: Option<Occupancy>,
    /// What the browser can do.
    pub abilities: Abilities,
    /// Whose browser this is.
    pub browser: Browser,
}

/// What not every browser can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Share the screen.
    pub screen: bool,
    /// Put a picture into a window of its own.
    pub picture_in_picture: bool,
    /// Fill the screen.
    pub full_screen: bool,
    /// Let a speaker be chosen.
    pub speakers: bool,
    /// Blur the background of the picture that the camera takes.
    pub blur: bool,
}

/// Whose steps for permissions are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Browser {
    /// One that we know nothing of.
    #[default]
    Other,
    /// Chrome, Edge and their relatives on a computer.
    Chromium,
    /// The same on Android.
    ChromiumOnAndroid,
    /// Firefox on a computer.
    Firefox,
    /// Safari on a Mac.
    Safari,
    /// Any browser on an iPhone or an iPad.
    OnIos,
}

/// When somebody was last seen to do something.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attendance {
    active_at: Moment,
}

impl Attendance {
    /// Somebody has done something.
    pub(crate) const fn active(&mut self, now: Moment) {
        self.active_at = now;
    }

    /// It does not matter now. When it does again, who has done nothing for long is asked first.
    pub(crate) fn busy(&mut self, now: Moment) {
        self.active_at = self.active_at.max(now - IDLE_AFTER);
    }

    /// Whether nobody has answered.
    pub(crate) fn is_over(self, now: Moment) -> bool {
        now >= self.active_at + IDLE_AFTER + ASKS_FOR
    }

    /// Whether the page asks.
    pub(crate) fn asks(self, now: Moment) -> bool {
        now >= self.active_at + IDLE_AFTER
    }

    /// When that changes.
    pub(crate) fn deadline(self, now: Moment) -> Moment {
        let asks_at = self.active_at + IDLE_AFTER;
        if now < asks_at { asks_at } else { asks_at + ASKS_FOR }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_touches_nothing_is_asked_for_a_minute_and_then_taken_for_gone() {
        let (mut it, mut now) = (Attendance::default(), Moment::default());
        it.active(now);
        assert!(!it.asks(now));
        now = it.deadline(now);
        assert_eq!((it.asks(now), it.is_over(now), now), (true, false, Moment::from_millis(600_000)));
        now = it.deadline(now);
        assert_eq!((it.is_over(now), now), (true, Moment::from_millis(660_000)));
        it.active(now);
        assert_eq!((it.asks(now), it.is_over(now)), (false, false));
    }
}
