//! [`PairHistory`]: the pairs that a peer's device has met or blocked.

use std::{collections::VecDeque, time::Duration};

use crate::{
    protocol::{PairId, PastPairs, limits::MET_FOR},
    time::Moment,
};

/// The pairs that one peer remembers. Most peers have none.
#[derive(Debug, Default)]
pub(crate) struct PairHistory {
    /// Pairs that have met, and until when other partners are preferred.
    met: Recent<(Moment, PairId)>,
    /// Pairs that must not meet again.
    blocked: Recent<PairId>,
}

impl PairHistory {
    /// The history that a page sends in its `hello`; `None` if it is empty.
    pub(crate) fn from_hello(now: Moment, past: &PastPairs) -> Option<Box<Self>> {
        if past.is_none() {
            return None;
        }
        let until =
            |minutes_ago: u8| now + MET_FOR.saturating_sub(Duration::from_secs(60) * minutes_ago.into());
        let met = past.met.iter().map(|it| (until(it.minutes_ago), it.pair)).collect();
        Some(Box::new(Self { met: Recent(met), blocked: Recent(past.blocked.iter().copied().collect()) }))
    }

    /// Records that the pair meets now; keeps at most `cap` pairs.
    pub(crate) fn record_meeting(&mut self, now: Moment, pair: PairId, cap: usize) {
        self.met.push((now + MET_FOR, pair), cap, |(until, it)| *until > now && *it != pair);
    }

    /// Blocks a pair; keeps at most `cap` pairs.
    pub(crate) fn block(&mut self, pair: PairId, cap: usize) {
        self.blocked.push(pair, cap, |it| *it != pair);
    }

    /// Forgets this blocked pair, or all of them. Returns whether there were any.
    pub(crate) fn unblock(&mut self, pair: Option<PairId>) -> bool {
        let before = self.blocked.0.len();
        self.blocked.0.retain(|it| pair.is_some_and(|pair| pair != *it));
        self.blocked.0.len() < before
    }

    /// Whether the pair is blocked.
    pub(crate) fn has_blocked(&self, pair: PairId) -> bool {
        self.blocked.0.contains(&pair)
    }

    /// Until when other partners are preferred to this pair; `None` if the two have not met.
    pub(crate) fn met_until(&self, pair: PairId) -> Option<Moment> {
        self.met.0.iter().find(|(_, it)| *it == pair).map(|(until, _)| *until)
    }
}

/// A bounded list, newest last. When it is full, the oldest item goes.
#[derive(Debug)]
struct Recent<T>(VecDeque<T>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Recent<T> {
    /// Appends an item after dropping those that `keep` rejects, and the oldest ones beyond `cap` items in all.
    fn push(&mut self, item: T, cap: usize, keep: impl Fn(&T) -> bool) {
        self.0.retain(keep);
        self.0.push_back(item);
        self.0.drain(..self.0.len().saturating_sub(cap));
    }
}
