//! The server: axum, tokio, the clock and randomness; it decides nothing about people.
//!
//! [`run`] is all of its life. Each socket has a task (`socket`), one task owns the matchmaker (`driver`), and between
//! them go bounded channels: a socket waits for the driver, the driver never waits for a socket.

pub mod config;

mod driver;
mod router;
pub mod http;
pub mod websocket;

mod validate;
mod rate_limit;

mod listen;
mod tls;

mod telemetry;
mod clock;
mod shutdown;
mod open_files;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

pub use config::Config;
pub use open_files::allow_open_files;
pub use telemetry::start_log;

use crate::matchmaker::Keys;
use clock::Clock;
use driver::Driver;
use http::{client_ip::Proxies, origin::Origins};
use listen::{ConnectionLimits, Endpoint};
use rate_limit::network::NetworkLimiter;
use router::Site;
use shutdown::Life;
use telemetry::Telemetry;
use websocket::{heartbeat::HeartbeatWheel, sockets::Sockets};

/// How long sockets and requests are waited for at the very end: a little more than a socket's own farewell takes.
const END_WITHIN: Duration = Duration::from_millis(1500);

/// Connections that may wait to be accepted. After a restart all come at once, and whom there is no room for tries again
/// only after a second; the system makes less of it where it allows less (`net.core.somaxconn`).
const BACKLOG: u32 = 16_384;

/// Where a server listens; bound before it runs, so that whoever starts it knows the ports.
#[derive(Debug)]
pub struct Listeners {
    /// For pages and sockets.
    pub site: TcpListener,
    /// For who comes to the site without TLS.
    pub redirect: Option<TcpListener>,
    /// For `/metrics`.
    pub metrics: Option<TcpListener>,
}

impl Listeners {
    /// Binds the addresses of the configuration.
    ///
    /// # Errors
    ///
    /// When an address is taken or not ours; the message names its key.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        let bind = async |key, address| {
            bound(address).with_context(|| format!("cannot listen on {address} (`{key}`)"))
        };
        let site = bind("site-addr", config.leptos.site_addr).await?;
        let bind_if = async |key, address| match address {
            Some(address) => bind(key, address).await.map(Some),
            None => Ok(None),
        };
        let redirect = bind_if("tls.redirect_addr", config.tls.redirect_addr).await?;
        let metrics = bind_if("metrics.addr", config.metrics.addr).await?;
        Ok(Self { site, redirect, metrics })
    }
}

/// As [`TcpListener::bind`], with a longer queue.
fn bound(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that comes back must not wait until the last packets of the old one's connections are gone.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `shutdown` ends, then lets calls finish for at most the grace.
///
/// # Errors
///
/// When the build is not what the configuration says, a listener has no address, the address needs origins that are not
/// configured, there is no certificate where there should be, the system has no randomness,
/// or a task without which there is no server ends by a fault of its own.
pub async fn run(
    config: Config,
    listeners: Listeners,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    // It fails where another server of this process has done it before.
    let _ = any_spawner::Executor::init_tokio();
    config.check_build()?;
    let address = listeners.site.local_addr().context("the site's listener has no address")?;
    let proxies = Arc::new(proxies(&config, address)?);
    let named = |(key, problem): config::ice::Fault| anyhow::anyhow!("`{key}` {problem}");
    let plan = config.tls.settle(&config.state).map_err(named)?;
    let origins = Origins::new(address, &config.server.origins, plan.origins(address))
        .map_err(|problem| anyhow::anyhow!("`{}` {problem}", http::origin::KEY))?;
    let origins = Arc::new(origins);
    let ice = config.ice.settle().map_err(named)?;
    let keys = config.state.keys().map_err(named)?.map_or_else(passing_key, Ok)?;
    let (limits, scrubs) = (&config.limits, config.ice.scrub);
    let telemetry = Arc::new(Telemetry::new());
    let (life, clock) = (Life::default(), Clock::start());
    let (driver, inbox) = Driver::new(
        config.server.max_connections,
        keys,
        crate::ui::build(&config.leptos),
        ice,
        limits,
        clock,
        Arc::clone(&telemetry),
    )?;
    let wheel = Arc::new(HeartbeatWheel::new());
    let network_limiter = NetworkLimiter::new(limits, clock, Arc::clone(&telemetry));
    let sockets =
        Sockets::new(inbox, Arc::clone(&wheel), life.clone(), Arc::clone(&telemetry), scrubs, clock, limits);
    let site = Site {
        origins: Arc::clone(&origins),
        proxies: Arc::clone(&proxies),
        network_limiter: Arc::new(network_limiter),
        sockets: Arc::new(sockets),
        life: life.clone(),
        over_tls_only: plan.is_trusted() && !origins.primary_is_loopback(),
    };

    let mut tasks = JoinSet::new();
    tasks.spawn(driver.run(life.clone()));
    tasks.spawn(run_heartbeat(wheel, life.stopping.clone()));
    let mut open = |listener, router, tls| {
        let (proxies, telemetry) = (Arc::clone(&proxies), Arc::clone(&telemetry));
        let (limits, stopping) = (ConnectionLimits::new(limits), life.stopping.clone());
        tasks.spawn(listen::serve(listener, Endpoint { router, tls, limits, proxies, telemetry, stopping }));
    };
    let (tls, chore) = plan.start(address, life.stopping.clone())?;
    open(listeners.site, router::site(&config, site), tls);
    if let Some(listener) = listeners.redirect {
        open(listener, listen::redirect(origins), None);
    }
    if let Some(listener) = listeners.metrics {
        open(listener, router::metrics(Arc::clone(&telemetry)), None);
    }
    if let Some(chore) = chore {
        tasks.spawn(chore);
    }
    tracing::info!(%address, "serving");

    let grace = Duration::from_secs(config.server.grace_seconds);
    live(life, tasks, shutdown, grace).await
}

/// Waits until the server is told to stop, and for the calls then; ends everything.
async fn live(
    life: Life,
    mut tasks: JoinSet<()>,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) -> anyhow::Result<()> {
    let result = tokio::select! {
        () = shutdown => {
            drain(&life, grace).await;
            Ok(())
        }
        Some(ended) = tasks.join_next() => Err(anyhow::anyhow!("a task has ended before the server: {ended:?}")),
    };
    end(&life, tasks).await;
    result
}

/// A key for the tickets of this server alone.
fn passing_key() -> anyhow::Result<Keys> {
    tracing::info!("no `state.dir`: calls cannot be taken up after a restart");
    let mut key = [0; 32];
    getrandom::fill(&mut key).context("the system has no randomness")?;
    Ok(key.into())
}

/// The proxies whose word is taken; warns where there seems to be one that is not named.
fn proxies(config: &Config, address: SocketAddr) -> anyhow::Result<Proxies> {
    let proxies = Proxies::new(&config.server.proxies, config.server.forwarded_header)
        .map_err(|problem| anyhow::anyhow!("`{}` {problem}", http::client_ip::KEY))?;
    if address.ip().is_loopback() && !config.server.origins.is_empty() && proxies.is_empty() {
        tracing::warn!(
            "behind a proxy that `server.proxies` does not name, everybody is one and not limited"
        );
    }
    Ok(proxies)
}

/// Lets nobody in any more, and waits for the last call.
async fn drain(life: &Life, grace: Duration) {
    tracing::info!(grace_seconds = grace.as_secs(), "draining");
    life.draining.cancel();
    let _ = timeout(grace, life.drained.cancelled()).await;
}

async fn run_heartbeat(wheel: Arc<HeartbeatWheel>, stopping: CancellationToken) {
    stopping.run_until_cancelled(wheel.run()).await;
}

/// Ends everything; what has not ended in time is dropped.
async fn end(life: &Life, mut tasks: JoinSet<()>) {
    life.stopping.cancel();
    life.sockets.close();
    let all_end = async {
        life.sockets.wait().await;
        while tasks.join_next().await.is_some() {}
    };
    let _ = timeout(END_WITHIN, all_end).await;
    tracing::info!("stopped");
}
