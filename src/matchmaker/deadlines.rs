//! What is due when, in order; it must not know what becomes of it.
//!
//! A timing wheel (Varghese and Lauck 1987, scheme 6) whose spokes are there only while something hangs on them: what is
//! due later than now hangs unsorted on the spoke of its time, and is sorted when that time begins. So it costs the same to
//! set and to cancel a deadline however many there are.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::SocketId;
use crate::{
    protocol::{MatchId, PeerId},
    time::Moment,
};

/// Milliseconds of one spoke: of what is due within 20 seconds, not even a hundredth is sorted at a time.
pub(crate) const SPOKE_MS: u64 = 64;

/// Something that has to be looked at when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Due {
    /// A socket that has not said hello.
    Hello(SocketId),
    /// A peer whose socket is lost.
    Grace(PeerId),
    /// A match that is not yet a call.
    Connect(MatchId),
    /// A match whose credentials end soon.
    Renew(MatchId),
    /// A waiting peer that may now accept somebody it did not.
    Retry(PeerId),
    /// A waiting peer for which less is enough from now on.
    Widen(PeerId),
}

/// All deadlines. Each is held by the record it belongs to as well, and removed with it, so that none is left over.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    /// Those on spokes that have begun.
    near: BTreeSet<(Moment, Due)>,
    /// Those on the others, by the spoke's number; none is empty.
    far: BTreeMap<u64, HashSet<(Moment, Due)>>,
    /// The number of the first spoke that has not begun.
    begun: u64,
}

impl Deadlines {
    /// Adds one.
    pub(crate) fn set(&mut self, at: Moment, due: Due) {
        if spoke(at) < self.begun {
            self.near.insert((at, due));
        } else {
            self.far.entry(spoke(at)).or_default().insert((at, due));
        }
    }

    /// Removes one; does nothing if it is not there.
    pub(crate) fn cancel(&mut self, at: Moment, due: Due) {
        if spoke(at) < self.begun {
            self.near.remove(&(at, due));
        } else if let Some(others) = self.far.get_mut(&spoke(at)) {
            others.remove(&(at, due));
            if others.is_empty() {
                self.far.remove(&spoke(at));
            }
        }
    }

    /// When to look next: at the earliest deadline, or less than [`SPOKE_MS`] before it.
    pub(crate) fn next(&self) -> Option<Moment> {
        let begins = |number: &u64| Moment::from_millis(number * SPOKE_MS);
        let far = || self.far.keys().next().map(begins);
        self.near.first().map(|(at, _)| *at).or_else(far)
    }

    /// Takes the earliest out, if its time has come.
    pub(crate) fn pop(&mut self, now: Moment) -> Option<Due> {
        self.begun = self.begun.max(spoke(now) + 1);
        while let Some(first) = self.far.first_entry().filter(|it| *it.key() < self.begun) {
            self.near.extend(first.remove());
        }
        let (at, due) = *self.near.first()?;
        if at > now {
            return None;
        }
        self.near.pop_first();
        Some(due)
    }
}

const fn spoke(at: Moment) -> u64 {
    at.as_millis() / SPOKE_MS
}
