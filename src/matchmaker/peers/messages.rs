//! What peers say and what follows from it; it must not know how they come and go.

use std::{sync::Arc, time::Duration};

use crate::{
    matchmaker::{Due, Match, Matchmaker, Note, Output, Peer, Socket, SocketId, Standing, matches::Passage},
    protocol::{
        EndReason, Epoch, ErrorCode, Frame, MatchId, Media, Message, PeerId, Receipt, Signal, Tastes,
        ToBrowser, ToServer, limits::MAX_REFUSALS,
    },
    time::Moment,
};

/// Milliseconds after which a partner that reads has most likely acknowledged what it was told.
const TAKEN_IN_MS: u32 = 1_000;

/// What a match is to a peer that names it.
enum Claim {
    /// The one it is in.
    Current,
    /// One it was in.
    Over,
    /// Never its own, as far as anybody remembers.
    NotYours,
}

impl Matchmaker {
    pub(crate) fn said(&mut self, now: Moment, connection: SocketId, frame: Frame<ToServer>) {
        let Some(socket) = self.sockets.get(&connection).copied() else { return };
        let Frame { seq, ack, msg } = frame;
        match (socket, msg) {
            (Socket::Silent { network, .. }, ToServer::Hello { resume, ticket, device, past })
                if seq == 0 =>
            {
                let known = (device.as_deref(), &past);
                self.greet(now, (connection, network), ack, resume, ticket.as_deref(), known);
            }
            (Socket::Silent { .. }, _) => self.drop_socket(connection, ErrorCode::HelloFirst),
            (Socket::Of(peer), ToServer::Hello { .. }) => self.dismiss(now, peer, ErrorCode::HelloTwice, seq),
            (Socket::Of(peer), msg) => {
                if self.is_fresh(now, peer, (seq, ack), msg.is_numbered()) {
                    self.obey(now, peer, seq, msg);
                }
                self.acknowledge(peer);
            }
        }
    }

    pub(crate) fn refused(
        &mut self,
        now: Moment,
        connection: SocketId,
        code: ErrorCode,
        numbers: Option<(u64, u64)>,
    ) {
        match self.sockets.get(&connection).copied() {
            None => {}
            Some(Socket::Silent { .. }) => {
                self.outputs.push(Output::Note(Note::Refused { code }));
                self.drop_socket(
                    connection,
                    if code.close_code().is_some() { code } else { ErrorCode::HelloFirst },
                );
            }
            Some(Socket::Of(peer)) => {
                // What ends the peer is told as what it is, wherever it stands in the conversation.
                let is_final = code.close_code().is_some();
                let counted = |(seq, _)| seq != 0;
                if is_final || numbers.is_none_or(|it| self.is_fresh(now, peer, it, counted(it))) {
                    self.refuse(now, peer, code, numbers.map_or(0, |(seq, _)| seq));
                }
            }
        }
    }

    /// Answers a message that came too soon. It is not obeyed, and not held against the peer, who could not know: whoever
    /// does not mind the answer is dealt with where it was counted.
    pub(crate) fn too_soon(
        &mut self,
        now: Moment,
        connection: SocketId,
        (seq, ack): (u64, u64),
        retry: Duration,
    ) {
        match self.sockets.get(&connection).copied() {
            None => {}
            Some(Socket::Silent { .. }) => self.drop_socket(connection, ErrorCode::HelloFirst),
            Some(Socket::Of(peer)) if self.is_fresh(now, peer, (seq, ack), seq != 0) => {
                let (code, retry_ms) = (ErrorCode::RateLimited, u32::try_from(retry.as_millis()).ok());
                self.outputs.push(Output::Note(Note::Refused { code }));
                self.tell(peer, ToBrowser::Error { code, about: seq, retry_ms });
            }
            Some(Socket::Of(_)) => {}
        }
    }

    /// Takes in a frame's numbers; `false` for one that must not be looked at further.
    fn is_fresh(&mut self, now: Moment, id: PeerId, (seq, ack): (u64, u64), counted: bool) -> bool {
        let Some(peer) = self.peers.get_mut(&id) else { return false };
        match peer.delivery.receive(seq, ack, counted) {
            Receipt::Fresh => true,
            Receipt::Duplicate => false,
            Receipt::Broken => {
                self.outputs.push(Output::Note(Note::Refused { code: ErrorCode::BadSequence }));
                self.dismiss(now, id, ErrorCode::BadSequence, seq);
                false
            }
        }
    }

    fn obey(&mut self, now: Moment, peer: PeerId, seq: u64, msg: ToServer) {
        match msg {
            ToServer::Hello { .. } => {}
            ToServer::Join { media, hide, tastes } => self.join(now, peer, seq, (media, hide, tastes)),
            ToServer::Prepared { number, signal } => self.prepared(now, peer, seq, number, signal),
            ToServer::Signal { match_id, epoch, signal } => {
                self.signal(now, peer, seq, (match_id, epoch), signal)
            }
            ToServer::Connected { match_id } => self.connected(now, peer, seq, match_id),
            ToServer::Failed { match_id } => self.failed(now, peer, seq, match_id),
            ToServer::Next { match_id } => self.next(now, peer, seq, match_id),
            ToServer::Block { pair } => self.block(peer, pair),
            ToServer::Unblock {} => self.unblock(now, peer),
            ToServer::Leave {} => self.leave(now, peer),
            ToServer::Ping {} => {
                self.tell(peer, ToBrowser::Pong {});
                self.tell_here(now, peer);
            }
        }
    }

    fn join(&mut self, now: Moment, id: PeerId, seq: u64, (media, hides, tastes): (Media, bool, Tastes)) {
        let can_hide = self.ice.turn.is_some();
        let Some(peer) = self.peers.get_mut(&id) else { return };
        match peer.standing {
            Standing::Matched(_) => {}
            Standing::Idle | Standing::Waiting { .. } if hides && !can_hide => {
                self.stand_aside(id);
                self.tell(id, ToBrowser::Error { code: ErrorCode::NoRelay, about: seq, retry_ms: None });
            }
            Standing::Idle => {
                (peer.media, peer.hides, peer.tastes) = (media, hides, Arc::new(tastes));
                self.wait(now, id);
            }
            Standing::Waiting { place, .. } => {
                let hid = std::mem::replace(&mut peer.hides, hides);
                peer.media = media;
                let has_changed = *peer.tastes != tastes;
                if has_changed {
                    peer.tastes = Arc::new(tastes);
                }
                match (hid, hides) {
                    (false, true) => self.unseat(id, place),
                    (true, false) => self.seat(id, place),
                    (true, true) | (false, false) => {}
                }
                if has_changed {
                    let seeker = self.widen(now, id);
                    self.seek(now, seeker);
                }
            }
        }
    }

    pub(crate) fn signal(
        &mut self,
        now: Moment,
        peer: PeerId,
        seq: u64,
        at: (MatchId, Epoch),
        signal: Signal,
    ) {
        let (match_id, epoch) = at;
        match self.claim(peer, match_id) {
            Claim::Over => {}
            Claim::NotYours => self.refuse(now, peer, ErrorCode::NotYourMatch, seq),
            Claim::Current => {
                let Some(it) = self.matches.get_mut(match_id) else { return };
                let partner = it.partner_of(peer);
                match it.pass(peer, epoch, &signal) {
                    Passage::Free => self.pass_on(peer, seq, partner, (match_id, epoch, signal)),
                    Passage::Stale | Passage::Hidden => {}
                    Passage::BadEpoch => self.refuse(now, peer, ErrorCode::BadEpoch, seq),
                    Passage::TooManyCandidates => self.refuse(now, peer, ErrorCode::TooManyCandidates, seq),
                }
            }
        }
    }

    /// Says to a peer what its partner has said. Where too much of that is unacknowledged, who says it is told to wait: the
    /// other one may be far away, and has done nothing.
    fn pass_on(
        &mut self,
        from: PeerId,
        seq: u64,
        to: PeerId,
        (match_id, epoch, signal): (MatchId, Epoch, Signal),
    ) {
        if self.peers.get(&to).is_some_and(|it| it.delivery.has_capacity_for(signal.text_bytes())) {
            return self.tell(to, ToBrowser::Signal { match_id, epoch, signal });
        }
        let code = ErrorCode::RateLimited;
        self.outputs.push(Output::Note(Note::Refused { code }));
        self.tell(from, ToBrowser::Error { code, about: seq, retry_ms: Some(TAKEN_IN_MS) });
    }

    fn connected(&mut self, now: Moment, peer: PeerId, seq: u64, match_id: MatchId) {
        match self.claim(peer, match_id) {
            Claim::Over => {}
            Claim::NotYours => self.refuse(now, peer, ErrorCode::NotYourMatch, seq),
            Claim::Current => {
                let Some(it) = self.matches.get_mut(match_id) else { return };
                let index = it.index_of(peer);
                it.ends[index].connected = true;
                if !it.ends.iter().all(|end| end.connected) {
                    return;
                }
                if let Some(at) = it.connect_by.take() {
                    let after = now - it.since;
                    self.talking += 1;
                    self.deadlines.cancel(at, Due::Connect(match_id));
                    self.outputs.push(Output::Note(Note::Connected { match_id, after }));
                }
            }
        }
    }

    fn failed(&mut self, now: Moment, peer: PeerId, seq: u64, match_id: MatchId) {
        match self.claim(peer, match_id) {
            Claim::Over => {}
            Claim::NotYours => self.refuse(now, peer, ErrorCode::NotYourMatch, seq),
            Claim::Current => {
                let seekers = self.end_unconnected(now, match_id);
                self.seek(now, seekers);
            }
        }
    }

    fn next(&mut self, now: Moment, id: PeerId, seq: u64, match_id: MatchId) {
        let standing = self.peers.get(&id).map(|it| it.standing);
        match (self.claim(id, match_id), standing) {
            (Claim::NotYours, _) => self.refuse(now, id, ErrorCode::NotYourMatch, seq),
            // The partner was faster; what this peer wanted still holds.
            (Claim::Over, Some(Standing::Idle)) => self.wait(now, id),
            (Claim::Over, Some(Standing::Waiting { .. } | Standing::Matched(_)) | None) => {}
            (Claim::Current, _) => {
                self.part_by(now, id, match_id, EndReason::Next, EndReason::PartnerNext);
                self.wait(now, id);
            }
        }
    }

    fn leave(&mut self, now: Moment, id: PeerId) {
        match self.peers.get(&id).map(|it| it.standing) {
            Some(Standing::Waiting { .. }) => self.stand(id, Standing::Idle),
            Some(Standing::Matched(match_id)) => {
                self.part_by(now, id, match_id, EndReason::Left, EndReason::PartnerLeft);
                if self.draining {
                    self.send_away(now, id);
                }
            }
            Some(Standing::Idle) | None => {}
        }
    }

    /// Ends a match at one peer's wish.
    fn part_by(&mut self, now: Moment, id: PeerId, match_id: MatchId, own: EndReason, partners: EndReason) {
        let reason = |it| if it == id { own } else { partners };
        let Some(it): Option<Match> = self.part(now, match_id, reason) else { return };
        self.note_end(now, match_id, &it, partners);
        if self.draining {
            self.send_away(now, it.partner_of(id));
        }
    }

    fn claim(&self, id: PeerId, match_id: MatchId) -> Claim {
        if self.peers.get(&id).and_then(Peer::match_id) == Some(match_id) {
            Claim::Current
        } else if self.matches.was_of(match_id, id) {
            Claim::Over
        } else {
            Claim::NotYours
        }
    }

    /// Answers a message with an error, and ends the session where the error, or the number of them, demands it.
    pub(crate) fn refuse(&mut self, now: Moment, id: PeerId, code: ErrorCode, about: u64) {
        self.outputs.push(Output::Note(Note::Refused { code }));
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.refusals += 1;
        if code.close_code().is_some() {
            return self.dismiss(now, id, code, about);
        }
        let too_many = peer.refusals > MAX_REFUSALS;
        self.tell(id, ToBrowser::Error { code, about, retry_ms: None });
        if too_many {
            self.dismiss(now, id, ErrorCode::TooManyRefusals, about);
        }
    }

    fn acknowledge(&mut self, id: PeerId) {
        if self.peers.get(&id).is_some_and(|it| it.delivery.owes_ack()) {
            self.tell(id, ToBrowser::Pong {});
        }
    }
}
