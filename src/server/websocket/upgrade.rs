//! The WebSocket handshake, and a WebSocket that needs little memory.
//!
//! It replaces axum's, which sends each message in a single frame, while tungstenite keeps a buffer the size of the
//! largest frame for as long as the socket is open. With ten thousand sockets that each relayed one description, this
//! is 60 MB.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Bytes, Error, Message,
        handshake::server::create_response_with_body,
        protocol::{
            Role, WebSocketConfig,
            frame::{
                Frame,
                coding::{Data, OpCode},
            },
        },
    },
};

use crate::{
    protocol::limits::{MAX_FRAME_BYTES, MAX_OUTBOX_MESSAGES, SUBPROTOCOL},
    server::http::list_header,
};

/// Bytes of a socket's read buffer, allocated up front: all messages but descriptions fit, and ten thousand sockets
/// need 10 MB.
const READ_BUFFER: usize = 1024;

/// Bytes of one outgoing frame: all messages but descriptions fit into one.
const FRAGMENT: usize = 2048;

/// Bytes collected before a write: none, each frame is written at once.
const WRITE_BUFFER: usize = 0;

/// Bytes that may wait for a socket that does not accept them: several of the largest messages.
const MAX_WRITE_BUFFER: usize = 256 * 1024;

/// Bytes of a message that are read, at most: a little more than allowed, so that the socket is still readable after a
/// message just over the limit.
const MAX_READ: usize = MAX_FRAME_BYTES + 1024;

/// A valid request for a WebSocket with our subprotocol, and the response to it.
pub(crate) struct Upgrade {
    upgraded: OnUpgrade,
    response: Response,
}

/// Why a request cannot become a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpgradeError {
    /// Not a WebSocket upgrade request (RFC 6455, 4.2.1).
    NotWebSocket,
    /// The request does not offer our subprotocol.
    WrongSubprotocol,
}

impl IntoResponse for UpgradeError {
    fn into_response(self) -> Response {
        let code = match self {
            Self::NotWebSocket => "no-websocket",
            Self::WrongSubprotocol => "wrong-subprotocol",
        };
        (StatusCode::BAD_REQUEST, code).into_response()
    }
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = UpgradeError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, UpgradeError> {
        let upgraded = parts.extensions.remove::<OnUpgrade>().ok_or(UpgradeError::NotWebSocket)?;
        let response = respond(&parts.method, parts.version, &parts.headers)?;
        Ok(Self { upgraded, response })
    }
}

/// The response that completes the handshake.
fn respond(method: &Method, version: Version, headers: &HeaderMap) -> Result<Response, UpgradeError> {
    let mut request = Request::new(());
    (*request.method_mut(), *request.version_mut()) = (method.clone(), version);
    for name in [header::SEC_WEBSOCKET_VERSION, header::SEC_WEBSOCKET_KEY] {
        if let Some(value) = headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    // Tungstenite looks only at the first line of these lists, and takes no other protocol beside ours.
    for (name, token) in [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")] {
        if list_header::contains(headers, &name, token) {
            request.headers_mut().insert(name, HeaderValue::from_static(token));
        }
    }
    let mut response =
        create_response_with_body(&request, Body::empty).map_err(|_| UpgradeError::NotWebSocket)?;
    if !list_header::items(headers, &header::SEC_WEBSOCKET_PROTOCOL).any(|it| it == SUBPROTOCOL) {
        return Err(UpgradeError::WrongSubprotocol);
    }
    let chosen = HeaderValue::from_static(SUBPROTOCOL);
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, chosen);
    Ok(response)
}

impl Upgrade {
    /// Returns the response, and calls `serve` with the socket once the response is sent. If it cannot be sent,
    /// `serve` is dropped.
    pub(crate) fn accept<F>(self, serve: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        let Self { upgraded, response } = self;
        tokio::spawn(async move {
            if let Ok(upgraded) = upgraded.await {
                serve(WebSocket::new(upgraded).await).await;
            }
        });
        response
    }
}

/// The server's end of a WebSocket.
///
/// Public so that the conformance suite tests this very type. Boxed, because each `async` function that passes it on
/// would otherwise reserve space for a copy in the task.
#[derive(Debug)]
pub struct WebSocket(Box<WebSocketStream<TokioIo<Upgraded>>>);

impl WebSocket {
    /// Wraps a connection whose handshake is done.
    pub async fn new(upgraded: Upgraded) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_write_buffer_size(MAX_WRITE_BUFFER)
            .max_message_size(Some(MAX_READ))
            .max_frame_size(Some(MAX_READ));
        let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config));
        Self(Box::new(stream.await))
    }

    /// Receives the next message; `None` once the connection is closed.
    pub async fn recv(&mut self) -> Option<Result<Message, Error>> {
        self.0.next().await
    }

    /// Discards messages until the other end closes the connection.
    ///
    /// It reads no more than a page may have sent before it saw our close frame, so as not to serve a flood to its end.
    /// After that, or after an error, it never returns: the caller sets a timeout.
    pub(crate) async fn wait_for_close(&mut self) {
        for _ in 0..MAX_OUTBOX_MESSAGES {
            match self.recv().await {
                Some(Ok(_)) => {}
                Some(Err(_)) => break,
                None => return,
            }
        }
        std::future::pending().await
    }

    /// Sends a message in one frame.
    ///
    /// # Errors
    ///
    /// When the connection is lost.
    pub async fn send(&mut self, message: Message) -> Result<(), Error> {
        self.0.send(message).await
    }

    /// Sends a text, in as many frames of at most 2048 bytes as it needs.
    ///
    /// # Errors
    ///
    /// When the connection is lost.
    pub async fn send_text(&mut self, text: String) -> Result<(), Error> {
        let mut rest = Bytes::from(text);
        let mut kind = Data::Text;
        loop {
            let part = rest.split_to(rest.len().min(FRAGMENT));
            let is_last = rest.is_empty();
            self.0.feed(Message::Frame(Frame::message(part, OpCode::Data(kind), is_last))).await?;
            if is_last {
                return self.0.flush().await;
            }
            kind = Data::Continue;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The headers of a handshake, with these instead of its own lines of the same names.
    fn answer(changed: &[(&'static str, &'static str)]) -> Result<u16, UpgradeError> {
        let own = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", SUBPROTOCOL),
        ];
        let kept = own.iter().filter(|(name, _)| changed.iter().all(|it| it.0 != *name));
        let mut headers = HeaderMap::new();
        for (name, value) in kept.chain(changed) {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let response = respond(&Method::GET, Version::HTTP_11, &headers)?;
        let text = |name: &'static str| response.headers()[name].to_str().unwrap();
        assert_eq!((text("connection"), text("upgrade")), ("Upgrade", "websocket"));
        assert_eq!(text("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "RFC 6455, 1.3");
        assert_eq!(text("sec-websocket-protocol"), SUBPROTOCOL);
        Ok(response.status().as_u16())
    }

    #[test]
    fn list_headers_may_have_several_items_and_lines() {
        for changed in [
            &[][..],
            &[("connection", "keep-alive"), ("connection", "Upgrade")],
            &[("connection", "keep-alive, UPGRADE")],
            &[("connection", "upgrade,keep-alive")],
            &[("upgrade", "websocket, h2c")],
            &[("upgrade", "h2c,WebSocket")],
            &[("upgrade", "h2c"), ("upgrade", "websocket")],
            &[("sec-websocket-protocol", "a, passerby.v1 , b")],
            &[("sec-websocket-protocol", "a"), ("sec-websocket-protocol", "passerby.v1")],
        ] {
            assert_eq!(answer(changed), Ok(101), "{changed:?}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_handshake() {
        for changed in [
            ("connection", "keep-alive"),
            ("connection", "not-upgrade"),
            ("connection", ""),
            ("upgrade", "h2c"),
            ("upgrade", "websockets"),
            ("sec-websocket-version", "8"),
        ] {
            assert_eq!(answer(&[changed]), Err(UpgradeError::NotWebSocket), "{changed:?}");
        }
        for offers in ["passerby.v0", "passerby.v1x, PASSERBY.V1", ""] {
            let answer = answer(&[("sec-websocket-protocol", offers)]);
            assert_eq!(answer, Err(UpgradeError::WrongSubprotocol), "{offers}");
        }
    }
}
