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

/// A rate with a burst: some at once, then so many per minute, evenly spread (the generic cell rate algorithm, ITU-T
/// I.371).
///
/// It is exact: the state counts in fractions of a millisecond, so no rate is rounded.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    per_minute: u32,
    burst: u32,
}

/// How much of a [`RateLimit`] is used up; the default is nothing.
///
/// It is the time at which the whole burst is available again, in milliseconds divided by the rate per minute. In this
/// unit one minute's share, [`RateLimit::COST`], is the same whole number for every rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateState(u64);

impl RateLimit {
    /// What taking one costs, in the unit of [`RateState`]: the milliseconds of a minute.
    const COST: u64 = 60_000;

    /// Allows `burst` at once, then `per_minute` per minute. Either counts as 1 if it is 0.
    pub const fn new(per_minute: u32, burst: u32) -> Self {
        Self { per_minute: if per_minute == 0 { 1 } else { per_minute }, burst }
    }

    /// A limit that allows `factor` times as much, at once and per minute.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        Self::new(self.per_minute.saturating_mul(factor), self.burst.saturating_mul(factor))
    }

    /// The share of each of `many` that have this limit together, rounded up.
    #[must_use]
    pub const fn shared_by(self, many: u32) -> Self {
        let many = if many == 0 { 1 } else { many };
        Self::new(self.per_minute.div_ceil(many), self.burst.div_ceil(many))
    }

    /// Takes one, if the rate allows it now.
    pub fn take(self, state: &mut RateState, now: Moment) -> bool {
        self.take_many(state, now, 1)
    }

    /// Takes `many` together, if the rate allows them now. More than the burst are never allowed.
    pub fn take_many(self, state: &mut RateState, now: Moment, many: u32) -> bool {
        let now = self.units(now);
        let used = state.0.max(now).saturating_add(Self::COST.saturating_mul(many.into()));
        let allowed = used - now <= Self::COST.saturating_mul(self.burst.into());
        if allowed {
            state.0 = used;
        }
        allowed
    }

    /// When the next one is allowed, rounded up to a whole millisecond.
    pub fn next_at(self, state: RateState) -> Moment {
        Moment(self.earliest(state).div_ceil(u64::from(self.per_minute)))
    }

    /// Whether the whole burst is available.
    pub fn is_unused(self, state: RateState, now: Moment) -> bool {
        state.0 <= self.units(now)
    }

    /// When the next one is allowed, in the unit of [`RateState`].
    fn earliest(self, state: RateState) -> u64 {
        state.0.saturating_sub(Self::COST * u64::from(self.burst.saturating_sub(1)))
    }

    /// Saturates after 9,000 years at the highest rate that can be configured.
    fn units(self, now: Moment) -> u64 {
        now.0.saturating_mul(u64::from(self.per_minute))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The highest rate that can be configured (`server::config::limits`).
    const MAX_PER_MINUTE: u32 = 60_000;

    #[test]
    fn no_rate_is_rounded() {
        const BURST: u32 = 3;
        let start = Moment::from_millis(123_457);
        for per_minute in 1..=MAX_PER_MINUTE {
            let (limit, mut state) = (RateLimit::new(per_minute, BURST), RateState::default());
            assert!((0..BURST).all(|_| limit.take(&mut state, start)), "{per_minute}");
            for number in 1..=8_u64 {
                // The first whole millisecond by which the rate has allowed so many more.
                let due = start + Duration::from_millis((number * 60_000).div_ceil(u64::from(per_minute)));
                assert_eq!(limit.next_at(state), due, "{per_minute}");
                assert!(!limit.take(&mut state, due - Duration::from_millis(1)), "{per_minute}");
                assert!(limit.take(&mut state, due), "{per_minute}");
            }
        }
    }

    proptest! {
        #[test]
        fn never_allows_more_than_burst_and_rate(
            per_minute in 1..=MAX_PER_MINUTE,
            burst in 1..20_u32,
            factor in 1..=8_u32,
            gaps in proptest::collection::vec(0..40_u64, 1..200),
        ) {
            let limit = RateLimit::new(per_minute, burst).times(factor);
            let (mut state, mut now, mut taken) = (RateState::default(), 1_000_000_u64, Vec::new());
            for gap in gaps {
                now += gap;
                if limit.take(&mut state, Moment::from_millis(now)) {
                    taken.push(now);
                }
            }
            let (per_minute, burst) = (u64::from(per_minute * factor), u64::from(burst * factor));
            for (at, from) in taken.iter().enumerate() {
                for (more, to) in taken[at..].iter().enumerate() {
                    prop_assert!((more as u64) < burst + (to - from) * per_minute / 60_000, "{taken:?}");
                }
            }
        }

        #[test]
        fn next_at_is_the_first_moment_that_allows_one(
            per_minute in 1..=MAX_PER_MINUTE,
            burst in 1..5_u32,
            gaps in proptest::collection::vec(0..100_u64, 1..50),
        ) {
            let (limit, mut state, mut now) = (RateLimit::new(per_minute, burst), RateState::default(), 0);
            for gap in gaps {
                now += gap;
                let next = limit.next_at(state).as_millis();
                prop_assert_eq!(limit.take(&mut state.clone(), Moment::from_millis(now)), next <= now);
                if next > 0 {
                    prop_assert!(!limit.take(&mut state.clone(), Moment::from_millis(next - 1)));
                }
                limit.take(&mut state, Moment::from_millis(now));
                prop_assert_eq!(limit.is_unused(state, Moment::from_millis(now)), false);
                let full = now + 60_000 * u64::from(burst);
                prop_assert!(limit.is_unused(state, Moment::from_millis(full)));
            }
        }
    }
}
