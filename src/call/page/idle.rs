//! [`IdleTimer`]: notices that a person who waits in the queue is no longer there.

use std::time::Duration;

use crate::time::Moment;

/// How long a person may wait and touch nothing before the page asks whether anybody is there.
///
/// A person who has left the device would be matched, and waste the time of the partner.
const IDLE_AFTER: Duration = Duration::from_secs(10 * 60);

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

    /// Whether the person has done nothing for long.
    pub(crate) fn is_idle(self, now: Moment) -> bool {
        now >= self.deadline()
    }

    /// When that begins.
    pub(crate) fn deadline(self) -> Moment {
        self.active_at + IDLE_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_idle_after_ten_minutes_without_activity() {
        let (mut it, mut now) = (IdleTimer::default(), Moment::default());
        it.on_activity(now);
        assert!(!it.is_idle(now));
        now = it.deadline();
        assert_eq!((it.is_idle(now), now), (true, Moment::from_millis(600_000)));
        it.on_activity(now);
        assert!(!it.is_idle(now));
    }
}
