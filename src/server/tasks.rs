//! [`Tasks`]: the tasks without which the server must end, and what its listeners share.

use std::sync::Arc;

use axum::Router;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_rustls::TlsAcceptor;

use super::{
    clock::Clock,
    config::Resolved,
    http::client_ip::Proxies,
    listen::{self, ConnectionLimits, Endpoint, RelaySockets, Service, Workers},
    relay::RelayServer,
    shutdown::Shutdown,
    telemetry::Telemetry,
};
use crate::{matchmaker::Keys, relay::RelayLimits};

/// The essential tasks.
pub(crate) struct Tasks {
    /// The tasks themselves.
    pub(crate) set: JoinSet<()>,
    shutdown: Shutdown,
    limits: ConnectionLimits,
    proxies: Arc<Proxies>,
    /// The threads for what takes long.
    pub(crate) workers: Workers,
    /// What the tasks count.
    pub(crate) telemetry: Arc<Telemetry>,
}

impl Tasks {
    /// No tasks yet.
    pub(crate) fn new(
        resolved: &Resolved,
        proxies: Arc<Proxies>,
        shutdown: Shutdown,
        telemetry: Arc<Telemetry>,
        workers: Workers,
    ) -> Self {
        let limits = ConnectionLimits::new(&resolved.limits);
        Self { set: JoinSet::new(), shutdown, limits, proxies, workers, telemetry }
    }

    /// Runs a task until the server stops.
    pub(crate) fn run_until_stopped(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.shutdown.stopping.clone();
        self.set.spawn(async move {
            stopping.run_until_cancelled(task).await;
        });
    }

    /// Serves the connections of the site's listener, with TLS if there is an acceptor.
    pub(crate) fn serve(&mut self, listener: TcpListener, service: Service, tls: Option<TlsAcceptor>) {
        self.set.spawn(listen::serve(listener, self.endpoint(service, tls)));
    }

    fn endpoint(&self, service: Service, tls: Option<TlsAcceptor>) -> Endpoint {
        let Self { shutdown, limits, proxies, workers, telemetry, .. } = self;
        Endpoint {
            service,
            tls,
            limits: *limits,
            proxies: Arc::clone(proxies),
            telemetry: Arc::clone(telemetry),
            accepting_ends: shutdown.accepting_ends().clone(),
            stopping: shutdown.stopping.clone(),
            workers: workers.clone(),
        }
    }

    /// Runs a task, if there is one, beside the sockets.
    pub(crate) fn run_beside(&mut self, task: Option<impl Future<Output = ()> + Send + 'static>) {
        if let Some(task) = task {
            self.workers.spawn(&mut self.set, task);
        }
    }

    /// Serves these routes on a listener, if there is one, without TLS and beside the sockets.
    pub(crate) fn serve_http(&mut self, listener: Option<TcpListener>, routes: Router) {
        if let Some(listener) = listener {
            self.serve_beside(listener, Service::Http(routes));
        }
    }

    fn serve_beside(&mut self, listener: TcpListener, service: Service) {
        let endpoint = self.endpoint(service, None);
        self.workers.spawn(&mut self.set, listen::serve(listener, endpoint));
    }

    /// Runs the relay.
    ///
    /// # Errors
    ///
    /// If the system has no randomness, or cannot use the sockets.
    pub(crate) fn run_relay(
        &mut self,
        RelaySockets { udp, tcp }: RelaySockets,
        keys: Keys,
        limits: RelayLimits,
        clock: Clock,
    ) -> anyhow::Result<Arc<RelayServer>> {
        let relay = RelayServer::new(udp, keys, limits, clock, Arc::clone(&self.telemetry))?;
        let relay = Arc::new(relay);
        self.serve_beside(tcp, Service::Turn(Arc::clone(&relay)));
        let (running, stopping) = (Arc::clone(&relay), self.shutdown.stopping.clone());
        self.workers.spawn(&mut self.set, async move {
            stopping.run_until_cancelled(running.run()).await;
        });
        Ok(relay)
    }
}
