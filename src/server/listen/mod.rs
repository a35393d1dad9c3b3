//! From a listener to requests: who is let in, and how long anything may take; it must not know what is asked for.
//!
//! Everything before a request is answered has a deadline (`connection`), and all of it together a bound (`lobby`). A
//! socket leaves both behind with its upgrade: it has deadlines of its own, and the matchmaker counts it.

mod connection;
mod guarded;
mod lobby;
mod redirect;

pub(super) use redirect::redirect;

use std::{io::ErrorKind, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, time::sleep};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use lobby::Lobby;

/// Connections at most that are open and no sockets, of one listener. A page needs six for a second; with ten thousand
/// sockets this stays far below the descriptors that `docs/passerby.service` allows.
const MAX_OPEN: usize = 4096;

/// How long nobody is let in after the system refused a connection: it lacks descriptors or memory, and others have to
/// end first.
const REFUSED_FOR: Duration = Duration::from_millis(50);

/// What is behind one listener.
pub(super) struct Door {
    /// Answers.
    pub(super) router: Router,
    /// Where there is one, nothing is answered before its handshake.
    pub(super) tls: Option<TlsAcceptor>,
    /// Ends it.
    pub(super) stopping: CancellationToken,
}

/// Answers whoever connects until `stopping`, then waits for what is being answered.
pub(super) async fn serve(listener: TcpListener, door: Door) {
    let (door, lobby, tasks) = (Arc::new(door), Arc::new(Lobby::new(MAX_OPEN)), TaskTracker::new());
    loop {
        let accepted = tokio::select! {
            biased;
            () = door.stopping.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                lobby.enter(&tasks, connection::serve(stream, address, Arc::clone(&door)));
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
