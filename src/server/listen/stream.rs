//! [`ConnectionStream`]: the stream of a connection, whose writes time out if the other end does not read.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Weak,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::phase::PhaseTracker;

/// A stream that fails with [`io::ErrorKind::TimedOut`] if a write makes no progress for too long, and that reports
/// when bytes arrive.
#[derive(Debug)]
pub(super) struct ConnectionStream<S> {
    stream: S,
    timeout: Duration,
    /// Gone once the connection has become a WebSocket.
    tracker: Weak<PhaseTracker>,
    /// Present only while a write waits, so that thousands of idle sockets need no timer.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> ConnectionStream<S> {
    /// Wraps `stream`. Each write has to make some progress within `timeout`; `tracker` is told of bytes that arrive.
    pub(super) fn new(stream: S, timeout: Duration, tracker: Weak<PhaseTracker>) -> Self {
        Self { stream, timeout, tracker, deadline: None }
    }

    fn report_bytes(&mut self) {
        match self.tracker.upgrade() {
            Some(tracker) => tracker.on_bytes(),
            // Frees the memory, since a WebSocket may last for days.
            None => self.tracker = Weak::new(),
        }
    }

    /// The result of a write, or the timeout.
    fn or_timeout<T>(&mut self, result: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.deadline = None;
            return result;
        }
        let timeout = self.timeout;
        ready!(self.deadline.get_or_insert_with(|| Box::pin(sleep(timeout))).as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ConnectionStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.report_bytes();
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ConnectionStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.or_timeout(result, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.or_timeout(result, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
