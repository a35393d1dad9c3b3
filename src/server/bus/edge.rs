//! [`Edge`]: the open sockets of this process, as far as the matchmaker knows them.

use std::sync::Arc;

use crate::{
    matchmaker::{Closing, Input, SocketId, Visit, id_map::IdMap},
    protocol::{ErrorCode, Frame, ToBrowser},
    server::websocket::outbox::{OutboxFull, OutboxSender},
};

/// The way to each socket that the matchmaker knows.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    /// By the number of the socket.
    outboxes: IdMap<u64, OutboxSender>,
}

impl Edge {
    /// A socket is open.
    pub(crate) fn on_opened(&mut self, visit: Visit, outbox: OutboxSender) -> Input {
        self.outboxes.insert(visit.socket.number, outbox);
        Input::Opened(visit)
    }

    /// What a socket reports; `None` if the matchmaker has closed this socket and forgotten it.
    pub(crate) fn on_input(&mut self, socket: SocketId, input: Input) -> Option<Input> {
        let is_known = if let Input::Closed { .. } = input {
            self.outboxes.remove(&socket.number).is_some()
        } else {
            self.outboxes.contains_key(&socket.number)
        };
        is_known.then_some(input)
    }

    /// Sends a message on a socket. Returns what follows from it: a socket whose outbox overflows is lost.
    pub(crate) fn send(&mut self, socket: SocketId, frame: Frame<Arc<ToBrowser>>) -> Option<Input> {
        match self.outboxes.get(&socket.number)?.send(frame) {
            Ok(()) => None,
            Err(OutboxFull) => {
                self.outboxes.remove(&socket.number)?.abandon();
                Some(Input::Closed { socket, closing: Closing::Lost })
            }
        }
    }

    /// Closes a socket once everything sent before has left.
    pub(crate) fn close(&mut self, socket: SocketId, code: ErrorCode) {
        if let Some(outbox) = self.outboxes.remove(&socket.number) {
            outbox.close(code);
        }
    }
}
