//! One peer's record: its socket, its numbers, where it stands, whom it does not want again; it must not know others.

pub(crate) mod sessions;
pub(crate) mod messages;
pub(crate) mod past_partners;

use std::{collections::VecDeque, sync::Arc};

use super::{
    KnownPairs, Network, SocketId,
    keys::DeviceId,
    queue::{Place, prepared_offers::Preparation},
};
use crate::{
    protocol::{Delivery, MatchId, Media, PeerId, Secret, Tastes, ToBrowser, limits::NOT_AGAIN_FOR},
    time::Moment,
};

/// Partners one peer is kept from at a time: one every half second for as long as they are remembered.
pub(crate) const MAX_AVOIDED: usize = 64;

/// A peer that has said hello.
#[derive(Debug)]
pub(crate) struct Peer {
    /// What takes this peer back after a lost socket; `None` for one that is only known by its partner's ticket.
    pub(crate) secret: Option<Secret>,
    /// Where its socket comes from, or came from.
    pub(crate) network: Option<Network>,
    /// Its socket.
    pub(crate) link: Link,
    /// Its conversation with the server.
    pub(crate) delivery: Delivery<Arc<ToBrowser>>,
    /// Where it stands.
    pub(crate) standing: Standing,
    /// What it sends; as it said when it last joined.
    pub(crate) media: Media,
    /// Whether its address is to be hidden; said with it.
    pub(crate) hides: bool,
    /// What it would like to have in common with a partner; said with it.
    pub(crate) tastes: Arc<Tastes>,
    /// Its offer made ahead, while it waits.
    pub(crate) preparation: Preparation,
    /// The device it is on.
    pub(crate) device: DeviceId,
    /// Whom it has met.
    pub(crate) acquaintances: Option<Box<KnownPairs>>,
    /// How many of its messages were refused on this socket.
    pub(crate) refusals: u16,
    /// Whom it parted from, and until when they are kept apart; oldest first.
    avoided: VecDeque<(Moment, PeerId)>,
}

/// The socket of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// It is there.
    Attached(SocketId),
    /// It is lost; the peer is forgotten at this moment.
    Detached {
        /// The end of the grace.
        until: Moment,
    },
}

/// Where a peer stands. There is no standing in which it waits and talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It wants nobody.
    Idle,
    /// It waits. While its socket is lost it keeps its place but is not in the queue.
    Waiting {
        /// Its place.
        place: Place,
        /// When to look again, if somebody who waits will only then do.
        retry: Option<Moment>,
        /// When less is enough for it.
        widen: Option<Moment>,
    },
    /// It has a partner.
    Matched(MatchId),
}

impl Peer {
    /// A peer that has just said hello.
    pub(crate) fn new(
        connection: SocketId,
        network: Network,
        secret: Secret,
        device: DeviceId,
        outbox_bytes: u32,
    ) -> Self {
        let link = Link::Attached(connection);
        Self { secret: Some(secret), network: Some(network), device, ..Self::with(link, outbox_bytes) }
    }

    /// A peer that is known by its partner's ticket, and may come until then.
    pub(crate) fn expected(until: Moment, outbox_bytes: u32) -> Self {
        Self::with(Link::Detached { until }, outbox_bytes)
    }

    fn with(link: Link, outbox_bytes: u32) -> Self {
        Self {
            secret: None,
            network: None,
            link,
            delivery: Delivery::with_capacity(outbox_bytes),
            standing: Standing::Idle,
            media: Media::default(),
            hides: false,
            tastes: Arc::default(),
            preparation: Preparation::Unasked,
            device: DeviceId::default(),
            acquaintances: None,
            refusals: 0,
            avoided: VecDeque::new(),
        }
    }

    /// Keeps this peer from `other` for [`NOT_AGAIN_FOR`].
    pub(crate) fn avoid(&mut self, now: Moment, other: PeerId) {
        while self.avoided.front().is_some_and(|(until, _)| *until <= now)
            || self.avoided.len() >= MAX_AVOIDED
        {
            self.avoided.pop_front();
        }
        self.avoided.push_back((now + NOT_AGAIN_FOR, other));
    }

    /// Until when this peer does not accept `other`; `None` if it does now.
    pub(crate) fn avoids(&self, now: Moment, other: PeerId) -> Option<Moment> {
        self.avoided
            .iter()
            .rev()
            .find(|(until, peer)| *peer == other && *until > now)
            .map(|(until, _)| *until)
    }

    /// The match it is in.
    pub(crate) fn match_id(&self) -> Option<MatchId> {
        match self.standing {
            Standing::Matched(match_id) => Some(match_id),
            Standing::Idle | Standing::Waiting { .. } => None,
        }
    }
}
