//! [`Moment`], a point on a monotonic clock, always passed in, what is left of a wait in seconds, and [`RateLimit`], how often
//! something may be; this module must not know any clock.

use std::{
    ops::{Add, Sub},
    time::Duration,
};

/// Milliseconds since an origin that only the driver knows (process start, page load); never negative.
///
/// An own type, because `std::time::Instant` panics on wasm32-unknown-unknown and cannot be made up in a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The moment `millis` milliseconds after the origin.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the origin.
    pub const fn as_millis(self) -> u64 {
        self.0
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    /// Saturates: a deadline too far away to count is as good as none. Fractions of a millisecond are dropped.
    fn add(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    /// The moment so much earlier; the origin when there is none.
    fn sub(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Moment {
    type Output = Duration;

    /// The time from `earlier` to `self`; zero when `earlier` is later.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Whole seconds of a wait as people are told them, rounded up; `None` once it is over or where it is too long to count.
pub fn seconds_left(wait: Duration) -> Option<u32> {
    u32::try_from(wait.as_millis().div_ceil(1_000)).ok().filter(|it| *it > 0)
}

/// How long [`seconds_left`] says the same of a wait; `None` once it is over.
pub fn until_next_second(wait: Duration) -> Option<Duration> {
    let rest = wait.as_millis().checked_sub(1)? % 1_000 + 1;
    u64::try_from(rest).ok().map(Duration::from_millis)
}

/// A rate with a burst: so many at once, then one in each interval (the generic cell rate algorithm, ITU-T I.371).
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    every: Duration,
    burst: u32,
}

impl RateLimit {
    /// `burst` at once, 1 or more, then one `every` so long.
    pub const fn new(every: Duration, burst: u32) -> Self {
        Self { every, burst }
    }

    /// Whether there may be one now; counted in `due`, which begins as the default.
    pub fn take(self, due: &mut Moment, now: Moment) -> bool {
        let allowed = self.next_at(*due) <= now;
        if allowed {
            *due = (*due).max(now) + self.every;
        }
        allowed
    }

    /// When there may be the next. Once `due` itself has come, the whole burst is there again.
    pub fn next_at(self, due: Moment) -> Moment {
        due - self.every * (self.burst - 1)
    }
}
