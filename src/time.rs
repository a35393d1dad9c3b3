//! Time as an argument: [`Moment`] on a monotonic clock, waits in whole seconds, and [`RateLimit`]. No clock is read.

use std::{
    ops::{Add, Sub},
    time::Duration,
};

/// Milliseconds since an origin that only the driver knows (process start, page load); never negative.
///
/// We need our own type because `std::time::Instant` panics on wasm32-unknown-unknown, and tests cannot construct it.
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

    /// Saturates: a deadline that far away never comes. Fractions of a millisecond are dropped.
    fn add(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    /// Saturates at the origin. Fractions of a millisecond are dropped.
    fn sub(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Moment {
    type Output = Duration;

    /// The time from `earlier` to `self`; zero if `earlier` is later.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// The whole seconds of a wait as people read them, rounded up; `None` if it is over or too long for a `u32`.
pub fn seconds_left(wait: Duration) -> Option<u32> {
    u32::try_from(wait.as_millis().div_ceil(1_000)).ok().filter(|it| *it > 0)
}

/// How long [`seconds_left`] keeps its value for a wait; `None` if the wait is over.
pub fn until_next_second(wait: Duration) -> Option<Duration> {
    let rest = wait.as_millis().checked_sub(1)? % 1_000 + 1;
    u64::try_from(rest).ok().map(Duration::from_millis)
}

/// A rate with a burst: some at once, then one per interval (the generic cell rate algorithm, ITU-T I.371).
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    every: Duration,
    burst: u32,
}

impl RateLimit {
    /// Allows `burst` (1 or more) at once, then one per `every`.
    pub const fn new(every: Duration, burst: u32) -> Self {
        Self { every, burst }
    }

    /// Takes one, if the rate allows it now. `due` is the state of this limit and starts as its default.
    pub fn take(self, due: &mut Moment, now: Moment) -> bool {
        let allowed = self.next_at(*due) <= now;
        if allowed {
            *due = (*due).max(now) + self.every;
        }
        allowed
    }

    /// When the next one is allowed. Once `due` itself has passed, the whole burst is available again.
    pub fn next_at(self, due: Moment) -> Moment {
        due - self.every * (self.burst - 1)
    }
}
