//! What can be asked of the model; it must not change anything.

use super::{Match, Page, Town};
use crate::matchmaker::tests::words::{Standing, Wire};

impl Town {
    /// The next moment at which something has to happen by itself.
    pub(in crate::matchmaker) fn next_event(&self) -> Option<u64> {
        let queue = self.queue();
        let both = |it: &&(usize, usize, u64)| queue.contains(&it.0) && queue.contains(&it.1);
        let retries = self.apart.iter().filter(both).map(|it| it.2).filter(|at| *at > self.now);
        self.all_due().into_iter().map(|it| it.0).chain(retries).min()
    }

    /// Who waits and can be reached, the longest waiter first.
    pub(in crate::matchmaker) fn queue(&self) -> Vec<usize> {
        let mut queue: Vec<_> = (0..self.pages.len()).filter(|it| self.place(*it).is_some()).collect();
        queue.sort_by_key(|it| self.place(*it));
        queue
    }

    pub(super) fn place(&self, page: usize) -> Option<(u64, usize)> {
        match (self.pages[page].standing, self.pages[page].wire) {
            (Standing::Waiting(since, turn), Wire::Whole | Wire::Cut) => Some((since, turn)),
            _ => None,
        }
    }

    pub(in crate::matchmaker) fn are_apart(&self, one: usize, other: usize) -> bool {
        let both = |it: &(usize, usize, u64)| [(one, other), (other, one)].contains(&(it.0, it.1));
        self.apart.iter().any(|it| both(it) && it.2 > self.now)
    }

    /// Sockets that are open.
    pub(in crate::matchmaker) fn sockets(&self) -> usize {
        let has_one = |it: &&Page| it.standing != Standing::Gone && !matches!(it.wire, Wire::Lost { .. });
        self.pages.iter().filter(has_one).count()
    }

    /// How many peers there are, those within their grace included.
    pub(in crate::matchmaker) fn named(&self) -> usize {
        self.count(|it| !matches!(it, Standing::Silent { .. } | Standing::Gone))
    }

    /// How many of them have lost their socket.
    pub(in crate::matchmaker) fn lost(&self) -> usize {
        let is_lost = |it: &&Page| it.standing != Standing::Gone && matches!(it.wire, Wire::Lost { .. });
        self.pages.iter().filter(is_lost).count()
    }

    /// How many pages stand like this.
    pub(in crate::matchmaker) fn count(&self, like: impl Fn(Standing) -> bool) -> usize {
        self.pages.iter().filter(|it| like(it.standing)).count()
    }

    /// Matches that go on: those that are calls, or those that are not yet.
    pub(in crate::matchmaker) fn matches(&self, calls: bool) -> usize {
        let is_one = |it: &&Match| it.over.is_none() && (it.connected == [true; 2]) == calls;
        self.matches.iter().filter(is_one).count()
    }
}
