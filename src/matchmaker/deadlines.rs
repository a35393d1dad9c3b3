//! [`Deadlines`]: a timing wheel (Varghese and Lauck 1987, scheme 6) that tells what is due next.
//!
//! Time is divided into slots. A deadline in a later slot lies there unsorted; a slot is sorted when its time begins.
//! Empty slots do not exist. So setting and cancelling a deadline costs the same however many there are.

use std::collections::{BTreeMap, BTreeSet};

use super::{id_map::IdSet, input::SocketId, moderation::types::ReportRequest, queue::place::Place};
use crate::{
    protocol::{MatchId, PeerId},
    time::Moment,
};

/// Length of a slot, in milliseconds. Less than a hundredth of what is due within 20 seconds is sorted at a time.
pub(crate) const SLOT_MS: u64 = 64;

/// Something that must be checked when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Due {
    /// A socket has not sent `hello`.
    Hello(SocketId),
    /// The grace period of a peer that lost its socket ends.
    Grace(PeerId),
    /// A match has not connected. The place of its impolite end decides which of several ends first, since their peers
    /// may go to the end of the queue.
    Connect(Place, MatchId),
    /// The relay credentials of a match expire soon.
    Renew(MatchId),
    /// A waiting peer may now accept a partner that it could not accept before, or its standing may have changed.
    Retry(PeerId),
    /// A waiting peer accepts less in common from now on.
    Widen(PeerId),
    /// Those who have begun to wait get proofs of their places.
    FirstProofs,
    /// A draining server stops.
    Stop,
    /// A peer should have acknowledged its oldest message.
    Acknowledge(PeerId),
    /// The store should have answered.
    Report(ReportRequest),
}

impl Due {
    /// A word for the log.
    const fn reason(self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Grace(_) => "grace",
            Self::Connect(..) => "connect",
            Self::Renew(_) => "renew",
            Self::Retry(_) => "retry",
            Self::Widen(_) => "widen",
            Self::FirstProofs => "first-proofs",
            Self::Stop => "stop",
            Self::Acknowledge(_) => "acknowledge",
            Self::Report(_) => "report",
        }
    }
}

/// All deadlines. The record that a deadline belongs to also stores it and cancels it, so that none is left over.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    /// Deadlines in slots that have begun, sorted.
    near: BTreeSet<(Moment, Due)>,
    /// Deadlines in later slots, by slot number. No set is empty.
    far: BTreeMap<u64, IdSet<(Moment, Due)>>,
    /// The number of the first slot that has not begun.
    begun: u64,
}

impl Deadlines {
    /// Adds a deadline.
    pub(crate) fn set(&mut self, at: Moment, due: Due) {
        if slot(at) < self.begun {
            self.near.insert((at, due));
        } else {
            self.far.entry(slot(at)).or_default().insert((at, due));
        }
    }

    /// Removes a deadline; does nothing if it is not there.
    pub(crate) fn cancel(&mut self, at: Moment, due: Due) {
        if slot(at) < self.begun {
            self.near.remove(&(at, due));
        } else if let Some(others) = self.far.get_mut(&slot(at)) {
            others.remove(&(at, due));
            if others.is_empty() {
                self.far.remove(&slot(at));
            }
        }
    }

    /// When to call [`pop`](Self::pop) next, and a word for what is due.
    ///
    /// That is the earliest deadline, or the beginning of its slot (`slot`), less than [`SLOT_MS`] before it.
    pub(crate) fn next(&self) -> Option<(Moment, &'static str)> {
        let begins = |number: &u64| (Moment::from_millis(number * SLOT_MS), "slot");
        let far = || self.far.keys().next().map(begins);
        self.near.first().map(|(at, due)| (*at, due.reason())).or_else(far)
    }

    /// Removes and returns the earliest deadline, if its time has come.
    pub(crate) fn pop(&mut self, now: Moment) -> Option<Due> {
        self.begun = self.begun.max(slot(now) + 1);
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

const fn slot(at: Moment) -> u64 {
    at.as_millis() / SLOT_MS
}
