//! One connection, from its first byte to its last answer or its upgrade; it must not know what is asked for.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use super::{Door, guarded::Guarded};

/// How long a TLS handshake may take: a few round trips.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// How long a request's head may take, and how long a connection is kept for the next one.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// Bytes of a request's head at most, and of an answer that wait to be taken. Ours need one or two thousand; hyper wants
/// at least 8 KiB.
const MAX_BUFFER: usize = 16 * 1024;

/// How long requests are taken on one connection. A browser that needs more opens another one.
const REQUESTS_FOR: Duration = Duration::from_secs(60);

/// How long the last answer may take after that, or when the server stops: with all of [`REQUESTS_FOR`] enough for the
/// largest file on the slowest phone, and the end of whoever reads a byte at a time.
const LAST_ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Serves one connection until it ends, becomes a socket, or has taken too long.
pub(super) async fn serve(stream: TcpStream, address: SocketAddr, door: Arc<Door>) {
    // Two small messages in a row must not wait for the first one's acknowledgement (Nagle, RFC 896). Where it cannot be
    // set, they do.
    let _ = stream.set_nodelay(true);
    let stream = Guarded::new(stream);
    match &door.tls {
        None => answer(stream, address, &door).await,
        Some(tls) => {
            // A handshake that fails is the other end's: it may be none at all.
            if let Ok(Ok(stream)) = timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
                answer(stream, address, &door).await;
            }
        }
    }
}

async fn answer<S>(stream: S, address: SocketAddr, door: &Door)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = door.router.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        // An error is the other end's, and its way of leaving.
        _ = connection.as_mut() => return,
        () = door.stopping.cancelled() => {}
        () = sleep(REQUESTS_FOR) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(LAST_ANSWER_WITHIN, connection).await;
}
