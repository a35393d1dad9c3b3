//! Sessions: how peers connect, lose their sockets, resume and leave.

use std::mem;

use super::{OpenSocket, Peer, PeerState, SocketState, device::ResolvedDevice, past_partners::PairHistory};
use crate::{
    matchmaker::{
        Matchmaker,
        deadlines::Due,
        input::{Closing, SocketId, Visit},
        matches::ticket::Ticket,
        queue::place_proof::PlaceProof,
    },
    protocol::{DeviceId, EndReason, ErrorCode, MatchId, PastPairs, PeerId, Resume, Signalling, ToBrowser},
    time::Moment,
};

/// What a page says in its `hello` besides the session that it resumes.
pub(super) struct Claims<'a> {
    /// The signed name of its device.
    pub(super) device: Option<&'a str>,
    /// The statement about the age of its person.
    pub(super) age: Option<&'a str>,
    /// The proof of its place.
    pub(super) place: Option<&'a str>,
    /// The pairs that its device remembers.
    pub(super) past: &'a PastPairs,
}

impl Matchmaker {
    pub(crate) fn on_socket_opened(&mut self, now: Moment, visit: Visit) {
        let socket = visit.socket;
        if self.draining.is_some() {
            return self.reject_socket(socket, ErrorCode::ServerStops);
        }
        // A peer in its grace period may always come back, so there may be one more socket for every lost peer.
        if self.sockets.len() >= self.limits.max_connections.saturating_add(self.counts.lost) {
            return self.reject_socket(socket, ErrorCode::ServerFull);
        }
        let until = now + self.limits.hello_within;
        self.sockets.insert(socket, OpenSocket::AwaitingHello { until, visit: Box::new(visit) });
        self.deadlines.set(until, Due::Hello(socket));
    }

    pub(crate) fn on_hello_timeout(&mut self, socket: SocketId) {
        self.sockets.remove(&socket);
        self.reject_socket(socket, ErrorCode::HelloFirst);
    }

    /// Resumes a session, or starts a new one.
    ///
    /// A secret takes precedence over a ticket: only with a secret is no message lost. Whether somebody is old enough,
    /// or comes from a network that is refused, matters when a session starts. A session that goes on by a ticket
    /// finishes its match first.
    pub(super) fn on_hello(
        &mut self,
        now: Moment,
        visit: Visit,
        ack: u64,
        resume: Option<Resume>,
        ticket: Option<&str>,
        Claims { device, age, place, past }: Claims<'_>,
    ) {
        let is_valid = |it: &Resume| {
            let peer = self.peers.get(&it.peer);
            peer.is_some_and(|peer| peer.secrets.accepts(it.secret))
        };
        if let Some(resume) = resume.filter(is_valid) {
            return self.resume_by_secret(now, visit, ack, resume);
        }
        let (ticket, device) = (ticket.and_then(|it| self.verify_ticket(it)), self.resolve_device(device));
        if ticket.as_ref().is_some_and(|it| self.is_late(it, resume)) {
            return self.close_socket(visit.socket, ErrorCode::Replaced);
        }
        let is_old_enough = self.deployment.is_old_enough(age, self.ids.unix_seconds());
        if ticket.is_none() && !is_old_enough {
            return self.close_socket(visit.socket, ErrorCode::AgeRequired);
        }
        if self.refuse_sanctioned(visit, device.id, ticket.as_ref()) {
            return;
        }
        match ticket {
            Some(ticket) => {
                let id = ticket.peer;
                self.resume_by_ticket(now, visit, ticket, (device, past));
                let of_network = self.is_network_refused(visit.network_tags).then_some(ErrorCode::Sanctioned);
                let of_age = (!is_old_enough).then_some(ErrorCode::AgeRequired);
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.refused = of_network.or(of_age);
                    resume.into_iter().for_each(|it| peer.secrets.add_former(it.secret));
                }
            }
            None if self.draining.is_some() => self.close_socket(visit.socket, ErrorCode::ServerStops),
            None if self.peers.len() >= self.limits.max_connections => {
                self.close_socket(visit.socket, ErrorCode::ServerFull);
            }
            None => {
                let id = self.ids.peer_id();
                self.bind_socket(visit.socket, id);
                let mut peer = Peer::new(visit, device.id, self.limits.outbox_bytes);
                let secret = peer.secrets.next(|| self.ids.secret());
                peer.past_partners = PairHistory::from_hello(now, past);
                peer.waits_since = self.honour_place_proof(now, device.id, place);
                self.peers.insert(id, Box::new(peer));
                self.send(id, self.deployment.welcome(id, secret, (false, None), device.new_name));
                self.tell_warning(id);
            }
        }
    }

    /// Whether a page with an open socket has sent a `hello` with this ticket before the one that began its present
    /// session. An edge that stood still may report it long after, on a socket that the page has given up.
    fn is_late(&self, ticket: &Ticket, resume: Option<Resume>) -> bool {
        let peer = self.peers.get(&ticket.peer).filter(|it| matches!(it.socket, SocketState::Attached(_)));
        peer.zip(resume).is_some_and(|(it, resume)| it.secrets.is_outdated(resume.secret))
    }

    /// Since when a page has waited that comes as this device, if its proof counts.
    fn honour_place_proof(&mut self, now: Moment, device: DeviceId, text: Option<&str>) -> Option<Moment> {
        let proof = PlaceProof::open(text.filter(|_| self.proofs.is_open(now))?, &self.deployment.keys)?;
        self.proofs.honour(now, self.ids.unix_ms(), device, proof)
    }

    fn resolve_device(&mut self, name: Option<&str>) -> ResolvedDevice {
        ResolvedDevice::resolve(&self.deployment.keys, &mut self.ids, name)
    }

    fn resume_by_secret(&mut self, now: Moment, visit: Visit, ack: u64, Resume { peer: id, secret }: Resume) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if !peer.delivery.acknowledge(ack) {
            return self.close_socket(visit.socket, ErrorCode::BadSequence);
        }
        peer.secrets.on_shown(secret);
        let state = peer.state;
        let before = self.reattach(visit, id, (true, None), None);
        match (before, state) {
            // On a new network, it may have another standing.
            (Some(_), PeerState::Waiting { place, .. }) => self.search(now, [(place, id)]),
            (Some(SocketState::Detached { .. }), PeerState::Matched(_)) => {
                self.notify_partner(id, Signalling::Back);
            }
            (Some(SocketState::Attached(_)), _) | (Some(SocketState::Detached { .. }), PeerState::Idle) => {
                self.send_occupancy(now, id);
            }
            (None, _) => {}
        }
    }

    /// Moves a peer's session to a new socket: next secret, `welcome`, replay. Returns the former state of its socket.
    ///
    /// A former socket that is still open is closed. If the peer is in a match, its new network may change what the
    /// partners may learn of each other.
    pub(crate) fn reattach(
        &mut self,
        visit: Visit,
        id: PeerId,
        (resumed, match_id): (bool, Option<MatchId>),
        device_name: Option<String>,
    ) -> Option<SocketState> {
        let peer = self.peers.get_mut(&id)?;
        let secret = peer.secrets.next(|| self.ids.secret());
        let Visit { socket, network, network_tags, site } = visit;
        (peer.network, peer.network_tags) = (Some(network), network_tags);
        (peer.site, peer.refusals) = (site, 0);
        let before = mem::replace(&mut peer.socket, SocketState::Attached(socket));
        let current = peer.match_id();
        self.bind_socket(socket, id);
        if let Some(current) = current {
            self.update_privacy(current);
        }
        match before {
            SocketState::Attached(old) => self.close_socket(old, ErrorCode::Replaced),
            SocketState::Detached { until } => self.end_grace(until, id),
        }
        self.send(id, self.deployment.welcome(id, secret, (resumed, match_id), device_name));
        if let Some(peer) = self.peers.get_mut(&id) {
            self.outbound.replay(socket, peer);
        }
        self.tell_warning(id);
        self.watch_new_socket(id);
        Some(before)
    }

    pub(crate) fn on_socket_closed(&mut self, now: Moment, socket: SocketId, closing: Closing) {
        match (self.sockets.remove(&socket), closing) {
            (None, _) => {}
            (Some(OpenSocket::AwaitingHello { until, .. }), _) => {
                self.deadlines.cancel(until, Due::Hello(socket));
            }
            (Some(OpenSocket::Bound(peer)), Closing::Goodbye) => {
                self.remove_peer(now, peer, EndReason::PartnerLeft);
            }
            (Some(OpenSocket::Bound(peer)), Closing::Lost) => self.start_grace(now, peer),
        }
    }

    /// Starts the grace period of a peer whose socket is lost.
    pub(crate) fn start_grace(&mut self, now: Moment, id: PeerId) {
        let Some(peer) = self.peers.get(&id) else { return };
        self.detach(id, now + peer.state.grace());
        self.notify_partner(id, Signalling::Lost);
    }

    /// Starts the grace period of a peer, until then, without a word to its partner.
    pub(crate) fn detach(&mut self, id: PeerId, until: Moment) {
        self.stop_watching(id);
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.socket = SocketState::Detached { until };
        self.counts.lost += 1;
        self.deadlines.set(until, Due::Grace(id));
        if let PeerState::Waiting { place, widen, .. } = peer.state {
            self.queue.remove(place);
            self.set_state(id, PeerState::Waiting { place, retry: None, widen });
        }
    }

    fn end_grace(&mut self, until: Moment, id: PeerId) {
        self.counts.lost -= 1;
        self.deadlines.cancel(until, Due::Grace(id));
    }

    /// Tells the partner of a peer, if there is one, whether the peer's socket is lost or back.
    pub(crate) fn notify_partner(&mut self, id: PeerId, signalling: Signalling) {
        if let Some((match_id, partner)) = self.current_partner(id) {
            self.send(partner, ToBrowser::Partner { match_id, signalling, signals_lost: false });
        }
    }

    /// Tells the partner of a peer that the peer is back in a new session, without the signals of the former one.
    ///
    /// What the partner has sent before it knows that is dropped: an answer to a lost offer would not fit the repeated
    /// one.
    pub(crate) fn notify_partner_of_lost_signals(&mut self, id: PeerId) {
        let Some((match_id, partner)) = self.current_partner(id) else { return };
        let msg = ToBrowser::Partner { match_id, signalling: Signalling::Back, signals_lost: true };
        if let Some(peer) = self.peers.get_mut(&partner) {
            peer.sends_lost_signals = true;
        }
        self.send(partner, msg);
    }

    fn current_partner(&self, id: PeerId) -> Option<(MatchId, PeerId)> {
        let match_id = self.peers.get(&id)?.match_id()?;
        Some((match_id, self.matches.partner_of(match_id, id)?))
    }

    /// Removes a peer and ends its match, for `reason`. The record goes first, so that the peer itself gets no message.
    pub(crate) fn remove_peer(&mut self, now: Moment, id: PeerId, reason: EndReason) {
        self.leave_queue(id);
        let Some(peer) = self.peers.remove(&id) else { return };
        if let SocketState::Detached { until } = peer.socket {
            self.end_grace(until, id);
        }
        let match_id = peer.match_id();
        self.forget_outbox(id, *peer);
        let Some(match_id) = match_id else { return };
        if let Some(ended) = self.end_match(now, match_id, |_| reason) {
            self.note_end(now, match_id, &ended, reason);
            if self.draining.is_some() {
                self.send_come_back(now, ended.partner_of(id));
            }
        }
    }

    /// Takes a waiting peer out of the queue.
    pub(crate) fn leave_queue(&mut self, id: PeerId) {
        if self.peers.get(&id).is_some_and(|it| it.state.is_waiting()) {
            self.set_state(id, PeerState::Idle);
        }
    }

    /// Ends a peer's session with an error. `about` is the sequence number of the message that caused it, or 0.
    pub(crate) fn end_session(&mut self, now: Moment, id: PeerId, code: ErrorCode, about: u64) {
        self.send(id, ToBrowser::Error { code, about, retry_ms: None });
        if let Some(SocketState::Attached(socket)) = self.peers.get(&id).map(|it| it.socket) {
            self.sockets.remove(&socket);
            self.outbound.close(socket, code);
        }
        self.remove_peer(now, id, EndReason::PartnerLeft);
    }

    /// Ends the sessions of peers whose outbox has overflowed. A partner's outbox may overflow in turn.
    pub(crate) fn end_overflowed_sessions(&mut self, now: Moment) {
        while let Some(id) = self.outbound.pop_overflowed() {
            self.end_session(now, id, ErrorCode::TooSlow, 0);
        }
    }

    /// Closes a socket that no peer's record refers to.
    pub(crate) fn close_socket(&mut self, socket: SocketId, code: ErrorCode) {
        if let Some(OpenSocket::AwaitingHello { until, .. }) = self.sockets.remove(&socket) {
            self.deadlines.cancel(until, Due::Hello(socket));
        }
        self.reject_socket(socket, code);
    }

    fn bind_socket(&mut self, socket: SocketId, id: PeerId) {
        if let Some(OpenSocket::AwaitingHello { until, .. }) =
            self.sockets.insert(socket, OpenSocket::Bound(id))
        {
            self.deadlines.cancel(until, Due::Hello(socket));
        }
    }

    /// Sends an error outside any session and closes the socket.
    fn reject_socket(&mut self, socket: SocketId, code: ErrorCode) {
        let retry = (code == ErrorCode::ServerFull).then(|| self.ids.jitter(super::ROOM_AFTER));
        let retry_ms = retry.and_then(|it| u32::try_from(it.as_millis()).ok());
        self.outbound.send_unnumbered(socket, ToBrowser::Error { code, about: 0, retry_ms });
        self.outbound.close(socket, code);
    }
}
