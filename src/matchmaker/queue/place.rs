//! [`Place`]: a position in the queue; and [`Priority`]: the order in which pairs are formed.

use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use crate::{
    protocol::{Affinity, PeerId},
    time::Moment,
};

/// A place in the queue: when the wait began, and a number that orders peers of the same moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// When the wait began. It is kept when a match does not connect.
    pub(crate) since: Moment,
    /// Differs from that of every other place.
    turn: u64,
    /// Whether its peer was given it back after a match that did not connect.
    was_given_back: bool,
}

impl Place {
    /// Before and after all places.
    pub(super) const FIRST: Self = Self::new(Moment::from_millis(0), 0);
    pub(super) const LAST: Self = Self::new(Moment::from_millis(u64::MAX), u64::MAX);

    /// A place. No other one has this `turn`.
    pub(crate) const fn new(since: Moment, turn: u64) -> Self {
        Self { since, turn, was_given_back: false }
    }

    /// The place for a peer whose match did not connect; `None` if it was given back before.
    ///
    /// More than once would let a peer that can connect to nobody delay everybody.
    pub(crate) fn give_back(self) -> Option<Self> {
        (!self.was_given_back).then_some(Self { was_given_back: true, ..self })
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.turn == other.turn
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.turn.hash(state);
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.since, self.turn).cmp(&(other.since, other.turn))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A waiting peer and its place.
pub(crate) type Seeker = (Place, PeerId);

/// Why two peers are paired. The strongest reason comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// One of them accepts anybody and was passed over too often.
    Overdue,
    /// They have this in common.
    Shared(Affinity),
    /// They have this in common. One of them is set apart, and the other one has found nobody else for long.
    LastResort(Affinity),
}
