//! Edges: what becomes of the peers whose sockets an edge has, if it is lost or stops.

use super::{OpenSocket, SocketState};
use crate::{
    matchmaker::{
        Matchmaker,
        deadlines::Due,
        input::{EdgeId, SocketId},
    },
    protocol::{ErrorCode, PeerId, Signalling, ToBrowser, limits::GRACE_MATCHED},
    time::Moment,
};

impl Matchmaker {
    /// An edge is gone with all its sockets.
    pub(crate) fn on_edge_lost(&mut self, now: Moment, edge: EdgeId) {
        let mut peers = Vec::new();
        for socket in self.sockets_of(edge) {
            match self.sockets.remove(&socket) {
                Some(OpenSocket::AwaitingHello { until, .. }) => {
                    self.deadlines.cancel(until, Due::Hello(socket));
                }
                Some(OpenSocket::Bound(peer)) => peers.push(peer),
                None => {}
            }
        }
        self.detach_all(&peers, |it| now + it.state.grace());
        self.forget_relay(now, edge);
    }

    /// An edge is about to stop. Its peers come back through other edges, where they find all as they left it.
    pub(crate) fn on_edge_drains(&mut self, now: Moment, edge: EdgeId) {
        let mut peers = Vec::new();
        for socket in self.sockets_of(edge) {
            match self.sockets.get(&socket) {
                Some(OpenSocket::Bound(peer)) => peers.push(*peer),
                Some(OpenSocket::AwaitingHello { .. }) => self.close_socket(socket, ErrorCode::ServerStops),
                None => {}
            }
        }
        for peer in &peers {
            self.send_to_other_edge(now, *peer);
        }
        // Those that wait need as long as the others: they come back when they are told to.
        self.detach_all(&peers, |_| now + GRACE_MATCHED);
        self.avoid_relay(now, edge);
    }

    /// Closes the socket of a peer, and tells it when to come back through another edge.
    fn send_to_other_edge(&mut self, now: Moment, id: PeerId) {
        let code = ErrorCode::ServerStops;
        let after_ms = self.come_back_after_ms(now);
        self.send(id, ToBrowser::ComeBack { after_ms });
        self.send(id, ToBrowser::Error { code, about: 0, retry_ms: None });
        if let Some(SocketState::Attached(socket)) = self.peers.get(&id).map(|it| it.socket) {
            self.sockets.remove(&socket);
            self.outbound.close(socket, code);
        }
    }

    /// Starts the grace periods of peers. Only then are their partners told, since two of a pair may be among them.
    fn detach_all(&mut self, peers: &[PeerId], until: impl Fn(&super::Peer) -> Moment) {
        for id in peers {
            if let Some(until) = self.peers.get(id).map(|it| until(it)) {
                self.detach(*id, until);
            }
        }
        for id in peers {
            self.notify_partner(*id, Signalling::Lost);
        }
    }

    /// The sockets of an edge, in the order in which it opened them.
    fn sockets_of(&self, edge: EdgeId) -> Vec<SocketId> {
        #[expect(clippy::disallowed_methods, reason = "sorted at once")]
        let mut sockets: Vec<_> = self.sockets.keys().filter(|it| it.edge == edge).copied().collect();
        sockets.sort_unstable();
        sockets
    }
}
