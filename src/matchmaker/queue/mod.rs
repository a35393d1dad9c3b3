//! [`Queue`]: waiting peers in the order in which they came. It proposes partners; `pairing` forms the pairs.
//!
//! - `lane`: the part of the queue in which a peer waits, and the buckets in which partners find it;
//! - `standing`: which lane that is; `failures` remembers what speaks against a device or a network;
//! - `search`, `eligibility`: one search, and whether two peers may be paired;
//! - `pairing`: peers join, search and are matched;
//! - `place_proof`: how a peer keeps its place on a server that does not know it;
//! - `prepared_offers`: what waiting peers are asked for; `wait_estimate`, `occupancy`: what they are told.

pub(crate) mod place;
pub(crate) mod place_proof;
pub(crate) mod lane;
pub(crate) mod search;
pub(crate) mod eligibility;
pub(crate) mod failures;
pub(crate) mod standing;
pub(crate) mod pairing;
pub(crate) mod prepared_offers;
pub(crate) mod wait_estimate;
pub(crate) mod occupancy;

use std::{collections::BTreeSet, time::Duration};

use crate::{
    matchmaker::input::Network,
    protocol::{Affinity, DeviceId, PeerId, Tastes, limits::WIDEN_AFTER},
    time::Moment,
};
use failures::StandingChange;
use lane::{Lane, LaneQueue, Waiter};
use place::{Place, Priority, Seeker};
use search::Search;
use wait_estimate::WaitEstimate;

pub(crate) use search::Acceptance;

/// How long an ordinary peer waits before it accepts a peer that is set apart.
///
/// By then it accepts anybody and past partners, so everybody else who waited has been considered.
const LAST_RESORT_AFTER: Duration = Duration::from_secs(30);

/// The result of a search.
pub(crate) enum Proposal {
    /// Of the peers that accept and have most in common with the seeker, the one that has waited longest.
    Partner(Priority, Place, PeerId),
    /// Nobody accepts now. If a moment is given, another waiting peer accepts then.
    Nobody(Option<Moment>),
}

/// What a peer requires of a partner after waiting this long, and after what wait it requires less.
///
/// Each kind of thing that it has named is required for [`WIDEN_AFTER`]: first an interest, then a language.
pub(crate) fn required_affinity(tastes: &Tastes, waited: Duration) -> (Affinity, Option<Duration>) {
    let named = [
        (Affinity::Interest, !tastes.interests.is_empty()),
        (Affinity::Language, !tastes.languages.is_empty()),
    ];
    let mut until = Duration::ZERO;
    for (affinity, _) in named.into_iter().filter(|(_, is_named)| *is_named) {
        until += WIDEN_AFTER;
        if waited < until {
            return (affinity, Some(until));
        }
    }
    (Affinity::Anybody, None)
}

/// Waiting peers: first come, first served among those of a lane that have equally much in common with a seeker.
///
/// Every operation costs at most the logarithm of the queue's length.
#[derive(Debug)]
pub(crate) struct Queue {
    /// How long recent waits took.
    pub(crate) wait_estimate: WaitEstimate,
    max_passed_by: u64,
    /// In the order of [`Lane::ALL`].
    lanes: [LaneQueue; Lane::ALL.len()],
    by_device: BTreeSet<(DeviceId, Place)>,
    by_network: BTreeSet<(Network, Place)>,
    /// How many places have been given out.
    turns: u64,
}

impl Queue {
    /// An empty queue. A peer that accepts anybody is overdue after `max_passed_by` pairs of other peers in its lane.
    pub(crate) fn new(max_passed_by: u64) -> Self {
        let (wait_estimate, lanes, by_device, by_network) = Default::default();
        Self { wait_estimate, max_passed_by, lanes, by_device, by_network, turns: 0 }
    }

    /// A new place for a wait that began at `since`: behind all others that began then.
    pub(crate) fn new_place(&mut self, since: Moment) -> Place {
        self.turns += 1;
        Place::new(since, self.turns)
    }

    /// Puts a peer at its place in a lane; does nothing if it is already there.
    pub(crate) fn insert(&mut self, place: Place, lane: Lane, waiter: Waiter) {
        if let Some((at, before)) = self.find(place) {
            if at == lane && before.origin == waiter.origin {
                return;
            }
            self.remove(place);
        }
        self.by_device.insert((waiter.origin.device, place));
        self.by_network.insert((waiter.origin.network, place));
        self.lanes[lane as usize].insert(place, waiter);
    }

    /// Removes the peer at a place; does nothing if there is none.
    pub(crate) fn remove(&mut self, place: Place) {
        if let Some(waiter) = self.lanes.iter_mut().find_map(|it| it.remove(place)) {
            self.by_device.remove(&(waiter.origin.device, place));
            self.by_network.remove(&(waiter.origin.network, place));
        }
    }

    /// The lane of the peer at a place.
    pub(crate) fn lane_at(&self, place: Place) -> Option<Lane> {
        self.find(place).map(|(lane, _)| lane)
    }

    fn find(&self, place: Place) -> Option<(Lane, &Waiter)> {
        Lane::ALL.into_iter().find_map(|it| Some((it, self.lanes[it as usize].get(place)?)))
    }

    /// The waiting peers of a device or a network that may be set apart now, or no longer.
    ///
    /// The cost grows with their number. That is one peer for each tab of a device. A network changes at most twice in
    /// ten minutes, and its peers are limited.
    pub(crate) fn affected_by(&self, change: StandingChange) -> Vec<Seeker> {
        let (first, last) = (Place::FIRST, Place::LAST);
        let places: Vec<Place> = match change {
            StandingChange::Device(it) => {
                self.by_device.range((it, first)..=(it, last)).map(|(_, at)| *at).collect()
            }
            StandingChange::Network(it) => {
                self.by_network.range((it, first)..=(it, last)).map(|(_, at)| *at).collect()
            }
        };
        places.into_iter().filter_map(|at| Some((at, self.find(at)?.1.peer))).collect()
    }

    /// Counts a pair of peers from these lanes. Returns the peers that are overdue now; they must search again, with
    /// priority.
    pub(crate) fn record_pair(&mut self, of: [Option<Lane>; 2]) -> Vec<Seeker> {
        let passed = Lane::ALL.into_iter().filter(|it| of.contains(&Some(*it)));
        passed.flat_map(|it| self.lanes[it as usize].record_pair(self.max_passed_by)).collect()
    }

    /// Looks for a partner for the peer at this place.
    pub(crate) fn propose(
        &self,
        now: Moment,
        place: Place,
        check: impl Fn(PeerId) -> Acceptance,
    ) -> Proposal {
        let Some((lane, seeker)) = self.find(place) else { return Proposal::Nobody(None) };
        let (own, wishes) = (&self.lanes[lane as usize], (&*seeker.tastes, seeker.requires));
        let mut search = Search::new(place, check);
        if let Some((at, other)) = own.first_if_overdue(&mut search, place) {
            return Proposal::Partner(Priority::Overdue, at, other);
        }
        if let Some((affinity, (at, other))) = own.closest(&mut search, wishes, |_| true, |_, _| {}) {
            return Proposal::Partner(Priority::Shared(affinity), at, other);
        }
        match self.last_resort(now, (place, lane, wishes), &mut search) {
            Some((affinity, (at, other))) => Proposal::Partner(Priority::LastResort(affinity), at, other),
            None => Proposal::Nobody(search.earliest()),
        }
    }

    /// Looks for a partner in the other lane, if there is one. The ordinary peer of the two must have waited for
    /// [`LAST_RESORT_AFTER`].
    fn last_resort<C: Fn(PeerId) -> Acceptance>(
        &self,
        now: Moment,
        (place, lane, wishes): (Place, Lane, (&Tastes, Affinity)),
        search: &mut Search<C>,
    ) -> Option<(Affinity, Seeker)> {
        let due = |it: Place| it.since + LAST_RESORT_AFTER;
        let other = match lane {
            Lane::Ordinary => &self.lanes[Lane::Apart as usize],
            Lane::Apart => &self.lanes[Lane::Ordinary as usize],
            Lane::Silent => return None,
        };
        if other.is_empty() {
            return None;
        }
        match lane {
            Lane::Ordinary | Lane::Silent if due(place) > now => {
                search.retry_at(due(place));
                None
            }
            Lane::Ordinary | Lane::Silent => other.closest(search, wishes, |_| true, |_, _| {}),
            Lane::Apart => {
                let on_younger = |search: &mut Search<C>, at| search.retry_at(due(at));
                other.closest(search, wishes, |at| due(at) <= now, on_younger)
            }
        }
    }

    /// All peers in the queue, the longest waiter first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = PeerId> {
        let mut all: Vec<_> = self.lanes.iter().flat_map(LaneQueue::in_order).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, peer)| peer)
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, sync::Arc};

    use uuid::Uuid;

    use super::{failures::PeerOrigin, search::MAX_CHECKED, *};
    use crate::protocol::{Interest, Language};

    const NOW: Moment = Moment::from_millis(0);

    fn peer(number: usize) -> PeerId {
        PeerId(Uuid::from_u128(number as u128))
    }

    /// A queue of peers that all share everything, and their places in order.
    fn crowd(size: usize) -> (Queue, Vec<Place>) {
        let languages = ["de", "en", "fr", "it", "ja"].into_iter().filter_map(Language::new).collect();
        let tastes = Arc::new(Tastes { interests: Interest::all_in("a,b,c,d,e"), languages });
        let mut queue = Queue::new(16);
        let places: Vec<_> = (0..size).map(|_| queue.new_place(NOW)).collect();
        for (number, place) in places.iter().enumerate() {
            let origin =
                PeerOrigin { device: DeviceId::default(), network: Network::of([192, 0, 2, 1].into()) };
            let (tastes, requires) = (Arc::clone(&tastes), Affinity::Anybody);
            queue.insert(*place, Lane::Ordinary, Waiter { peer: peer(number), origin, tastes, requires });
        }
        (queue, places)
    }

    #[test]
    fn checks_each_peer_once_across_all_buckets() {
        let (queue, places) = crowd(100);
        let checked = RefCell::new(Vec::new());
        let refuses = |it| {
            checked.borrow_mut().push(it);
            Acceptance::Never
        };
        assert!(matches!(queue.propose(NOW, places[99], refuses), Proposal::Nobody(None)));
        assert_eq!(*checked.borrow(), (0..99).map(peer).collect::<Vec<_>>());
    }

    #[test]
    fn search_stops_at_max_checked() {
        let (queue, places) = crowd(MAX_CHECKED + 2);
        let checked = RefCell::new(0);
        let last = |refusing: usize| {
            *checked.borrow_mut() = 0;
            queue.propose(NOW, places[MAX_CHECKED + 1], |it| {
                *checked.borrow_mut() += 1;
                if it.0.as_u128() < refusing as u128 { Acceptance::Never } else { Acceptance::Now }
            })
        };
        assert!(matches!(last(MAX_CHECKED), Proposal::Nobody(None)));
        assert_eq!(*checked.borrow(), MAX_CHECKED);
        let Proposal::Partner(Priority::Shared(Affinity::Interest), at, other) = last(MAX_CHECKED - 1) else {
            panic!("the last peer that is checked accepts")
        };
        assert_eq!((at, other), (places[MAX_CHECKED - 1], peer(MAX_CHECKED - 1)));
    }
}
