//! [`WebSocket`]: the server's end of a WebSocket, which needs little memory and few calls of the system.
//!
//! It replaces axum's. Tungstenite reads, and answers control frames. It would write each message by a call of its own,
//! and keep a buffer of the size of the largest one for as long as the socket is open: with ten thousand sockets that
//! each sent one description, this is 60 MB. So texts are written here, all that are due in one call.

use std::{cell::Cell, future::poll_fn, io, pin::Pin, task::Poll};

use futures::{FutureExt, SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use super::read_ahead::ReadAhead;
use crate::{
    protocol::{
        ErrorCode,
        limits::{CLOSE_NORMAL, MAX_FRAME_BYTES, MAX_OUTBOX_MESSAGES},
    },
    server::telemetry::label,
};

/// Bytes of a socket's read buffer, allocated up front: what a page sends while nothing happens fits. A longer message
/// gets a buffer of its own.
const READ_BUFFER: usize = 256;

/// Bytes collected before tungstenite writes: none, each of its control frames is written at once.
const WRITE_BUFFER: usize = 0;

/// Bytes of frames other than texts that may wait for a socket that does not accept them: many hundreds of control
/// frames, which have at most 127 bytes (RFC 6455, 5.5), or one of the largest messages.
const MAX_WRITE_BUFFER: usize = 2 * MAX_FRAME_BYTES;

/// Bytes of a message that are read, at most: a little more than allowed, so that the socket is still readable after a
/// message just over the limit.
const MAX_READ: usize = MAX_FRAME_BYTES + 1024;

/// Bytes of texts after which no further one is added to those that are sent together: a dozen candidates. More would
/// save few calls, and cost memory for each socket that does not accept them.
const BATCH_BYTES: usize = 4 * 1024;

/// The first byte of an unfragmented text (RFC 6455, 5.2: FIN and opcode 1).
const TEXT: u8 = 0x81;

/// The second byte of a frame whose length follows in two bytes (RFC 6455, 5.2). Less is the length itself.
const LENGTH_16: u8 = 126;

/// The second byte of a frame whose length follows in eight bytes.
const LENGTH_64: u8 = 127;

thread_local! {
    /// A buffer for the texts of one socket at a time.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Texts that are sent together, as frames.
#[derive(Debug)]
pub(crate) struct TextBatch(Vec<u8>);

impl TextBatch {
    /// No texts. It uses the buffer of this thread, if no other batch does.
    pub(crate) fn new() -> Self {
        Self(BUFFER.take())
    }

    /// Adds a text.
    pub(crate) fn add(&mut self, text: &str) {
        let length = text.len();
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short), _) if short < LENGTH_16 => self.0.extend([TEXT, short]),
            (_, Ok(length)) => {
                self.0.extend([TEXT, LENGTH_16]);
                self.0.extend(length.to_be_bytes());
            }
            (_, Err(_)) => {
                self.0.extend([TEXT, LENGTH_64]);
                self.0.extend((length as u64).to_be_bytes());
            }
        }
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Whether there are enough texts for one call.
    pub(crate) const fn is_full(&self) -> bool {
        self.0.len() >= BATCH_BYTES
    }
}

impl Drop for TextBatch {
    fn drop(&mut self) {
        // The buffer of a large message is freed.
        if self.0.capacity() <= 4 * BATCH_BYTES {
            self.0.clear();
            BUFFER.set(std::mem::take(&mut self.0));
        }
    }
}

/// The server's end of a WebSocket.
///
/// Public so that the conformance suite tests this very type. Boxed, because each `async` function that passes it on
/// would otherwise reserve space for a copy in the task.
#[derive(Debug)]
pub struct WebSocket {
    stream: Box<WebSocketStream<ReadAhead<TokioIo<Upgraded>>>>,
    /// Whether [`recv_now`](Self::recv_now) has found nothing, and nothing has come since.
    found_nothing: bool,
}

impl WebSocket {
    /// Wraps a connection whose handshake is done.
    pub async fn new(upgraded: Upgraded) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_write_buffer_size(MAX_WRITE_BUFFER)
            .max_message_size(Some(MAX_READ))
            .max_frame_size(Some(MAX_READ));
        let stream = ReadAhead::of(TokioIo::new(upgraded));
        let stream = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
        Self { stream: Box::new(stream), found_nothing: false }
    }

    /// Receives the next message; `None` once the connection is closed.
    pub async fn recv(&mut self) -> Option<Result<Message, Error>> {
        self.stream.next().await
    }

    /// Receives the next message if it is there.
    pub(crate) fn recv_now(&mut self) -> Option<Option<Result<Message, Error>>> {
        let received = self.recv().now_or_never();
        self.found_nothing = received.is_none();
        received
    }

    /// After [`recv_now`](Self::recv_now) has found nothing, waits until something comes, maybe a part of a message.
    pub(crate) async fn readable(&mut self) {
        if self.found_nothing {
            poll_fn(|cx| self.stream.get_mut().poll_readable(cx)).await;
            self.found_nothing = false;
        }
    }

    /// Frees the memory of a text that was received last and is not needed any more.
    ///
    /// It is a part of the read buffer. Tungstenite replaces the buffer before it reads again, and would use the memory
    /// again if the text were gone by then: so the buffer would keep the size of the largest message for as long as the
    /// socket is open, and until the next message in any case.
    pub(crate) fn release(&mut self, text: Utf8Bytes) {
        if text.len() > READ_BUFFER {
            // Tungstenite has read nothing beyond the text, and finds nothing now. After an error nothing would come.
            self.stream.get_mut().pause(true);
            let _ = self.recv().now_or_never();
            self.stream.get_mut().pause(false);
        }
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

    /// Sends a message other than a text.
    ///
    /// # Errors
    ///
    /// When the connection is lost.
    pub async fn send(&mut self, message: Message) -> Result<(), Error> {
        self.stream.send(message).await
    }

    /// Sends a text.
    ///
    /// # Errors
    ///
    /// When the connection is lost.
    pub async fn send_text(&mut self, text: &str) -> Result<(), Error> {
        let mut batch = TextBatch::new();
        batch.add(text);
        self.send_batch(batch).await
    }

    /// Sends texts. If the future is dropped before it ends, nothing may be sent any more: a frame may be incomplete.
    ///
    /// # Errors
    ///
    /// When the connection is lost.
    pub(crate) async fn send_batch(&mut self, batch: TextBatch) -> Result<(), Error> {
        // A control frame of tungstenite's may have been written in part.
        self.stream.flush().await?;
        let stream = self.stream.get_mut();
        let written = write_now(stream, &batch.0).await?;
        if written < batch.0.len() {
            // The buffer goes back to the thread: ten thousand sockets may wait like this.
            let rest: Box<[u8]> = batch.0[written..].into();
            drop(batch);
            stream.write_all(&rest).await?;
        }
        Ok(self.stream.get_mut().flush().await?)
    }
}

/// The frame that closes a socket with this code.
pub(crate) fn close_frame(code: ErrorCode) -> Message {
    Message::Close(Some(CloseFrame {
        code: code.close_code().unwrap_or(CLOSE_NORMAL).into(),
        reason: label(&code).into(),
    }))
}

/// Writes as much as a stream accepts without waiting, which may be nothing.
async fn write_now(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<usize> {
    poll_fn(|cx| match Pin::new(&mut *stream).poll_write(cx, bytes) {
        Poll::Ready(written) => Poll::Ready(written),
        Poll::Pending => Poll::Ready(Ok(0)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket as Reader};

    proptest! {
        #[test]
        fn frames_are_read_by_tungstenite(lengths in proptest::collection::vec(prop_oneof![0_usize..130, 65_530..65_540_usize], 1..5)) {
            let texts: Vec<_> = lengths.into_iter().map(|it| "x".repeat(it)).collect();
            let mut batch = TextBatch::new();
            texts.iter().for_each(|it| batch.add(it));
            let mut reader = Reader::from_raw_socket(std::io::Cursor::new(batch.0.clone()), Role::Client, None);
            for text in &texts {
                let message = reader.read().unwrap();
                prop_assert_eq!(message.to_text().unwrap(), text);
            }
        }
    }

    #[test]
    fn a_thread_keeps_one_buffer_and_none_of_a_large_text() {
        let capacity = || {
            let batch = TextBatch::new();
            batch.0.capacity()
        };
        let (mut one, other) = (TextBatch::new(), TextBatch::new());
        one.add(&"x".repeat(BATCH_BYTES));
        assert!(one.is_full() && !other.is_full());
        drop(other);
        drop(one);
        assert!(capacity() >= BATCH_BYTES);
        let mut large = TextBatch::new();
        large.add(&"x".repeat(5 * BATCH_BYTES));
        drop(large);
        assert_eq!(capacity(), 0);
    }
}
