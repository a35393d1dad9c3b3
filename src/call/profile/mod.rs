//! The profile that a device stores for its person: preferences, topics, and past partners.

pub(crate) mod preferences;
pub(crate) mod topics;
pub(crate) mod past_partners;
pub(crate) mod storage;

use std::mem;

use crate::{
    call::{LastStranger, Preferences, deadline::Deadline},
    protocol::{Language, PairId},
    time::Moment,
};
use past_partners::PastPartners;
use topics::Topics;

/// What this page knows about its person.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    /// The switches and the place of the own picture.
    pub(crate) preferences: Preferences,
    /// The interests and languages to look for.
    pub(crate) topics: Topics,
    /// The pairs that met or are blocked, and the signed name of the device.
    pub(crate) past_partners: PastPartners,
    /// The pair of the current match, or of the last one.
    pub(crate) pair: Option<PairId>,
    /// Whether the two of `pair` have been connected.
    is_met: bool,
    /// The last pair before that one that has been connected. No other is kept, and this one until the page is closed.
    previous_pair: Option<PairId>,
    /// Milliseconds from the Unix epoch to the origin of [`Moment`].
    pub(crate) unix_origin_ms: u64,
}

impl Profile {
    /// The profile of a device that has stored these values, in a browser with these languages.
    pub(crate) fn new(
        preferences: Preferences,
        topics: String,
        past_partners: PastPartners,
        languages: Vec<Language>,
    ) -> Self {
        let topics = Topics::new(topics, languages);
        Self { preferences, topics, past_partners, ..Self::default() }
    }

    /// When the page has to show another number of seconds. Only a page that waits shows it.
    pub(crate) fn deadline(&self, now: Moment, is_waiting: bool) -> Option<Deadline> {
        self.topics.deadline(now).filter(|_| is_waiting)
    }

    /// Records the pair of a new match; `device` is the name by which the server knows this device. Not saved here:
    /// nothing may delay the first picture of a match.
    pub(crate) fn record_partner(&mut self, now: Moment, pair: Option<PairId>, device: &str) {
        let before = mem::replace(&mut self.pair, pair);
        if mem::take(&mut self.is_met) {
            self.previous_pair = before;
        }
        if let Some(pair) = pair {
            self.past_partners.record(self.unix_seconds(now), pair, device);
        }
    }

    /// The current match is connected.
    pub(crate) const fn on_connected(&mut self) {
        self.is_met = true;
    }

    /// Blocks the current or last partner; `false` if there is none.
    pub(crate) fn block_partner(&mut self, now: Moment, device: &str) -> bool {
        self.block_pair(now, self.pair, device)
    }

    /// Blocks the last partner whom the person has met and left; `false` if there is none. `is_matched` as for
    /// [`last_stranger`](Self::last_stranger).
    pub(crate) fn block_last_partner(&mut self, now: Moment, is_matched: bool, device: &str) -> bool {
        self.block_pair(now, self.last_pair(is_matched), device)
    }

    /// The last partner whose match is over and was connected. `is_matched` says whether the page has a partner now.
    pub(crate) fn last_stranger(&self, is_matched: bool) -> LastStranger {
        match self.last_pair(is_matched) {
            None => LastStranger::Nobody,
            Some(pair) if self.past_partners.blocked.contains(pair) => LastStranger::Blocked,
            Some(_) => LastStranger::Known,
        }
    }

    fn last_pair(&self, is_matched: bool) -> Option<PairId> {
        if self.is_met && !is_matched {
            return self.pair;
        }
        // Those who are matched again are not each other's previous partner.
        self.previous_pair.filter(|it| !is_matched || self.pair != Some(*it))
    }

    fn block_pair(&mut self, now: Moment, pair: Option<PairId>, device: &str) -> bool {
        let Some(pair) = pair else { return false };
        self.past_partners.block(self.unix_seconds(now), pair, device);
        true
    }

    /// The current time, in seconds since the Unix epoch.
    pub(crate) const fn unix_seconds(&self, now: Moment) -> u64 {
        (self.unix_origin_ms + now.as_millis()) / 1_000
    }
}
