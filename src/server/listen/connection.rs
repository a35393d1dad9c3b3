//! The task of one connection: TLS handshake, HTTP requests, and the hand-over to a WebSocket or to the relay.

use std::{convert::Infallible, net::SocketAddr, ops::RangeInclusive, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, StatusCode, header},
};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tower::ServiceExt;

use super::{
    endpoint::{Endpoint, Service},
    phase::{Phase, PhaseTracker, TrackedBody},
    slots::ConnectionSlot,
    stream::ConnectionStream,
};
use crate::{
    relay::{Path, Transport},
    server::{
        config::limits::Limit,
        relay::{self, RelayServer},
    },
};

/// Bytes of a request's head, and of a response that waits to be sent, at most. Our pages need one or two thousand;
/// hyper requires at least 8 KiB.
const MAX_BUFFER: usize = 16 * 1024;

/// How long the last response may take after the server begins to stop.
const LAST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// After this time the next response is the last one of its connection, and says so.
///
/// So no client keeps a slot for ever, and a proxy that pools connections opens new ones to all servers now and then.
/// An idle connection is not closed for its age: a request may be on its way, which a proxy would answer with 502.
const MAX_AGE: Duration = Duration::from_secs(600);

/// How long a request that has not arrived yet may take when the server stops. The first one follows the beginning of
/// the connection within two round trips, and without a request hyper would close the connection.
const LATE_REQUEST_TIMEOUT: Duration = Duration::from_millis(500);

/// The first byte of a STUN message; that of an HTTP request is a letter (RFC 9443, 3).
const STUN: RangeInclusive<u8> = 0x00..=0x03;

/// Serves one connection until it ends, becomes a WebSocket, or takes too long.
pub(super) async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    endpoint: Arc<Endpoint>,
    slot: ConnectionSlot,
) {
    // Without this, the second of two small messages waits until the first is acknowledged (Nagle, RFC 896). If it
    // fails, the connection is only slower.
    let _ = stream.set_nodelay(true);
    let Ok(local) = stream.local_addr() else { return };
    let tracker = PhaseTracker::new();
    let stream = ConnectionStream::new(stream, endpoint.limits.write_timeout, Arc::downgrade(&tracker));
    let path = |transport| Path { transport, local, remote: address };
    match &endpoint.tls {
        None => serve_stream(stream, path(Transport::Tcp), &endpoint, tracker, slot).await,
        Some(tls) => {
            let handshake = timeout(endpoint.limits.head_timeout, tls.accept(stream));
            match endpoint.workers.run(handshake).await {
                Ok(Ok(stream)) => serve_stream(stream, path(Transport::Tls), &endpoint, tracker, slot).await,
                // A failed handshake is the client's problem. It may not even be TLS.
                Ok(Err(_)) => {}
                Err(_) => endpoint.telemetry.limited(Limit::Head),
            }
        }
    }
}

async fn serve_stream<S>(
    stream: S,
    path: Path,
    endpoint: &Endpoint,
    tracker: Arc<PhaseTracker>,
    slot: ConnectionSlot,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match &endpoint.service {
        Service::Http(router) => serve_http(stream, path.remote, (router, endpoint), tracker, slot).await,
        Service::Turn(relay) => serve_turn(stream, path, (relay, endpoint), slot).await,
        Service::Both(router, relay) => {
            // It reads one byte ahead, and then nothing any more.
            let mut stream = BufReader::with_capacity(1, stream);
            let first = tokio::select! {
                first = stream.fill_buf() => first.map(|it| it.first().copied()),
                // A request that is on its way is still answered.
                () = endpoint.stopping.cancelled() => Ok(None),
                () = sleep(endpoint.limits.head_timeout) => return endpoint.telemetry.limited(Limit::Head),
            };
            match first {
                Ok(Some(first)) if STUN.contains(&first) => {
                    serve_turn(stream, path, (relay, endpoint), slot).await
                }
                Ok(_) => serve_http(stream, path.remote, (router, endpoint), tracker, slot).await,
                Err(_) => {}
            }
        }
    }
}

async fn serve_turn<S>(
    stream: S,
    path: Path,
    (relay, endpoint): (&Arc<RelayServer>, &Endpoint),
    slot: ConnectionSlot,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (relay, patience) = (Arc::clone(relay), endpoint.limits.head_timeout);
    let serve = async move { relay::stream::serve(&relay, stream, path, (slot, patience)).await };
    endpoint.stopping.run_until_cancelled(endpoint.workers.run(serve)).await;
}

async fn serve_http<S>(
    stream: S,
    address: SocketAddr,
    (router, endpoint): (&Router, &Endpoint),
    tracker: Arc<PhaseTracker>,
    mut slot: ConnectionSlot,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut phases, last_request_at) = (tracker.subscribe(), Instant::now() + MAX_AGE);
    let service = service_fn(|request: Request<Incoming>| {
        tracker.on_request();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        let (response, tracker) = (router.clone().oneshot(request), Arc::clone(&tracker));
        async move {
            let mut response = response.await?;
            if Instant::now() >= last_request_at && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response.map(|it| TrackedBody::new(it, tracker)))
        }
    });
    let connection = http1::Builder::new()
        // It would not tell an idle connection from a slow head.
        .header_read_timeout(None)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    loop {
        let phase = *phases.borrow_and_update();
        slot.set_idle(phase == Phase::Idle);
        tokio::select! {
            result = connection.as_mut() => return endpoint.record_end(result),
            () = endpoint.stopping.cancelled() => break,
            _ = phases.changed() => {}
            () = sleep(endpoint.limits.of(phase)) => match phase {
                Phase::Head => return endpoint.telemetry.limited(Limit::Head),
                Phase::Response => return endpoint.telemetry.limited(Limit::Write),
                Phase::Idle => break,
            },
        }
    }
    if *phases.borrow() == Phase::Head {
        tokio::select! {
            result = connection.as_mut() => return endpoint.record_end(result),
            _ = phases.changed() => {}
            () = sleep(LATE_REQUEST_TIMEOUT) => {}
        }
    }
    connection.as_mut().graceful_shutdown();
    match timeout(LAST_RESPONSE_TIMEOUT, connection).await {
        Ok(result) => endpoint.record_end(result),
        Err(_) => endpoint.telemetry.limited(Limit::Write),
    }
}
