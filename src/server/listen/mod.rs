//! From a listener to requests: who is let in, and how long anything may take; it must not know what is asked for.
//!
//! Everything before a request is answered has a deadline (`connection`), and all of it together a bound (`lobby`). A
//! socket leaves both behind with its upgrade: it has deadlines of its own, and the matchmaker counts it.

mod connection;
mod slots;
mod write_timeout;
mod redirect;

pub(crate) use redirect::redirect;

use std::{io::ErrorKind, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, time::sleep};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{config::limits::LimitSettings, http::client_ip::Proxies, telemetry::Telemetry};
use slots::Lobby;

/// How long nobody is let in after the system refused a connection: it lacks descriptors or memory, and others have to
/// end first.
const REFUSED_FOR: Duration = Duration::from_millis(50);

/// What is behind one listener.
pub(crate) struct Door {
    /// Answers.
    pub(crate) router: Router,
    /// Where there is one, nothing is answered before its handshake.
    pub(crate) tls: Option<TlsAcceptor>,
    /// How many may be behind it, and for how long.
    pub(crate) bounds: Bounds,
    /// Those who speak for many.
    pub(crate) proxies: Arc<Proxies>,
    /// Where it is counted what was too much.
    pub(crate) telemetry: Arc<Telemetry>,
    /// Ends it.
    pub(crate) stopping: CancellationToken,
}

/// What `[limits]` says of connections that are no sockets.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    open: usize,
    open_of_network: usize,
    head_within: Duration,
    write_within: Duration,
}

impl Bounds {
    /// From the settings.
    pub(crate) const fn new(limits: &LimitSettings) -> Self {
        let head_within = Duration::from_secs(limits.head_seconds);
        let write_within = Duration::from_secs(limits.write_seconds);
        let open_of_network = match limits.network.open {
            0 => usize::MAX,
            most => most,
        };
        Self { open: limits.open, open_of_network, head_within, write_within }
    }
}

/// Answers whoever connects until `stopping`, then waits for what is being answered.
pub(crate) async fn serve(listener: TcpListener, door: Door) {
    let lobby =
        Arc::new(Lobby::new(door.bounds.open, door.bounds.open_of_network, Arc::clone(&door.telemetry)));
    let (door, tasks) = (Arc::new(door), TaskTracker::new());
    loop {
        let accepted = tokio::select! {
            biased;
            () = door.stopping.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                // Where there is no place, it is closed.
                if let Some(place) = lobby.admit(door.proxies.network(address.ip())) {
                    place.occupy(&tasks, connection::serve(stream, address, Arc::clone(&door)));
                }
            }
            Err(error) if is_of_the_other_end(error.kind()) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot let anybody in");
                lobby.make_room();
                sleep(REFUSED_FOR).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// Whether a connection has failed that was not accepted yet, which says nothing of the next one.
fn is_of_the_other_end(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)
}
