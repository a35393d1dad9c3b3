//! The past partners of a device: the pairs that met, the pairs that are blocked, and the device name that the server
//! has signed.

use std::time::Duration;

use crate::protocol::{
    Met, PairId, PastPairs,
    limits::{BLOCKED_FOR, MAX_BLOCKED, MAX_MET, MET_FOR},
};

/// What a device stores about past partners. It does not identify them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastPartners {
    /// The name of this device, signed by the server; empty before the first visit.
    pub device: String,
    /// Pairs that met, the latest last.
    pub met: Dated,
    /// Pairs that must not meet again, the latest last.
    pub blocked: Dated,
}

/// Pairs, each with the time when it was added, in seconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dated(Vec<(PairId, u64)>);

impl Dated {
    /// Parses the text that [`to_text`](Self::to_text) makes, and ignores entries that are not valid.
    pub fn from_text(text: &str) -> Self {
        let read = |it: &str| {
            let (pair, at) = it.split_once(':')?;
            Some((pair.parse().ok()?, at.parse().ok()?))
        };
        Self(text.split(',').filter_map(read).collect())
    }

    /// As text, for storage.
    pub fn to_text(&self) -> String {
        let texts: Vec<_> =
            self.0.iter().map(|(pair, at)| [&*pair.0.to_string(), &*at.to_string()].join(":")).collect();
        texts.join(",")
    }

    /// The pairs, the latest last.
    pub(crate) fn pairs(&self) -> Vec<PairId> {
        self.0.iter().map(|(pair, _)| *pair).collect()
    }

    /// Whether it contains this pair.
    pub(crate) fn contains(&self, pair: PairId) -> bool {
        self.0.iter().any(|(it, _)| *it == pair)
    }

    /// Adds a pair as the latest, and drops the oldest ones above `max`.
    fn add(&mut self, pair: PairId, at: u64, max: usize) {
        self.0.retain(|(it, _)| *it != pair);
        self.0.push((pair, at));
        self.0.drain(..self.0.len().saturating_sub(max));
    }

    /// Drops pairs older than `after`. A date in the future comes from a clock that ran ahead: it becomes the current
    /// time, so that the pair is neither lost nor stored for ever. Returns whether there was such a date.
    fn expire(&mut self, now: u64, after: Duration) -> bool {
        let mut any = false;
        self.0.retain_mut(|(_, at)| {
            any |= *at > now;
            *at = now.min(*at);
            now - *at < after.as_secs()
        });
        any
    }
}

impl PastPartners {
    /// Drops pairs that are too old. Returns whether dates had to be corrected: if these are not saved, they are
    /// corrected to a later time on every visit.
    pub(crate) fn expire(&mut self, now: u64) -> bool {
        self.met.expire(now, MET_FOR) | self.blocked.expire(now, BLOCKED_FOR)
    }

    /// What a hello tells the server; none of it may be older than [`expire`](Self::expire) allows.
    pub(crate) fn for_hello(&self, now: u64) -> PastPairs {
        // MET_FOR is half an hour, so this is less than 30.
        let ago = |at: u64| u8::try_from((now - at) / 60).unwrap_or(u8::MAX);
        PastPairs {
            met: self.met.0.iter().map(|(pair, at)| Met { pair: *pair, minutes_ago: ago(*at) }).collect(),
            blocked: self.blocked.pairs(),
        }
    }

    /// Adds a pair that meets now; `device` is the name that the pair id was derived from, since the person may have
    /// erased it during the session.
    pub(crate) fn record(&mut self, now: u64, pair: PairId, device: &str) {
        self.keep_device(device);
        self.met.add(pair, now, MAX_MET);
    }

    /// Blocks a pair; `device` as for [`record`](Self::record).
    pub(crate) fn block(&mut self, now: u64, pair: PairId, device: &str) {
        self.keep_device(device);
        self.blocked.add(pair, now, MAX_BLOCKED);
    }

    /// A page that has had no session yet knows no other name than the stored one.
    fn keep_device(&mut self, device: &str) {
        if !device.is_empty() {
            device.clone_into(&mut self.device);
        }
    }

    /// Unblocks a pair.
    pub(crate) fn unblock(&mut self, pair: PairId) {
        self.blocked.0.retain(|(it, _)| *it != pair);
    }

    /// Unblocks everybody.
    pub(crate) fn unblock_all(&mut self) {
        self.blocked = Dated::default();
    }

    /// How many pairs are blocked.
    pub(crate) fn blocked_count(&self) -> u32 {
        self.blocked.0.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn pair(number: u128) -> PairId {
        PairId(Uuid::from_u128(number))
    }

    #[test]
    fn text_round_trips_and_ignores_nonsense() {
        let mut all = Dated::default();
        all.add(pair(1), 1_000, 16);
        all.add(pair(2), 2_000, 16);
        assert_eq!(Dated::from_text(&all.to_text()), all);
        assert_eq!(Dated::from_text(&format!("x,{},:,", all.to_text())), all);
        assert_eq!(Dated::from_text(""), Dated::default());
    }

    #[test]
    fn drops_the_oldest_and_moves_a_repeated_pair_to_the_end() {
        let mut all = Dated::default();
        for number in [1, 2, 3, 1] {
            all.add(pair(number), number as u64, 3);
        }
        assert_eq!(all.0, [(pair(2), 2), (pair(3), 3), (pair(1), 1)]);
        all.add(pair(4), 9, 3);
        assert_eq!(all.0, [(pair(3), 3), (pair(1), 1), (pair(4), 9)]);
        all.expire(9, Duration::from_secs(7));
        assert_eq!(all.0, [(pair(3), 3), (pair(4), 9)]);
        all.expire(8, Duration::from_secs(7));
        assert_eq!(all.0, [(pair(3), 3), (pair(4), 8)], "a clock that was set back loses no pair");
        all.expire(15, Duration::from_secs(7));
        assert_eq!(all.0, [], "a date in the future does not last for ever");
    }
}
