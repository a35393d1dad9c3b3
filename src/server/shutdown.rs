//! [`Shutdown`]: the stages in which a server stops; every task can wait for each of them.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The stages of a shutdown, shared by all tasks of one server. They come in this order and never go back.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown {
    /// How long calls may go on when the server is told to stop; zero if the next process is being started already.
    pub(crate) grace: Duration,
    /// The server was told to stop: it accepts no new peers, calls go on.
    pub(crate) draining: CancellationToken,
    /// No call needs this server any more, and all peers were told when to come back.
    pub(crate) drained: CancellationToken,
    /// Everything ends now.
    pub(crate) stopping: CancellationToken,
    /// The tasks of the sockets, which axum does not wait for.
    pub(crate) sockets: TaskTracker,
}

impl Shutdown {
    /// A server that has not been told to stop. It will then let calls go on for `grace`.
    pub(crate) fn new(grace: Duration) -> Self {
        Self {
            grace,
            draining: CancellationToken::new(),
            drained: CancellationToken::new(),
            stopping: CancellationToken::new(),
            sockets: TaskTracker::new(),
        }
    }

    /// When listeners have to close: at once if others listen on the same sockets, otherwise when everything ends.
    pub(crate) fn accepting_ends(&self) -> &CancellationToken {
        if self.grace.is_zero() { &self.draining } else { &self.stopping }
    }
}
