//! What can be asked of the model; it must not change anything.

use super::{Match, PATIENCE, Page, Town};
use crate::{
    matchmaker::tests::vocabulary::{Standing, TASTES, Wire},
    protocol::Affinity,
};

/// Two who could be paired, in the order in which that is done.
pub(crate) type Pair = (u8, (u64, usize), (u64, usize), usize, usize);

impl Town {
    /// The next moment at which something has to happen by itself.
    pub(crate) fn next_event(&self) -> Option<u64> {
        let queue = self.queue();
        let all = queue.iter().flat_map(|one| queue.iter().map(move |other| (*one, *other)));
        let possible = all.filter(|(one, other)| one < other && self.claim(*one, *other).is_some());
        let retries = possible.filter_map(|(one, other)| self.accept_from(one, other));
        let retries = retries.filter(|at| *at > self.now);
        self.all_due().into_iter().map(|it| it.0).chain(retries).min()
    }

    /// Who waits and can be reached, the longest waiter first.
    pub(crate) fn queue(&self) -> Vec<usize> {
        let mut queue: Vec<_> = (0..self.pages.len()).filter(|it| self.place(*it).is_some()).collect();
        queue.sort_by_key(|it| self.place(*it));
        queue
    }

    pub(crate) fn place(&self, page: usize) -> Option<(u64, usize)> {
        match (self.pages[page].standing, self.pages[page].wire) {
            (Standing::Waiting(since, turn), Wire::Whole | Wire::Cut) => Some((since, turn)),
            _ => None,
        }
    }

    pub(crate) fn are_apart(&self, one: usize, other: usize) -> bool {
        let both = |it: &(usize, usize, u64)| [(one, other), (other, one)].contains(&(it.0, it.1));
        self.apart.iter().any(|it| both(it) && it.2 > self.now)
    }

    /// All who could be paired now: how good that is, the places of the longer and the other waiter, and who they are.
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        let queue = self.queue();
        let pair = |(n, one): (usize, &usize)| {
            let others = queue[n + 1..].iter().filter(|it| self.accept_now(*one, **it));
            let claim = |other: &usize| {
                Some((self.claim(*one, *other)?, self.place(*one)?, self.place(*other)?, *one, *other))
            };
            others.filter_map(claim).collect::<Vec<_>>()
        };
        queue.iter().enumerate().flat_map(pair).collect()
    }

    /// Why two could be paired, if they were not kept apart; less is better.
    pub(crate) fn claim(&self, one: usize, other: usize) -> Option<u8> {
        if self.is_owed(one) || self.is_owed(other) {
            return Some(0);
        }
        let [interests, languages] = self.shared(one, other);
        let is_wild = |page: usize| TASTES[self.pages[page].taste].1.is_empty();
        let understand = languages > 0 || is_wild(one) || is_wild(other);
        let affinity = match (interests, understand) {
            (1.., true) => Affinity::Interest,
            (_, true) => Affinity::Language,
            (_, false) => Affinity::Anybody,
        };
        let accepts = |page: usize| affinity <= self.pages[page].wants.0;
        (accepts(one) && accepts(other)).then_some(1 + affinity as u8)
    }

    /// How many interests and languages two have in common.
    pub(crate) fn shared(&self, one: usize, other: usize) -> [usize; 2] {
        let [(mine, my), (theirs, their)] = [one, other].map(|it| TASTES[self.pages[it].taste]);
        let common = |a: &str, b: &str| {
            let is_common = |it: &&str| !it.is_empty() && b.split(',').any(|other| other == *it);
            a.split(',').filter(is_common).count()
        };
        [common(mine, theirs), common(my, their)]
    }

    pub(crate) fn is_owed(&self, page: usize) -> bool {
        self.place(page).is_some() && self.pages[page].passed >= PATIENCE
    }

    /// What a page wants now that has waited since then, and until when.
    pub(crate) fn wanted(&self, page: usize, since: u64) -> (Affinity, Option<u64>) {
        let waited = self.now - since;
        let after = |ms| Some(since + ms);
        match TASTES[self.pages[page].taste] {
            ("", "") => (Affinity::Anybody, None),
            (_, "") if waited < 10_000 => (Affinity::Interest, after(10_000)),
            ("", _) if waited < 10_000 => (Affinity::Language, after(10_000)),
            ("", _) | (_, "") => (Affinity::Anybody, None),
            (_, _) if waited < 10_000 => (Affinity::Interest, after(10_000)),
            (_, _) if waited < 20_000 => (Affinity::Language, after(20_000)),
            (_, _) => (Affinity::Anybody, None),
        }
    }

    /// Sockets that are open.
    pub(crate) fn sockets(&self) -> usize {
        let has_one = |it: &&Page| it.standing != Standing::Gone && !matches!(it.wire, Wire::Lost { .. });
        self.pages.iter().filter(has_one).count()
    }

    /// How many peers there are, those within their grace included.
    pub(crate) fn named(&self) -> usize {
        self.count(|it| !matches!(it, Standing::Silent { .. } | Standing::Gone))
    }

    /// How many of them have lost their socket.
    pub(crate) fn lost(&self) -> usize {
        let is_lost = |it: &&Page| it.standing != Standing::Gone && matches!(it.wire, Wire::Lost { .. });
        self.pages.iter().filter(is_lost).count()
    }

    /// How many pages stand like this.
    pub(crate) fn count(&self, like: impl Fn(Standing) -> bool) -> usize {
        self.pages.iter().filter(|it| like(it.standing)).count()
    }

    /// Matches that go on: those that are calls, or those that are not yet.
    pub(crate) fn matches(&self, calls: bool) -> usize {
        let is_one = |it: &&Match| it.over.is_none() && (it.connected == [true; 2]) == calls;
        self.matches.iter().filter(is_one).count()
    }

    /// Whether a page has lost its socket, and the server knows.
    pub(crate) fn is_lost(&self, page: usize) -> bool {
        matches!(self.pages[page].wire, Wire::Lost { .. })
    }

    /// Which end of a match a page is.
    pub(crate) fn end_of(&self, of: usize, page: usize) -> usize {
        usize::from(self.matches[of].ends[1] == page)
    }
}
