//! What this page last asked the queue for, asked again where the server found it too soon, and what is said of a server
//! that keeps people waiting; it must not know why it does.

use std::time::Duration;

use crate::{
    call::{Call, Output, Problem, State},
    protocol::{MatchId, ToServer},
    time::Moment,
};

/// The longest pause that a server is believed to want: a mistake in a number must not cost an evening.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The pause where the server names none.
const USUAL_PAUSE: Duration = Duration::from_secs(2);

/// A way into the queue. Each can be said twice without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// `join`
    Join,
    /// `next`, after this match.
    Next(MatchId),
    /// `failed`, in this match.
    Failed(MatchId),
}

/// The last request, and when it is made again.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last: Option<Request>,
    again_at: Option<Moment>,
}

impl Requests {
    /// A request is made; what was to be made again is no longer.
    pub(crate) fn made(&mut self, request: Request) {
        *self = Self { last: Some(request), again_at: None };
    }

    /// The server has heard the last one.
    pub(crate) fn heard(&mut self) {
        self.again_at = None;
    }

    /// Whether the last one is going to be made again.
    pub(crate) const fn is_put_off(&self) -> bool {
        self.again_at.is_some()
    }

    /// When it is.
    pub(crate) const fn deadline(&self) -> Option<Moment> {
        self.again_at
    }

    fn due(&mut self, now: Moment) -> Option<Request> {
        self.again_at.take_if(|at| *at <= now)?;
        self.last
    }
}

impl Call {
    /// Asks to be put into the queue after a match, or says that it failed.
    pub(crate) fn request(&mut self, request: Request, out: &mut Vec<Output>) {
        match request {
            Request::Join => self.say_join(out),
            Request::Next(match_id) => self.say(ToServer::Next { match_id }, out),
            Request::Failed(match_id) => self.say(ToServer::Failed { match_id }, out),
        }
        self.requests.made(request);
    }

    /// The server has not heeded what was said, because it came too soon. Many may be told so at once: up to half as long
    /// again keeps them apart.
    pub(crate) fn too_soon(&mut self, retry_ms: Option<u32>) {
        match self.state {
            State::Ready { .. } | State::Waiting { .. } => {
                let told = retry_ms.map_or(USUAL_PAUSE, |it| Duration::from_millis(u64::from(it)));
                let told = told.min(LONGEST_PAUSE);
                let more = self.rng.u64(1..=(told.as_millis() as u64 / 2).max(1));
                self.requests.again_at = Some(self.now + told + Duration::from_millis(more));
            }
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Meeting(_)
            | State::Ended { .. } => {}
        }
    }

    /// Makes the last request again where it is time to, and where it is still wanted.
    pub(crate) fn request_again(&mut self, out: &mut Vec<Output>) {
        match (self.requests.due(self.now), &self.state) {
            (Some(Request::Next(match_id)), State::Ready { .. }) => self.want_next(Some(match_id), out),
            // As with a next one, the server would let this peer wait with what it said the last time.
            (Some(Request::Failed(_)), State::Ready { .. }) if self.has_changed() => {
                self.leave_and_join(true, out);
            }
            (Some(request @ Request::Failed(_)), State::Ready { .. }) => self.request(request, out),
            // On a line that is away it is said by `welcomed`.
            (Some(_), State::Ready { .. } | State::Waiting { .. }) if self.line.is_open() => {
                self.request(Request::Join, out);
            }
            (
                Some(_) | None,
                State::Landing(_)
                | State::Asking(_)
                | State::Mirror
                | State::Ready { .. }
                | State::Waiting { .. }
                | State::Meeting(_)
                | State::Ended { .. },
            ) => {}
        }
    }

    /// What is wrong with the line, as far as people should know.
    pub(crate) fn line_problem(&self) -> Option<Problem> {
        let lost = if self.surroundings.offline { Problem::Offline } else { self.line.problem() };
        self.line.is_missed(self.now).then_some(lost)
    }

    /// The same for a page that wants a partner and does not wait yet.
    pub(crate) fn queue_problem(&self) -> Option<Problem> {
        self.line_problem().or(self.requests.is_put_off().then_some(Problem::RateLimited))
    }
}
