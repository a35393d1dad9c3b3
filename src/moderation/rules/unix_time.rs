//! [`UnixTime`]: the wall clock as an argument, and [`Stamp`], what one request needs of it and of chance.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

/// Whole seconds since the Unix epoch. Decisions outlive the process, so the monotonic clock is not enough for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub u64);

impl UnixTime {
    /// Its day, such as `2026-11-28`; `unknown` beyond the year 9999.
    pub fn utc_day(self) -> String {
        self.utc_date().map_or_else(unknown, |it| it.date().to_string())
    }

    /// Its minute, such as `2026-11-28 14:05 UTC`; `unknown` beyond the year 9999.
    pub fn utc(self) -> String {
        let text =
            |it: ::time::OffsetDateTime| format!("{} {:02}:{:02} UTC", it.date(), it.hour(), it.minute());
        self.utc_date().map_or_else(unknown, text)
    }

    fn utc_date(self) -> Option<::time::OffsetDateTime> {
        ::time::OffsetDateTime::from_unix_timestamp(i64::try_from(self.0).ok()?).ok()
    }
}

/// The text of a time that no clock shows.
fn unknown() -> String {
    "unknown".to_owned()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_by_people() {
        for (seconds, day, minute) in [
            (0, "1970-01-01", "1970-01-01 00:00 UTC"),
            (1_798_761_599, "2026-12-31", "2026-12-31 23:59 UTC"),
            (u64::MAX, "unknown", "unknown"),
        ] {
            assert_eq!((&*UnixTime(seconds).utc_day(), &*UnixTime(seconds).utc()), (day, minute));
        }
    }
}
