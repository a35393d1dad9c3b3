//! [`Clock`]: the one clock of the server, which converts instants to [`Moment`]s and back; and what else the drivers
//! read from the system.

use std::{
    io,
    time::{Duration, SystemTime},
};

use rand_chacha::{
    ChaCha12Rng,
    rand_core::{Rng, SeedableRng},
};
use tokio::time::{Instant, sleep_until};

use crate::{
    matchmaker::Readings,
    moderation::{Stamp, UnixTime},
    time::Moment,
};

/// The system's wall clock, for what outlives the server: certificates, and ids that contain their creation time.
#[expect(
    clippy::disallowed_methods,
    reason = "a driver: here time is read, everywhere else it is an argument"
)]
pub(crate) fn since_1970() -> Duration {
    // Before 1970 only if the system clock is wrong anyway.
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// What the matchmaker needs for an input besides the monotonic clock: the wall clock, which may step, and fresh
/// randomness.
///
/// It must be called after the input has arrived; [`Readings`] says why. It costs a system call: about half a
/// microsecond.
pub(crate) fn read_system() -> Readings {
    let unix_ms = u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX);
    let mut random = [0; 32];
    // It does not fail after it has worked at the start. Without it the seeded generator's values still differ.
    let _ = getrandom::fill(&mut random);
    Readings { unix_ms, random }
}

/// What [`read_system`] gives for each of several inputs that have arrived together, with one system call for all.
#[derive(Debug)]
pub(crate) struct BatchReadings {
    unix_ms: u64,
    random: ChaCha12Rng,
}

impl BatchReadings {
    /// It must be called after all these inputs have arrived; [`Readings`] says why.
    pub(crate) fn read() -> Self {
        let Readings { unix_ms, random } = read_system();
        Self { unix_ms, random: ChaCha12Rng::from_seed(random) }
    }

    /// The readings for the next input.
    pub(crate) fn next(&mut self) -> Readings {
        let mut random = [0; 32];
        self.random.fill_bytes(&mut random);
        Readings { unix_ms: self.unix_ms, random }
    }
}

/// The wall clock and fresh randomness, for one request to the moderation store. It must be called for each one.
pub(crate) fn stamp() -> Stamp {
    let Readings { unix_ms, random } = read_system();
    Stamp { now: UnixTime(unix_ms / 1_000), random }
}

/// A key or a seed from the operating system.
///
/// # Errors
///
/// If the system has no randomness.
pub(crate) fn random_key() -> io::Result<[u8; 32]> {
    random_bytes()
}

/// Bytes from the operating system.
///
/// # Errors
///
/// If the system has no randomness.
pub(crate) fn random_bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// How late its first [`Moment`] is: a peer may have waited before this server started.
const BEFORE_START: Duration = Duration::from_secs(2 * 60 * 60);

/// Counts from the moment it was started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    /// Starts a clock.
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// The present.
    pub(crate) fn now(&self) -> Moment {
        Moment::default() + BEFORE_START + self.origin.elapsed()
    }

    /// Takes away time that has passed, at most all of it.
    pub(crate) fn put_back(&mut self, time: Duration) {
        self.origin += time.min(self.origin.elapsed());
    }

    /// Waits until `deadline`; for ever without one.
    pub(crate) async fn wait_until(self, deadline: Option<Moment>) {
        match deadline {
            Some(moment) => sleep_until(self.instant(moment)).await,
            None => std::future::pending().await,
        }
    }

    /// The runtime's instant for `moment`, to sleep until then.
    pub(crate) fn instant(&self, moment: Moment) -> Instant {
        self.origin + (moment - Moment::default()).saturating_sub(BEFORE_START)
    }
}
