//! Handlers of the messages that peers send.

use std::{mem, sync::Arc, time::Duration};

use super::{OpenSocket, PeerState, sessions::Claims};
use crate::{
    matchmaker::{
        Matchmaker,
        input::SocketId,
        matches::{Admission, Match, conduct::Ending},
        outboxes::KeptMessage,
        output::Note,
    },
    protocol::{
        EndReason, Epoch, ErrorCode, Frame, Heartbeat, MatchId, Media, Message, PeerId, Receipt, Signal,
        Tastes, ToBrowser, ToServer, limits::MAX_REFUSALS,
    },
    time::Moment,
};

/// How long a peer waits before it repeats a signal for which its partner's outbox has no room, in milliseconds.
///
/// A partner that reads has most likely acknowledged earlier messages by then.
const OUTBOX_RETRY_MS: u32 = 1_000;

/// How a match relates to a peer that names it.
enum Ownership {
    /// The peer is in it.
    Current,
    /// The peer was in it.
    Ended,
    /// The peer was never in it, as far as the server remembers.
    NotYours,
}

impl Matchmaker {
    pub(crate) fn on_message(&mut self, now: Moment, socket: SocketId, frame: Frame<ToServer>) {
        let Some(open) = self.sockets.get(&socket).cloned() else { return };
        let Frame { seq, ack, msg } = frame;
        let heartbeat = Heartbeat::after(&msg);
        match (open, msg) {
            (
                OpenSocket::AwaitingHello { visit, .. },
                ToServer::Hello { resume, ticket, device, age, place, past, .. },
            ) if seq == 0 => {
                let (device, age, place) = (device.as_deref(), age.as_deref(), place.as_deref());
                let claims = Claims { device, age, place, past: &past };
                self.on_hello(now, *visit, ack, resume, ticket.as_deref(), claims);
            }
            (OpenSocket::AwaitingHello { .. }, _) => self.close_socket(socket, ErrorCode::HelloFirst),
            (OpenSocket::Bound(peer), ToServer::Hello { .. }) => {
                self.end_session(now, peer, ErrorCode::HelloTwice, seq);
            }
            (OpenSocket::Bound(peer), msg) => {
                if self.receive(now, peer, (seq, ack), msg.is_numbered()) && !self.is_lost_signal(peer, &msg)
                {
                    self.dispatch(now, peer, seq, msg);
                }
                self.send_ack_if_owed(peer);
            }
        }
        if let Some(heartbeat) = heartbeat {
            self.set_heartbeat(socket, heartbeat);
        }
    }

    pub(crate) fn on_refused(
        &mut self,
        now: Moment,
        socket: SocketId,
        code: ErrorCode,
        numbers: Option<(u64, u64)>,
    ) {
        match self.sockets.get(&socket).cloned() {
            None => {}
            Some(OpenSocket::AwaitingHello { .. }) => {
                self.outbound.note(Note::Refused { code });
                let is_final = code.close_code().is_some();
                self.close_socket(socket, if is_final { code } else { ErrorCode::HelloFirst });
            }
            Some(OpenSocket::Bound(peer)) => {
                // An error that ends the session is reported even if the sequence number is a duplicate or wrong.
                let is_final = code.close_code().is_some();
                let counted = |(seq, _)| seq != 0;
                if is_final || numbers.is_none_or(|it| self.receive(now, peer, it, counted(it))) {
                    self.refuse(now, peer, code, numbers.map_or(0, |(seq, _)| seq));
                }
            }
        }
    }

    /// Answers a message that exceeded a rate limit, and ignores its content. It is not counted as a refusal; the rate
    /// limiter itself disconnects repeat offenders.
    pub(crate) fn on_rate_limited(
        &mut self,
        now: Moment,
        socket: SocketId,
        (seq, ack): (u64, u64),
        retry: Duration,
    ) {
        match self.sockets.get(&socket).cloned() {
            None => {}
            Some(OpenSocket::AwaitingHello { .. }) => self.close_socket(socket, ErrorCode::HelloFirst),
            Some(OpenSocket::Bound(peer)) if self.receive(now, peer, (seq, ack), seq != 0) => {
                self.send_rate_limited(peer, seq, u32::try_from(retry.as_millis()).ok());
            }
            Some(OpenSocket::Bound(_)) => {}
        }
    }

    fn send_rate_limited(&mut self, id: PeerId, about: u64, retry_ms: Option<u32>) {
        let code = ErrorCode::RateLimited;
        self.outbound.note(Note::Refused { code });
        self.send(id, ToBrowser::Error { code, about, retry_ms });
    }

    /// Processes the numbers of a frame. Returns `false` if its content must be ignored.
    fn receive(&mut self, now: Moment, id: PeerId, (seq, ack): (u64, u64), counted: bool) -> bool {
        let Some(peer) = self.peers.get_mut(&id) else { return false };
        // A page sends nothing but its `hello` before the `welcome`.
        peer.secrets.on_welcome_received();
        self.outbound.mark_changed(id);
        match peer.delivery.receive(seq, ack, counted) {
            Receipt::Fresh => true,
            Receipt::Duplicate => false,
            Receipt::Broken => {
                self.outbound.note(Note::Refused { code: ErrorCode::BadSequence });
                self.end_session(now, id, ErrorCode::BadSequence, seq);
                false
            }
        }
    }

    /// Whether a message carries a signal that its sender sent before it knew that signals were lost.
    fn is_lost_signal(&mut self, id: PeerId, msg: &ToServer) -> bool {
        let Some(peer) = self.peers.get_mut(&id).filter(|it| it.sends_lost_signals) else { return false };
        let tells = |it: &KeptMessage| matches!(*it.msg, ToBrowser::Partner { signals_lost: true, .. });
        peer.sends_lost_signals = peer.delivery.has_unacknowledged(tells);
        peer.sends_lost_signals && msg.signal().is_some()
    }

    fn dispatch(&mut self, now: Moment, peer: PeerId, seq: u64, msg: ToServer) {
        match msg {
            ToServer::Hello { .. } => {}
            ToServer::Join { media, hide, soft, tastes } => {
                if let Some(it) = self.peers.get_mut(&peer) {
                    // Partners are chosen without regard to it, so it can change at any time.
                    it.starts_softly = soft;
                }
                self.on_join(now, peer, seq, (media, hide, tastes));
            }
            ToServer::Prepared { number, signal } => self.on_prepared(now, peer, seq, number, signal),
            ToServer::Signal { match_id, epoch, signal } => {
                self.on_signal(now, peer, seq, (match_id, epoch), signal);
            }
            ToServer::Connected { match_id } => self.on_connected(now, peer, seq, match_id),
            ToServer::Failed { match_id } => self.on_failed(now, peer, seq, match_id),
            ToServer::Next { match_id } => self.on_next(now, peer, seq, match_id),
            ToServer::Block { pair } => self.on_block(peer, pair),
            ToServer::Unblock { pair } => self.on_unblock(now, peer, pair),
            ToServer::Report { ticket, reason, words } => {
                self.on_report(now, peer, &ticket, (reason, words));
            }
            ToServer::Check {} => self.on_check(peer),
            ToServer::Leave {} => self.on_leave(now, peer),
            ToServer::Ping {} => {
                self.send(peer, ToBrowser::Pong {});
                self.send_occupancy(now, peer);
            }
        }
    }

    fn on_join(&mut self, now: Moment, id: PeerId, seq: u64, (media, hides, tastes): (Media, bool, Tastes)) {
        let can_hide = self.deployment.has_relay();
        let Some(peer) = self.peers.get_mut(&id) else { return };
        match peer.state {
            // The page sent it before it knew of the match. It applies when the peer waits again.
            PeerState::Matched(_) if !hides || can_hide => {
                (peer.media, peer.hides_address, peer.tastes) = (media, hides, Arc::new(tastes));
            }
            PeerState::Matched(_) => {}
            PeerState::Idle | PeerState::Waiting { .. } if hides && !can_hide => {
                self.refuse_to_hide(id, seq);
            }
            PeerState::Idle => {
                (peer.media, peer.hides_address, peer.tastes) = (media, hides, Arc::new(tastes));
                self.join_queue(now, id);
            }
            PeerState::Waiting { place, .. } => {
                peer.media = media;
                let hid = mem::replace(&mut peer.hides_address, hides);
                match (hid, hides) {
                    (false, true) => self.offer_slots.release(place, mem::take(&mut peer.offer)),
                    (true, false) => self.offer_slots.enroll(place, id, peer.silent.is_some()),
                    (true, true) | (false, false) => {}
                }
                if *peer.tastes == tastes {
                    let seeker = self.seeker(id).filter(|_| hid != hides);
                    self.search(now, seeker);
                } else {
                    peer.tastes = Arc::new(tastes);
                    let seeker = self.update_requirements(now, id);
                    self.search(now, seeker);
                }
            }
        }
    }

    /// Handles a part of an offer made before the match.
    ///
    /// A part that was not requested, or that belongs to another offer, is ignored: it may have crossed the match.
    fn on_prepared(&mut self, now: Moment, id: PeerId, seq: u64, number: u32, signal: Signal) {
        match self.peers.get(&id).map(|it| it.state) {
            Some(PeerState::Idle) | None => {}
            Some(PeerState::Waiting { place, .. }) => {
                if let Err(code) = self.receive_prepared(now, (place, id), number, signal) {
                    self.refuse(now, id, code, seq);
                }
            }
            Some(PeerState::Matched(match_id)) => {
                self.on_late_prepared(now, id, seq, (match_id, number), signal);
            }
        }
    }

    /// Forwards a late candidate of the offer that a match began with.
    fn on_late_prepared(
        &mut self,
        now: Moment,
        id: PeerId,
        seq: u64,
        (match_id, number): (MatchId, u32),
        signal: Signal,
    ) {
        let Some(it) = self.matches.get_mut(match_id) else { return };
        if it.prepared_offer == Some(number) && it.index_of(id) == Match::IMPOLITE {
            match signal {
                Signal::Candidate(_) | Signal::EndOfCandidates { .. } => {
                    self.on_signal(now, id, seq, (match_id, Epoch::PREPARED), signal);
                }
                Signal::Offer { .. } | Signal::Answer { .. } => {}
            }
        }
    }

    fn on_signal(
        &mut self,
        now: Moment,
        id: PeerId,
        seq: u64,
        (match_id, epoch): (MatchId, Epoch),
        signal: Signal,
    ) {
        let Some(it) = self.own_match(now, id, seq, match_id) else { return };
        let partner = it.partner_of(id);
        match it.admit(now, id, epoch, &signal) {
            Admission::Forward => self.forward((id, seq), partner, (match_id, epoch, signal)),
            Admission::Stale => {}
            Admission::Drop(reason) => self.outbound.note(Note::CandidateDropped { reason }),
            Admission::BadEpoch => self.refuse(now, id, ErrorCode::BadEpoch, seq),
            Admission::TooManyCandidates => self.refuse(now, id, ErrorCode::TooManyCandidates, seq),
        }
    }

    /// Forwards a signal to the partner.
    ///
    /// If too much is unacknowledged there, signals of former connections make room. If that is not enough, the sender
    /// must retry later. The partner is not at fault: it may just be far away.
    fn forward(
        &mut self,
        (from, seq): (PeerId, u64),
        to: PeerId,
        (match_id, epoch, signal): (MatchId, Epoch, Signal),
    ) {
        let Some(partner) = self.peers.get_mut(&to) else { return };
        if !partner.delivery.has_capacity_for(signal.text_bytes()) {
            partner.delivery.take_back(|it| is_of_former_connection(&it.msg, (match_id, epoch)));
            self.outbound.mark_changed(to);
        }
        if partner.delivery.has_capacity_for(signal.text_bytes()) {
            return self.send(to, ToBrowser::Signal { match_id, epoch, signal });
        }
        if let Some(it) = self.matches.get_mut(match_id) {
            it.on_not_forwarded(from, &signal);
        }
        self.send_rate_limited(from, seq, Some(OUTBOX_RETRY_MS));
    }

    fn on_connected(&mut self, now: Moment, id: PeerId, seq: u64, match_id: MatchId) {
        let Some(it) = self.own_match(now, id, seq, match_id) else { return };
        let index = it.index_of(id);
        it.ends[index].connected = true;
        if !it.ends.iter().all(|end| end.connected) {
            return;
        }
        if let Some(at) = it.connect_by.take() {
            let (after, due) = (now - it.since, it.connect_due(match_id));
            let origins = it.ends.map(|end| end.origin);
            self.counts.talking += 1;
            self.deadlines.cancel(at, due);
            self.outbound.note(Note::Connected { match_id, after });
            self.record_connection(now, origins);
        }
    }

    fn on_failed(&mut self, now: Moment, id: PeerId, seq: u64, match_id: MatchId) {
        if self.own_match(now, id, seq, match_id).is_some() {
            let seekers = self.end_unconnected(now, match_id, Ending::Failed(id));
            self.search(now, seekers);
        }
    }

    fn on_next(&mut self, now: Moment, id: PeerId, seq: u64, match_id: MatchId) {
        let state = self.peers.get(&id).map(|it| it.state);
        match (self.ownership(id, match_id), state) {
            (Ownership::NotYours, _) => self.refuse(now, id, ErrorCode::NotYourMatch, seq),
            // The partner was faster. This peer still wants a new partner.
            (Ownership::Ended, Some(PeerState::Idle)) => self.join_queue(now, id),
            (Ownership::Ended, Some(PeerState::Waiting { .. } | PeerState::Matched(_)) | None) => {}
            (Ownership::Current, _) => {
                self.end_match_by(now, id, match_id, EndReason::Next, EndReason::PartnerNext);
                self.join_queue(now, id);
            }
        }
    }

    fn on_leave(&mut self, now: Moment, id: PeerId) {
        match self.peers.get(&id).map(|it| it.state) {
            Some(PeerState::Waiting { .. }) => {
                self.record_departure(now, id);
                self.set_state(id, PeerState::Idle);
            }
            Some(PeerState::Matched(match_id)) => {
                self.end_match_by(now, id, match_id, EndReason::Left, EndReason::PartnerLeft);
                if self.draining.is_some() {
                    self.send_come_back(now, id);
                }
            }
            Some(PeerState::Idle) | None => {}
        }
    }

    /// The match with this id, if the peer is in it. A match that was never the peer's is refused.
    fn own_match(&mut self, now: Moment, id: PeerId, seq: u64, match_id: MatchId) -> Option<&mut Match> {
        match self.ownership(id, match_id) {
            Ownership::Current => self.matches.get_mut(match_id),
            Ownership::Ended => None,
            Ownership::NotYours => {
                self.refuse(now, id, ErrorCode::NotYourMatch, seq);
                None
            }
        }
    }

    fn ownership(&self, id: PeerId, match_id: MatchId) -> Ownership {
        if self.peers.get(&id).and_then(|it| it.match_id()) == Some(match_id) {
            Ownership::Current
        } else if self.matches.was_in(match_id, id) {
            Ownership::Ended
        } else {
            Ownership::NotYours
        }
    }

    /// Answers a message with an error. Ends the session if the error is fatal, or if there have been too many.
    fn refuse(&mut self, now: Moment, id: PeerId, code: ErrorCode, about: u64) {
        self.outbound.note(Note::Refused { code });
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.refusals += 1;
        if code.close_code().is_some() {
            return self.end_session(now, id, code, about);
        }
        let too_many = peer.refusals > MAX_REFUSALS;
        self.send(id, ToBrowser::Error { code, about, retry_ms: None });
        if too_many {
            self.end_session(now, id, ErrorCode::TooManyRefusals, about);
        }
    }

    fn send_ack_if_owed(&mut self, id: PeerId) {
        if self.peers.get(&id).is_some_and(|it| it.delivery.owes_ack()) {
            self.send(id, ToBrowser::Pong {});
        }
    }
}

/// Whether a message is a signal that its recipient will drop, because it belongs to a former match or connection.
fn is_of_former_connection(msg: &ToBrowser, (current, now): (MatchId, Epoch)) -> bool {
    matches!(msg, ToBrowser::Signal { match_id, epoch, .. } if *match_id != current || *epoch < now)
}
