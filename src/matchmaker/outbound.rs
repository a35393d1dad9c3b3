//! [`Outbound`]: the outputs of the input that is being handled.

use std::{mem, sync::Arc};

use super::{
    input::SocketId,
    outboxes::KeptMessage,
    output::{Note, Output},
    peers::{Peer, SocketState},
};
use crate::{
    protocol::{ErrorCode, Frame, PeerId, ToBrowser},
    time::Moment,
};

/// Collects outputs in order, and the peers whose outbox changed or overflowed meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    /// The time of the current input.
    now: Moment,
    outputs: Vec<Output>,
    /// Peers whose outbox may have changed and has to be counted. One may be listed several times.
    changed: Vec<PeerId>,
    /// Peers whose outbox is full. Their sessions end after the current input.
    overflowed: Vec<PeerId>,
}

impl Outbound {
    /// Begins a new input.
    pub(crate) const fn begin(&mut self, now: Moment) {
        self.now = now;
    }

    /// The time of the current input.
    pub(crate) const fn now(&self) -> Moment {
        self.now
    }

    /// Sends a message to a peer. While its socket is lost, the outbox keeps the message for replay.
    pub(crate) fn send(&mut self, id: PeerId, peer: &mut Peer, msg: ToBrowser) {
        self.mark_changed(id);
        let msg = KeptMessage { msg: Arc::new(msg), sent_at: self.now };
        match (peer.delivery.send(msg), peer.socket) {
            (Ok(frame), SocketState::Attached(socket)) => {
                peer.delivery.on_handed_over();
                self.push_frame(socket, frame);
            }
            (Ok(_), SocketState::Detached { .. }) => {}
            (Err(_), SocketState::Attached(_) | SocketState::Detached { .. }) => self.overflowed.push(id),
        }
    }

    /// Sends all unacknowledged messages of a peer again, on its new socket.
    pub(crate) fn replay(&mut self, socket: SocketId, peer: &mut Peer) {
        peer.delivery.replay().into_iter().for_each(|it| self.push_frame(socket, it));
    }

    fn push_frame(&mut self, socket: SocketId, Frame { seq, ack, msg }: Frame<KeptMessage>) {
        self.outputs.push(Output::Send { socket, frame: Frame { seq, ack, msg: msg.msg } });
    }

    /// Sends a message outside any session, without sequence numbers.
    pub(crate) fn send_unnumbered(&mut self, socket: SocketId, msg: ToBrowser) {
        self.outputs.push(Output::Send { socket, frame: Frame { seq: 0, ack: 0, msg: Arc::new(msg) } });
    }

    /// Closes a socket after everything sent to it so far.
    pub(crate) fn close(&mut self, socket: SocketId, code: ErrorCode) {
        self.outputs.push(Output::Close { socket, code });
    }

    /// Asks the driver for something else than a message.
    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push(output);
    }

    /// Reports something to the operator.
    pub(crate) fn note(&mut self, note: Note) {
        self.outputs.push(Output::Note(note));
    }

    /// Whether a peer's outbox overflowed while this input was handled.
    pub(crate) fn has_overflowed(&self, id: PeerId) -> bool {
        self.overflowed.contains(&id)
    }

    /// Ends a peer's session after the current input, as if its outbox had overflowed.
    pub(crate) fn mark_overflowed(&mut self, id: PeerId) {
        self.overflowed.push(id);
    }

    /// Has the outbox of a peer counted after the current input.
    pub(crate) fn mark_changed(&mut self, id: PeerId) {
        self.changed.push(id);
    }

    /// Removes and returns one peer whose outbox has to be counted.
    pub(crate) fn pop_changed(&mut self) -> Option<PeerId> {
        self.changed.pop()
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
