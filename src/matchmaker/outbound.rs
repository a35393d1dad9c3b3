//! [`Outbound`]: the outputs of the input that is being handled.

use std::{mem, sync::Arc};

use super::{
    input::SocketId,
    output::{Note, Output},
    peers::{Peer, SocketState},
};
use crate::protocol::{ErrorCode, Frame, PeerId, ToBrowser};

/// Collects outputs in order, and the peers whose outbox overflowed meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    outputs: Vec<Output>,
    /// Peers whose outbox is full. Their sessions end after the current input.
    overflowed: Vec<PeerId>,
}

impl Outbound {
    /// Sends a message to a peer. While its socket is lost, the outbox keeps the message for replay.
    pub(crate) fn send(&mut self, id: PeerId, peer: &mut Peer, msg: ToBrowser) {
        match (peer.delivery.send(Arc::new(msg)), peer.socket) {
            (Ok(frame), SocketState::Attached(socket)) => {
                peer.delivery.on_handed_over();
                self.outputs.push(Output::Send { socket, frame });
            }
            (Ok(_), SocketState::Detached { .. }) => {}
            (Err(_), SocketState::Attached(_) | SocketState::Detached { .. }) => self.overflowed.push(id),
        }
    }

    /// Sends all unacknowledged messages of a peer again, on its new socket.
    pub(crate) fn replay(&mut self, socket: SocketId, peer: &mut Peer) {
        let frames = peer.delivery.replay();
        self.outputs.extend(frames.into_iter().map(|frame| Output::Send { socket, frame }));
    }

    /// Sends a message outside any session, without sequence numbers.
    pub(crate) fn send_unnumbered(&mut self, socket: SocketId, msg: ToBrowser) {
        self.outputs.push(Output::Send { socket, frame: Frame { seq: 0, ack: 0, msg: Arc::new(msg) } });
    }

    /// Closes a socket after everything sent to it so far.
    pub(crate) fn close(&mut self, socket: SocketId, code: ErrorCode) {
        self.outputs.push(Output::Close { socket, code });
    }

    /// Reports something to the operator.
    pub(crate) fn note(&mut self, note: Note) {
        self.outputs.push(Output::Note(note));
    }

    /// Whether a peer's outbox overflowed while this input was handled.
    pub(crate) fn has_overflowed(&self, id: PeerId) -> bool {
        self.overflowed.contains(&id)
    }

    /// Removes and returns one peer whose outbox overflowed.
    pub(crate) fn pop_overflowed(&mut self) -> Option<PeerId> {
        self.overflowed.pop()
    }

    /// Removes and returns all outputs.
    pub(crate) fn take(&mut self) -> Vec<Output> {
        mem::take(&mut self.outputs)
    }
}
