//! Who waits, for whom, in the order in which they came; it proposes pairs and must not know whether they come about.
//!
//! A peer stands in a line for everything by which a partner may find it. Any two of a line could be paired, unless they
//! are kept apart or stand there for those only who speak with everybody, so most lines have one in them.

pub(crate) mod pairing;
pub(crate) mod prepared_offers;
pub(crate) mod wait_estimate;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry},
    sync::Arc,
    time::Duration,
};

use crate::{
    protocol::{Affinity, Interest, Language, PeerId, Tastes, limits::WIDEN_AFTER},
    time::Moment,
};

/// Waiting peers who are asked in one search, in all lines together: more than one peer is kept from at a time. Who is
/// refused by all of these is found by the next who comes.
const MAX_ASKED: usize = 256;

/// A place in the queue: since when, and the order among those who came at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// When the wait began; kept when a pairing fails.
    pub(crate) since: Moment,
    /// Grows with it, so that it alone is compared: that is most of what a search among many costs.
    turn: u64,
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

/// What a waiting peer answers to a proposal.
pub(crate) enum Verdict {
    /// Both accept.
    Accepted,
    /// Not before this moment.
    NotBefore(Moment),
    /// Not at all.
    Never,
}

/// What the queue has found for a peer.
pub(crate) enum Proposal {
    /// Of those who accept and have most in common with it, the one who has waited longest.
    Partner(Claim, Place, PeerId),
    /// Nobody now; somebody who waits will accept at this moment, if there is one.
    Nobody(Option<Moment>),
}

/// Why two are to be paired, the strongest reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    /// One of them was passed by too often.
    Owed,
    /// They have this in common.
    Shared(Affinity),
}

/// What a peer wants at least after it has waited for so long, and how long after the beginning less is enough: each
/// thing it has named gets its [`WIDEN_AFTER`].
pub(crate) fn wants(tastes: &Tastes, waited: Duration) -> (Affinity, Option<Duration>) {
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

/// What a line is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Line {
    Interest(Interest, Tongue),
    Language(Tongue),
    Anybody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Tongue {
    /// Those who speak this language.
    Named(Language),
    /// Those who speak with everybody.
    Any,
    /// All, for those who speak with everybody.
    All,
}

#[derive(Debug)]
struct Waiter {
    peer: PeerId,
    tastes: Arc<Tastes>,
    wants: Affinity,
    /// The number of pairs there were when it came here.
    since: u64,
}

/// First come, first served among those who have as much in common. Everything costs the logarithm of its length at most.
#[derive(Debug)]
pub(crate) struct Queue {
    max_passed_by: u64,
    waiting: BTreeMap<Place, Waiter>,
    lines: HashMap<Line, BTreeMap<Place, PeerId>>,
    /// Those for whom anybody is good enough, and who are owed nothing yet, by the number of pairs there were before.
    open: BTreeSet<(u64, Place)>,
    /// Those of them who were passed by too often.
    owed: BTreeMap<Place, PeerId>,
    /// Pairs so far.
    pairs: u64,
    turns: u64,
}

impl Queue {
    /// An empty one, in which nobody who would take anybody is passed by more often than this.
    pub(crate) fn new(max_passed_by: u64) -> Self {
        let (waiting, lines, open, owed) = Default::default();
        Self { max_passed_by, waiting, lines, open, owed, pairs: 0, turns: 0 }
    }

    /// The last place.
    pub(crate) fn last_place(&mut self, now: Moment) -> Place {
        self.turns += 1;
        Place { since: now, turn: self.turns }
    }

    /// Puts a peer at its place, with what it wants; one that is there is left as it is.
    pub(crate) fn insert(&mut self, place: Place, peer: PeerId, tastes: Arc<Tastes>, wants: Affinity) {
        let Entry::Vacant(vacant) = self.waiting.entry(place) else { return };
        vacant.insert(Waiter { peer, tastes: Arc::clone(&tastes), wants, since: self.pairs });
        for line in stands_in(&tastes, wants) {
            self.lines.entry(line).or_default().insert(place, peer);
        }
        if wants == Affinity::Anybody {
            self.open.insert((self.pairs, place));
        }
    }

    /// Takes a peer out; does nothing if it is not there.
    pub(crate) fn remove(&mut self, place: Place) {
        let Some(waiter) = self.waiting.remove(&place) else { return };
        for line in stands_in(&waiter.tastes, waiter.wants) {
            if let Some(others) = self.lines.get_mut(&line) {
                others.remove(&place);
                if others.is_empty() {
                    self.lines.remove(&line);
                }
            }
        }
        if waiter.wants == Affinity::Anybody {
            self.open.remove(&(waiter.since, place));
            self.owed.remove(&place);
        }
    }

    /// Two have been paired. Those who were passed by too often now are to seek again: who waits next is theirs.
    pub(crate) fn paired(&mut self) -> Vec<(Place, PeerId)> {
        self.pairs += 1;
        let mut owed = Vec::new();
        while let Some((since, place)) = self.open.first().copied()
            && self.pairs - since >= self.max_passed_by
        {
            self.open.pop_first();
            owed.extend(self.waiting.get(&place).map(|it| (place, it.peer)));
        }
        self.owed.extend(owed.iter().copied());
        owed
    }

    /// Looks for a partner for the peer at this place.
    ///
    /// Passes only those by who refuse, asks each of them once, and no more than [`MAX_ASKED`], so the search is short however
    /// long the queue is, and in however many lines the same ones stand.
    pub(crate) fn propose(&self, place: Place, judge: impl Fn(PeerId) -> Verdict) -> Proposal {
        let Some(seeker) = self.waiting.get(&place) else { return Proposal::Nobody(None) };
        let mut search = Search { place, judge, refused: BTreeSet::new(), earliest: None };
        let owed = if self.owed.contains_key(&place) {
            search.first(self.waiting.iter().map(|(at, it)| (*at, it.peer)))
        } else {
            search.first(self.owed.iter().map(|(at, peer)| (*at, *peer)))
        };
        if let Some((at, other)) = owed {
            return Proposal::Partner(Claim::Owed, at, other);
        }
        for affinity in Affinity::ALL.into_iter().filter(|it| *it <= seeker.wants) {
            let mut found: Option<(Place, PeerId)> = None;
            for line in looks_in(&seeker.tastes, affinity).filter_map(|it| self.lines.get(&it)) {
                let is_better = |at: Place| found.is_none_or(|(best, _)| at < best);
                let better = line.iter().map(|(at, peer)| (*at, *peer)).take_while(|(at, _)| is_better(*at));
                found = search.first(better).or(found);
            }
            if let Some((at, other)) = found {
                return Proposal::Partner(Claim::Shared(affinity), at, other);
            }
        }
        Proposal::Nobody(search.earliest)
    }

    /// Everybody, the longest waiter first.
    #[cfg(test)]
    pub(crate) fn everybody(&self) -> impl Iterator<Item = PeerId> {
        self.waiting.values().map(|it| it.peer)
    }
}

struct Search<J> {
    /// Of who seeks.
    place: Place,
    judge: J,
    /// Who has refused, and would in every line.
    refused: BTreeSet<Place>,
    /// When the first of those who have refused will accept.
    earliest: Option<Moment>,
}

impl<J: Fn(PeerId) -> Verdict> Search<J> {
    /// The first who accepts.
    fn first(&mut self, line: impl Iterator<Item = (Place, PeerId)>) -> Option<(Place, PeerId)> {
        for (at, other) in line.filter(|(at, _)| *at != self.place) {
            if self.refused.contains(&at) {
                continue;
            }
            if self.refused.len() >= MAX_ASKED {
                return None;
            }
            match (self.judge)(other) {
                Verdict::Accepted => return Some((at, other)),
                Verdict::NotBefore(when) => {
                    self.earliest = Some(self.earliest.map_or(when, |it| it.min(when)));
                }
                Verdict::Never => {}
            }
            self.refused.insert(at);
        }
        None
    }
}

/// All lines in which a peer can be found.
fn stands_in(tastes: &Tastes, wants: Affinity) -> impl Iterator<Item = Line> {
    let tongues = || spoken(tastes, Tongue::Any).chain([Tongue::All]);
    lines(tastes, tongues).filter(move |it| it.affinity() <= wants)
}

/// The lines of those with whom a peer has so much in common.
fn looks_in(tastes: &Tastes, affinity: Affinity) -> impl Iterator<Item = Line> {
    let tongues = || {
        let is_wild = tastes.languages.is_empty();
        spoken(tastes, Tongue::All).chain((!is_wild).then_some(Tongue::Any))
    };
    lines(tastes, tongues).filter(move |it| it.affinity() == affinity)
}

fn lines<T: Iterator<Item = Tongue>>(tastes: &Tastes, tongues: impl Fn() -> T) -> impl Iterator<Item = Line> {
    let with =
        |interest: &Interest| tongues().map(|it| Line::Interest(interest.clone(), it)).collect::<Vec<_>>();
    let interests: Vec<_> = tastes.interests.iter().flat_map(with).collect();
    let languages: Vec<_> = tongues().map(Line::Language).collect();
    interests.into_iter().chain(languages).chain([Line::Anybody])
}

/// The languages of a peer, or this where it has named none.
fn spoken(tastes: &Tastes, wild: Tongue) -> impl Iterator<Item = Tongue> {
    let named = tastes.languages.iter().copied().map(Tongue::Named);
    named.chain(tastes.languages.is_empty().then_some(wild))
}

impl Line {
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

    /// So many who all share all that can be named, the first places first.
    fn crowd(most: usize) -> (Queue, Vec<Place>) {
        let languages = ["de", "en", "fr", "it", "ja"].into_iter().filter_map(Language::new).collect();
        let tastes = Arc::new(Tastes { interests: Interest::all_in("a,b,c,d,e"), languages });
        let mut queue = Queue::new(16);
        let places: Vec<_> = (0..most).map(|_| queue.last_place(Moment::from_millis(0))).collect();
        for (number, place) in places.iter().enumerate() {
            queue.insert(*place, peer(number), Arc::clone(&tastes), Affinity::Anybody);
        }
        (queue, places)
    }

    #[test]
    fn who_refuses_is_asked_once_in_all_lines_together() {
        let (queue, places) = crowd(100);
        let asked = RefCell::new(Vec::new());
        let refuses = |it| {
            asked.borrow_mut().push(it);
            Verdict::Never
        };
        assert!(matches!(queue.propose(places[99], refuses), Proposal::Nobody(None)));
        assert_eq!(*asked.borrow(), (0..99).map(peer).collect::<Vec<_>>());
    }

    #[test]
    fn so_many_are_asked_and_no_more() {
        let (queue, places) = crowd(MAX_ASKED + 2);
        let asked = RefCell::new(0);
        let last = |refusing: usize| {
            *asked.borrow_mut() = 0;
            queue.propose(places[MAX_ASKED + 1], |it| {
                *asked.borrow_mut() += 1;
                if it.0.as_u128() < refusing as u128 { Verdict::Never } else { Verdict::Accepted }
            })
        };
        assert!(matches!(last(MAX_ASKED), Proposal::Nobody(None)));
        assert_eq!(*asked.borrow(), MAX_ASKED);
        let Proposal::Partner(Claim::Shared(Affinity::Interest), at, other) = last(MAX_ASKED - 1) else {
            panic!("the last that is asked accepts")
        };
        assert_eq!((at, other), (places[MAX_ASKED - 1], peer(MAX_ASKED - 1)));
    }
}
