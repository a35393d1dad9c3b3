//! The one clock of the server: turns instants into [`Moment`]s and back; it must not know what they are for.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::time::Moment;

/// What the system's clock says, for what lasts longer than the server: certificates, and names that tell when they were made.
#[expect(
    clippy::disallowed_methods,
    reason = "a driver: here time is read, everywhere else it is an argument"
)]
pub(crate) fn since_1970() -> Duration {
    // A system clock before 1970 is wrong anyway.
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Counts from its making.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
    unix_origin: Duration,
}

impl Clock {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now(), unix_origin: since_1970() }
    }

    /// The present.
    pub(crate) fn now(&self) -> Moment {
        Moment::default() + self.origin.elapsed()
    }

    /// When the runtime must wake up for `moment` to have come.
    pub(crate) fn instant(&self, moment: Moment) -> Instant {
        self.origin + (moment - Moment::default())
    }

    /// Milliseconds from the Unix epoch to the origin.
    pub(crate) fn unix_origin_ms(&self) -> u64 {
        u64::try_from(self.unix_origin.as_millis()).unwrap_or(u64::MAX)
    }
}
