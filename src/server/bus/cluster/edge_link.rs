//! [`EdgeLink`]: what an edge sends to the core and accepts from it, so that nothing is lost or doubled unnoticed.
//!
//! Both directions are numbered within a term. An entry that Redis did not confirm is sent again as it was, and the
//! core ignores what it has. If a number is missing, or the core knows this edge no more, the edge closes its sockets
//! and goes on under a new id: pages resume, and their numbers and acknowledgements repair the rest.

use std::{mem, sync::Arc, time::Duration};

use super::lease::Holder;
use crate::{matchmaker::EdgeId, time::Moment};

/// How often an edge sends an entry even if it has nothing to say, so that the core knows that it is there.
pub(crate) const BEAT_EVERY: Duration = Duration::from_millis(500);

/// How long an edge may be without a core before it is not ready for new people: longer than it takes another process
/// to become the core.
const ABSENT_AFTER: Duration = Duration::from_secs(10);

/// How long the core may leave entries unanswered that it was given: longer than Redis keeps a dead holder, after which
/// entries are not accepted any more. Then what it wrote must have been lost on the way.
const GAP_AFTER: Duration = Duration::from_secs(5);

/// How often an edge without a core asks whether there is one.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// What travels in one entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry<T> {
    /// Its number within the term and the id of the edge, counted from 0.
    pub(crate) number: u64,
    /// What it says, in order.
    pub(crate) items: Vec<T>,
}

/// What the core sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FromCore<T> {
    /// Something for the sockets.
    Entry(Arc<Entry<T>>),
    /// The core does not know this edge, or has missed an entry of it.
    Reset,
}

/// What came of an attempt to append an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// It is in the stream of the holder that it was meant for.
    Done,
    /// It is not, because another process holds the lease, or nobody does.
    Elsewhere(Option<Holder>),
    /// It may be or not: Redis did not answer, or with an error.
    Unknown,
}

/// What the edge has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EdgeEvent<T> {
    /// Hand this to the sockets.
    Deliver(Arc<Entry<T>>),
    /// There is a new core, which knows none of the sockets. What waited for the first core still does; what was meant
    /// for a former one is gone.
    NewCore {
        /// Whether it is the first one.
        is_first: bool,
    },
    /// Close all sockets as lost, and restart the link with a new id.
    Reset,
}

/// The end of an edge.
#[derive(Debug)]
pub(crate) struct EdgeLink<O> {
    edge: EdgeId,
    holder: Option<Holder>,
    /// The number of the next entry to the core.
    next_number: u64,
    /// The number of the next entry from the core.
    awaited: u64,
    queue: Vec<O>,
    /// The entry that is not known to be in the stream.
    pending: Option<Arc<Entry<O>>>,
    appending: Appending,
    append_at: Moment,
    /// When the core was last heard, or could first have been.
    heard_at: Moment,
    /// When the first and the last entry were appended that the core has not answered.
    unanswered: Option<(Moment, Moment)>,
}

/// The append that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Appending {
    /// None is.
    Nothing,
    /// That of the pending entry, or a question who the core is.
    Current,
    /// One from before a new core or a reset: what comes of it means nothing.
    Former,
}

impl<O> EdgeLink<O> {
    /// The link of an edge that has heard of no core.
    pub(crate) const fn new(edge: EdgeId, now: Moment) -> Self {
        Self {
            edge,
            holder: None,
            next_number: 0,
            awaited: 0,
            queue: Vec::new(),
            pending: None,
            appending: Appending::Nothing,
            append_at: now,
            heard_at: now,
            unanswered: None,
        }
    }

    /// The id under which the core knows this edge.
    pub(crate) const fn edge(&self) -> EdgeId {
        self.edge
    }

    /// The core that the edge speaks with.
    pub(crate) const fn holder(&self) -> Option<Holder> {
        self.holder
    }

    /// Whether a core has been heard within the last seconds.
    pub(crate) fn has_core(&self, now: Moment) -> bool {
        now - self.heard_at < ABSENT_AFTER
    }

    /// How many items wait to be appended.
    pub(crate) const fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Something for the core.
    pub(crate) fn push(&mut self, item: O) {
        self.queue.push(item);
    }

    /// When [`next_append`](Self::next_append) has something to append, if nothing is pushed before.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        (self.appending == Appending::Nothing).then_some(self.append_at)
    }

    /// The next entry to append, and the core for which it is. At most one is under way.
    pub(crate) fn next_append(&mut self, now: Moment) -> Option<(Option<Holder>, Arc<Entry<O>>)> {
        let has_news = self.holder.is_some() && self.pending.is_none() && !self.queue.is_empty();
        if self.appending != Appending::Nothing || (now < self.append_at && !has_news) {
            return None;
        }
        self.appending = Appending::Current;
        if self.pending.is_none() {
            // Without a core nothing is taken from the queue: the entry only asks whether there is one.
            let items = if self.holder.is_some() { mem::take(&mut self.queue) } else { Vec::new() };
            let entry = Arc::new(Entry { number: self.next_number, items });
            if self.holder.is_none() {
                return Some((None, entry));
            }
            self.pending = Some(entry);
        }
        self.pending.clone().map(|it| (self.holder, it))
    }

    /// What came of the last append.
    pub(crate) fn on_appended<I>(&mut self, now: Moment, result: Appended) -> Option<EdgeEvent<I>> {
        let appending = mem::replace(&mut self.appending, Appending::Nothing);
        match result {
            Appended::Done if appending == Appending::Current => {
                self.pending = None;
                self.next_number += 1;
                self.append_at = now + BEAT_EVERY;
                let (first, _) = self.unanswered.unwrap_or((now, now));
                self.unanswered = Some((first, now));
                None
            }
            Appended::Done => None,
            Appended::Elsewhere(holder) => {
                self.append_at = now + ASK_EVERY;
                holder.and_then(|it| self.hear_of(now, it))
            }
            Appended::Unknown => {
                self.append_at = now + ASK_EVERY;
                None
            }
        }
    }

    /// Somebody holds the lease.
    fn hear_of<I>(&mut self, now: Moment, holder: Holder) -> Option<EdgeEvent<I>> {
        match self.holder {
            Some(it) if holder == it || holder.term < it.term => return None,
            // Redis has lost its memory, and its clock is behind: another process has got the same term. What this
            // edge has sent and read in that term means nothing to it.
            Some(it) if holder.term == it.term => {
                self.holder = Some(holder);
                return Some(EdgeEvent::Reset);
            }
            Some(_) | None => {}
        }
        let is_first = self.holder.is_none();
        let queue = mem::take(&mut self.queue);
        self.restart(now);
        if is_first {
            self.queue = queue;
        }
        (self.holder, self.heard_at) = (Some(holder), now);
        Some(EdgeEvent::NewCore { is_first })
    }

    /// Something has come from the core of a term.
    pub(crate) fn on_received<I>(
        &mut self,
        now: Moment,
        term: u64,
        from: FromCore<I>,
    ) -> Option<EdgeEvent<I>> {
        if self.holder.is_none_or(|it| it.term != term) {
            return None;
        }
        (self.heard_at, self.unanswered) = (now, None);
        match from {
            FromCore::Reset => Some(EdgeEvent::Reset),
            FromCore::Entry(entry) if entry.number == self.awaited => {
                self.awaited += 1;
                (!entry.items.is_empty()).then_some(EdgeEvent::Deliver(entry))
            }
            FromCore::Entry(entry) if entry.number < self.awaited => None,
            FromCore::Entry(_) => Some(EdgeEvent::Reset),
        }
    }

    /// Whether the core takes entries, but has answered none for so long that something must be missing.
    pub(crate) fn is_gap(&self) -> bool {
        self.unanswered.is_some_and(|(first, last)| last - first >= GAP_AFTER)
    }

    /// Goes on under a new id, with no sockets.
    pub(crate) fn reset(&mut self, now: Moment, edge: EdgeId) {
        self.edge = edge;
        self.restart(now);
    }

    fn restart(&mut self, now: Moment) {
        (self.next_number, self.awaited) = (0, 0);
        (self.pending, self.unanswered) = (None, None);
        if self.appending == Appending::Current {
            self.appending = Appending::Former;
        }
        (self.queue, self.append_at) = (Vec::new(), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_is_never_answered_has_no_core_although_it_begins_again() {
        let mut now = Moment::from_millis(1_000);
        let mut link = EdgeLink::<u8>::new(EdgeId(1), now);
        let holder = Holder { term: 7, process: 8 };
        link.next_append(now);
        link.on_appended::<u8>(now, Appended::Elsewhere(Some(holder)));
        let begin = now;
        let mut resets = 0;
        while link.has_core(now) && now - begin <= ABSENT_AFTER {
            now = now + BEAT_EVERY;
            if link.next_append(now).is_some() {
                link.on_appended::<u8>(now, Appended::Done);
            }
            if link.is_gap() {
                resets += 1;
                link.reset(now, EdgeId(2 + resets));
            }
        }
        assert_eq!((now - begin, resets), (ABSENT_AFTER, 1));
    }

    /// Found by the random histories: a Redis whose clock is behind is emptied soon after a core has begun, and the
    /// next one has not heard of its term.
    #[test]
    fn an_edge_goes_to_a_core_of_the_same_term() {
        let (at, edge) = (Moment::from_millis, EdgeId);
        let [first, second] = [3, 4].map(|process| Holder { term: 7, process });
        let mut link = EdgeLink::<()>::new(edge(1), at(0));
        link.next_append(at(0));
        let event = link.on_appended::<()>(at(10), Appended::Elsewhere(Some(first)));
        assert_eq!(event, Some(EdgeEvent::NewCore { is_first: true }));
        link.next_append(at(10));
        let event = link.on_appended::<()>(at(20), Appended::Elsewhere(Some(second)));
        assert_eq!(event, Some(EdgeEvent::Reset));
        link.reset(at(20), edge(2));
        let entry = Arc::new(Entry { number: 0, items: Vec::new() });
        assert_eq!(link.next_append(at(20)), Some((Some(second), entry)));
        let late = Holder { term: 6, process: 5 };
        assert_eq!(link.on_appended::<()>(at(30), Appended::Elsewhere(Some(late))), None);
        assert_eq!(link.holder(), Some(second));
    }
}
