//! How peers come, are lost, come back and go; it must not know what they talk about.

use std::{mem, ops::Range, sync::Arc, time::Duration};

use crate::{
    matchmaker::{
        Closing, Due, KnownPairs, Link, Matchmaker, Network, Output, Peer, SocketId, Standing, keys::DeviceId,
    },
    protocol::{
        EndReason, ErrorCode, Frame, Limits, MatchId, PastPairs, PeerId, Resume, Secret, Signalling,
        ToBrowser,
        limits::{
            GRACE_MATCHED, GRACE_UNMATCHED, HEARTBEAT, IDLE_HEARTBEAT, MAX_CANDIDATE_BYTES, MAX_CANDIDATES,
            MAX_FRAME_BYTES, MAX_SDP_BYTES, VERSION,
        },
    },
    time::Moment,
};

/// When those who are sent away come back: long enough for a restart, spread so that they do not all come at once.
const COME_BACK_AFTER: Range<Duration> = Duration::from_millis(500)..Duration::from_secs(5);

/// When those for whom there was no room, here or for their network, try again: ten thousand of them are then a few
/// hundred handshakes a second.
pub const ROOM_AFTER: Range<Duration> = Duration::from_secs(10)..Duration::from_secs(20);

/// What the matchmaker knows of an open socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Socket {
    /// It has not said hello.
    Silent {
        /// When it must have.
        until: Moment,
        /// Where it comes from.
        network: Network,
    },
    /// It is a peer's.
    Of(PeerId),
}

/// A device, and what it is to be told of its name.
pub(crate) struct Known {
    /// Its name.
    pub(crate) id: DeviceId,
    /// The name signed, where what it has shown is not good.
    pub(crate) news: Option<String>,
}

impl Matchmaker {
    pub(crate) fn opened(&mut self, now: Moment, connection: SocketId, network: Network) {
        if self.draining {
            return self.turn_away(connection, ErrorCode::ServerStops);
        }
        // Who lost its socket in a call may come back, however many want its seat.
        if self.sockets.len() >= self.max_connections.saturating_add(self.lost) {
            return self.turn_away(connection, ErrorCode::ServerFull);
        }
        let until = now + self.hello_within;
        self.sockets.insert(connection, Socket::Silent { until, network });
        self.deadlines.set(until, Due::Hello(connection));
    }

    pub(crate) fn hello_overdue(&mut self, connection: SocketId) {
        self.sockets.remove(&connection);
        self.turn_away(connection, ErrorCode::HelloFirst);
    }

    /// Takes a lost peer back, or a new one in.
    ///
    /// A secret is worth more than a ticket: with it nothing that was said is lost.
    pub(crate) fn greet(
        &mut self,
        now: Moment,
        (connection, network): (SocketId, Network),
        ack: u64,
        resume: Option<Resume>,
        ticket: Option<&str>,
        (device, past): (Option<&str>, &PastPairs),
    ) {
        let known = |it: &Resume| self.peers.get(&it.peer).is_some_and(|peer| peer.secret == Some(it.secret));
        if let Some(resume) = resume.filter(known) {
            return self.take_back(now, (connection, network), ack, resume.peer);
        }
        match ticket.and_then(|it| self.honoured(now, it)) {
            Some(ticket) => {
                let device = self.device(device);
                self.take_up(now, (connection, network), ticket, (device, past));
            }
            None if self.draining => self.drop_socket(connection, ErrorCode::ServerStops),
            None if self.peers.len() >= self.max_connections => {
                self.drop_socket(connection, ErrorCode::ServerFull);
            }
            None => {
                let (id, secret, device) = (self.mint.peer(now), self.mint.secret(), self.device(device));
                self.bind(connection, id);
                let mut peer = Peer::new(connection, network, secret, device.id, self.outbox_bytes);
                peer.acquaintances = KnownPairs::told(now, past);
                self.peers.insert(id, peer);
                self.tell(id, self.welcome(id, secret, (false, None), device.news));
            }
        }
    }

    /// The device that a page shows; one that shows none, or none of ours, gets a name, and one whose name an old key has
    /// signed the same one anew.
    fn device(&mut self, shown: Option<&str>) -> Known {
        match shown.and_then(|it| self.keys.device(it)) {
            Some((id, true)) => Known { id, news: None },
            Some((id, false)) => Known { id, news: Some(self.keys.sign_device(id)) },
            None => {
                let id = self.mint.device();
                Known { id, news: Some(self.keys.sign_device(id)) }
            }
        }
    }

    fn take_back(&mut self, now: Moment, (connection, network): (SocketId, Network), ack: u64, id: PeerId) {
        let secret = self.mint.secret();
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if !peer.delivery.acknowledge(ack) {
            return self.drop_socket(connection, ErrorCode::BadSequence);
        }
        (peer.secret, peer.network, peer.refusals) = (Some(secret), Some(network), 0);
        let before = mem::replace(&mut peer.link, Link::Attached(connection));
        let standing = peer.standing;
        self.bind(connection, id);
        if let Standing::Matched(match_id) = standing {
            self.judge_privacy(match_id);
        }
        match before {
            Link::Attached(old) => self.drop_socket(old, ErrorCode::Replaced),
            Link::Detached { until } => self.found(until, id),
        }
        self.tell(id, self.welcome(id, secret, (true, None), None));
        self.replay(connection, id);
        match (before, standing) {
            (Link::Detached { .. }, Standing::Waiting { place, .. }) => self.seek(now, [(place, id)]),
            (Link::Detached { .. }, Standing::Matched(_)) => self.tell_partner(id, Signalling::Back),
            (Link::Attached(_), _) | (Link::Detached { .. }, Standing::Idle) => self.tell_here(now, id),
        }
    }

    pub(crate) fn replay(&mut self, connection: SocketId, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let frames = peer.delivery.replay();
        self.outputs.extend(frames.into_iter().map(|frame| Output::Send { connection, frame }));
    }

    pub(crate) fn closed(&mut self, now: Moment, connection: SocketId, closing: Closing) {
        match (self.sockets.remove(&connection), closing) {
            (None, _) => {}
            (Some(Socket::Silent { until, .. }), _) => self.deadlines.cancel(until, Due::Hello(connection)),
            (Some(Socket::Of(peer)), Closing::Goodbye) => {
                self.leave_for_good(now, peer, EndReason::PartnerLeft)
            }
            (Some(Socket::Of(peer)), Closing::Lost) => self.detach(now, peer),
        }
    }

    /// Begins the grace of a peer whose socket is gone.
    pub(crate) fn detach(&mut self, now: Moment, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let grace = match peer.standing {
            Standing::Matched(_) => GRACE_MATCHED,
            Standing::Idle | Standing::Waiting { .. } => GRACE_UNMATCHED,
        };
        let until = now + grace;
        peer.link = Link::Detached { until };
        self.lost += 1;
        let standing = peer.standing;
        self.deadlines.set(until, Due::Grace(id));
        match standing {
            Standing::Idle => {}
            Standing::Waiting { place, widen, .. } => {
                self.queue.remove(place);
                self.stand(id, Standing::Waiting { place, retry: None, widen });
            }
            Standing::Matched(_) => self.tell_partner(id, Signalling::Lost),
        }
    }

    pub(crate) fn tell_partner(&mut self, id: PeerId, signalling: Signalling) {
        let Some(match_id) = self.peers.get(&id).and_then(Peer::match_id) else { return };
        if let Some(partner) = self.matches.partner_of(match_id, id) {
            self.tell(partner, ToBrowser::Partner { match_id, signalling });
        }
    }

    /// Forgets a peer; its partner is told why. The record goes first, so that the peer itself hears nothing.
    pub(crate) fn leave_for_good(&mut self, now: Moment, id: PeerId, reason: EndReason) {
        self.stand_aside(id);
        let Some(peer) = self.peers.remove(&id) else { return };
        if let Link::Detached { until } = peer.link {
            self.found(until, id);
        }
        let Some(match_id) = peer.match_id() else { return };
        if let Some(it) = self.part(now, match_id, |_| reason) {
            self.note_end(now, match_id, &it, reason);
            if self.draining {
                self.send_away(now, it.partner_of(id));
            }
        }
    }

    /// Ends the grace of a peer.
    pub(crate) fn found(&mut self, until: Moment, id: PeerId) {
        self.lost -= 1;
        self.deadlines.cancel(until, Due::Grace(id));
    }

    /// Takes a waiting peer out of the queue.
    pub(crate) fn stand_aside(&mut self, id: PeerId) {
        if let Some(Standing::Waiting { .. }) = self.peers.get(&id).map(|it| it.standing) {
            self.stand(id, Standing::Idle);
        }
    }

    /// Ends a peer's session because of what it did; `about` is the number of the message.
    pub(crate) fn dismiss(&mut self, now: Moment, id: PeerId, code: ErrorCode, about: u64) {
        self.tell(id, ToBrowser::Error { code, about, retry_ms: None });
        if let Some(Link::Attached(connection)) = self.peers.get(&id).map(|it| it.link) {
            self.sockets.remove(&connection);
            self.outputs.push(Output::Close { connection, code });
        }
        self.leave_for_good(now, id, EndReason::PartnerLeft);
    }

    pub(crate) fn dismiss_too_slow(&mut self, now: Moment) {
        while let Some(id) = self.too_slow.pop() {
            self.dismiss(now, id, ErrorCode::TooSlow, 0);
        }
    }

    /// Closes a socket that no peer's record holds on to.
    pub(crate) fn drop_socket(&mut self, connection: SocketId, code: ErrorCode) {
        if let Some(Socket::Silent { until, .. }) = self.sockets.remove(&connection) {
            self.deadlines.cancel(until, Due::Hello(connection));
        }
        self.turn_away(connection, code);
    }

    pub(crate) fn drain(&mut self, now: Moment) {
        self.draining = true;
        #[expect(clippy::disallowed_methods, reason = "sorted at once")]
        let mut all: Vec<_> = self.peers.keys().copied().collect();
        all.sort_unstable();
        for id in all {
            if self.peers.get(&id).is_some_and(|it| it.match_id().is_none()) {
                self.send_away(now, id);
            }
        }
    }

    /// Tells a peer that is not in a match to come back later, when another server stands here.
    pub(crate) fn send_away(&mut self, now: Moment, id: PeerId) {
        let after = self.mint.jitter(COME_BACK_AFTER);
        let after_ms = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
        self.tell(id, ToBrowser::ComeBack { after_ms });
        self.dismiss(now, id, ErrorCode::ServerStops, 0);
    }

    pub(crate) fn bind(&mut self, connection: SocketId, id: PeerId) {
        if let Some(Socket::Silent { until, .. }) = self.sockets.insert(connection, Socket::Of(id)) {
            self.deadlines.cancel(until, Due::Hello(connection));
        }
    }

    fn turn_away(&mut self, connection: SocketId, code: ErrorCode) {
        let retry = (code == ErrorCode::ServerFull).then(|| self.mint.jitter(ROOM_AFTER));
        let retry_ms = retry.and_then(|it| u32::try_from(it.as_millis()).ok());
        let msg = Arc::new(ToBrowser::Error { code, about: 0, retry_ms });
        self.outputs.push(Output::Send { connection, frame: Frame { seq: 0, ack: 0, msg } });
        self.outputs.push(Output::Close { connection, code });
    }

    pub(crate) fn welcome(
        &self,
        peer: PeerId,
        secret: Secret,
        (resumed, match_id): (bool, Option<MatchId>),
        device: Option<String>,
    ) -> ToBrowser {
        let relay = self.ice.turn.is_some();
        let limits = Limits {
            frame_bytes: MAX_FRAME_BYTES as u32,
            sdp_bytes: MAX_SDP_BYTES as u32,
            candidate_bytes: MAX_CANDIDATE_BYTES as u32,
            candidates: MAX_CANDIDATES,
            heartbeat_ms: HEARTBEAT.as_millis() as u32,
            idle_heartbeat_ms: IDLE_HEARTBEAT.as_millis() as u32,
            grace_ms: GRACE_MATCHED.as_millis() as u32,
        };
        let build = self.build.clone();
        ToBrowser::Welcome { version: VERSION, peer, secret, resumed, match_id, relay, build, device, limits }
    }
}
