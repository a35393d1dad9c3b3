//! [`Health`]: whether the driver answers, for `/healthz`, and whether there is a core, for `/readyz`.

use std::time::Duration;

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{
    sync::{Mutex, oneshot},
    time::timeout,
};

use crate::server::{
    bus::{
        inbox::{DriverGone, Event, Inbox},
        presence::CorePresence,
    },
    shutdown::Shutdown,
};

/// Answers that the server is stopping.
pub(crate) fn server_stops() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "server-stops").into_response()
}

/// The routes of a process that serves no sockets.
pub(crate) fn of_core(shutdown: Shutdown) -> Router {
    let ready =
        async move || if shutdown.draining.is_cancelled() { server_stops() } else { "ready".into_response() };
    Router::new().route("/healthz", get(async || "alive")).route("/readyz", get(ready))
}

/// How long the driver may take to answer. It handles a full inbox in a fraction of that.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Asks the driver for a sign of life. However many ask, there is at most one probe in its inbox.
#[derive(Debug)]
pub(crate) struct Health {
    inbox: Inbox,
    core: CorePresence,
    /// A probe that the driver has not answered.
    pending: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Health {
    /// The health of the driver that reads this inbox.
    pub(crate) fn new(inbox: Inbox, core: CorePresence) -> Self {
        Self { inbox, core, pending: Mutex::new(None) }
    }

    /// Whether there is a core, so that people can be matched.
    pub(crate) fn has_core(&self) -> bool {
        self.core.is_present()
    }

    /// Whether the driver takes a probe within [`ANSWER_WITHIN`].
    pub(crate) async fn is_alive(&self) -> bool {
        timeout(ANSWER_WITHIN, self.probe()).await.is_ok_and(|it| it.is_ok())
    }

    /// Waits for the answer to the pending probe, or else to a new one.
    async fn probe(&self) -> Result<(), DriverGone> {
        let mut pending = self.pending.lock().await;
        // A late answer to a probe that was given up says nothing about the present.
        if pending.as_mut().is_some_and(|it| it.try_recv() != Err(oneshot::error::TryRecvError::Empty)) {
            *pending = None;
        }
        if pending.is_none() {
            let (answer, answered) = oneshot::channel();
            self.inbox.send(Event::Probe(answer)).await?;
            *pending = Some(answered);
        }
        let Some(answered) = pending.as_mut() else { return Err(DriverGone) };
        let result = answered.await.map_err(|_| DriverGone);
        *pending = None;
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{bus::inbox::inbox, clock::Clock};

    #[tokio::test(start_paused = true)]
    async fn a_driver_that_does_not_answer_is_not_alive_and_gets_one_probe() {
        let (sender, mut events) = inbox(Clock::start());
        let health = Health::new(sender, CorePresence::default());
        let before = tokio::time::Instant::now();
        let (one, other) = tokio::join!(health.is_alive(), health.is_alive());
        assert!(!one && !other);
        assert!(!health.is_alive().await);
        assert_eq!(before.elapsed(), ANSWER_WITHIN * 2);
        assert_eq!(events.len(), 1);

        // It answers the old probe, and does not answer a new one.
        let Some((_, Event::Probe(answer))) = events.recv().await else { panic!("no probe") };
        answer.send(()).unwrap();
        assert!(!health.is_alive().await);
        assert_eq!(events.len(), 1);

        // From now on it answers.
        tokio::spawn(async move {
            while let Some((_, Event::Probe(answer))) = events.recv().await {
                let _ = answer.send(());
            }
        });
        assert!(health.is_alive().await);
        let (one, other) = tokio::join!(health.is_alive(), health.is_alive());
        assert!(one && other);
    }

    #[tokio::test(start_paused = true)]
    async fn a_driver_that_has_ended_is_not_alive() {
        let (sender, events) = inbox(Clock::start());
        let health = Health::new(sender, CorePresence::default());
        drop(events);
        assert!(!health.is_alive().await);
    }
}
