//! The profile that a device stores for its person: consent, preferences, topics, and past partners.

pub(crate) mod consent;
pub(crate) mod preferences;
pub(crate) mod topics;
pub(crate) mod past_partners;
pub(crate) mod past_matches;
pub(crate) mod queued_reports;
pub(crate) mod storage;

use std::{array, mem};

use crate::{
    call::{Consent, PastStranger, Preferences, StoredProfile, StoredReports, deadline::Deadline},
    protocol::PairId,
    time::Moment,
};
use past_partners::PastPartners;
use topics::Topics;

/// The number of past partners that the page offers to block.
const PAST_STRANGERS: usize = 3;

/// What this page knows about its person.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    /// What the person has said before their first call.
    pub(crate) consent: Consent,
    /// The statement of an age check provider about the person; empty without one.
    pub(crate) age: String,
    /// The switches and the place of the own picture.
    pub(crate) preferences: Preferences,
    /// The interests and languages to look for.
    pub(crate) topics: Topics,
    /// The pairs that met or are blocked, and the signed name of the device.
    pub(crate) past_partners: PastPartners,
    /// The past matches that can be reported, and the reports that the server has not answered.
    pub(crate) reports: StoredReports,
    /// The pair of the current match, or of the last one.
    pub(crate) pair: Option<PairId>,
    /// The number of that match, from 1.
    number: u32,
    /// Whether the two of `pair` have been connected.
    is_met: bool,
    /// The last pairs before that one that have been connected, the latest first, with the numbers of their matches.
    /// No others are kept, and these until the page is closed.
    past_pairs: Vec<(u32, PairId)>,
    /// Milliseconds from the Unix epoch to the origin of [`Moment`].
    pub(crate) unix_origin_ms: u64,
}

impl Profile {
    /// The profile of a device that has stored these values.
    pub(crate) fn new(stored: StoredProfile) -> Self {
        let StoredProfile { consent, age, preferences, topics, languages, acquaintances, reports, chosen: _ } =
            stored;
        let topics = Topics::new(topics, languages);
        Self { consent, age, preferences, topics, past_partners: acquaintances, reports, ..Self::default() }
    }

    /// When the page has to show another number of seconds. Only a page that waits shows it.
    pub(crate) fn deadline(&self, now: Moment, is_waiting: bool) -> Option<Deadline> {
        self.topics.deadline(now).filter(|_| is_waiting)
    }

    /// Records the pair of a new match; `device` is the name by which the server knows this device. Not saved here:
    /// nothing may delay the first picture of a match.
    pub(crate) fn record_partner(&mut self, now: Moment, pair: Option<PairId>, device: &str) {
        if let (true, Some(before)) = (mem::take(&mut self.is_met), self.pair) {
            self.past_pairs.retain(|(_, it)| *it != before);
            self.past_pairs.insert(0, (self.number, before));
            self.past_pairs.truncate(PAST_STRANGERS);
        }
        self.pair = pair;
        self.number += 1;
        if let Some(pair) = pair {
            self.past_partners.record(self.unix_seconds(now), pair, device);
        }
    }

    /// The current match is connected. Returns whether that has to be saved.
    pub(crate) const fn on_connected(&mut self) -> bool {
        self.is_met = true;
        let is_first = !self.consent.has_met;
        self.consent.has_met = true;
        is_first || self.pair.is_some()
    }

    /// Whether the person has said lately that they are under 18.
    pub(crate) fn is_under_age(&self, now: Moment) -> bool {
        self.consent.is_under_age(self.unix_seconds(now))
    }

    /// Blocks the current partner, whether connected or not; `false` if the server has named no pair.
    pub(crate) fn block_partner(&mut self, now: Moment, device: &str) -> bool {
        let Some(pair) = self.pair else { return false };
        self.block_pair(now, pair, device);
        true
    }

    /// Blocks a pair: the current one, the last one, or another past one.
    pub(crate) fn block_pair(&mut self, now: Moment, pair: PairId, device: &str) {
        self.is_met |= self.pair == Some(pair);
        self.past_partners.block(self.unix_seconds(now), pair, device);
    }

    /// The person takes the current partner as one that they have met.
    pub(crate) const fn mark_met(&mut self) {
        self.is_met = true;
    }

    /// Whether the current partner, or the last one, has appeared.
    pub(crate) const fn has_met_partner(&self) -> bool {
        self.is_met
    }

    /// Blocks or unblocks the past partner with this number; `false` if there is none.
    pub(crate) fn set_past_blocked(&mut self, now: Moment, number: u32, blocked: bool, device: &str) -> bool {
        let Some((_, pair)) = self.past_pairs(false).find(|(it, _)| *it == number) else { return false };
        if blocked {
            self.past_partners.block(self.unix_seconds(now), pair, device);
        } else {
            self.past_partners.unblock(pair);
        }
        true
    }

    /// The last partners whose match is over and was connected, the latest first. `is_matched` says whether the page
    /// has a partner now.
    pub(crate) fn past_strangers(&self, is_matched: bool) -> [Option<PastStranger>; PAST_STRANGERS] {
        let mut all = self.past_pairs(is_matched).map(|(number, pair)| PastStranger {
            number,
            is_last: number == self.number,
            is_blocked: self.past_partners.blocked.contains(pair),
        });
        array::from_fn(|_| all.next())
    }

    fn past_pairs(&self, is_matched: bool) -> impl Iterator<Item = (u32, PairId)> {
        let last = self.pair.filter(|_| self.is_met && !is_matched).map(|it| (self.number, it));
        // Those who are matched again are not each other's past partner.
        let current = self.pair.filter(|_| is_matched || self.is_met);
        last.into_iter().chain(self.past_pairs.iter().copied().filter(move |(_, it)| Some(*it) != current))
    }

    /// The current time, in seconds since the Unix epoch.
    pub(crate) const fn unix_seconds(&self, now: Moment) -> u64 {
        (self.unix_origin_ms + now.as_millis()) / 1_000
    }

    /// When a time comes that is in seconds since the Unix epoch, as far as the wall clock tells now.
    pub(crate) const fn moment_of(&self, seconds: u64) -> Moment {
        Moment::from_millis(seconds.saturating_mul(1_000).saturating_sub(self.unix_origin_ms))
    }
}
