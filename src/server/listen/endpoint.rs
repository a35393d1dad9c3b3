//! What is served on one listener, and the limits of its connections.

use std::{error::Error as _, io, sync::Arc, time::Duration};

use axum::Router;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::server::{
    config::limits::{Limit, LimitSettings},
    http::client_ip::Proxies,
    telemetry::Telemetry,
};

/// Everything that the connections of one listener share.
pub(crate) struct Endpoint {
    /// Answers the requests.
    pub(crate) router: Router,
    /// Set if connections begin with a TLS handshake.
    pub(crate) tls: Option<TlsAcceptor>,
    /// The limits of connections.
    pub(crate) limits: ConnectionLimits,
    /// The proxies, whose connections do not count against a network.
    pub(crate) proxies: Arc<Proxies>,
    /// Counts exceeded limits.
    pub(crate) telemetry: Arc<Telemetry>,
    /// Closes the listener.
    pub(crate) accepting_ends: CancellationToken,
    /// Ends its connections.
    pub(crate) stopping: CancellationToken,
}

/// What `[limits]` says about connections before they become a WebSocket.
#[derive(Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// Open connections, at most.
    pub(crate) open: usize,
    /// Open connections of one network, at most.
    pub(crate) open_per_network: usize,
    /// How long a TLS handshake may take, and the head of a request.
    pub(crate) head_timeout: Duration,
    /// How long a write may make no progress.
    pub(crate) write_timeout: Duration,
}

impl ConnectionLimits {
    /// The configured limits.
    pub(crate) const fn new(limits: &LimitSettings) -> Self {
        let head_timeout = Duration::from_secs(limits.head_seconds);
        let write_timeout = Duration::from_secs(limits.write_seconds);
        let open_per_network = match limits.network.open {
            0 => usize::MAX,
            open => open,
        };
        Self { open: limits.open, open_per_network, head_timeout, write_timeout }
    }
}

impl Endpoint {
    /// Counts a connection that ended because it was too slow.
    ///
    /// All other errors are the other end's way to leave, and so is a timeout of the next head on a connection that
    /// `has_requested` something before.
    pub(crate) fn record_end(&self, result: Result<(), hyper::Error>, has_requested: bool) {
        let Err(error) = result else { return };
        let cause = error.source().and_then(|it| it.downcast_ref::<io::Error>());
        if error.is_timeout() && !has_requested {
            self.telemetry.limited(Limit::Head);
        } else if cause.is_some_and(|it| it.kind() == io::ErrorKind::TimedOut) {
            self.telemetry.limited(Limit::Write);
        }
    }
}
