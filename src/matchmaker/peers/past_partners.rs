//! Whom a peer has met, and whom it never wants to meet again; it must not know who they are.

use std::{collections::VecDeque, time::Duration};

use crate::{
    matchmaker::{Matchmaker, queue::Verdict},
    protocol::{
        PairId, PastPairs, PeerId,
        limits::{AGAIN_AFTER, MET_FOR},
    },
    time::Moment,
};

/// One peer's memory of its pairs. Most peers have none.
#[derive(Debug, Default)]
pub(crate) struct KnownPairs {
    /// Whom it has met, and until when somebody else is better; the oldest first.
    met: VecDeque<(Moment, PairId)>,
    /// Whom it does not want; the oldest first.
    blocked: VecDeque<PairId>,
}

impl KnownPairs {
    /// Those of a page that remembers this; `None` where there is nothing to remember.
    pub(crate) fn told(now: Moment, past: &PastPairs) -> Option<Box<Self>> {
        if past.is_none() {
            return None;
        }
        let until =
            |minutes_ago: u8| now + MET_FOR.saturating_sub(Duration::from_secs(60) * minutes_ago.into());
        let met = past.met.iter().map(|it| (until(it.minutes_ago), it.pair)).collect();
        Some(Box::new(Self { met, blocked: past.blocked.iter().copied().collect() }))
    }

    /// They meet now; no more than so many are remembered.
    fn meet(&mut self, now: Moment, pair: PairId, most: usize) {
        self.met.retain(|(until, it)| *until > now && *it != pair);
        while self.met.len() >= most {
            self.met.pop_front();
        }
        self.met.push_back((now + MET_FOR, pair));
    }

    /// Never again; no more than so many are remembered.
    fn block(&mut self, pair: PairId, most: usize) {
        self.blocked.retain(|it| *it != pair);
        while self.blocked.len() >= most {
            self.blocked.pop_front();
        }
        self.blocked.push_back(pair);
    }

    /// Nobody is blocked any more; whether somebody was.
    fn unblock(&mut self) -> bool {
        !std::mem::take(&mut self.blocked).is_empty()
    }

    fn has_blocked(&self, pair: PairId) -> bool {
        self.blocked.contains(&pair)
    }

    /// Until when somebody else is better than this pair.
    fn has_met(&self, pair: PairId) -> Option<Moment> {
        self.met.iter().find(|(_, it)| *it == pair).map(|(until, _)| *until)
    }
}

impl Matchmaker {
    /// Whether two who wait may be paired. Those who parted a moment ago may not, those who have blocked each other never,
    /// and those who met not long ago only where nobody else has come for either for a while.
    pub(crate) fn judge(&self, now: Moment, one: PeerId, other: PeerId) -> Verdict {
        let (Some(mine), Some(theirs)) = (self.peers.get(&one), self.peers.get(&other)) else {
            return Verdict::Never;
        };
        let mut not_before = mine.avoids(now, other).max(theirs.avoids(now, one));
        let memories = [mine, theirs].map(|it| it.acquaintances.as_deref());
        if memories.iter().any(Option::is_some) {
            let again = self.accept(one).max(self.accept(other)).map(|later| later.since + AGAIN_AFTER);
            for pair in self.keys.pairs(mine.device, theirs.device) {
                if memories.iter().flatten().any(|it| it.has_blocked(pair)) {
                    return Verdict::Never;
                }
                let met = memories.iter().flatten().filter_map(|it| it.has_met(pair)).max();
                not_before = not_before.max(met.min(again));
            }
        }
        not_before.filter(|at| *at > now).map_or(Verdict::Accepted, Verdict::NotBefore)
    }

    /// The name of the two, which each remembers from now on.
    pub(crate) fn acquaint(&mut self, now: Moment, peers: [PeerId; 2]) -> Option<PairId> {
        let [one, other] = peers.map(|it| self.peers.get(&it).map(|it| it.device));
        let pair = self.keys.pairs(one?, other?).next()?;
        for id in peers {
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.acquaintances.get_or_insert_default().meet(now, pair, self.max_met);
            }
        }
        Some(pair)
    }

    pub(crate) fn block(&mut self, id: PeerId, pair: PairId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.acquaintances.get_or_insert_default().block(pair, self.max_blocked);
        }
    }

    pub(crate) fn unblock(&mut self, now: Moment, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.acquaintances.as_mut().is_some_and(|it| it.unblock()) {
            // Somebody who waits may do now.
            let seeker = self.place_of(id);
            self.seek(now, seeker);
        }
    }
}
