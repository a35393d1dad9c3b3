//! [`Phase`]: what a connection is doing, so that each step has a time limit of its own.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::watch;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The head of a request is arriving, or nothing has been requested yet.
    Head,
    /// A request is being answered.
    Response,
    /// The last response is complete, and the next request has not begun.
    Idle,
}

/// Knows the phase of one connection, and tells the connection's task when it changes.
#[derive(Debug)]
pub(super) struct PhaseTracker(watch::Sender<Phase>);

impl PhaseTracker {
    /// The tracker of a new connection.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(Phase::Head)))
    }

    /// The phase, and its changes.
    pub(super) fn subscribe(&self) -> watch::Receiver<Phase> {
        self.0.subscribe()
    }

    /// Bytes have arrived.
    pub(super) fn on_bytes(&self) {
        self.change(|it| if it == Phase::Idle { Phase::Head } else { it });
    }

    /// The head of a request is complete.
    pub(super) fn on_request(&self) {
        self.change(|_| Phase::Response);
    }

    /// The response is complete.
    fn on_response_end(&self) {
        self.change(|_| Phase::Idle);
    }

    fn change(&self, next: impl FnOnce(Phase) -> Phase) {
        self.0.send_if_modified(|phase| {
            let before = *phase;
            *phase = next(before);
            *phase != before
        });
    }
}

/// The body of a response. The response is complete when hyper drops it.
pub(super) struct TrackedBody {
    body: Body,
    tracker: Arc<PhaseTracker>,
}

impl TrackedBody {
    /// The body of a response on the connection of this tracker.
    pub(super) fn new(body: Body, tracker: Arc<PhaseTracker>) -> Self {
        Self { body, tracker }
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        self.tracker.on_response_end();
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_lasts_until_its_body_is_gone() {
        let tracker = PhaseTracker::new();
        let phases = tracker.subscribe();
        let phase = || *phases.borrow();
        assert_eq!(phase(), Phase::Head, "a new connection has to send a head");
        tracker.on_bytes();
        assert_eq!(phase(), Phase::Head);
        tracker.on_request();
        let body = TrackedBody::new(Body::from("text"), Arc::clone(&tracker));
        tracker.on_bytes();
        assert_eq!(phase(), Phase::Response, "the next request may arrive early");
        assert_eq!(body.size_hint().exact(), Some(4));
        drop(body);
        assert_eq!(phase(), Phase::Idle);
        tracker.on_bytes();
        assert_eq!(phase(), Phase::Head, "the first byte begins the next head");
    }
}
