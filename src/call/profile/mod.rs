//! The profile that a device stores for its person: preferences, topics, and past partners.

pub(crate) mod preferences;
pub(crate) mod topics;
pub(crate) mod past_partners;
pub(crate) mod storage;

use crate::{
    call::{Preferences, deadline::Deadline},
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
        self.pair = pair;
        if let Some(pair) = pair {
            self.past_partners.record(self.unix_seconds(now), pair, device);
        }
    }

    /// Blocks the current or last partner; `false` if there is none.
    pub(crate) fn block_partner(&mut self, now: Moment, device: &str) -> bool {
        let Some(pair) = self.pair else { return false };
        self.past_partners.block(self.unix_seconds(now), pair, device);
        true
    }

    /// The current time, in seconds since the Unix epoch.
    pub(crate) const fn unix_seconds(&self, now: Moment) -> u64 {
        (self.unix_origin_ms + now.as_millis()) / 1_000
    }
}
