//! From a request to a WebSocket that needs little memory; it must not know what is said on it.
//!
//! Not axum's: it can send a message in one frame only, and tungstenite keeps the buffer of the largest frame for good.
//! Ten thousand descriptions that were passed on once would be 60 MB.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderValue, Request, StatusCode, header, request::Parts},
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

use crate::protocol::limits::{MAX_FRAME_BYTES, MAX_OUTBOX_MESSAGES, SUBPROTOCOL};

/// Bytes of a socket's read buffer, there from the start: all but descriptions fit, and ten thousand of them are 10 MB.
const READ_BUFFER: usize = 1024;

/// Bytes of one frame of a message on its way out: all but descriptions fit into one.
const FRAGMENT: usize = 2048;

/// Bytes collected before a write; a frame is written at once anyway.
const WRITE_BUFFER: usize = 0;

/// Bytes that may wait for a socket that does not take them; several of the largest messages.
const MAX_WRITE_BUFFER: usize = 256 * 1024;

/// Bytes of a message that is still read. A little more than is allowed, so that one just too large is read to its end.
const MAX_READ: usize = MAX_FRAME_BYTES + 1024;

/// A request for a WebSocket with our subprotocol, and the answer to it.
pub(crate) struct Upgrade {
    upgraded: OnUpgrade,
    answer: Response,
}

/// What a request for a WebSocket lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// It is none (RFC 6455, 4.2.1).
    WebSocket,
    /// It does not offer our subprotocol.
    Subprotocol,
}

impl IntoResponse for Lack {
    fn into_response(self) -> Response {
        let word = match self {
            Self::WebSocket => "no-websocket",
            Self::Subprotocol => "wrong-subprotocol",
        };
        (StatusCode::BAD_REQUEST, word).into_response()
    }
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Lack;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Lack> {
        let upgraded = parts.extensions.remove::<OnUpgrade>().ok_or(Lack::WebSocket)?;
        let mut request = Request::new(());
        (*request.method_mut(), *request.version_mut()) = (parts.method.clone(), parts.version);
        std::mem::swap(request.headers_mut(), &mut parts.headers);
        let answer = create_response_with_body(&request, Body::empty);
        std::mem::swap(request.headers_mut(), &mut parts.headers);
        let mut answer = answer.map_err(|_| Lack::WebSocket)?;
        let offers = parts.headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
        let mut offers = offers.iter().filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(','));
        if !offers.any(|it| it.trim() == SUBPROTOCOL) {
            return Err(Lack::Subprotocol);
        }
        let chosen = HeaderValue::from_static(SUBPROTOCOL);
        answer.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, chosen);
        Ok(Self { upgraded, answer })
    }
}

impl Upgrade {
    /// The answer; `serve` is called with the socket once it is sent, and dropped where it cannot be.
    pub(crate) fn begin<F>(self, serve: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        let Self { upgraded, answer } = self;
        tokio::spawn(async move {
            if let Ok(upgraded) = upgraded.await {
                serve(WebSocket::new(upgraded).await).await;
            }
        });
        answer
    }
}

/// The server's end of a WebSocket. Public so that a conformance suite can speak with the very same. Boxed, because every
/// function that hands it on would have room for a copy of it in the task.
#[derive(Debug)]
pub struct WebSocket(Box<WebSocketStream<TokioIo<Upgraded>>>);

impl WebSocket {
    /// The server's end of a connection on which the handshake is done.
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

    /// The next message; `None` when there is none any more.
    pub async fn recv(&mut self) -> Option<Result<Message, Error>> {
        self.0.next().await
    }

    /// Reads until the other end has said farewell, as much as it may have said before it heard ours; for ever where it
    /// says more, or what cannot be read. A flood must not be read to its end.
    pub(crate) async fn see_off(&mut self) {
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

    /// Sends a text, in as many frames as it needs.
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
