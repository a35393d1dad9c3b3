//! [`Pace`]: so many at once, then one in each interval (the generic cell rate algorithm, ITU-T I.371); it must not know
//! what is paced.

use std::time::Duration;

use crate::time::Moment;

/// A rate with a burst.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    every: Duration,
    burst: u32,
}

impl Pace {
    /// `burst` at once, then one `every` so long.
    pub(super) const fn new(every: Duration, burst: u32) -> Self {
        Self { every, burst }
    }

    /// Whether there may be one now; counted in `due`, which begins as the default.
    pub(super) fn allows(self, due: &mut Moment, now: Moment) -> bool {
        let allowed = self.allows_at(*due) <= now;
        if allowed {
            *due = (*due).max(now) + self.every;
        }
        allowed
    }

    /// When there may be the next.
    pub(super) fn allows_at(self, due: Moment) -> Moment {
        due - self.every * (self.burst - 1)
    }
}
