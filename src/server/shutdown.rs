//! The stages of a server's life, which each of its tasks can wait for; it must not know what they do then.

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Shared by all tasks of one server. The stages come in this order and never go back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
    /// The server was told to stop: nobody new is let in, calls go on.
    pub(crate) draining: CancellationToken,
    /// No call needs this server any more.
    pub(crate) drained: CancellationToken,
    /// Everything ends now.
    pub(crate) stopping: CancellationToken,
    /// The tasks of the sockets, which axum does not wait for.
    pub(crate) sockets: TaskTracker,
}
