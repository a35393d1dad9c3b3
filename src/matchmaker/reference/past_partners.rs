//! What the model's pages and devices remember of each other; it must not know what else they say.

use super::{Device, Town};
use crate::matchmaker::tests::vocabulary::{Heard, Saying, Standing};

/// Pairs that are remembered as met.
const MOST_MET: usize = 3;

/// Pairs that are remembered as blocked.
const MOST_BLOCKED: usize = 2;

impl Town {
    /// Whether somebody may come again on the device of this page: nobody is there on it.
    pub(crate) fn may_arrive_again(&self, page: usize) -> bool {
        let device = self.pages[page].device;
        let was_named = self.pages[page].heard.iter().any(|it| matches!(it, Heard::Welcome { .. }));
        let is_there = |standing| standing != Standing::Gone;
        was_named && !self.pages.iter().any(|it| it.device == device && is_there(it.standing))
    }

    /// Somebody opens the page anew on the device of this one.
    pub(crate) fn arrive_again(&mut self, page: usize) {
        let device = self.pages[page].device;
        self.open();
        let new = self.pages.len() - 1;
        self.pages[new].device = device;
        if self.pages[new].standing != Standing::Gone {
            self.hello(new);
        }
    }

    /// Whether a page knows who its partner in this match was.
    pub(crate) fn has_heard_of(&self, page: usize, of: usize) -> bool {
        self.pages[page].heard.iter().any(|it| matches!(it, Heard::Matched { of: it, .. } if *it == of))
    }

    /// A page has told the server what its device remembers.
    pub(crate) fn remember(&mut self, page: usize) {
        let Device { met, blocked } = self.devices[self.pages[page].device].clone();
        let until = |at: u64| self.now + 1_800_000 - (self.now - at) / 60_000 * 60_000;
        let recent = met.iter().filter(|(_, at)| self.now - at < 1_800_000);
        let recent: Vec<_> = recent.map(|(other, at)| (*other, until(*at))).collect();
        self.pages[page].met = recent;
        self.pages[page].blocked = blocked;
    }

    /// A device keeps what its page says.
    pub(crate) fn note(&mut self, page: usize, saying: Saying) {
        let device = self.pages[page].device;
        match saying {
            Saying::Block(of) => {
                let partner = of.map(|of| self.partner_device(page, of));
                block(&mut self.devices[device].blocked, partner);
            }
            Saying::Unblock => self.devices[device].blocked.clear(),
            Saying::Join(_) | Saying::Leave | Saying::About(..) => {}
        }
    }

    /// Two are paired.
    pub(crate) fn acquaint(&mut self, one: usize, other: usize) {
        let (now, until) = (self.now, self.now + 1_800_000);
        for (page, partner) in [(one, other), (other, one)] {
            let device = self.pages[partner].device;
            self.pages[page].met.retain(|(_, until)| *until > now);
            meet(&mut self.pages[page].met, device, until);
        }
    }

    pub(crate) fn partner_device(&self, page: usize, of: usize) -> usize {
        let ends = self.matches[of].ends;
        self.pages[ends[usize::from(ends[0] == page)]].device
    }

    /// Whether two who wait accept each other now, if they like each other.
    pub(crate) fn accept_now(&self, one: usize, other: usize) -> bool {
        self.accept_from(one, other).is_some_and(|at| at <= self.now)
    }

    /// From when on two who wait accept each other; `None` for never.
    pub(crate) fn accept_from(&self, one: usize, other: usize) -> Option<u64> {
        let device = |page: usize| self.pages[page].device;
        let both = [(one, device(other)), (other, device(one))];
        if both.iter().any(|(page, device)| self.pages[*page].blocked.contains(&Some(*device))) {
            return None;
        }
        let pair = |it: &(usize, usize, u64)| [(one, other), (other, one)].contains(&(it.0, it.1));
        let apart = self.apart.iter().filter(|it| pair(it)).map(|it| it.2).max();
        let met = |(page, device): &(usize, usize)| {
            let met = &self.pages[*page].met;
            met.iter().filter(|it| it.0 == *device).map(|it| it.1).max()
        };
        let again = both.iter().filter_map(met).max().map(|until| {
            let since = [one, other].into_iter().filter_map(|it| self.place(it)).map(|it| it.0).max();
            until.min(since.unwrap_or(0) + 25_000)
        });
        Some(apart.max(again).unwrap_or(0))
    }
}

/// The latest is the last, and there is one of each.
pub(crate) fn meet(met: &mut Vec<(usize, u64)>, device: usize, at: u64) {
    met.retain(|(it, _)| *it != device);
    met.push((device, at));
    met.drain(..met.len().saturating_sub(MOST_MET));
}

/// The latest is the last, and there is one of each.
pub(crate) fn block(blocked: &mut Vec<Option<usize>>, device: Option<usize>) {
    blocked.retain(|it| *it != device);
    blocked.push(device);
    blocked.drain(..blocked.len().saturating_sub(MOST_BLOCKED));
}
