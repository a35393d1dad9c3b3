//! [`Shutdown`]: the stages in which a server stops; every task can wait for each of them.

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The stages of a shutdown, shared by all tasks of one server. They come in this order and never go back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shutdown {
    /// The server was told to stop: it accepts no new peers, calls go on.
    pub(crate) draining: CancellationToken,
    /// No call needs this server any more.
    pub(crate) drained: CancellationToken,
    /// Everything ends now.
    pub(crate) stopping: CancellationToken,
    /// The tasks of the sockets, which axum does not wait for.
    pub(crate) sockets: TaskTracker,
}
