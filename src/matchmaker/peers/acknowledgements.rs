//! Peers that do not acknowledge: the age limit of their messages, and the memory of all outboxes together.

use std::mem;

use super::{OpenSocket, Peer, SocketState, ack_watch::AckVerdict};
use crate::{
    matchmaker::{Matchmaker, deadlines::Due, input::SocketId, outboxes::OutboxLoad, output::OutboxTotals},
    protocol::{ErrorCode, Heartbeat, PeerId, ToBrowser},
    time::Moment,
};

impl Matchmaker {
    /// The memory and the age of the messages that peers have not acknowledged.
    pub fn outbox_totals(&self) -> OutboxTotals {
        OutboxTotals { bytes: self.outboxes.bytes(), oldest: self.outboxes.oldest() }
    }

    /// Counts the outboxes that the current input has changed. If all of them hold too much together, ends the sessions
    /// of those that have not acknowledged for longest.
    pub(crate) fn bound_outboxes(&mut self, now: Moment) {
        loop {
            while let Some(id) = self.outbound.pop_changed() {
                self.count_outbox(now, id);
            }
            let Some(id) = self.outboxes.over_budget() else { return };
            self.end_session(now, id, ErrorCode::TooSlow, 0);
            self.end_overflowed_sessions(now);
        }
    }

    fn count_outbox(&mut self, now: Moment, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let load = OutboxLoad::of(&peer.delivery);
        let before = mem::replace(&mut peer.acks.counted, load);
        self.outboxes.update(id, before, load);
        if let (SocketState::Attached(_), Some(oldest)) = (peer.socket, load.oldest)
            && let Some(at) = peer.acks.watch(now, oldest)
        {
            self.deadlines.set(at, Due::Acknowledge(id));
        }
    }

    /// Takes the outbox of a removed peer out of the totals.
    pub(crate) fn forget_outbox(&mut self, id: PeerId, mut peer: Peer) {
        self.outboxes.update(id, peer.acks.counted, OutboxLoad::default());
        if let Some(at) = peer.acks.stop() {
            self.deadlines.cancel(at, Due::Acknowledge(id));
        }
    }

    /// Sets how often a page sends a sign of life, after a message that may have changed it.
    pub(crate) fn set_heartbeat(&mut self, socket: SocketId, heartbeat: Heartbeat) {
        let Some(&OpenSocket::Bound(id)) = self.sockets.get(&socket) else { return };
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if mem::replace(&mut peer.acks.heartbeat, heartbeat) != heartbeat {
            // The new limit may be shorter.
            self.stop_watching(id);
            self.outbound.mark_changed(id);
        }
    }

    /// Stops watching over the acknowledgements of a peer, because its socket is lost or its limits have changed.
    pub(crate) fn stop_watching(&mut self, id: PeerId) {
        if let Some(at) = self.peers.get_mut(&id).and_then(|it| it.acks.stop()) {
            self.deadlines.cancel(at, Due::Acknowledge(id));
        }
    }

    /// Watches over the acknowledgements of a peer on its new socket. Ends its session if it only ever resumes.
    pub(crate) fn watch_new_socket(&mut self, id: PeerId) {
        let now = self.outbound.now();
        self.stop_watching(id);
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let oldest = peer.delivery.oldest().map(|it| it.sent_at);
        if !peer.acks.on_attached(now, oldest) {
            self.outbound.mark_overflowed(id);
        }
        self.outbound.mark_changed(id);
    }

    /// A peer should have acknowledged its oldest message by now.
    pub(crate) fn on_acknowledgement_due(&mut self, now: Moment, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let SocketState::Attached(socket) = peer.socket else { return };
        let Some(oldest) = peer.delivery.oldest().map(|it| it.sent_at) else {
            peer.acks.stop();
            return;
        };
        let verdict = peer.acks.on_due(now, oldest);
        if let Some(at) = peer.acks.deadline() {
            self.deadlines.set(at, Due::Acknowledge(id));
        }
        match verdict {
            AckVerdict::Wait => {}
            // Whatever arrives makes a page that is late send its acknowledgement.
            AckVerdict::Ask => self.send(id, ToBrowser::Pong {}),
            AckVerdict::Lost => self.lose_socket(now, id, socket),
        }
    }

    /// Closes the socket of a peer that may resume.
    fn lose_socket(&mut self, now: Moment, id: PeerId, socket: SocketId) {
        let code = ErrorCode::TooSlow;
        self.send(id, ToBrowser::Error { code, about: 0, retry_ms: None });
        self.sockets.remove(&socket);
        self.outbound.close(socket, code);
        self.start_grace(now, id);
    }
}
