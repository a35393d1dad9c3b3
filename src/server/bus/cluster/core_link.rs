//! [`CoreLink`]: which edges the core knows, what it accepts from them, and what waits for each.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    mem,
    sync::Arc,
    time::Duration,
};

use super::{
    edge_link::{BEAT_EVERY, Entry, FromCore},
    lease::VALID_FOR,
};
use crate::{matchmaker::EdgeId, time::Moment};

/// How long an edge may be silent before it is lost: longer than the lease is valid, so that a core that is cut off is
/// suspended before it takes all edges for lost.
const SILENT_AFTER: Duration = Duration::from_secs(3);

/// How many lost edges are remembered: far more than are lost in the time for which streams keep entries.
const MAX_LOST: usize = 256;

/// What is written together, each part for an edge.
pub(crate) type EdgeBatch<O> = Arc<Vec<(EdgeId, FromCore<O>)>>;

/// What the core has to do with an entry of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryVerdict {
    /// Handle what it says.
    Accept,
    /// Nothing: it has handled this entry, or takes none of this edge.
    Ignore,
    /// Nothing, and the edge is lost, because an entry of it is missing.
    Lost,
}

/// An edge that the core knows.
#[derive(Debug)]
struct Known<O> {
    /// The number of its next entry.
    awaited: u64,
    heard_at: Moment,
    /// The number of the next entry to it.
    next_number: u64,
    queue: Vec<O>,
}

/// The end of the core in one term.
#[derive(Debug)]
pub(crate) struct CoreLink<O> {
    edges: BTreeMap<EdgeId, Known<O>>,
    /// The edges that were lost last. What they have sent may be read again, and each begins again under another id.
    lost: VecDeque<EdgeId>,
    /// Whether edges have come or gone.
    has_changed: bool,
    /// From when on the core knows all its edges.
    complete_at: Moment,
    /// Edges that have to begin again.
    resets: BTreeSet<EdgeId>,
    /// What is not known to be in the streams.
    pending: Option<EdgeBatch<O>>,
    is_writing: bool,
    beat_at: Moment,
}

impl<O> CoreLink<O> {
    /// A core that knows no edge.
    pub(crate) fn new(now: Moment) -> Self {
        Self {
            edges: BTreeMap::new(),
            lost: VecDeque::new(),
            has_changed: false,
            complete_at: now + SILENT_AFTER,
            resets: BTreeSet::new(),
            pending: None,
            is_writing: false,
            beat_at: now,
        }
    }

    /// How many edges the core knows.
    pub(crate) fn edges(&self) -> usize {
        self.edges.len()
    }

    /// How many edges there are, if some have come or gone since the last call. Nothing while the core begins: its
    /// edges come within a moment, and until then are as many as before.
    pub(crate) fn take_new_count(&mut self, now: Moment) -> Option<usize> {
        (self.complete_at <= now && mem::take(&mut self.has_changed)).then_some(self.edges.len())
    }

    /// Whether to handle the entry of this number of an edge.
    pub(crate) fn on_entry(&mut self, now: Moment, edge: EdgeId, number: u64) -> EntryVerdict {
        let Some(known) = self.edges.get_mut(&edge) else {
            if number > 0 || self.lost.contains(&edge) {
                self.resets.insert(edge);
                return EntryVerdict::Ignore;
            }
            let known = Known { awaited: 1, heard_at: now, next_number: 0, queue: Vec::new() };
            self.edges.insert(edge, known);
            self.has_changed = true;
            return EntryVerdict::Accept;
        };
        known.heard_at = now;
        if number < known.awaited {
            return EntryVerdict::Ignore;
        }
        if number > known.awaited {
            self.forget(edge);
            return EntryVerdict::Lost;
        }
        known.awaited += 1;
        EntryVerdict::Accept
    }

    /// An edge cannot be understood. It is told so.
    pub(crate) fn refuse(&mut self, edge: EdgeId) {
        self.resets.insert(edge);
    }

    /// Something for a socket of an edge. Nothing is kept for an edge that is lost.
    pub(crate) fn push(&mut self, edge: EdgeId, item: O) {
        if let Some(it) = self.edges.get_mut(&edge) {
            it.queue.push(item);
        }
    }

    /// The edges that have been silent for too long. They are lost. Everything readable must have been read before.
    pub(crate) fn take_silent(&mut self, now: Moment) -> Vec<EdgeId> {
        let silent: Vec<_> =
            self.edges.iter().filter(|(_, it)| now - it.heard_at >= SILENT_AFTER).map(|it| *it.0).collect();
        silent.iter().for_each(|it| self.forget(*it));
        silent
    }

    /// Something for all edges.
    pub(crate) fn push_to_all(&mut self, item: &O)
    where
        O: Clone,
    {
        self.edges.values_mut().for_each(|it| it.queue.push(item.clone()));
    }

    /// An edge is lost, and has to begin again.
    fn forget(&mut self, edge: EdgeId) {
        self.edges.remove(&edge);
        self.lost.truncate(MAX_LOST - 1);
        self.lost.push_front(edge);
        self.resets.insert(edge);
        self.has_changed = true;
    }

    /// The core could not read for so long: no edge could be heard.
    ///
    /// After a long time Redis may have been away, and edges may take a moment longer than the core to reach it again.
    /// A short time is only put off. Otherwise a core whose lease is suspended again and again, because Redis answers
    /// slowly, would never notice that an edge is gone.
    pub(crate) fn forgive_silence(&mut self, now: Moment, paused: Duration) {
        for it in self.edges.values_mut() {
            it.heard_at = if paused < VALID_FOR { it.heard_at + paused } else { now };
        }
    }

    /// When the next batch is due, if nothing is pushed before.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        (!self.is_writing).then_some(self.beat_at)
    }

    /// The next batch to write. At most one is under way.
    pub(crate) fn next_batch(&mut self, now: Moment) -> Option<EdgeBatch<O>> {
        let has_news = !self.resets.is_empty() || self.edges.values().any(|it| !it.queue.is_empty());
        if self.is_writing || (now < self.beat_at && !(has_news && self.pending.is_none())) {
            return None;
        }
        if self.pending.is_none() {
            let is_beat = self.beat_at <= now;
            let resets = mem::take(&mut self.resets).into_iter().map(|it| (it, FromCore::Reset));
            let mut batch: Vec<_> = resets.collect();
            for (edge, it) in &mut self.edges {
                if is_beat || !it.queue.is_empty() {
                    // The next entry is about as long.
                    let room = Vec::with_capacity(it.queue.len());
                    let items = mem::replace(&mut it.queue, room);
                    batch.push((*edge, FromCore::Entry(Arc::new(Entry { number: it.next_number, items }))));
                    it.next_number += 1;
                }
            }
            if is_beat {
                self.beat_at = now + BEAT_EVERY;
            }
            if batch.is_empty() {
                return None;
            }
            self.pending = Some(Arc::new(batch));
        }
        self.is_writing = true;
        self.pending.clone()
    }

    /// Whether the last batch is known to be in the streams. If not, it is written again as it was.
    pub(crate) fn on_written(&mut self, now: Moment, is_done: bool) {
        self.is_writing = false;
        if is_done {
            self.pending = None;
        } else {
            self.beat_at = now + BEAT_EVERY / 4;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_many_edges_there_are_when_that_changes_and_not_while_it_begins() {
        let (one, other) = (EdgeId(1), EdgeId(2));
        let begin = Moment::from_millis(1_000);
        let mut link = CoreLink::<u8>::new(begin);
        link.on_entry(begin, one, 0);
        assert_eq!(link.take_new_count(begin), None);
        link.on_entry(begin, other, 0);
        let later = begin + SILENT_AFTER;
        assert_eq!(link.take_new_count(later), Some(2));
        link.on_entry(later, one, 1);
        assert_eq!(link.take_new_count(later), None, "nobody has come or gone");
        assert_eq!(link.take_silent(later), [other]);
        assert_eq!(link.take_new_count(later), Some(1));
        link.on_entry(later, one, 3);
        assert_eq!(link.take_new_count(later), Some(0), "it is lost, because an entry is missing");
    }

    /// Found by the random histories: with 500 ms to Redis and as many back, each renewal of the lease comes some
    /// milliseconds too late.
    #[test]
    fn an_edge_is_lost_although_the_lease_is_suspended_again_and_again() {
        let (at, paused) = (Moment::from_millis, Duration::from_millis(20));
        let (here, gone) = (EdgeId(1), EdgeId(2));
        let mut link = CoreLink::<()>::new(at(0));
        link.on_entry(at(0), gone, 0);
        for second in 0..3 {
            assert_eq!(link.take_silent(at(second * 1_000)), []);
            link.on_entry(at(second * 1_000), here, second);
            link.forgive_silence(at(second * 1_000 + 500), paused);
        }
        assert_eq!(link.take_silent(at(3_060)), [gone]);
    }

    #[test]
    fn a_lost_edge_stays_lost_although_its_entries_are_read_again() {
        let at = Moment::from_millis;
        let mut link = CoreLink::<()>::new(at(0));
        let numbers = |link: &mut CoreLink<()>| [0, 1].map(|it| link.on_entry(at(0), EdgeId(1), it));
        assert_eq!(numbers(&mut link), [EntryVerdict::Accept; 2]);
        assert_eq!(numbers(&mut link), [EntryVerdict::Ignore; 2]);
        assert_eq!(link.take_silent(at(3_000)), [EdgeId(1)]);
        assert_eq!(numbers(&mut link), [EntryVerdict::Ignore; 2]);
    }

    #[test]
    fn after_a_long_silence_of_redis_edges_have_time_to_come_back() {
        let at = Moment::from_millis;
        let mut link = CoreLink::<()>::new(at(0));
        link.on_entry(at(0), EdgeId(1), 0);
        link.forgive_silence(at(60_000), Duration::from_secs(58));
        assert_eq!(link.take_silent(at(62_999)), []);
        assert_eq!(link.take_silent(at(63_000)), [EdgeId(1)]);
    }
}
