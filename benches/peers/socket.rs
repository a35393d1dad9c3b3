//! A client's WebSocket, which counts the bytes of all clients.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll},
    time::Instant,
};

use futures::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message, Utf8Bytes,
        client::IntoClientRequest,
        http::HeaderValue,
        protocol::{CloseFrame, WebSocketConfig},
    },
};

/// Bytes that all clients have sent and received since the start: handshakes, frames and their heads, without the
/// heads of TCP and IP.
static BYTES: AtomicU64 = AtomicU64::new(0);

/// Bytes that all clients have sent and received so far.
pub(crate) fn bytes() -> u64 {
    BYTES.load(Ordering::Relaxed)
}

/// A text that a client has received.
#[derive(Debug)]
pub(crate) struct Received {
    /// When it was read, before anything was done with it.
    pub(crate) at: Instant,
    pub(crate) text: Utf8Bytes,
}

/// One WebSocket of a client.
pub(crate) struct Socket(WebSocketStream<Counted>);

impl Socket {
    /// Connects; `None` if the server does not accept.
    pub(crate) async fn open(server: SocketAddr, path: &str, subprotocol: Option<&str>) -> Option<Self> {
        let mut request = format!("ws://{server}{path}").into_client_request().ok()?;
        let origin = format!("http://localhost:{}", server.port());
        request.headers_mut().insert("Origin", HeaderValue::from_str(&origin).ok()?);
        if let Some(it) = subprotocol {
            request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_str(it).ok()?);
        }
        let stream = TcpStream::connect(server).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
        let (socket, _) = client_async_with_config(request, Counted(stream), Some(config)).await.ok()?;
        Some(Self(socket))
    }

    /// The next text; `None` when the connection has ended. May be cancelled.
    pub(crate) async fn receive(&mut self) -> Option<Received> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Text(text) => return Some(Received { at: Instant::now(), text }),
                Message::Ping(_) => self.0.flush().await.ok()?,
                Message::Pong(_) => {}
                Message::Binary(_) | Message::Close(_) | Message::Frame(_) => return None,
            }
        }
    }

    /// Sends a text. An error is not one here: the next [`receive`](Self::receive) returns it.
    pub(crate) async fn send(&mut self, text: impl Into<Utf8Bytes>) {
        let _ = self.0.send(Message::Text(text.into())).await;
    }

    /// Closes the connection and waits until the server has closed it, too.
    pub(crate) async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::default() };
        if self.0.close(Some(frame)).await.is_ok() {
            while let Some(Ok(_)) = self.0.next().await {}
        }
    }
}

/// A stream whose bytes are added to [`BYTES`].
struct Counted(TcpStream);

fn count(bytes: usize) {
    BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.0).poll_read(context, buffer);
        count(buffer.filled().len() - before);
        result
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.0).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = &result {
            count(*written);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
