//! The task of one connection: TLS handshake, HTTP requests, and the hand-over to a WebSocket.

use std::{
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

use super::{endpoint::Endpoint, write_timeout::WriteTimeout};
use crate::server::config::limits::Limit;

/// Bytes of a request's head, and of a response that waits to be sent, at most. Our pages need one or two thousand;
/// hyper requires at least 8 KiB.
const MAX_BUFFER: usize = 16 * 1024;

/// How long one connection accepts requests. A browser that needs more opens another one.
const REQUEST_PERIOD: Duration = Duration::from_secs(60);

/// How long the last response may take after [`REQUEST_PERIOD`], or after the server begins to stop.
///
/// Both together are enough for the largest file on the slowest phone. They also end connections that read one byte at
/// a time.
const LAST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the first request of a connection may take when the server stops. It follows the connection's beginning
/// within two round trips, and without a request hyper would close the connection.
const LATE_REQUEST_TIMEOUT: Duration = Duration::from_millis(500);

/// Serves one connection until it ends, becomes a WebSocket, or takes too long.
pub(crate) async fn serve(stream: TcpStream, address: SocketAddr, endpoint: Arc<Endpoint>) {
    // Without this, the second of two small messages waits until the first is acknowledged (Nagle, RFC 896). If it
    // fails, the connection is only slower.
    let _ = stream.set_nodelay(true);
    let stream = WriteTimeout::new(stream, endpoint.limits.write_timeout);
    match &endpoint.tls {
        None => serve_http(stream, address, &endpoint).await,
        Some(tls) => {
            match timeout(endpoint.limits.head_timeout, tls.accept(stream)).await {
                Ok(Ok(stream)) => serve_http(stream, address, &endpoint).await,
                // A failed handshake is the client's problem. It may not even be TLS.
                Ok(Err(_)) => {}
                Err(_) => endpoint.telemetry.limited(Limit::Head),
            }
        }
    }
}

async fn serve_http<S>(stream: S, address: SocketAddr, endpoint: &Endpoint)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let has_requested = AtomicBool::new(false);
    let service = service_fn(|request: Request<Incoming>| {
        has_requested.store(true, Ordering::Relaxed);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        endpoint.router.clone().oneshot(request)
    });
    let record_end = |result| endpoint.record_end(result, has_requested.load(Ordering::Relaxed));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(endpoint.limits.head_timeout)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let stopped = async {
        endpoint.stopping.cancelled().await;
        if !has_requested.load(Ordering::Relaxed) {
            sleep(LATE_REQUEST_TIMEOUT).await;
        }
    };
    tokio::select! {
        result = connection.as_mut() => return record_end(result),
        () = stopped => {}
        () = sleep(REQUEST_PERIOD) => {}
    }
    connection.as_mut().graceful_shutdown();
    match timeout(LAST_RESPONSE_TIMEOUT, connection).await {
        Ok(result) => record_end(result),
        Err(_) => endpoint.telemetry.limited(Limit::Write),
    }
}
