//! What Redis holds, what its scripts do with it, and how it loses that.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::Order;
use crate::{
    matchmaker::{EdgeId, Input},
    server::bus::cluster::{
        core_link::EdgeBatch,
        edge_link::{Appended, Entry, FromCore},
        lease::{Ask, Holder},
        tests::lease_keys::LeaseKeys,
    },
    time::Moment,
};

/// How long a stream keeps an entry.
const TRIMMED_AFTER: u64 = 15_000;

/// How far another Redis may be behind that takes over.
pub(super) const MAX_LOST: Duration = Duration::from_secs(2);

/// An entry of an edge for the core.
pub(super) type FromEdge = (EdgeId, Arc<Entry<Input>>);

/// An entry of a stream.
#[derive(Clone, Debug)]
pub(super) struct Kept<T> {
    /// Its id, a time by the clock of Redis. Ids rise.
    pub(super) id: u64,
    /// When it was appended.
    pub(super) at: Moment,
    pub(super) entry: T,
}

#[derive(Clone, Debug)]
pub(super) struct Stream<T> {
    kept: VecDeque<Kept<T>>,
    last_id: u64,
}

impl<T> Default for Stream<T> {
    fn default() -> Self {
        Self { kept: VecDeque::new(), last_id: 0 }
    }
}

impl<T> Stream<T> {
    fn append(&mut self, at: Moment, clock: Moment, entry: T) {
        let id = clock.as_millis().max(self.last_id + 1);
        self.last_id = id;
        self.kept.push_back(Kept { id, at, entry });
        while self.kept.front().is_some_and(|it| it.id + TRIMMED_AFTER < clock.as_millis()) {
            self.kept.pop_front();
        }
    }

    fn forget_after(&mut self, at: Moment) {
        while self.kept.back().is_some_and(|it| it.at > at) {
            self.kept.pop_back();
        }
        self.last_id = self.kept.back().map_or(0, |it| it.id);
    }

    /// The next entry after the one of this id; the first one if that is not there any more, nor anything after it.
    pub(super) fn next_after(&self, id: u64) -> Option<&Kept<T>> {
        let is_gone = self.kept.back().is_some_and(|it| it.id < id);
        self.kept.get(if is_gone { 0 } else { self.kept.partition_point(|it| it.id <= id) })
    }
}

/// Everything that Redis holds.
#[derive(Clone, Debug, Default)]
struct Contents {
    lease: LeaseKeys,
    to_core: BTreeMap<u64, Stream<FromEdge>>,
    to_edge: BTreeMap<(u64, EdgeId), Stream<FromCore<Order>>>,
}

#[derive(Default)]
pub(super) struct Redis {
    now: Moment,
    contents: Contents,
    /// How far its clock is behind.
    behind: Duration,
    /// What it held before it was emptied.
    emptied: Vec<(Moment, Contents)>,
    /// What it has known of the lease.
    leases: VecDeque<(Moment, LeaseKeys)>,
    /// When the holder of each term began, as far as it knows.
    began: BTreeMap<u64, Moment>,
    /// The highest term that any holder has had, whether or not it still knows that.
    highest_term: u64,
    /// When it has last confirmed an earlier holder than one that it has forgotten.
    pub(super) restored_at: Option<Moment>,
}

impl Redis {
    /// The time is this now.
    pub(super) fn set_now(&mut self, now: Moment) {
        self.now = now;
    }

    fn clock(&self) -> Moment {
        self.now - self.behind
    }

    fn record_lease(&mut self) {
        self.leases.push_back((self.now, self.contents.lease));
        while self.leases.get(1).is_some_and(|(at, _)| *at + MAX_LOST < self.now) {
            self.leases.pop_front();
        }
    }

    pub(super) fn ask(&mut self, ask: Ask) -> Holder {
        let clock = self.clock();
        let holder = self.contents.lease.ask(clock, ask);
        assert!(ask.known_term <= holder.term, "a process holds the lease that another one has followed");
        self.began.entry(holder.term).or_insert(self.now);
        if holder.term < self.highest_term {
            self.restored_at = Some(self.now);
        }
        self.highest_term = self.highest_term.max(holder.term);
        self.record_lease();
        holder
    }

    /// As the script does it.
    pub(super) fn append(&mut self, edge: EdgeId, to: Option<Holder>, entry: Arc<Entry<Input>>) -> Appended {
        let clock = self.clock();
        let holder = self.contents.lease.holder(clock);
        self.contents.lease.hear_of(clock, to.map_or(0, |it| it.term));
        self.record_lease();
        match to {
            Some(to) if holder == Some(to) => {
                let stream = self.contents.to_core.entry(to.term).or_default();
                stream.append(self.now, clock, (edge, entry));
                Appended::Done
            }
            Some(_) | None => Appended::Elsewhere(holder),
        }
    }

    /// As the script does it.
    pub(super) fn write(&mut self, from: Holder, batch: &EdgeBatch<Order>) -> bool {
        let clock = self.clock();
        let is_holder = self.contents.lease.holder(clock) == Some(from);
        if is_holder {
            for (edge, it) in batch.iter() {
                let stream = self.contents.to_edge.entry((from.term, *edge)).or_default();
                stream.append(self.now, clock, it.clone());
            }
        }
        is_holder
    }

    pub(super) fn for_core(&self, term: u64, after: u64) -> Option<&Kept<FromEdge>> {
        self.contents.to_core.get(&term)?.next_after(after)
    }

    pub(super) fn for_edge(&self, key: (u64, EdgeId), after: u64) -> Option<&Kept<FromCore<Order>>> {
        self.contents.to_edge.get(&key)?.next_after(after)
    }

    /// Whether the core of this term could write at this time: no later one had begun.
    pub(super) fn was_last(&self, term: u64, at: Moment) -> bool {
        self.began.range(term + 1..).all(|(_, began)| *began >= at)
    }

    /// Everything in it is gone.
    pub(super) fn empty(&mut self) {
        let before = std::mem::take(&mut self.contents);
        self.emptied.retain(|(at, _)| *at + MAX_LOST >= self.now);
        self.emptied.push((self.now, before));
        self.began.clear();
        self.record_lease();
    }

    /// Another Redis takes over, which has not seen the last milliseconds, and whose clock is behind by so much.
    pub(super) fn fail_over(&mut self, lost: Duration, behind: Duration) {
        let until = self.now - lost;
        if let Some(at) = self.emptied.iter().position(|(at, _)| *at > until) {
            self.contents = self.emptied.swap_remove(at).1;
            self.emptied.truncate(at);
        }
        self.contents.to_core.values_mut().for_each(|it| it.forget_after(until));
        self.contents.to_edge.values_mut().for_each(|it| it.forget_after(until));
        while self.leases.back().is_some_and(|(at, _)| *at > until) {
            self.leases.pop_back();
        }
        self.contents.lease = self.leases.back().map_or(LeaseKeys::default(), |it| it.1);
        self.began.retain(|_, at| *at <= until);
        self.behind = behind;
    }
}
