//! [`LaneQueue`]: the waiting peers of one [`Lane`], in buckets by what they have in common.
//!
//! A peer is in one bucket for every way in which a partner can find it. Two peers of the same bucket would normally
//! have been paired, unless they are kept apart, or the bucket only serves seekers that have named no language. So
//! most buckets hold one peer.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, btree_map, hash_map},
    sync::Arc,
};

use super::{
    failures::PeerOrigin,
    place::{Place, Seeker},
    search::{Acceptance, MAX_CHECKED, Search},
};
use crate::protocol::{Affinity, Interest, InterestKey, Language, PeerId, Tastes};

/// A part of the queue. Peers are paired within a lane, and by way of exception from [`Lane::Ordinary`] to
/// [`Lane::Apart`]. So a search does not pass the peers that it may not find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Peers that nothing speaks against.
    Ordinary,
    /// Peers whose device or network fails to connect again and again. They are also paired with an ordinary peer that
    /// has found nobody else for long.
    Apart,
    /// Peers that did nothing when they were asked to. Nobody else is paired with them until they do something.
    Silent,
}

impl Lane {
    /// All lanes, in the order of their declaration.
    pub(super) const ALL: [Self; 3] = [Self::Ordinary, Self::Apart, Self::Silent];
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

/// A peer in the queue.
#[derive(Debug)]
pub(crate) struct Waiter {
    /// The peer.
    pub(crate) peer: PeerId,
    /// Where it comes from.
    pub(crate) origin: PeerOrigin,
    /// What it would like to share with a partner.
    pub(crate) tastes: Arc<Tastes>,
    /// What it requires of a partner now.
    pub(crate) requires: Affinity,
}

/// A waiter, and how many pairs of its lane had been formed when it was inserted.
#[derive(Debug)]
struct Entered {
    waiter: Waiter,
    pairs_before: u64,
}

/// Waiting peers: first come, first served among those that have equally much in common with a seeker.
///
/// Every operation costs at most the logarithm of the number of peers.
#[derive(Debug, Default)]
pub(super) struct LaneQueue {
    waiting: BTreeMap<Place, Entered>,
    buckets: HashMap<BucketKey, BTreeMap<Place, PeerId>>,
    /// Peers that accept anybody and are not overdue, by the number of pairs formed before they were inserted.
    flexible: BTreeSet<(u64, Place)>,
    /// Peers that accept anybody and were passed over too often.
    overdue: BTreeMap<Place, PeerId>,
    /// How many pairs have been formed with peers of this lane.
    pairs: u64,
}

impl LaneQueue {
    /// Puts a peer at its place with what it requires; does nothing if there is one.
    pub(super) fn insert(&mut self, place: Place, waiter: Waiter) {
        let btree_map::Entry::Vacant(vacant) = self.waiting.entry(place) else { return };
        for bucket in buckets_of(&waiter.tastes, waiter.requires) {
            self.buckets.entry(bucket).or_default().insert(place, waiter.peer);
        }
        if waiter.requires == Affinity::Anybody {
            self.flexible.insert((self.pairs, place));
        }
        vacant.insert(Entered { waiter, pairs_before: self.pairs });
    }

    /// Removes and returns the peer at a place.
    pub(super) fn remove(&mut self, place: Place) -> Option<Waiter> {
        let Entered { waiter, pairs_before } = self.waiting.remove(&place)?;
        for bucket in buckets_of(&waiter.tastes, waiter.requires) {
            if let hash_map::Entry::Occupied(mut peers) = self.buckets.entry(bucket) {
                peers.get_mut().remove(&place);
                if peers.get().is_empty() {
                    peers.remove();
                }
            }
        }
        if waiter.requires == Affinity::Anybody {
            self.flexible.remove(&(pairs_before, place));
            self.overdue.remove(&place);
        }
        Some(waiter)
    }

    /// The peer at a place.
    pub(super) fn get(&self, place: Place) -> Option<&Waiter> {
        self.waiting.get(&place).map(|it| &it.waiter)
    }

    /// Whether nobody waits here.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// All peers of this lane, the longest waiter first.
    pub(super) fn in_order(&self) -> impl Iterator<Item = Seeker> {
        self.waiting.iter().map(|(at, it)| (*at, it.waiter.peer))
    }

    /// Counts a pair. Returns the peers that were passed over `max_passed_by` times now.
    pub(super) fn record_pair(&mut self, max_passed_by: u64) -> Vec<Seeker> {
        self.pairs += 1;
        let mut overdue = Vec::new();
        while let Some((pairs_before, place)) = self.flexible.first().copied()
            && self.pairs - pairs_before >= max_passed_by
        {
            self.flexible.pop_first();
            overdue.extend(self.get(place).map(|it| (place, it.peer)));
        }
        self.overdue.extend(overdue.iter().copied());
        overdue
    }

    /// The first peer that accepts, if it or the seeker at this place is overdue.
    pub(super) fn first_if_overdue<C: Fn(PeerId) -> Acceptance>(
        &self,
        search: &mut Search<C>,
        place: Place,
    ) -> Option<Seeker> {
        if self.overdue.contains_key(&place) {
            search.first(self.in_order())
        } else {
            search.first(self.overdue.iter().map(|(at, peer)| (*at, *peer)))
        }
    }

    /// Of the peers that accept and have most in common with the seeker, the one that has waited longest.
    ///
    /// Only peers at places that are `old_enough` are checked. These are the first in every bucket; `on_younger` is
    /// told the first place in a bucket that is not.
    pub(super) fn closest<C: Fn(PeerId) -> Acceptance>(
        &self,
        search: &mut Search<C>,
        (tastes, requires): (&Tastes, Affinity),
        old_enough: impl Fn(Place) -> bool,
        mut on_younger: impl FnMut(&mut Search<C>, Place),
    ) -> Option<(Affinity, Seeker)> {
        for affinity in Affinity::ALL.into_iter().filter(|it| *it <= requires) {
            let mut found: Option<Seeker> = None;
            for bucket in buckets_to_search(tastes, affinity).filter_map(|it| self.buckets.get(&it)) {
                let is_better = |at: Place| found.is_none_or(|(best, _)| at < best);
                let better = bucket.iter().map(|(at, peer)| (*at, *peer));
                let better = better.take_while(|(at, _)| is_better(*at) && old_enough(*at));
                found = search.first(better).or(found);
                let younger = bucket.keys().take(MAX_CHECKED).find(|at| !old_enough(**at));
                younger.into_iter().for_each(|at| on_younger(search, *at));
            }
            if let Some(found) = found {
                return Some((affinity, found));
            }
        }
        None
    }
}

/// All buckets in which a peer can be found.
fn buckets_of(tastes: &Tastes, requires: Affinity) -> impl Iterator<Item = BucketKey> {
    let languages = || languages(tastes, LanguageKey::Any).chain([LanguageKey::All]);
    let accepted = Affinity::ALL.into_iter().filter(move |it| *it <= requires);
    accepted.flat_map(move |it| bucket_keys(tastes, it, languages))
}

/// The buckets of the peers that have this much in common with a seeker.
fn buckets_to_search(tastes: &Tastes, affinity: Affinity) -> impl Iterator<Item = BucketKey> {
    bucket_keys(tastes, affinity, || {
        let has_named = !tastes.languages.is_empty();
        languages(tastes, LanguageKey::All).chain(has_named.then_some(LanguageKey::Any))
    })
}

/// The buckets of peers that have exactly this much in common with a peer of these tastes, who speaks `languages`.
fn bucket_keys<'a, T: Iterator<Item = LanguageKey>>(
    tastes: &'a Tastes,
    affinity: Affinity,
    languages: impl Fn() -> T + Copy,
) -> impl Iterator<Item = BucketKey> {
    let interests = tastes.interests.iter().filter(move |_| affinity == Affinity::Interest);
    let with =
        move |it: &'a Interest| languages().map(|language| BucketKey::Interest(it.key().clone(), language));
    let languages = (affinity == Affinity::Language).then(languages).into_iter().flatten();
    let anybody = (affinity == Affinity::Anybody).then_some(BucketKey::Anybody);
    interests.flat_map(with).chain(languages.map(BucketKey::Language)).chain(anybody)
}

/// The languages of a peer, or `if_none` if it has named none.
fn languages(tastes: &Tastes, if_none: LanguageKey) -> impl Iterator<Item = LanguageKey> {
    let named = tastes.languages.iter().copied().map(LanguageKey::Named);
    named.chain(tastes.languages.is_empty().then_some(if_none))
}
