//! [`IdleTimer`]: notices that a person who waits in the queue is no longer there.

use std::time::Duration;

use crate::time::Moment;

/// How long a person may wait and touch nothing before the page asks whether anybody is there.
///
/// A person who has left the device would be matched, and waste the time of the partner.
const IDLE_AFTER: Duration = Duration::from_secs(10 * 60);

/// How long the page waits for an answer. WCAG 2.2.1 requires at least 20 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// The moment at which the person last did something.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IdleTimer {
    active_at: Moment,
}

impl IdleTimer {
    /// The person did something.
    pub(crate) const fn on_activity(&mut self, now: Moment) {
        self.active_at = now;
    }

    /// The person need not be active now. If nothing was done for long, the question comes first when activity counts
    /// again.
    pub(crate) fn suspend(&mut self, now: Moment) {
        self.active_at = self.active_at.max(now - IDLE_AFTER);
    }

    /// Whether the question was not answered in time.
    pub(crate) fn has_expired(self, now: Moment) -> bool {
        now >= self.active_at + IDLE_AFTER + ANSWER_WITHIN
    }

    /// Whether the page asks if anybody is there.
    pub(crate) fn is_asking(self, now: Moment) -> bool {
        now >= self.active_at + IDLE_AFTER
    }

    /// When either of them changes.
    pub(crate) fn deadline(self, now: Moment) -> Moment {
        let asks_at = self.active_at + IDLE_AFTER;
        if now < asks_at { asks_at } else { asks_at + ANSWER_WITHIN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_after_ten_minutes_and_expires_a_minute_later() {
        let (mut it, mut now) = (IdleTimer::default(), Moment::default());
        it.on_activity(now);
        assert!(!it.is_asking(now));
        now = it.deadline(now);
        assert_eq!(
            (it.is_asking(now), it.has_expired(now), now),
            (true, false, Moment::from_millis(600_000))
        );
        now = it.deadline(now);
        assert_eq!((it.has_expired(now), now), (true, Moment::from_millis(660_000)));
        it.on_activity(now);
        assert_eq!((it.is_asking(now), it.has_expired(now)), (false, false));
    }
}
