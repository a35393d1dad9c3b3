//! How the model lets pages wait and pairs them; it must not know what they say then.

use super::{Match, Town};
use crate::{
    matchmaker::tests::vocabulary::{Heard, Standing},
    protocol::{Affinity, EndReason, Role},
};

impl Town {
    pub(crate) fn pair_all(&mut self) {
        while let Some((_, _, _, one, other)) = self.pairs().into_iter().min() {
            self.acquaint(one, other);
            let (ends, of) = ([one, other], self.matches.len());
            let places = ends.map(|it| self.place(it).unwrap());
            let connect_by = self.now + 20_000;
            let (connected, epochs) = ([false; 2], [1; 2]);
            self.matches.push(Match {
                ends,
                places,
                connected,
                epochs,
                connect_by,
                over: None,
                forgotten: false,
            });
            let shared = self.shared(one, other);
            self.check_nobody_starves(one, other);
            for (page, partner, role) in [(one, other, Role::Impolite), (other, one, Role::Polite)] {
                self.pages[page].standing = Standing::Matched(of);
                self.tell(page, Heard::Matched { of, role, partner: Self::media(partner), shared });
            }
            for page in self.queue() {
                self.pages[page].passed += usize::from(self.pages[page].wants.0 == Affinity::Anybody);
            }
        }
    }

    /// Who was passed by often enough is passed by only for somebody who was owed a partner before, or by those with whom
    /// it is kept apart.
    fn check_nobody_starves(&self, one: usize, other: usize) {
        for page in self.queue().into_iter().filter(|it| self.is_owed(*it) && ![one, other].contains(it)) {
            let is_earlier = |it: usize| self.is_owed(it) && self.place(it) < self.place(page);
            let may_pass = |it: usize| is_earlier(it) || !self.accept_now(it, page);
            assert!(
                is_earlier(one) || is_earlier(other) || may_pass(one) && may_pass(other),
                "{page} is passed by"
            );
        }
    }

    pub(crate) fn line_up(&mut self, page: usize) {
        self.turns += 1;
        self.line_up_at(page, (self.now, self.turns));
    }

    pub(crate) fn line_up_at(&mut self, page: usize, (since, turn): (u64, usize)) {
        if self.draining {
            return self.send_away_if_draining(page);
        }
        self.pages[page].standing = Standing::Waiting(since, turn);
        self.tell(page, Heard::Waiting);
        (self.pages[page].wants, self.pages[page].passed) = ((Affinity::Anybody, None), 0);
        if self.pages[page].taste != 0 {
            self.widen(page);
        }
    }

    pub(crate) fn widen(&mut self, page: usize) {
        let Standing::Waiting(since, _) = self.pages[page].standing else { unreachable!("it waits") };
        let wants = self.wanted(page, since);
        (self.pages[page].wants, self.pages[page].passed) = (wants, 0);
        let widens_in_ms = wants.1.map(|at| u32::try_from(at - self.now).unwrap());
        self.tell(page, Heard::Seeking { wants: wants.0, widens_in_ms });
    }

    pub(crate) fn fail(&mut self, of: usize) {
        self.part(of, usize::MAX, EndReason::Unconnected, EndReason::Unconnected);
        let Match { ends, places, connected, .. } = self.matches[of];
        for end in 0..2 {
            match connected {
                [true, true] => self.line_up(ends[end]),
                _ => self.line_up_at(ends[end], places[end]),
            }
        }
    }
}
