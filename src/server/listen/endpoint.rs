//! What is served on one listener, and the limits of its connections.

use std::{error::Error as _, io, sync::Arc, time::Duration};

use axum::Router;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{phase::Phase, workers::Workers};
use crate::server::{
    config::limits::{Limit, LimitSettings},
    http::client_ip::Proxies,
    relay::RelayServer,
    telemetry::Telemetry,
};

/// How long one response may take: enough for the largest file on the slowest phone. It ends connections that read one
/// byte at a time.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(90);

/// What is served in the connections of one listener.
#[derive(Clone)]
pub(crate) enum Service {
    /// HTTP requests.
    Http(Router),
    /// The relay.
    Turn(Arc<RelayServer>),
    /// HTTP requests, or the relay in connections whose first byte is one of a STUN message.
    Both(Router, Arc<RelayServer>),
}

/// Everything that the connections of one listener share.
pub(crate) struct Endpoint {
    /// What is served.
    pub(crate) service: Service,
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
    /// The threads for TLS handshakes and clients of the relay.
    pub(crate) workers: Workers,
}

/// What `[limits]` says about connections before they become a WebSocket.
#[derive(Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// Open connections, at most.
    pub(crate) open: usize,
    /// Open connections of one IPv4 address or one /64 of IPv6, at most.
    pub(crate) open_per_network: usize,
    /// How long a TLS handshake may take, and then the head of a request.
    pub(crate) head_timeout: Duration,
    /// How long a connection waits for the next request.
    pub(crate) idle_timeout: Duration,
    /// How long a write may make no progress.
    pub(crate) write_timeout: Duration,
}

impl ConnectionLimits {
    /// The configured limits.
    pub(crate) const fn new(limits: &LimitSettings) -> Self {
        Self {
            open: limits.open,
            open_per_network: match limits.network.open {
                0 => usize::MAX,
                open => open,
            },
            head_timeout: Duration::from_secs(limits.head_seconds),
            idle_timeout: Duration::from_secs(limits.idle_seconds),
            write_timeout: Duration::from_secs(limits.write_seconds),
        }
    }

    /// How long a phase of a connection may last.
    pub(super) const fn of(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Head => self.head_timeout,
            Phase::Response => RESPONSE_TIMEOUT,
            Phase::Idle => self.idle_timeout,
        }
    }
}

impl Endpoint {
    /// Counts a connection that ended because a write took too long. All other errors are the other end's way to leave.
    pub(super) fn record_end(&self, result: Result<(), hyper::Error>) {
        let Err(error) = result else { return };
        let cause = error.source().and_then(|it| it.downcast_ref::<io::Error>());
        if cause.is_some_and(|it| it.kind() == io::ErrorKind::TimedOut) {
            self.telemetry.limited(Limit::Write);
        }
    }
}
