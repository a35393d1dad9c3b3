//! The server: axum, tokio, the clock and randomness; it decides nothing about people.
//!
//! [`run`] is all of its life. Each socket has a task (`socket`), one task owns the matchmaker (`driver`), and between
//! them go bounded channels: a socket waits for the driver, the driver never waits for a socket.

pub mod config;
pub mod forwarded;
pub mod limits;
pub mod origin;
pub mod sdp;

mod allowance;
mod clock;
mod driver;
mod gate;
mod headers;
mod life;
mod normal;
mod relay;
mod router;
mod scrub;
mod socket;
mod telemetry;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

pub use config::Config;
pub use telemetry::start_log;

use clock::Clock;
use driver::Driver;
use forwarded::Proxies;
use gate::Gate;
use life::Life;
use origin::Origins;
use router::Site;
use socket::Exchange;
use telemetry::Telemetry;

/// How long sockets and requests are waited for at the very end: a little more than a socket's own farewell takes.
const END_WITHIN: Duration = Duration::from_millis(1500);

/// Where a server listens; bound before it runs, so that whoever starts it knows the ports.
#[derive(Debug)]
pub struct Listeners {
    /// For pages and sockets.
    pub site: TcpListener,
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
            TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} (`{key}`)"))
        };
        let site = bind("site-addr", config.leptos.site_addr).await?;
        let metrics = match config.metrics.addr {
            Some(address) => Some(bind("metrics.addr", address).await?),
            None => None,
        };
        Ok(Self { site, metrics })
    }
}

/// Serves until `shutdown` ends, then lets calls finish for at most the grace.
///
/// # Errors
///
/// When the build is not what the configuration says, a listener has no address, the address needs origins that are not
/// configured, the system has no randomness,
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
    let origins = Origins::new(address, &config.server.origins)
        .map_err(|problem| anyhow::anyhow!("`{}` {problem}", origin::KEY))?;
    let proxies = proxies(&config, address)?;
    let named = |(key, problem): relay::Fault| anyhow::anyhow!("`{key}` {problem}");
    let ice = config.ice.settle().map_err(named)?;
    let ticket_key = match config.state.ticket_key().map_err(named)? {
        Some(key) => key,
        None => {
            tracing::info!("no `state.dir`: calls cannot be taken up after a restart");
            let mut key = [0; 32];
            getrandom::fill(&mut key).context("the system has no randomness")?;
            key
        }
    };
    let scrubs = config.ice.scrub;
    let telemetry = Arc::new(Telemetry::new());
    let life = Life::default();
    let (driver, inbox) = Driver::new(
        config.server.max_connections,
        ticket_key,
        crate::ui::build(&config.leptos),
        ice,
        Arc::clone(&telemetry),
    )?;
    let limits = &config.limits;
    let clock = Clock::start();
    let gate = Gate::new(limits, !proxies.is_empty(), clock, Arc::clone(&telemetry));
    let exchange = Exchange::new(inbox, life.clone(), Arc::clone(&telemetry), scrubs, clock, limits);
    let site = Site::new(origins, proxies, gate, exchange, life.clone());

    let mut tasks = JoinSet::new();
    tasks.spawn(driver.run(life.clone()));
    tasks.spawn(serve(listeners.site, router::site(&config, site), life.stopping.clone()));
    if let Some(listener) = listeners.metrics {
        tasks.spawn(serve(listener, router::metrics(telemetry), life.stopping.clone()));
    }
    tracing::info!(%address, "serving");

    let result = tokio::select! {
        () = shutdown => {
            drain(&life, Duration::from_secs(config.server.grace_seconds)).await;
            Ok(())
        }
        Some(ended) = tasks.join_next() => Err(anyhow::anyhow!("a task has ended before the server: {ended:?}")),
    };
    life.stopping.cancel();
    life.sockets.close();
    let all_end = async {
        life.sockets.wait().await;
        while tasks.join_next().await.is_some() {}
    };
    // What has not ended by then is dropped.
    let _ = timeout(END_WITHIN, all_end).await;
    tracing::info!("stopped");
    result
}

/// The proxies whose word is taken; warns where there seems to be one that is not named.
fn proxies(config: &Config, address: SocketAddr) -> anyhow::Result<Proxies> {
    let proxies = Proxies::new(&config.server.proxies, config.server.forwarded_header)
        .map_err(|problem| anyhow::anyhow!("`{}` {problem}", forwarded::KEY))?;
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

async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken) {
    // Two small messages in a row must not wait for the first one's acknowledgement (Nagle, RFC 896). Where it cannot be
    // set, they do.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    // Its result says nothing: accepting is tried again after an error, so that only `stopping` ends it.
    let _ = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stopping.cancelled_owned())
        .await;
}
