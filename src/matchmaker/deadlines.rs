//! What is due when, in order; it must not know what becomes of it.

use std::collections::BTreeSet;

use super::Connection;
use crate::{
    protocol::{MatchId, PeerId},
    time::Moment,
};

/// Something that has to be looked at when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A socket that has not said hello.
    Hello(Connection),
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
pub(super) struct Deadlines(BTreeSet<(Moment, Due)>);

impl Deadlines {
    /// Adds one.
    pub(super) fn set(&mut self, at: Moment, due: Due) {
        self.0.insert((at, due));
    }

    /// Removes one; does nothing if it is not there.
    pub(super) fn cancel(&mut self, at: Moment, due: Due) {
        self.0.remove(&(at, due));
    }

    /// The earliest.
    pub(super) fn next(&self) -> Option<Moment> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes the earliest out, if its time has come.
    pub(super) fn pop(&mut self, now: Moment) -> Option<Due> {
        let (at, due) = *self.0.first()?;
        if at > now {
            return None;
        }
        self.0.pop_first();
        Some(due)
    }
}
