//! The listeners: they accept connections, bound their number and duration, and serve HTTP or the relay on them.
//!
//! Each phase of a connection has a deadline (`phase`), and the number of open connections is bounded (`slots`).
//! Neither applies to a WebSocket after its upgrade: its own task has deadlines, and the matchmaker counts it. Nor does
//! it apply to a client of the relay once that counts its allocation.

mod endpoint;
mod connection;
mod phase;
mod stream;
mod slots;
mod redirect;
mod listeners;
mod workers;

pub(crate) use endpoint::{ConnectionLimits, Endpoint, Service};
pub use listeners::{InheritedSockets, Listeners, RelaySockets};
pub(crate) use redirect::redirect;
pub(crate) use workers::{Workers, make_page};

use std::{io::ErrorKind, sync::Arc, time::Duration};

use tokio::{net::TcpListener, time::sleep};
use tokio_util::task::TaskTracker;

use slots::ConnectionSlots;

/// How long to accept nothing after the system refused a connection: it lacks file descriptors or memory, so others
/// have to end first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until `accepting_ends`, serves them until `stopping`, and waits for the responses in progress.
pub(crate) async fn serve(listener: TcpListener, endpoint: Endpoint) {
    let limits = endpoint.limits;
    let slots = ConnectionSlots::new(limits.open, limits.open_per_network, Arc::clone(&endpoint.telemetry));
    let (slots, endpoint, tasks) = (Arc::new(slots), Arc::new(endpoint), TaskTracker::new());
    loop {
        let accepted = tokio::select! {
            biased;
            () = endpoint.accepting_ends.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                // Without a slot, the stream is dropped and so closed.
                if let Some(slot) = slots.acquire(endpoint.proxies.counted_address(address.ip())) {
                    let endpoint = Arc::clone(&endpoint);
                    // Boxed, since it has 13 KiB and is moved several times before it runs.
                    slot.run(&tasks, move |slot| {
                        Box::pin(connection::serve(stream, address, endpoint, slot))
                    });
                }
            }
            Err(error) if is_connection_error(error.kind()) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                slots.evict();
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// Whether a connection failed before it was accepted. The next one may succeed.
fn is_connection_error(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)
}
