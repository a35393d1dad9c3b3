//! The server: axum, tokio, the clock and randomness around the matchmaker.
//!
//! [`run`] is its whole life. Each socket has a task (`websocket`), and one task owns the matchmaker (`bus`); all of
//! them share one thread. Bounded channels connect them: a socket waits for the driver, the driver never waits for a
//! socket. What takes long runs on other threads (`listen::workers`).

pub mod config;

mod bus;
mod router;
pub mod site_files;
pub mod http;
pub mod websocket;

mod relay;
mod moderation;
mod validate;
mod rate_limit;

mod listen;
mod tls;

mod telemetry;
mod process;
mod log;
mod clock;
mod shutdown;
mod tasks;
mod open_files;
mod health;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
use sd_notify::NotifyState;
use tokio::{runtime::Handle, sync::Semaphore, task::JoinSet, time::timeout};

pub use config::{Config, Resolved};
pub use health::check_health;
pub use listen::{InheritedSockets, Listeners, RelaySockets};
pub use log::start_log;
pub use moderation::{ModerationCommand, run_moderation_command};
pub use open_files::raise_open_files_limit;
pub use validate::read_valid;

use crate::{
    matchmaker::{self, Keys},
    protocol::limits::{MAX_BLOCKED, MAX_MET, MAX_PASSED_BY},
};
use bus::{
    Bus,
    cluster::{
        self, ClusterBus,
        settings::{ClusterPlan, Roles},
    },
    driver::Driver,
    inbox::Inbox,
    presence::CorePresence,
};
use clock::{Clock, random_key};
use http::{
    health::{self as health_routes, Health},
    network_tags::NetworkTagSource,
};
use listen::{Service, Workers};
use moderation::OpenStore;
use rate_limit::network::NetworkLimiter;
use relay::RelayServer;
use router::Site;
use shutdown::Shutdown;
use tasks::Tasks;
use telemetry::Telemetry;
use websocket::{heartbeat::HeartbeatWheel, sockets::Sockets};

/// How long the server waits for sockets and requests at the very end: a little longer than a socket takes to close.
const END_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long the driver may take to tell all peers that the server stops. Ten thousand take a fraction of it.
const DISMISSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves until `stop_requested` ends, then lets calls finish within the grace period.
///
/// Sockets are served by the runtime that calls this, which is fastest if it has one thread. `workers` does what takes
/// long.
///
/// # Errors
///
/// If the state directory cannot be used, a self-signed certificate cannot be made, the system has no randomness, a
/// listener has no address, or an essential task ends before the server.
pub async fn run(
    mut resolved: Resolved,
    listeners: Listeners,
    workers: Handle,
    stop_requested: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let workers = Workers::of(workers);
    if let Some(plan) = resolved.cluster.clone().filter(|it| it.roles == Roles::Core) {
        return run_core(resolved, &plan, listeners, workers, stop_requested).await;
    }
    // It fails if another server in this process has done it before.
    let _ = any_spawner::Executor::init_tokio();
    let address = listeners.site.local_addr().context("the site's listener has no address")?;
    warn_if_proxy_is_unlisted(&resolved, address);
    let (shutdown, clock) = (Shutdown::new(listeners.grace(&resolved)), Clock::start());
    let telemetry = Arc::new(Telemetry::new());
    let (origins, proxies) = (Arc::new(resolved.origins_at(address)), Arc::new(resolved.proxies.clone()));
    resolved.announce_relay(listeners.relay.is_some(), &origins);
    resolved.log_description();
    let (keys, core) = (resolved.keys.clone().load_or_create()?, CorePresence::default());
    let measured = (clock, Arc::clone(&telemetry));
    let (mut bus, inbox) = new_bus(&resolved, keys.clone(), core.clone(), measured.clone())?;
    let store = open_store(&resolved, &mut bus).await?;
    let wheel = Arc::new(HeartbeatWheel::new());
    let limiter = NetworkLimiter::new(&resolved.limits, resolved.max_connections, core.clone(), measured);
    let sockets = Sockets::new(
        inbox.clone(),
        Arc::clone(&wheel),
        shutdown.clone(),
        Arc::clone(&telemetry),
        clock,
        &resolved.limits,
    );
    let site = Site {
        origins: Arc::clone(&origins),
        proxies: Arc::clone(&proxies),
        network_limiter: Arc::new(limiter),
        sockets: Arc::new(sockets),
        foreign_sockets: Arc::new(Semaphore::new(router::MAX_FOREIGN_SOCKETS)),
        moderation: store.as_ref().map(|it| it.moderation.clone()),
        network_tags: NetworkTagSource::new(store.as_ref().map(|it| &it.moderation), &bus),
        health: Arc::new(Health::new(inbox.clone(), core)),
        shutdown: shutdown.clone(),
        over_tls_only: resolved.tls.is_trusted() && !origins.primary_is_loopback(),
        workers: workers.clone(),
    };
    let site = router::site(&resolved, site);

    let mut tasks =
        Tasks::new(&resolved, Arc::clone(&proxies), shutdown.clone(), Arc::clone(&telemetry), workers);
    bus.run(&mut tasks, &shutdown);
    tasks.run_until_stopped(async move { wheel.run().await });
    let moderation = store.map(|it| it.run(&mut tasks, &inbox));
    moderation::serve_pages(&mut tasks, listeners.moderation, &moderation, (&resolved, proxies, clock))?;
    let relay = listeners.relay.map(|it| tasks.run_relay(it, keys, resolved.relay_limits, clock));
    let relay = relay.transpose()?;
    let (tls, renewal) = resolved.tls.start(address, shutdown.stopping.clone(), Arc::clone(&telemetry))?;
    tasks.serve(listeners.site, service(site, relay.filter(|_| tls.is_some())), tls);
    tasks.serve_http(listeners.redirect, listen::redirect(origins));
    tasks.serve_http(listeners.metrics, router::metrics(telemetry, clock));
    tasks.run_beside(renewal);
    tracing::info!(%address, page = %resolved.files, "serving");
    notify(NotifyState::Ready);
    let result = wait_and_stop(shutdown, tasks.set, stop_requested).await;
    moderation::close(moderation).await;
    result
}

/// What the site's listener serves: the relay only with TLS. Without it there may be a proxy with TLS in front, and
/// that passes on nothing but HTTP.
fn service(site: Router, relay_over_tls: Option<Arc<RelayServer>>) -> Service {
    match relay_over_tls {
        Some(relay) => Service::Both(site, relay),
        None => Service::Http(site),
    }
}

/// Runs a process of a cluster that serves no sockets until `stop_requested` ends. It answers only whether it is alive.
async fn run_core(
    mut resolved: Resolved,
    plan: &ClusterPlan,
    listeners: Listeners,
    workers: Workers,
    stop_requested: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let (shutdown, clock, telemetry) =
        (Shutdown::new(resolved.grace), Clock::start(), Arc::new(Telemetry::new()));
    let (keys, origins) = (resolved.keys.clone().load()?, resolved.origins.clone());
    resolved.announce_relay(false, &origins);
    let config = matchmaker_config(&resolved, keys.clone())?;
    let proxies = Arc::new(resolved.proxies.clone());
    let mut tasks = Tasks::new(&resolved, proxies, shutdown.clone(), Arc::clone(&telemetry), workers);
    let measured = (clock, Arc::clone(&telemetry));
    cluster::run_core(plan, keys, config, measured, (&mut tasks, &shutdown));
    tasks.serve(listeners.site, Service::Http(health_routes::of_core(shutdown.clone())), None);
    tasks.serve_http(listeners.metrics, router::metrics(telemetry, clock));
    resolved.log_description();
    notify(NotifyState::Ready);
    wait_and_stop(shutdown, tasks.set, stop_requested).await
}

/// Connects to the Redis of the cluster that the configuration names, if there is one, and says what it is like.
///
/// # Errors
///
/// If it does not answer, or cannot be used.
pub async fn check_cluster(resolved: &Resolved) -> anyhow::Result<Option<String>> {
    match &resolved.cluster {
        Some(plan) => cluster::check(plan).await.map(Some),
        None => Ok(None),
    }
}

/// Serves the relay alone until `stop_requested` ends, for a server whose relay is apart.
///
/// # Errors
///
/// If the configuration has no relay apart, there is no key yet, an address is in use, the system has no randomness, or
/// an essential task ends before.
pub async fn run_relay(resolved: Resolved, stop_requested: impl Future<Output = ()>) -> anyhow::Result<()> {
    let (sockets, metrics) = Listeners::bind_relay(&resolved)?;
    let address = sockets.tcp.local_addr().context("the relay's listener has no address")?;
    let keys = resolved.keys.clone().load()?;
    let (shutdown, clock, telemetry) =
        (Shutdown::new(Duration::ZERO), Clock::start(), Arc::new(Telemetry::new()));
    let proxies = Arc::new(resolved.proxies.clone());
    let workers = Workers::of(Handle::current());
    let mut tasks = Tasks::new(&resolved, proxies, shutdown.clone(), Arc::clone(&telemetry), workers);
    tasks.run_relay(sockets, keys, resolved.relay_limits, clock)?;
    tasks.serve_http(metrics, router::metrics(telemetry, clock));
    tracing::info!(%address, "serving the relay");
    notify(NotifyState::Ready);
    // There is nothing to drain: the server tells pages when to come back, not the relay.
    shutdown.drained.cancel();
    wait_and_stop(shutdown, tasks.set, stop_requested).await
}

/// What runs between sockets and matchmaker, and the sender that sockets use.
fn new_bus(
    resolved: &Resolved,
    keys: Keys,
    core: CorePresence,
    measured: (Clock, Arc<Telemetry>),
) -> anyhow::Result<(Bus, Inbox)> {
    let mut config = matchmaker_config(resolved, keys.clone())?;
    Ok(match &resolved.cluster {
        None => {
            let (driver, inbox) = Driver::new(config, measured.0, measured.1);
            (Bus::Local(Box::new(driver)), inbox)
        }
        Some(plan) => {
            // The core has no relay inside, but gives those of all edges to matches.
            let relay = config.ice.own.take_if(|_| resolved.has_relay_inside());
            let (mut bus, inbox) = ClusterBus::new(plan, keys, config, core, measured);
            relay.into_iter().for_each(|it| bus.set_relay(it));
            (Bus::Cluster(Box::new(bus)), inbox)
        }
    })
}

/// Opens the moderation store, if this process is to have one, and connects the bus to it.
async fn open_store(resolved: &Resolved, bus: &mut Bus) -> anyhow::Result<Option<OpenStore>> {
    let Some(dir) = &resolved.moderation_dir else { return Ok(None) };
    let (store, decisions) = OpenStore::open(dir).await?;
    bus.set_store(&store.moderation, store.sender.clone(), decisions);
    Ok(Some(store))
}

/// What the matchmaker needs to know of the configuration and chance.
fn matchmaker_config(resolved: &Resolved, keys: Keys) -> anyhow::Result<matchmaker::MatchmakerConfig> {
    Ok(matchmaker::MatchmakerConfig {
        seed: random_key().context("the system has no randomness")?,
        max_connections: resolved.max_connections,
        max_passed_by: MAX_PASSED_BY,
        max_met: MAX_MET,
        max_blocked: MAX_BLOCKED,
        keys,
        ice: resolved.ice.clone(),
        build: resolved.page.build.clone(),
        soft_start: resolved.soft_start,
        moderates: resolved.is_moderated(),
        age: resolved.age.as_ref().map(|it| it.key.clone()),
        hello_within: Duration::from_secs(resolved.limits.hello_seconds),
        outbox_bytes: resolved.limits.outbox_kib * 1024,
        outbox_total_bytes: u64::from(resolved.limits.outbox_total_mib) * 1024 * 1024,
    })
}

/// Warns if the server seems to run behind a proxy that is not configured: origins are set, but it listens on loopback.
fn warn_if_proxy_is_unlisted(resolved: &Resolved, address: SocketAddr) {
    let is_behind_proxy = address.ip().is_loopback() && !resolved.configured_origins.is_empty();
    if is_behind_proxy && resolved.proxies.is_empty() {
        tracing::warn!(
            "`server.proxies` is empty: all visitors share one address, so per-network limits are off"
        );
    }
}

/// Runs until a stop is requested or an essential task ends, then stops everything.
async fn wait_and_stop(
    shutdown: Shutdown,
    mut tasks: JoinSet<()>,
    stop_requested: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let result = tokio::select! {
        () = stop_requested => {
            drain(&shutdown).await;
            Ok(())
        }
        Some(ended) = tasks.join_next() => Err(anyhow::anyhow!("a task ended before the server: {ended:?}")),
    };
    stop(&shutdown, tasks).await;
    result
}

/// Accepts no new peers, and waits until the last call has ended or the grace period is over.
async fn drain(shutdown: &Shutdown) {
    tracing::info!(grace_seconds = shutdown.grace.as_secs(), "draining");
    notify(NotifyState::Stopping);
    shutdown.draining.cancel();
    let _ = timeout(shutdown.grace + DISMISSAL_TIMEOUT, shutdown.drained.cancelled()).await;
}

/// Tells the service manager about the state of this server (`sd_notify(3)`), if it wants to know.
fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(false, &[state]) {
        tracing::warn!(%error, "cannot reach the service manager");
    }
}

/// Ends all tasks. Those that take too long are dropped.
async fn stop(shutdown: &Shutdown, mut tasks: JoinSet<()>) {
    shutdown.stopping.cancel();
    shutdown.sockets.close();
    let all_end = async {
        shutdown.sockets.wait().await;
        while tasks.join_next().await.is_some() {}
    };
    let _ = timeout(END_TIMEOUT, all_end).await;
    tracing::info!("stopped");
}
