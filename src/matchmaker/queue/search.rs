//! [`Search`]: what one search for a partner has found out so far.

use std::collections::BTreeSet;

use super::place::{Place, Seeker};
use crate::{protocol::PeerId, time::Moment};

/// Maximum number of waiting peers that one search checks, in all buckets together.
///
/// One peer is kept apart from more than one other at a time, so a few refusals are normal. If all of these refuse, the
/// next peer that comes will find the seeker.
pub(super) const MAX_CHECKED: usize = 256;

/// Whether a waiting peer accepts a seeker, and the other way round.
pub(crate) enum Acceptance {
    /// Both accept.
    Now,
    /// Not before this moment.
    NotBefore(Moment),
    /// Not at all.
    Never,
}

/// A search. It checks each candidate once, at most [`MAX_CHECKED`] in all, so the cost does not grow with the queue or
/// with the number of buckets.
pub(super) struct Search<C> {
    /// The place of the seeker.
    place: Place,
    check: C,
    /// Peers that have refused; they would refuse in every bucket.
    refused: BTreeSet<Place>,
    /// The earliest moment at which one of them accepts.
    earliest: Option<Moment>,
}

impl<C: Fn(PeerId) -> Acceptance> Search<C> {
    /// A search for the peer at a place. `check` tells whether a candidate accepts it.
    pub(super) const fn new(place: Place, check: C) -> Self {
        Self { place, check, refused: BTreeSet::new(), earliest: None }
    }

    /// The first peer that accepts.
    pub(super) fn first(&mut self, candidates: impl Iterator<Item = Seeker>) -> Option<Seeker> {
        let own = self.place;
        for (at, other) in candidates.filter(|(at, _)| *at != own) {
            if self.refused.contains(&at) {
                continue;
            }
            if self.refused.len() >= MAX_CHECKED {
                return None;
            }
            match (self.check)(other) {
                Acceptance::Now => return Some((at, other)),
                Acceptance::NotBefore(when) => self.retry_at(when),
                Acceptance::Never => {}
            }
            self.refused.insert(at);
        }
        None
    }

    /// Searches again at this moment, or earlier.
    pub(super) fn retry_at(&mut self, when: Moment) {
        self.earliest = Some(self.earliest.map_or(when, |it| it.min(when)));
    }

    /// When to search again, if nobody was found.
    pub(super) const fn earliest(&self) -> Option<Moment> {
        self.earliest
    }
}
