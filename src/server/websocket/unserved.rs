//! A socket that is not served.

use std::{ops::Range, sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error;

use super::{
    connection::LINGER,
    socket::{WebSocket, close_frame},
    sockets::Sockets,
};
use crate::{
    matchmaker::ROOM_AFTER,
    protocol::{ErrorCode, Frame, ToBrowser, encode},
};

/// When a page of another origin may try again: an operator may have added the origin meanwhile, which is rare.
const OTHER_ORIGIN_AFTER: Range<Duration> = Duration::from_secs(50)..Duration::from_secs(60);

/// Tells a socket that is not served why, and when to come back, and closes it. Nothing that it sends is looked at.
///
/// The handshake is completed first: a page cannot see why a handshake failed.
pub(crate) async fn reject(sockets: Arc<Sockets>, mut socket: WebSocket, code: ErrorCode) {
    sockets.telemetry.closed(code);
    let Range { start, end } = if code == ErrorCode::WrongOrigin { OTHER_ORIGIN_AFTER } else { ROOM_AFTER };
    let retry_ms = fastrand::u32(start.as_millis() as u32..end.as_millis() as u32);
    let error = Frame { seq: 0, ack: 0, msg: ToBrowser::Error { code, about: 0, retry_ms: Some(retry_ms) } };
    let closing = async {
        socket.send_text(&encode(&error)).await?;
        socket.send(close_frame(code)).await?;
        socket.wait_for_close().await;
        Ok::<_, Error>(())
    };
    // Do not wait for clients that never read.
    let _ = timeout(LINGER, closing).await;
}
