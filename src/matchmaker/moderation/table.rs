//! [`SanctionTable`]: what was decided about devices and networks.

use std::hash::Hash;

use super::types::NetworkSanction;
use crate::{
    matchmaker::id_map::IdMap,
    protocol::{DeviceId, NetworkTag, SanctionNotice},
};

/// The fewest entries at which a map is searched for those that are over. Below that they cost nothing.
const FIRST_SWEEP: usize = 1_024;

/// A decision that is over at some time.
pub(crate) trait Expiring {
    /// When it is over, in seconds since the Unix epoch.
    fn until(&self) -> u64;
}

impl Expiring for SanctionNotice {
    fn until(&self) -> u64 {
        self.until
    }
}

impl Expiring for NetworkSanction {
    fn until(&self) -> u64 {
        self.apart_until.max(self.refused_until)
    }
}

/// All decisions that are in force, by whom they are about. A look-up costs the same however many there are.
///
/// They have no deadlines. One that is over counts no longer, and is dropped when the map has doubled, so it holds at
/// most twice as many as the driver's store has in force.
#[derive(Debug)]
pub(crate) struct Decisions<K, V> {
    all: IdMap<K, V>,
    next_sweep: usize,
}

impl<K, V> Default for Decisions<K, V> {
    fn default() -> Self {
        Self { all: IdMap::default(), next_sweep: FIRST_SWEEP }
    }
}

impl<K: Eq + Hash, V: Expiring> Decisions<K, V> {
    /// The decision about this one, if it is in force.
    pub(crate) fn get(&self, unix_seconds: u64, key: &K) -> Option<&V> {
        self.all.get(key).filter(|it| unix_seconds < it.until())
    }

    /// Replaces the decision about this one.
    pub(crate) fn set(&mut self, unix_seconds: u64, key: K, decision: Option<V>) {
        match decision.filter(|it| unix_seconds < it.until()) {
            Some(it) => _ = self.all.insert(key, it),
            None => _ = self.all.remove(&key),
        }
        if self.all.len() >= self.next_sweep {
            self.all.retain(|_, it| unix_seconds < it.until());
            self.next_sweep = FIRST_SWEEP.max(2 * self.all.len());
        }
    }
}

/// What was decided about devices and networks.
#[derive(Debug, Default)]
pub(crate) struct SanctionTable {
    /// About devices.
    pub(crate) devices: Decisions<DeviceId, SanctionNotice>,
    /// About networks.
    pub(crate) networks: Decisions<NetworkTag, NetworkSanction>,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::protocol::{NoticeKind, ReportReason};

    fn sanction(until: u64) -> SanctionNotice {
        let (kind, reason) = (NoticeKind::Banned, ReportReason::Hate);
        SanctionNotice { kind, reason, until, automatic: false, appeal: None }
    }

    fn device(number: u128) -> DeviceId {
        DeviceId(Uuid::from_u128(number))
    }

    #[test]
    fn decisions_are_over_at_their_time() {
        let mut all = Decisions::default();
        all.set(100, device(1), Some(sanction(200)));
        assert!(all.get(199, &device(1)).is_some());
        assert!(all.get(200, &device(1)).is_none());
        assert!(all.get(199, &device(2)).is_none());
        all.set(100, device(1), None);
        assert!(all.get(100, &device(1)).is_none());
        all.set(100, device(1), Some(sanction(100)));
        assert!(all.all.is_empty(), "one that is over already");
    }

    #[test]
    fn memory_of_decisions_that_are_over_is_given_back() {
        let mut all = Decisions::default();
        for number in 0..100_000 {
            let until = if number < 500 { 1_000_000 } else { number + 10 };
            all.set(number, device(number.into()), Some(sanction(until)));
            assert!(all.all.len() <= FIRST_SWEEP);
        }
        assert!((0..500).all(|it| all.get(100_000, &device(it)).is_some()));
    }
}
