//! [`Reconnect`]: when to open the socket again after it was lost.

use std::{mem, time::Duration};

use super::retry::MAX_RETRY_PAUSE;
use crate::{call::Problem, protocol::ErrorCode};

/// The upper bound of the first backoff; each further one is twice as long. A backoff is chosen at random below its
/// bound (full jitter).
const FIRST_BACKOFF: Duration = Duration::from_millis(500);

/// The largest bound: soon enough after a restart of the server, and bearable for one that is overloaded.
const MAX_BACKOFF: Duration = Duration::from_secs(15);

/// The shortest backoff: a timeout that closes a socket must not need another one at the same moment.
const MIN_BACKOFF: Duration = Duration::from_millis(1);

/// What decides when to connect again.
#[derive(Debug, Default)]
pub(crate) struct Reconnect {
    /// Failed attempts in a row.
    failures: u32,
    /// The pause that the server has asked for.
    after: Option<Duration>,
    /// Why the server does not serve this page, as it said on this socket.
    rejection: Option<Problem>,
    /// Why it did not, as it said on the last socket.
    last_rejection: Option<Problem>,
}

impl Reconnect {
    /// The server has sent an error. If it closes the socket for that, it may say when to come back.
    pub(crate) fn on_error(&mut self, code: ErrorCode, retry_ms: Option<u32>) {
        self.rejection = rejection(code);
        if code.close_code().is_some()
            && let Some(retry_ms) = retry_ms
        {
            self.after = Some(Duration::from_millis(u64::from(retry_ms)).min(MAX_RETRY_PAUSE));
        }
    }

    /// The server is going to close the socket, and has said when to come back.
    pub(crate) fn on_come_back(&mut self, after_ms: u32) {
        self.after = Some(Duration::from_millis(u64::from(after_ms)));
    }

    /// The socket was lost. Returns the pause before the next attempt.
    pub(crate) fn on_lost(&mut self, rng: &mut fastrand::Rng) -> Duration {
        self.last_rejection = mem::take(&mut self.rejection);
        let bound = FIRST_BACKOFF.saturating_mul(1 << self.failures.min(10)).min(MAX_BACKOFF);
        let jitter = Duration::from_millis(rng.u64(0..=bound.as_millis() as u64));
        self.failures += 1;
        self.after.take().unwrap_or(jitter).max(MIN_BACKOFF)
    }

    /// The server has welcomed the page.
    pub(crate) const fn on_welcome(&mut self) {
        (self.failures, self.last_rejection) = (0, None);
    }

    /// Why the server did not serve this page at the last attempt.
    pub(crate) const fn last_rejection(&self) -> Option<Problem> {
        self.last_rejection
    }
}

/// The problem to show if the error means that the server does not serve this page, or not now.
fn rejection(code: ErrorCode) -> Option<Problem> {
    if code == ErrorCode::ServerFull {
        Some(Problem::ServerFull)
    } else if code == ErrorCode::NetworkFull {
        Some(Problem::NetworkFull)
    } else if code == ErrorCode::WrongOrigin {
        Some(Problem::WrongAddress)
    } else {
        None
    }
}
