//! [`Queue`]: waiting peers in the order in which they came. It proposes partners; `pairing` forms the pairs.
//!
//! A peer is in one bucket for every way in which a partner can find it. Two peers of the same bucket would normally
//! have been paired, unless they are kept apart, or the bucket only serves seekers that have named no language. So
//! most buckets hold one peer.

pub(crate) mod place;
pub(crate) mod eligibility;
pub(crate) mod pairing;
pub(crate) mod prepared_offers;
pub(crate) mod wait_estimate;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry},
    sync::Arc,
    time::Duration,
};

use crate::{
    protocol::{Affinity, Interest, InterestKey, Language, PeerId, Tastes, limits::WIDEN_AFTER},
    time::Moment,
};
use place::{Place, Priority, Seeker};
use wait_estimate::WaitEstimate;

/// Maximum number of waiting peers that one search checks, in all buckets together.
///
/// One peer is kept apart from more than one other at a time, so a few refusals are normal. If all of these refuse, the
/// next peer that comes will find the seeker.
const MAX_CHECKED: usize = 256;

/// Whether a waiting peer accepts a seeker, and the other way round.
pub(crate) enum Acceptance {
    /// Both accept.
    Now,
    /// Not before this moment.
    NotBefore(Moment),
    /// Not at all.
    Never,
}

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

/// What the peers of a bucket have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum BucketKey {
    Interest(InterestKey, LanguageKey),
    Language(LanguageKey),
    Anybody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum LanguageKey {
    /// Peers that speak this language.
    Named(Language),
    /// Peers that have named no language, and so accept any.
    Any,
    /// All peers, for seekers that have named no language.
    All,
}

#[derive(Debug)]
struct Waiter {
    peer: PeerId,
    tastes: Arc<Tastes>,
    requires: Affinity,
    /// How many pairs had been formed when it was inserted.
    pairs_before: u64,
}

/// Waiting peers: first come, first served among those that have equally much in common with a seeker.
///
/// Every operation costs at most the logarithm of the queue's length.
#[derive(Debug)]
pub(crate) struct Queue {
    /// How long recent waits took.
    pub(crate) wait_estimate: WaitEstimate,
    max_passed_by: u64,
    waiting: BTreeMap<Place, Waiter>,
    buckets: HashMap<BucketKey, BTreeMap<Place, PeerId>>,
    /// Peers that accept anybody and are not overdue, by the number of pairs formed before they were inserted.
    flexible: BTreeSet<(u64, Place)>,
    /// Peers that accept anybody and were passed over too often.
    overdue: BTreeMap<Place, PeerId>,
    /// How many pairs have been formed.
    pairs: u64,
    /// How many places have been given out.
    turns: u64,
}

impl Queue {
    /// An empty queue. A peer that accepts anybody is overdue after `max_passed_by` pairs of other peers.
    pub(crate) fn new(max_passed_by: u64) -> Self {
        let (wait_estimate, waiting, buckets, flexible, overdue) = Default::default();
        Self { wait_estimate, max_passed_by, waiting, buckets, flexible, overdue, pairs: 0, turns: 0 }
    }

    /// A new place at the end.
    pub(crate) fn last_place(&mut self, now: Moment) -> Place {
        self.turns += 1;
        Place::new(now, self.turns)
    }

    /// Puts a peer at its place with what it requires; does nothing if it is already there.
    pub(crate) fn insert(&mut self, place: Place, peer: PeerId, tastes: Arc<Tastes>, requires: Affinity) {
        let Entry::Vacant(vacant) = self.waiting.entry(place) else { return };
        vacant.insert(Waiter { peer, tastes: Arc::clone(&tastes), requires, pairs_before: self.pairs });
        for bucket in buckets_of(&tastes, requires) {
            self.buckets.entry(bucket).or_default().insert(place, peer);
        }
        if requires == Affinity::Anybody {
            self.flexible.insert((self.pairs, place));
        }
    }

    /// Removes the peer at a place; does nothing if there is none.
    pub(crate) fn remove(&mut self, place: Place) {
        let Some(waiter) = self.waiting.remove(&place) else { return };
        for bucket in buckets_of(&waiter.tastes, waiter.requires) {
            if let Some(others) = self.buckets.get_mut(&bucket) {
                others.remove(&place);
                if others.is_empty() {
                    self.buckets.remove(&bucket);
                }
            }
        }
        if waiter.requires == Affinity::Anybody {
            self.flexible.remove(&(waiter.pairs_before, place));
            self.overdue.remove(&place);
        }
    }

    /// Counts a pair. Returns the peers that are overdue now; they must search again, with priority.
    pub(crate) fn record_pair(&mut self) -> Vec<Seeker> {
        self.pairs += 1;
        let mut overdue = Vec::new();
        while let Some((pairs_before, place)) = self.flexible.first().copied()
            && self.pairs - pairs_before >= self.max_passed_by
        {
            self.flexible.pop_first();
            overdue.extend(self.waiting.get(&place).map(|it| (place, it.peer)));
        }
        self.overdue.extend(overdue.iter().copied());
        overdue
    }

    /// Looks for a partner for the peer at this place.
    ///
    /// Checks each candidate once, at most [`MAX_CHECKED`] in all, so the cost does not grow with the queue or with the
    /// number of buckets.
    pub(crate) fn propose(&self, place: Place, check: impl Fn(PeerId) -> Acceptance) -> Proposal {
        let Some(seeker) = self.waiting.get(&place) else { return Proposal::Nobody(None) };
        let mut search = Search { place, check, refused: BTreeSet::new(), earliest: None };
        let overdue = if self.overdue.contains_key(&place) {
            search.first(self.waiting.iter().map(|(at, it)| (*at, it.peer)))
        } else {
            search.first(self.overdue.iter().map(|(at, peer)| (*at, *peer)))
        };
        if let Some((at, other)) = overdue {
            return Proposal::Partner(Priority::Overdue, at, other);
        }
        for affinity in Affinity::ALL.into_iter().filter(|it| *it <= seeker.requires) {
            let mut found: Option<Seeker> = None;
            for bucket in buckets_to_search(&seeker.tastes, affinity).filter_map(|it| self.buckets.get(&it)) {
                let is_better = |at: Place| found.is_none_or(|(best, _)| at < best);
                let better =
                    bucket.iter().map(|(at, peer)| (*at, *peer)).take_while(|(at, _)| is_better(*at));
                found = search.first(better).or(found);
            }
            if let Some((at, other)) = found {
                return Proposal::Partner(Priority::Shared(affinity), at, other);
            }
        }
        Proposal::Nobody(search.earliest)
    }

    /// All peers in the queue, the longest waiter first.
    #[cfg(test)]
    pub(crate) fn in_order(&self) -> impl Iterator<Item = PeerId> {
        self.waiting.values().map(|it| it.peer)
    }
}

struct Search<C> {
    /// The place of the seeker.
    place: Place,
    check: C,
    /// Peers that have refused; they would refuse in every bucket.
    refused: BTreeSet<Place>,
    /// The earliest moment at which one of them accepts.
    earliest: Option<Moment>,
}

impl<C: Fn(PeerId) -> Acceptance> Search<C> {
    /// The first peer that accepts.
    fn first(&mut self, candidates: impl Iterator<Item = Seeker>) -> Option<Seeker> {
        for (at, other) in candidates.filter(|(at, _)| *at != self.place) {
            if self.refused.contains(&at) {
                continue;
            }
            if self.refused.len() >= MAX_CHECKED {
                return None;
            }
            match (self.check)(other) {
                Acceptance::Now => return Some((at, other)),
                Acceptance::NotBefore(when) => {
                    self.earliest = Some(self.earliest.map_or(when, |it| it.min(when)));
                }
                Acceptance::Never => {}
            }
            self.refused.insert(at);
        }
        None
    }
}

/// All buckets in which a peer can be found.
fn buckets_of(tastes: &Tastes, requires: Affinity) -> impl Iterator<Item = BucketKey> {
    let languages = || languages(tastes, LanguageKey::Any).chain([LanguageKey::All]);
    bucket_keys(tastes, languages).filter(move |it| it.affinity() <= requires)
}

/// The buckets of the peers that have this much in common with a seeker.
fn buckets_to_search(tastes: &Tastes, affinity: Affinity) -> impl Iterator<Item = BucketKey> {
    let languages = || {
        let has_named = !tastes.languages.is_empty();
        languages(tastes, LanguageKey::All).chain(has_named.then_some(LanguageKey::Any))
    };
    bucket_keys(tastes, languages).filter(move |it| it.affinity() == affinity)
}

fn bucket_keys<T: Iterator<Item = LanguageKey>>(
    tastes: &Tastes,
    languages: impl Fn() -> T,
) -> impl Iterator<Item = BucketKey> {
    let with = |interest: &Interest| {
        languages().map(|it| BucketKey::Interest(interest.key().clone(), it)).collect::<Vec<_>>()
    };
    let interests: Vec<_> = tastes.interests.iter().flat_map(with).collect();
    let languages: Vec<_> = languages().map(BucketKey::Language).collect();
    interests.into_iter().chain(languages).chain([BucketKey::Anybody])
}

/// The languages of a peer, or `if_none` if it has named none.
fn languages(tastes: &Tastes, if_none: LanguageKey) -> impl Iterator<Item = LanguageKey> {
    let named = tastes.languages.iter().copied().map(LanguageKey::Named);
    named.chain(tastes.languages.is_empty().then_some(if_none))
}

impl BucketKey {
    const fn affinity(&self) -> Affinity {
        match self {
            Self::Interest(..) => Affinity::Interest,
            Self::Language(_) => Affinity::Language,
            Self::Anybody => Affinity::Anybody,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use uuid::Uuid;

    use super::*;

    fn peer(number: usize) -> PeerId {
        PeerId(Uuid::from_u128(number as u128))
    }

    /// A queue of peers that all share everything, and their places in order.
    fn crowd(size: usize) -> (Queue, Vec<Place>) {
        let languages = ["de", "en", "fr", "it", "ja"].into_iter().filter_map(Language::new).collect();
        let tastes = Arc::new(Tastes { interests: Interest::all_in("a,b,c,d,e"), languages });
        let mut queue = Queue::new(16);
        let places: Vec<_> = (0..size).map(|_| queue.last_place(Moment::from_millis(0))).collect();
        for (number, place) in places.iter().enumerate() {
            queue.insert(*place, peer(number), Arc::clone(&tastes), Affinity::Anybody);
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
        assert!(matches!(queue.propose(places[99], refuses), Proposal::Nobody(None)));
        assert_eq!(*checked.borrow(), (0..99).map(peer).collect::<Vec<_>>());
    }

    #[test]
    fn search_stops_at_max_checked() {
        let (queue, places) = crowd(MAX_CHECKED + 2);
        let checked = RefCell::new(0);
        let last = |refusing: usize| {
            *checked.borrow_mut() = 0;
            queue.propose(places[MAX_CHECKED + 1], |it| {
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
