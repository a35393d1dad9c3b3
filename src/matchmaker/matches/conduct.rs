//! What the ends of a match that did not connect have done, and which of them did nothing.
//!
//! The impolite end is asked for an offer when the match begins, and the polite end for an answer when an offer
//! arrives. An end that was not asked has no part to do.

use std::time::Duration;

use super::Match;
use crate::{
    protocol::{PeerId, Signal},
    time::Moment,
};

/// How long a peer that is asked for an offer or an answer may take before it counts as silent.
///
/// A page makes one within a second. The rest is for a slow phone and a slow line, and it is well below the 12 seconds
/// after which a page gives up.
pub(crate) const RESPOND_WITHIN: Duration = Duration::from_secs(5);

/// How a match ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// This peer reported that it cannot be connected.
    Failed(PeerId),
    /// Neither end reported anything in time.
    TimedOut,
    /// An end left it, or was lost.
    Abandoned,
}

impl Match {
    /// Records that the match begins with a prepared offer of the impolite end, or that it has to make one.
    pub(crate) const fn start_turns(&mut self, now: Moment) {
        let [impolite, polite] = &mut self.ends;
        impolite.asked_at = Some(now);
        if self.prepared_offer.is_some() {
            (impolite.has_acted, polite.asked_at) = (true, Some(now));
        }
    }

    /// Records that an end has sent a signal.
    pub(super) fn record_act(&mut self, now: Moment, index: usize, signal: &Signal) {
        self.ends[index].has_acted = true;
        match signal {
            Signal::Offer { .. } => _ = self.ends[1 - index].asked_at.get_or_insert(now),
            Signal::Answer { .. } | Signal::Candidate(_) | Signal::EndOfCandidates { .. } => {}
        }
    }

    /// Whether each end did nothing, although it was asked to. Not in a match that had connected.
    pub(crate) fn silent_ends(&self, now: Moment, ending: Ending) -> [bool; 2] {
        if self.connect_by.is_none() {
            return [false; 2];
        }
        self.ends.map(|end| {
            let had_time = |at: Moment| now - at >= RESPOND_WITHIN;
            !end.has_acted
                && !end.connected
                && match (end.asked_at, ending) {
                    // It gave up before it had tried.
                    (Some(_), Ending::Failed(by)) if by == end.peer => true,
                    (Some(at), Ending::Failed(_) | Ending::TimedOut | Ending::Abandoned) => had_time(at),
                    // It gave up before its partner could make an offer.
                    (None, Ending::Failed(by)) => by == end.peer && !had_time(self.since),
                    // A page would have reported that no offer came.
                    (None, Ending::TimedOut) => true,
                    (None, Ending::Abandoned) => false,
                }
        })
    }
}
