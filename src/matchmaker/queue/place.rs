//! [`Place`]: a position in the queue; and [`Priority`]: the order in which pairs are formed.

use std::cmp::Ordering;

use crate::{
    protocol::{Affinity, PeerId},
    time::Moment,
};

/// A place in the queue: when the wait began, and a number that orders peers of the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// When the wait began. It is kept when a match does not connect.
    pub(crate) since: Moment,
    /// Grows with `since`. Only this is compared, because comparisons are most of the cost of a search.
    turn: u64,
}

impl Place {
    /// A place. Of two places, the one with the greater `turn` must not have the earlier `since`.
    pub(crate) const fn new(since: Moment, turn: u64) -> Self {
        Self { since, turn }
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.turn.cmp(&other.turn)
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
}
