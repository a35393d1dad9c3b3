//! The model's record of silent pages, of failures and of connections, and what follows for a waiting page.

use super::{ModelMatch, ReferenceModel};
use crate::matchmaker::tests::vocabulary::PageState;

/// How long failures, connections and silence matter (ms).
const LAPSES_AFTER: u64 = 600_000;

/// How long an end may take to do something (ms).
const PATIENCE: u64 = 5_000;

/// Failures of one device that are remembered.
const MAX_FAILURES: usize = 8;

/// What a waiting page has done about the offer that the server asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModelOffer {
    NotAsked,
    /// It counts as silent at `until` (ms).
    Asked {
        until: u64,
    },
    Late,
    /// It was sent at this time (ms).
    Sent(u64),
}

/// The part of the queue in which a page waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModelLane {
    Ordinary,
    Apart,
    Silent,
}

/// How a match ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModelEnding {
    /// The page of this index said that it cannot be connected.
    Failed(usize),
    TimedOut,
    Left,
}

/// A failure of a device in a match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModelFailure {
    at: u64,
    device: usize,
    network: usize,
    partner: usize,
    /// Since when it counts against the device and its network.
    counts_from: Option<u64>,
    /// Whether it no longer matters to the device, because that has connected or has too many failures.
    is_over: bool,
}

/// Two devices that were connected, each with its network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModelConnection {
    at: u64,
    ends: [(usize, usize); 2],
}

impl ReferenceModel {
    /// The lane in which a page has to wait now.
    pub(crate) fn lane(&self, page: usize) -> ModelLane {
        self.standing(page).0
    }

    /// The lane of a page, and when the reason for it is gone.
    pub(crate) fn standing(&self, page: usize) -> (ModelLane, Option<u64>) {
        let it = &self.pages[page];
        if let Some((at, network)) = it.silent
            && network == it.network
            && self.now < at + LAPSES_AFTER
        {
            return (ModelLane::Silent, Some(at + LAPSES_AFTER));
        }
        if self.moderation.apart.contains(&it.network) {
            return (ModelLane::Apart, None);
        }
        let until = self.device_apart_until(it.device, it.network).max(self.network_apart_until(it.network));
        (if until.is_some() { ModelLane::Apart } else { ModelLane::Ordinary }, until)
    }

    fn device_apart_until(&self, device: usize, network: usize) -> Option<u64> {
        let mut times = Vec::new();
        for partner in 0..self.devices.len() {
            let is_one = |it: &&ModelFailure| {
                (it.device, it.network, it.partner) == (device, network, partner)
                    && it.counts_from.is_some()
                    && !it.is_over
                    && self.now < it.at + LAPSES_AFTER
            };
            times.extend(self.failures.iter().filter(is_one).map(|it| it.at).max());
        }
        third_last(times)
    }

    fn network_apart_until(&self, network: usize) -> Option<u64> {
        let has_connected_since = |from: u64| {
            let of_network = |it: &&ModelConnection| {
                let [(_, one), (_, other)] = it.ends;
                one != other && [one, other].contains(&network)
            };
            let mut all = self.connections.iter().filter(of_network);
            all.any(|it| it.at + LAPSES_AFTER > from)
        };
        let mut times = Vec::new();
        for device in 0..self.devices.len() {
            let is_one = |it: &&ModelFailure| {
                (it.device, it.network) == (device, network)
                    && it.counts_from.is_some_and(|from| !has_connected_since(from))
                    && self.now < it.at + LAPSES_AFTER
            };
            times.extend(self.failures.iter().filter(is_one).map(|it| it.at).max());
        }
        third_last(times)
    }

    /// Updates the lanes of all waiting pages. Pairs that passed by a page in its former lane do not count any more.
    pub(crate) fn update_lanes(&mut self) {
        for page in self.queue() {
            let lane = self.lane(page);
            if std::mem::replace(&mut self.pages[page].lane, lane) != lane {
                self.pages[page].times_passed_by = 0;
            }
        }
    }

    /// Asks all waiting pages for an offer. There are never more of them than the server asks.
    pub(crate) fn ask_for_offers(&mut self) {
        for page in &mut self.pages {
            if let (PageState::Waiting(..), ModelOffer::NotAsked) = (page.state, page.offer) {
                page.offer = ModelOffer::Asked { until: self.caught_up_at + PATIENCE - page.unanswered };
            }
        }
    }

    /// A waiting page that was asked for an offer has not sent one in time.
    pub(crate) fn give_up_on_offer(&mut self, page: usize) {
        let it = &mut self.pages[page];
        (it.offer, it.silent, it.unanswered) = (ModelOffer::Late, Some((self.now, it.network)), 0);
    }

    /// A page leaves the queue, maybe without the offer that it was asked for.
    pub(crate) fn record_departure(&mut self, page: usize) {
        let (now, it) = (self.now, &mut self.pages[page]);
        if let (PageState::Waiting(..), ModelOffer::Asked { until }) = (it.state, it.offer) {
            it.unanswered = PATIENCE - (until - now);
        }
    }

    /// A page sends an offer for its next partner.
    pub(crate) fn receive_offer(&mut self, page: usize) {
        let it = &mut self.pages[page];
        if let (PageState::Waiting(..), ModelOffer::Asked { .. } | ModelOffer::Late | ModelOffer::Sent(_)) =
            (it.state, it.offer)
        {
            (it.offer, it.silent, it.unanswered) = (ModelOffer::Sent(self.now), None, 0);
        }
    }

    /// Which ends of a match did nothing, although it was their turn.
    pub(crate) fn silent_ends(&self, match_index: usize, ending: ModelEnding) -> [bool; 2] {
        let ModelMatch { ends, connected, acted, asked_at, since, .. } = self.matches[match_index];
        let mut silent = [false; 2];
        for end in 0..2 {
            if connected == [true; 2] || connected[end] || acted[end] {
                continue;
            }
            let is_late = |at: u64| self.now >= at + PATIENCE;
            silent[end] = match ending {
                ModelEnding::Failed(page) if page == ends[end] => asked_at[end].is_some() || !is_late(since),
                ModelEnding::Failed(_) | ModelEnding::Left => asked_at[end].is_some_and(is_late),
                ModelEnding::TimedOut => asked_at[end].is_none_or(is_late),
            };
        }
        silent
    }

    /// Records what the end of a match says about its pages and their devices.
    pub(crate) fn record_end(&mut self, match_index: usize, ending: ModelEnding, silent: [bool; 2]) {
        let ModelMatch { ends, connected, acted, origins, .. } = self.matches[match_index];
        for end in 0..2 {
            let it = &mut self.pages[ends[end]];
            if silent[end] {
                (it.silent, it.unanswered) = (Some((self.now, origins[end].1)), 0);
            } else if acted[end] || connected[end] {
                (it.silent, it.unanswered) = (None, 0);
            }
        }
        let is_failure = match ending {
            ModelEnding::Failed(_) | ModelEnding::TimedOut => connected != [true; 2],
            ModelEnding::Left => silent != [false; 2],
        };
        if !is_failure || origins[0].0 == origins[1].0 {
            return;
        }
        for end in 0..2 {
            if silent[end] || silent == [false; 2] {
                self.record_failure(origins[end], origins[1 - end].0, silent[end]);
            }
        }
    }

    fn record_failure(&mut self, (device, network): (usize, usize), partner: usize, was_silent: bool) {
        let now = self.now;
        let has_connected = self.connections.iter().any(|it| {
            let with = |end: usize| it.ends[end].0 == partner && it.ends[1 - end].0 != device;
            now < it.at + LAPSES_AFTER && (with(0) || with(1))
        });
        let is_current = |it: &ModelFailure| it.device == device && !it.is_over && now < it.at + LAPSES_AFTER;
        if self.failures.iter().filter(|it| is_current(it)).count() >= MAX_FAILURES {
            let all = || self.failures.iter().enumerate().filter(|(_, it)| is_current(it));
            let oldest = all().find(|(_, it)| it.counts_from.is_none()).or_else(|| all().next());
            let (oldest, _) = oldest.unwrap();
            self.failures[oldest].is_over = true;
        }
        let counts_from = (was_silent || has_connected).then_some(now);
        self.failures.push(ModelFailure { at: now, device, network, partner, counts_from, is_over: false });
    }

    /// Records that the two pages of a match are connected.
    ///
    /// Failures of others with one of the two count from now on: their partner was able to connect.
    pub(crate) fn record_connection(&mut self, match_index: usize) {
        let (now, ends) = (self.now, self.matches[match_index].origins);
        if ends[0].0 == ends[1].0 {
            return;
        }
        self.connections.push(ModelConnection { at: now, ends });
        for (able, other) in [(ends[0].0, ends[1].0), (ends[1].0, ends[0].0)] {
            // What the device that was able to connect remembers.
            let remembered: Vec<_> =
                self.failures.iter().filter(|it| it.device == able && !it.is_over).collect();
            let remembered: Vec<_> = remembered.iter().map(|it| it.partner).collect();
            for it in &mut self.failures {
                if it.device == able {
                    it.is_over = true;
                } else if it.partner == able
                    && it.device != other
                    && !it.is_over
                    && it.counts_from.is_none()
                    && now < it.at + LAPSES_AFTER
                    && remembered.contains(&it.device)
                {
                    it.counts_from = Some(now);
                }
            }
        }
    }
}

/// When the third last of these failures lapses.
fn third_last(mut times: Vec<u64>) -> Option<u64> {
    times.sort_unstable();
    times.iter().rev().nth(2).map(|it| it + LAPSES_AFTER)
}
