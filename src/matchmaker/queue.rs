//! Who waits, in the order in which they came; it proposes pairs and must not know whether they come about.

use std::collections::BTreeMap;

use crate::{protocol::PeerId, time::Moment};

/// A place in the queue: since when, and the order among those who came at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// When the wait began; kept when a pairing fails.
    pub(super) since: Moment,
    turn: u64,
}

/// What a waiting peer answers to a proposal.
pub(super) enum Verdict {
    /// Both accept.
    Accepted,
    /// Not before this moment.
    NotBefore(Moment),
}

/// What the queue has found for a peer.
pub(super) enum Proposal {
    /// The one who has waited longest of those who accept.
    Partner(Place, PeerId),
    /// Nobody now; somebody who waits will accept at this moment, if there is one.
    Nobody(Option<Moment>),
}

/// First come, first served. Everything costs the logarithm of its length at most.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<Place, PeerId>,
    turns: u64,
}

impl Queue {
    /// The last place.
    pub(super) fn last_place(&mut self, now: Moment) -> Place {
        self.turns += 1;
        Place { since: now, turn: self.turns }
    }

    /// Puts a peer at its place.
    pub(super) fn insert(&mut self, place: Place, peer: PeerId) {
        self.waiting.insert(place, peer);
    }

    /// Takes a peer out; does nothing if it is not there.
    pub(super) fn remove(&mut self, place: Place) {
        self.waiting.remove(&place);
    }

    /// Looks for a partner for `peer` from the head on.
    ///
    /// Passes only those by who refuse, and a peer refuses no more than it remembers
    /// ([`MAX_AVOIDED`](super::peer::MAX_AVOIDED)), so the search is short however long the queue is.
    pub(super) fn propose(&self, peer: PeerId, judge: impl Fn(PeerId) -> Verdict) -> Proposal {
        let mut earliest: Option<Moment> = None;
        for (place, other) in self.waiting.iter().filter(|(_, other)| **other != peer) {
            match judge(*other) {
                Verdict::Accepted => return Proposal::Partner(*place, *other),
                Verdict::NotBefore(at) => earliest = Some(earliest.map_or(at, |it| it.min(at))),
            }
        }
        Proposal::Nobody(earliest)
    }
}
