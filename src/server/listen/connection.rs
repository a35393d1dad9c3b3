//! One connection, from its first byte to its last answer or its upgrade; it must not know what is asked for.

use std::{
    error::Error as _,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use super::{Door, write_timeout::Guarded};
use crate::server::config::limits::Limit;

/// Bytes of a request's head at most, and of an answer that wait to be taken. Ours need one or two thousand; hyper wants
/// at least 8 KiB.
const MAX_BUFFER: usize = 16 * 1024;

/// How long requests are taken on one connection. A browser that needs more opens another one.
const REQUESTS_FOR: Duration = Duration::from_secs(60);

/// How long the last answer may take after that, or when the server stops: with all of [`REQUESTS_FOR`] enough for the
/// largest file on the slowest phone, and the end of whoever reads a byte at a time.
const LAST_ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Serves one connection until it ends, becomes a socket, or has taken too long.
pub(crate) async fn serve(stream: TcpStream, address: SocketAddr, door: Arc<Door>) {
    // Two small messages in a row must not wait for the first one's acknowledgement (Nagle, RFC 896). Where it cannot be
    // set, they do.
    let _ = stream.set_nodelay(true);
    let stream = Guarded::new(stream, door.bounds.write_within);
    match &door.tls {
        None => answer(stream, address, &door).await,
        Some(tls) => {
            // A handshake that fails is the other end's: it may be none at all.
            match timeout(door.bounds.head_within, tls.accept(stream)).await {
                Ok(Ok(stream)) => answer(stream, address, &door).await,
                Ok(Err(_)) => {}
                Err(_) => door.telemetry.limited(Limit::Head),
            }
        }
    }
}

async fn answer<S>(stream: S, address: SocketAddr, door: &Door)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let asked = AtomicBool::new(false);
    let service = service_fn(|request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        door.router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(door.bounds.head_within)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return door.note(ended, &asked),
        () = door.stopping.cancelled() => {}
        () = sleep(REQUESTS_FOR) => {}
    }
    connection.as_mut().graceful_shutdown();
    match timeout(LAST_ANSWER_WITHIN, connection).await {
        Ok(ended) => door.note(ended, &asked),
        Err(_) => door.telemetry.limited(Limit::Write),
    }
}

impl Door {
    /// Counts who was too slow. Any other error is the other end's, and its way of leaving, and so is to ask for nothing
    /// more.
    fn note(&self, ended: Result<(), hyper::Error>, asked: &AtomicBool) {
        let Err(error) = ended else { return };
        let cause = error.source().and_then(|it| it.downcast_ref::<io::Error>());
        if error.is_timeout() && !asked.load(Ordering::Relaxed) {
            self.telemetry.limited(Limit::Head);
        } else if cause.is_some_and(|it| it.kind() == io::ErrorKind::TimedOut) {
            self.telemetry.limited(Limit::Write);
        }
    }
}
