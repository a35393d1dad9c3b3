//! [`Clock`]: the one clock of the server, which converts instants to [`Moment`]s and back.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::time::Moment;

/// The system's wall clock, for what outlives the server: certificates, and ids that contain their creation time.
#[expect(
    clippy::disallowed_methods,
    reason = "a driver: here time is read, everywhere else it is an argument"
)]
pub(crate) fn since_1970() -> Duration {
    // Before 1970 only if the system clock is wrong anyway.
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Counts from the moment it was started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
    unix_origin: Duration,
}

impl Clock {
    /// Starts a clock at the default [`Moment`].
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now(), unix_origin: since_1970() }
    }

    /// The present.
    pub(crate) fn now(&self) -> Moment {
        Moment::default() + self.origin.elapsed()
    }

    /// The runtime's instant for `moment`, to sleep until then.
    pub(crate) fn instant(&self, moment: Moment) -> Instant {
        self.origin + (moment - Moment::default())
    }

    /// Milliseconds from the Unix epoch to the origin.
    pub(crate) fn unix_origin_ms(&self) -> u64 {
        u64::try_from(self.unix_origin.as_millis()).unwrap_or(u64::MAX)
    }
}
