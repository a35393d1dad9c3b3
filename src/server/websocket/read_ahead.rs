//! [`ReadAhead`]: a stream that reads what has arrived with one call of the system, and gives one frame at a time.
//!
//! A WebSocket reads in small steps, since its buffer lasts as long as the socket. Here the buffer belongs to the
//! thread, and only what does not fit into a step is kept for the next one.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::Bytes;

use super::frame_bounds::FrameBounds;

/// Bytes read at a time: a burst of candidates, or a part of a description. More would save few calls, and cost memory
/// for each socket that waits for the driver.
const READ_BYTES: usize = 2 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}

/// A stream, and what was read from it and not taken yet. Writes pass through.
#[derive(Debug)]
pub(crate) struct ReadAhead<S> {
    stream: S,
    rest: Bytes,
    bounds: FrameBounds,
    is_paused: bool,
}

impl<S> ReadAhead<S> {
    /// Nothing has been read.
    pub(crate) const fn of(stream: S) -> Self {
        Self { stream, rest: Bytes::new(), bounds: FrameBounds::new(), is_paused: false }
    }

    /// While it is paused, nothing can be read.
    pub(crate) const fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
    }

    /// Waits until something can be read, be it the end or an error. At most [`READ_BYTES`] are kept for it.
    pub(crate) fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()>
    where
        S: AsyncRead + Unpin,
    {
        if self.rest.is_empty() {
            BUFFER.with_borrow_mut(|bytes| {
                let mut read = ReadBuf::new(bytes);
                // An end and an error come again.
                let _ = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read));
                self.rest = Bytes::copy_from_slice(read.filled());
                Poll::Ready(())
            })
        } else {
            Poll::Ready(())
        }
    }

    /// Gives as much of the rest as there is room for, up to the end of the frame.
    fn take(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = self.bounds.advance(&self.rest[..self.rest.len().min(buffer.remaining())]);
        buffer.put_slice(&self.rest.split_to(count));
        if self.rest.is_empty() {
            // Frees the memory.
            self.rest = Bytes::new();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadAhead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_paused {
            // Nobody waits for it.
            return Poll::Pending;
        }
        if self.rest.is_empty() {
            ready!(BUFFER.with_borrow_mut(|bytes| {
                let mut read = ReadBuf::new(bytes);
                ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
                let read = read.filled();
                let count = self.bounds.advance(&read[..read.len().min(buffer.remaining())]);
                buffer.put_slice(&read[..count]);
                if count < read.len() {
                    self.rest = Bytes::copy_from_slice(&read[count..]);
                }
                Poll::Ready(Ok::<_, io::Error>(()))
            }))?;
        } else {
            self.take(buffer);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReadAhead<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn bytes_come_in_order_in_steps_of_any_size() {
        let (mut near, far) = duplex(64 * 1024);
        let mut stream = ReadAhead::of(far);
        let sent: Vec<u8> = (0..20_000_u32).map(|it| it as u8).collect();
        near.write_all(&sent).await.unwrap();
        drop(near);
        let mut received = Vec::new();
        for step in [1, 1_000, 1_047, 1, 2_048, 100].into_iter().cycle() {
            let mut bytes = vec![0; step];
            match stream.read(&mut bytes).await.unwrap() {
                0 => break,
                count => received.extend_from_slice(&bytes[..count]),
            }
        }
        assert_eq!(received, sent);
    }

    #[tokio::test]
    async fn nothing_is_kept_once_all_is_taken() {
        let (mut near, far) = duplex(64 * 1024);
        let mut stream = ReadAhead::of(far);
        near.write_all(&[7; 1_500]).await.unwrap();
        let mut bytes = [0; 500];
        for rest in [1_000, 500, 0] {
            stream.read_exact(&mut bytes).await.unwrap();
            assert_eq!(stream.rest.len(), rest);
        }
    }

    #[tokio::test]
    async fn a_frame_comes_without_a_byte_of_the_next_one_and_a_long_one_after_its_header() {
        let (mut near, far) = duplex(1024);
        let mut stream = ReadAhead::of(far);
        near.write_all(&[0x81, 2, b'a', b'b', 0x81, 126, 1, 44]).await.unwrap();
        near.write_all(&[b'x'; 301]).await.unwrap();
        let mut bytes = [0; 512];
        for expected in [4, 4, 300] {
            assert_eq!(stream.read(&mut bytes).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn it_is_readable_once_bytes_or_the_end_have_come_and_loses_nothing() {
        let (mut near, far) = duplex(64);
        let mut stream = ReadAhead::of(far);
        let is_readable =
            |stream: &mut ReadAhead<_>| poll_fn(|cx| stream.poll_readable(cx)).now_or_never().is_some();
        assert!(!is_readable(&mut stream));
        near.write_all(&[7; 3]).await.unwrap();
        assert!(is_readable(&mut stream) && is_readable(&mut stream));
        let mut bytes = [0; 3];
        stream.read_exact(&mut bytes).await.unwrap();
        assert_eq!(bytes, [7; 3]);
        assert!(!is_readable(&mut stream));
        drop(near);
        assert!(is_readable(&mut stream));
        assert_eq!(stream.read(&mut bytes).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn nothing_is_read_while_it_is_paused() {
        let (mut near, far) = duplex(64);
        let mut stream = ReadAhead::of(far);
        near.write_all(&[7; 2]).await.unwrap();
        let mut bytes = [0];
        stream.read_exact(&mut bytes).await.unwrap();
        stream.pause(true);
        assert!(stream.read(&mut bytes).now_or_never().is_none(), "not even what was read ahead");
        stream.pause(false);
        assert_eq!(stream.read(&mut bytes).now_or_never().unwrap().unwrap(), 1);
    }
}
