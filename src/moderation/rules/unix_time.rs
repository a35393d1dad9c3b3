//! [`UnixTime`]: the wall clock as an argument, and [`Stamp`], what one request needs of it and of chance.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

/// Whole seconds since the Unix epoch. Decisions outlive the process, so the monotonic clock is not enough for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub u64);

impl Add<Duration> for UnixTime {
    type Output = Self;

    /// Saturates: a time that far away never comes. Fractions of a second are dropped.
    fn add(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait.as_secs()))
    }
}

impl Sub<Duration> for UnixTime {
    type Output = Self;

    /// Saturates at the epoch. Fractions of a second are dropped.
    fn sub(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(wait.as_secs()))
    }
}

/// What the driver has read for one request: the wall clock and fresh randomness.
#[derive(Clone, Copy)]
pub struct Stamp {
    /// The wall clock.
    pub now: UnixTime,
    /// Bytes of a cryptographic generator. They must never be used for another request: codes and tokens are made of
    /// them.
    pub random: [u8; 32],
}

impl fmt::Debug for Stamp {
    /// Hides the randomness.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stamp({})", self.now.0)
    }
}
