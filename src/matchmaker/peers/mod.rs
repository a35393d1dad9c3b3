//! [`Peer`]: the record of one peer, with its socket, outbox, state and preferences.
//!
//! `sessions` holds how peers connect, resume and leave, `edges` what becomes of them if their edge is lost or stops,
//! `drain` how they are sent away before the server stops, `messages` and `blocks` the handlers of their messages, and
//! `acknowledgements` what follows if they do not acknowledge.

pub(crate) mod sessions;
pub(crate) mod edges;
pub(crate) mod drain;
pub(crate) mod messages;
pub(crate) mod blocks;
pub(crate) mod resume_secrets;
pub(crate) mod acknowledgements;
pub(crate) mod ack_watch;
pub(crate) mod device;
pub(crate) mod past_partners;

use std::{collections::VecDeque, ops::Range, sync::Arc, time::Duration};

use super::{
    deadlines::Due,
    input::{EdgeId, Network, SiteIndex, SocketId, Visit, VisitTags},
    matches::ticket::Participant,
    outboxes::KeptMessage,
    queue::{
        failures::PeerOrigin,
        place::Place,
        place_proof::{FIRST_AFTER, RENEW_AFTER},
        prepared_offers::OfferState,
    },
};
use crate::{
    protocol::{
        Delivery, DeviceId, ErrorCode, MatchId, Media, Occupancy, PeerId, Tastes,
        limits::{GRACE_MATCHED, GRACE_UNMATCHED, NOT_AGAIN_FOR},
    },
    time::Moment,
};
use ack_watch::AckWatch;
use past_partners::PairHistory;
use resume_secrets::ResumeSecrets;

/// When a peer retries that was rejected because the server, or its network's share of it, is full.
///
/// Spread over this range, ten thousand of them are a few hundred handshakes a second.
pub const ROOM_AFTER: Range<Duration> = Duration::from_secs(10)..Duration::from_secs(20);

/// Maximum number of former partners that one peer is kept apart from: one for every half second of [`NOT_AGAIN_FOR`].
pub(crate) const MAX_COOLDOWNS: usize = 64;

/// An open socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OpenSocket {
    /// It has not sent `hello`.
    AwaitingHello {
        /// When it is closed if it has not.
        until: Moment,
        /// Where its page is. Boxed, since almost all sockets are bound.
        visit: Box<Visit>,
    },
    /// It belongs to this peer.
    Bound(PeerId),
}

/// A peer that has sent `hello`, or that its partner's ticket names.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Let the peer resume its session. There are none if only its partner's ticket has named it so far.
    pub(crate) secrets: ResumeSecrets,
    /// The network of its current or last socket.
    pub(crate) network: Option<Network>,
    /// The tags of that network.
    pub(crate) network_tags: VisitTags,
    /// The name under which its page was opened.
    pub(crate) site: SiteIndex,
    /// Its socket.
    pub(crate) socket: SocketState,
    /// Sequence numbers and outbox of its conversation with the server.
    pub(crate) delivery: Delivery<KeptMessage>,
    /// Watches over its acknowledgements.
    pub(crate) acks: AckWatch,
    /// Whether it is idle, waiting or matched.
    pub(crate) state: PeerState,
    /// The media it sends, from its last `join`.
    pub(crate) media: Media,
    /// Whether its partner must not learn its address, from its last `join` or its ticket.
    pub(crate) hides_address: bool,
    /// Whether it wants a soft start, from its last `join`.
    pub(crate) starts_softly: bool,
    /// The interests and languages it wants to share with a partner, from its last `join`.
    pub(crate) tastes: Arc<Tastes>,
    /// The offer it prepares while it waits.
    pub(crate) offer: OfferState,
    /// When it last did nothing although it was asked to, and in which network; `None` since it has done something.
    pub(crate) silent: Option<(Moment, Network)>,
    /// For how long it was asked for an offer in waits that it left without sending one, since it last did something
    /// or was recorded as silent; less than [`RESPOND_WITHIN`](super::matches::conduct::RESPOND_WITHIN).
    pub(crate) unanswered: Duration,
    /// Its device.
    pub(crate) device: DeviceId,
    /// The pairs its device remembers.
    pub(crate) past_partners: Option<Box<PairHistory>>,
    /// Since when it had waited on a server that this one does not know of, until it joins.
    pub(crate) waits_since: Option<Moment>,
    /// When it last got a proof of its place; `None` in a wait in which it has got none.
    pub(crate) proven_at: Option<Moment>,
    /// What it was last told of the number of peers and the wait.
    pub(crate) told: Option<Occupancy>,
    /// How many of its messages were refused on this socket.
    pub(crate) refusals: u16,
    /// The error with which a new session would have been refused, if it came by a ticket. It may finish its match, but
    /// not begin another.
    pub(crate) refused: Option<ErrorCode>,
    /// It may not know yet that signals were lost, so that its own still belong to them.
    pub(crate) sends_lost_signals: bool,
    /// Former partners, and until when each is not accepted again; oldest first.
    cooldowns: VecDeque<(Moment, PeerId)>,
}

/// The state of a peer's socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketState {
    /// The peer can be reached on this socket.
    Attached(SocketId),
    /// The socket is lost, or has never been there. The peer is in its grace period.
    Detached {
        /// When the peer is removed.
        until: Moment,
    },
}

/// What a peer does. No state both waits and talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeerState {
    /// It does not look for a partner.
    Idle,
    /// It waits. While its socket is lost it keeps its place, but is not in the queue.
    Waiting {
        /// Its place.
        place: Place,
        /// When to search again because another waiting peer becomes acceptable then.
        retry: Option<Moment>,
        /// When it accepts less in common.
        widen: Option<Moment>,
    },
    /// It is in this match.
    Matched(MatchId),
}

impl PeerState {
    /// Whether the peer waits.
    pub(crate) const fn is_waiting(self) -> bool {
        match self {
            Self::Waiting { .. } => true,
            Self::Idle | Self::Matched(_) => false,
        }
    }

    /// How long a peer in this state may take to resume after its socket is lost.
    pub(crate) const fn grace(self) -> Duration {
        match self {
            Self::Matched(_) => GRACE_MATCHED,
            Self::Idle | Self::Waiting { .. } => GRACE_UNMATCHED,
        }
    }

    /// The deadlines of a peer in this state.
    pub(crate) fn deadlines(self, id: PeerId) -> impl Iterator<Item = (Moment, Due)> {
        let (retry, widen) = match self {
            Self::Waiting { retry, widen, .. } => (retry, widen),
            Self::Idle | Self::Matched(_) => (None, None),
        };
        [retry.map(|at| (at, Due::Retry(id))), widen.map(|at| (at, Due::Widen(id)))].into_iter().flatten()
    }
}

impl Peer {
    /// A peer that has just sent `hello`.
    pub(crate) fn new(visit: Visit, device: DeviceId, outbox_bytes: u32) -> Self {
        let Visit { socket, network, network_tags, site } = visit;
        let socket = SocketState::Attached(socket);
        Self { network: Some(network), network_tags, site, device, ..Self::with(socket, outbox_bytes) }
    }

    /// A peer that a ticket names and that has until then to connect.
    pub(crate) fn expected(until: Moment, outbox_bytes: u32) -> Self {
        Self::with(SocketState::Detached { until }, outbox_bytes)
    }

    fn with(socket: SocketState, outbox_bytes: u32) -> Self {
        Self {
            secrets: ResumeSecrets::default(),
            network: None,
            network_tags: VisitTags::default(),
            site: SiteIndex::default(),
            socket,
            delivery: Delivery::with_capacity(outbox_bytes),
            acks: AckWatch::default(),
            state: PeerState::Idle,
            media: Media::default(),
            hides_address: false,
            starts_softly: false,
            tastes: Arc::default(),
            offer: OfferState::NotRequested,
            silent: None,
            unanswered: Duration::ZERO,
            device: DeviceId::default(),
            past_partners: None,
            refusals: 0,
            refused: None,
            sends_lost_signals: false,
            waits_since: None,
            proven_at: None,
            told: None,
            cooldowns: VecDeque::new(),
        }
    }

    /// Forgets its numbers, its outbox and its secrets: its page begins a new session.
    pub(crate) fn forget_session(&mut self, outbox_bytes: u32) {
        self.delivery = Delivery::with_capacity(outbox_bytes);
        self.secrets.forget();
        self.sends_lost_signals = false;
    }

    /// Records that it has done nothing although it was asked to.
    pub(crate) fn mark_silent(&mut self, now: Moment) {
        self.silent = self.network.map(|it| (now, it));
        self.unanswered = Duration::ZERO;
    }

    /// Records that it has done something. Returns whether it was silent before.
    pub(crate) fn record_sign_of_life(&mut self) -> bool {
        self.unanswered = Duration::ZERO;
        self.silent.take().is_some()
    }

    /// Keeps this peer apart from `other` for [`NOT_AGAIN_FOR`].
    pub(crate) fn start_cooldown(&mut self, now: Moment, other: PeerId) {
        while self.cooldowns.front().is_some_and(|(until, _)| *until <= now)
            || self.cooldowns.len() >= MAX_COOLDOWNS
        {
            self.cooldowns.pop_front();
        }
        self.cooldowns.push_back((now + NOT_AGAIN_FOR, other));
    }

    /// Until when this peer does not accept `other`; `None` if there is no such time.
    pub(crate) fn cooldown_until(&self, now: Moment, other: PeerId) -> Option<Moment> {
        self.cooldowns
            .iter()
            .rev()
            .find(|(until, peer)| *peer == other && *until > now)
            .map(|(until, _)| *until)
    }

    /// Where it comes from; `None` if only its partner's ticket has named it so far.
    pub(crate) fn origin(&self) -> Option<PeerOrigin> {
        Some(PeerOrigin { device: self.device, network: self.network? })
    }

    /// What a report says about it.
    pub(crate) const fn party(&self) -> Participant {
        Participant { device: self.device, network: self.network_tags[0] }
    }

    /// The match it is in.
    pub(crate) const fn match_id(&self) -> Option<MatchId> {
        match self.state {
            PeerState::Matched(match_id) => Some(match_id),
            PeerState::Idle | PeerState::Waiting { .. } => None,
        }
    }

    /// Whether it waits, can be reached, and is due a proof of its place: the first one of its wait, or a newer one.
    pub(crate) fn needs_proof(&self, now: Moment) -> bool {
        let due = |it: Place| self.proven_at.map_or(it.since + FIRST_AFTER, |at| at + RENEW_AFTER);
        self.reachable_place().is_some_and(|it| due(it) <= now)
    }

    /// The edge that has its socket, if that is open.
    pub(crate) fn edge(&self) -> Option<EdgeId> {
        match self.socket {
            SocketState::Attached(socket) => Some(socket.edge),
            SocketState::Detached { .. } => None,
        }
    }

    /// Its place if it waits and its socket is open. Only such a peer can be paired.
    pub(crate) const fn reachable_place(&self) -> Option<Place> {
        match (self.socket, self.state) {
            (SocketState::Attached(_), PeerState::Waiting { place, .. }) => Some(place),
            (SocketState::Attached(_), PeerState::Idle | PeerState::Matched(_))
            | (SocketState::Detached { .. }, _) => None,
        }
    }
}
