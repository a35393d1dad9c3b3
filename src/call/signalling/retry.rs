//! [`Requests`]: the last request to the queue, and when to repeat it if the server found it too early.

use std::time::Duration;

use crate::{
    call::deadline::{Deadline, DeadlineReason},
    protocol::MatchId,
    time::Moment,
};

/// The longest pause that a page accepts from a server, so that a wrong number does not stop it for hours.
pub(crate) const MAX_RETRY_PAUSE: Duration = Duration::from_secs(60);

/// The pause if the server names none.
const DEFAULT_RETRY_PAUSE: Duration = Duration::from_secs(2);

/// A request to the queue. Each can be repeated without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// `join`
    Join,
    /// `next`, after this match.
    Next(MatchId),
    /// `failed`, in this match.
    Failed(MatchId),
}

/// The last request, and when it is repeated.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last: Option<Request>,
    retry_at: Option<Moment>,
}

impl Requests {
    /// Records a request that was sent. It replaces the one that was to be repeated.
    pub(crate) fn record(&mut self, request: Request) {
        *self = Self { last: Some(request), retry_at: None };
    }

    /// The server has accepted the last request.
    pub(crate) fn on_accepted(&mut self) {
        self.retry_at = None;
    }

    /// The server has rejected the last request as too early. It is repeated after a [`pause`].
    pub(crate) fn on_rate_limited(&mut self, now: Moment, retry_ms: Option<u32>, rng: &mut fastrand::Rng) {
        self.retry_at = Some(now + pause(retry_ms, rng));
    }

    /// Whether the last request is going to be repeated.
    pub(crate) const fn is_postponed(&self) -> bool {
        self.retry_at.is_some()
    }

    /// Takes the request that is due.
    pub(crate) fn take_due(&mut self, now: Moment) -> Option<Request> {
        self.retry_at.take_if(|at| *at <= now)?;
        self.last
    }

    /// When the last request is repeated.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.retry_at.map(|at| (at, DeadlineReason::RetryRequest))
    }
}

/// The pause that the server names, plus up to half of it at random: it may have said the same to many pages at once.
pub(crate) fn pause(retry_ms: Option<u32>, rng: &mut fastrand::Rng) -> Duration {
    let pause = retry_ms.map_or(DEFAULT_RETRY_PAUSE, |it| Duration::from_millis(u64::from(it)));
    let pause = pause.min(MAX_RETRY_PAUSE);
    let jitter = rng.u64(1..=(pause.as_millis() as u64 / 2).max(1));
    pause + Duration::from_millis(jitter)
}
