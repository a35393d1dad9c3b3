//! What every WebSocket of this server is held to; it must not know who speaks on it, or what.

use axum::extract::ws::WebSocketUpgrade;

use crate::protocol::limits::MAX_FRAME_BYTES;

/// Bytes of a socket's read buffer, there from the start: most messages fit, and ten thousand of them are 40 MB.
const READ_BUFFER: usize = 4 * 1024;

/// Bytes collected before a write; a message is flushed at once anyway.
const WRITE_BUFFER: usize = 0;

/// Bytes that may wait for a socket that does not take them; several of the largest messages.
const MAX_WRITE_BUFFER: usize = 256 * 1024;

/// Bytes of a message that is still read. A little more than is allowed, so that one just too large is read to its end.
const MAX_READ: usize = MAX_FRAME_BYTES + 1024;

/// A handshake whose socket keeps to the bounds. Public so that a conformance suite can speak with a socket that is
/// made like the server's own.
pub fn bounded<F>(upgrade: WebSocketUpgrade<F>) -> WebSocketUpgrade<F> {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .max_message_size(MAX_READ)
        .max_frame_size(MAX_READ)
}
