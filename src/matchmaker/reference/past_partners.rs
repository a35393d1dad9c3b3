//! The model's record of met and blocked partners, per page and per device.

use super::{ModelDevice, ReferenceModel, standing::ModelLane};
use crate::matchmaker::tests::vocabulary::{ModelEvent, PageAction, PageState};

/// Pairs that are remembered as met.
const MAX_MET: usize = 3;

/// Pairs that are remembered as blocked.
const MAX_BLOCKED: usize = 2;

impl ReferenceModel {
    /// Whether the device of this page can open a new page: it was welcomed once and has no page now.
    pub(crate) fn can_reload(&self, page: usize) -> bool {
        let device = self.pages[page].device;
        self.was_welcomed(page)
            && !self.pages.iter().any(|it| it.device == device && it.state != PageState::Gone)
    }

    /// Whether a welcome has ever reached a page, so that it knows the name of its device.
    pub(crate) fn was_welcomed(&self, page: usize) -> bool {
        self.pages[page].events.iter().any(|it| matches!(it, ModelEvent::Welcome { .. }))
    }

    /// The device of this page opens a new page.
    pub(crate) fn reload(&mut self, page: usize) {
        let device = self.pages[page].device;
        self.open_page();
        let new = self.pages.len() - 1;
        self.pages[new].device = device;
        if self.pages[new].state != PageState::Gone {
            self.send_hello(new);
        }
    }

    /// Whether a page was told that it is in this match.
    pub(crate) fn was_told_of(&self, page: usize, match_index: usize) -> bool {
        let is_it =
            |it: &ModelEvent| matches!(it, ModelEvent::Matched { match_index: it, .. } if *it == match_index);
        self.pages[page].events.iter().any(is_it)
    }

    /// Takes over the past partners that a page lists in its hello.
    ///
    /// A hello states the age of a meeting in whole minutes. Meetings older than half an hour are left out.
    pub(crate) fn load_past_partners(&mut self, page: usize) {
        let ModelDevice { met, blocked } = self.devices[self.pages[page].device].clone();
        let until = |at: u64| self.now + 1_800_000 - (self.now - at) / 60_000 * 60_000;
        let recent = met.iter().filter(|(_, at)| self.now - at < 1_800_000);
        let recent: Vec<_> = recent.map(|(other, at)| (*other, until(*at))).collect();
        self.pages[page].met = recent;
        self.pages[page].blocked = blocked;
    }

    /// Stores on the device what a page's message changes there.
    pub(crate) fn store_on_device(&mut self, page: usize, action: PageAction) {
        let device = self.pages[page].device;
        match action {
            PageAction::Block(match_index) => {
                let partner = match_index.map(|it| self.partner_device(page, it));
                record_blocked(&mut self.devices[device].blocked, partner);
            }
            PageAction::Unblock => self.devices[device].blocked.clear(),
            PageAction::UnblockOne(match_index) => {
                let partner = self.partner_device(page, match_index);
                self.devices[device].blocked.retain(|it| *it != Some(partner));
            }
            PageAction::Join(_)
            | PageAction::Prepare
            | PageAction::Leave
            | PageAction::Report(_)
            | PageAction::About(..) => {}
        }
    }

    /// Records for both pages of a new match that they have met.
    pub(crate) fn record_meeting(&mut self, one: usize, other: usize) {
        let (now, until) = (self.now, self.now + 1_800_000);
        for (page, partner) in [(one, other), (other, one)] {
            let device = self.pages[partner].device;
            self.pages[page].met.retain(|(_, until)| *until > now);
            record_met(&mut self.pages[page].met, device, until);
        }
    }

    pub(crate) fn partner_device(&self, page: usize, match_index: usize) -> usize {
        let ends = self.matches[match_index].ends;
        self.pages[ends[usize::from(ends[0] == page)]].device
    }

    /// Whether nothing in the past of two waiting pages keeps them from being paired now.
    pub(crate) fn may_meet_now(&self, one: usize, other: usize) -> bool {
        self.may_meet_from(one, other).is_some_and(|at| at <= self.now)
    }

    /// The time from which two waiting pages may be paired, as far as their past is concerned; `None` for never, as for
    /// two pages of one device.
    pub(crate) fn may_meet_from(&self, one: usize, other: usize) -> Option<u64> {
        let device = |page: usize| self.pages[page].device;
        if device(one) == device(other) {
            return None;
        }
        let both = [(one, device(other)), (other, device(one))];
        if both.iter().any(|(page, device)| self.pages[*page].blocked.contains(&Some(*device))) {
            return None;
        }
        let is_pair = |it: &(usize, usize, u64)| [(one, other), (other, one)].contains(&(it.0, it.1));
        let parted_until = self.kept_apart.iter().filter(|it| is_pair(it)).map(|it| it.2).max();
        let met_until = |(page, device): &(usize, usize)| {
            let met = &self.pages[*page].met;
            met.iter().filter(|it| it.0 == *device).map(|it| it.1).max()
        };
        let met_until = both.iter().filter_map(met_until).max().map(|until| {
            let since = [one, other].into_iter().filter_map(|it| self.place(it)).map(|it| it.0).max();
            until.min(since.unwrap_or(0) + 25_000)
        });
        // A page that is set apart is the last resort of a page that has waited for long.
        let ordinary = [one, other].into_iter().filter(|it| self.lane(*it) == ModelLane::Ordinary);
        let ordinary: Vec<_> = ordinary.filter_map(|it| self.place(it)).collect();
        let last_resort = match ordinary[..] {
            [(since, _)] => Some(since + 30_000),
            _ => None,
        };
        Some(parted_until.max(met_until).max(last_resort).unwrap_or(0))
    }
}

/// Appends a device, which appears only once, and drops the oldest entries past the limit.
pub(crate) fn record_met(met: &mut Vec<(usize, u64)>, device: usize, at: u64) {
    met.retain(|(it, _)| *it != device);
    met.push((device, at));
    met.drain(..met.len().saturating_sub(MAX_MET));
}

/// Appends a device, which appears only once, and drops the oldest entries past the limit.
pub(crate) fn record_blocked(blocked: &mut Vec<Option<usize>>, device: Option<usize>) {
    blocked.retain(|it| *it != device);
    blocked.push(device);
    blocked.drain(..blocked.len().saturating_sub(MAX_BLOCKED));
}
