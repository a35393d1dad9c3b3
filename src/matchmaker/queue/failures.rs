//! [`FailureRecords`]: which devices and networks have recently failed to connect. Nothing here reads a clock.
//!
//! A failure counts against an end if that end did nothing in the match, or if its partner connected to another device
//! within [`REMEMBERED_FOR`], before or after: then the partner was not the problem. Any other failure may still come
//! to count. A device is set apart for [`ENOUGH`] failures that count, with different partners, since it last
//! connected. A network is set apart for [`ENOUGH`] devices with such failures, if nobody there has connected.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    mem,
    time::Duration,
};

use crate::{matchmaker::input::Network, protocol::DeviceId, time::Moment};

/// How long failures and connections are remembered: about as long as a call, a visit or a fault of a network lasts.
pub(crate) const REMEMBERED_FOR: Duration = Duration::from_secs(10 * 60);

/// How many failures set a device apart, and how many devices a network. One or two can be chance: the partner may be
/// behind a bad line, too, or a page may crash. A third in a row hardly is.
const ENOUGH: usize = 3;

/// Maximum number of failures that are remembered of one device: those that set it apart, and some that may still
/// count.
const MAX_FAILURES: usize = 8;

/// Maximum number of changes after which the oldest record is forgotten early, for devices and for networks: about as
/// many as 13 matches a second make in [`REMEMBERED_FOR`]. Full of the largest records, that is 10 MB.
const MAX_TOUCHED: usize = 16 * 1024;

/// Where a peer comes from: its device and its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PeerOrigin {
    /// Its device.
    pub(crate) device: DeviceId,
    /// Its network.
    pub(crate) network: Network,
}

/// Something that may be set apart now and was not before, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandingChange {
    /// All peers of this device.
    Device(DeviceId),
    /// All peers of this network.
    Network(Network),
}

/// A match in which a device could not be connected.
#[derive(Clone, Copy, Debug)]
struct Failure {
    at: Moment,
    partner: DeviceId,
    network: Network,
    /// Whether it counts against the device.
    counts: bool,
}

#[derive(Debug, Default)]
struct DeviceRecord {
    /// Failures since the device last connected, the oldest first.
    failures: Vec<Failure>,
    /// The last connection, and the last one to another device than that.
    connections: [Option<(Moment, DeviceId)>; 2],
}

#[derive(Debug, Default)]
struct NetworkRecord {
    /// The last [`ENOUGH`] devices with a failure that counts, each with its last such failure; the newest first.
    failed: Vec<(Moment, DeviceId)>,
    /// When a device there last connected to a device in another network.
    connected_at: Option<Moment>,
}

/// What is remembered of devices and networks.
///
/// Every operation takes constant time, apart from the record that is looked up; old records are forgotten on the way.
#[derive(Debug, Default)]
pub(crate) struct FailureRecords {
    devices: Expiring<DeviceId, DeviceRecord>,
    networks: Expiring<Network, NetworkRecord>,
    changes: Vec<StandingChange>,
}

impl FailureRecords {
    /// Records that a match has ended without a connection. `silent` tells which ends did nothing.
    ///
    /// If one end did nothing, the other one is not to blame, and nothing is recorded of it.
    pub(crate) fn record_failure(&mut self, now: Moment, ends: [PeerOrigin; 2], silent: [bool; 2]) {
        if ends[0].device == ends[1].device {
            return;
        }
        for (index, end) in ends.into_iter().enumerate() {
            let partner = ends[1 - index].device;
            let counts = match (silent[index], silent[1 - index]) {
                (true, _) => true,
                (false, true) => continue,
                (false, false) => self.has_connected(now, partner, end.device),
            };
            let failure = Failure { at: now, partner, network: end.network, counts };
            self.devices.touch(now, end.device).add_failure(failure);
            if counts {
                self.record_in_network(now, now, end);
                self.changes.push(StandingChange::Device(end.device));
            }
        }
    }

    /// Records that two peers are connected.
    ///
    /// Failures of others with one of the two count from now on, except those of the two with each other.
    pub(crate) fn record_connection(&mut self, now: Moment, ends: [PeerOrigin; 2]) {
        let [one, other] = ends;
        if one.device == other.device {
            return;
        }
        for (end, partner) in [(one, other), (other, one)] {
            let record = self.devices.touch(now, end.device);
            record.add_connection(now, partner.device);
            let failures = mem::take(&mut record.failures);
            if !failures.is_empty() {
                self.changes.push(StandingChange::Device(end.device));
            }
            for failure in failures.iter().filter(|it| it.partner != partner.device && is_recent(now, it.at))
            {
                self.count_failures_with(now, failure.partner, end.device);
            }
        }
        // Within one network, a connection says nothing about the way out of it.
        if one.network != other.network {
            ends.into_iter().for_each(|end| self.record_network_connection(now, end.network));
        }
    }

    /// Until when a peer from there is set apart; `None` if it is not.
    pub(crate) fn apart_until(&self, now: Moment, origin: PeerOrigin) -> Option<Moment> {
        self.device_apart_until(now, origin).max(self.network_apart_until(now, origin.network))
    }

    /// Removes and returns all changes since the last call.
    pub(crate) fn take_changes(&mut self) -> Vec<StandingChange> {
        mem::take(&mut self.changes)
    }

    fn device_apart_until(&self, now: Moment, origin: PeerOrigin) -> Option<Moment> {
        let failures = &self.devices.get(origin.device)?.failures;
        let counting = failures.iter().rev().filter(|it| it.counts && it.network == origin.network);
        let mut newest: Vec<&Failure> = Vec::new();
        for failure in counting.take_while(|it| is_recent(now, it.at)) {
            if newest.iter().all(|it| it.partner != failure.partner) {
                newest.push(failure);
            }
        }
        newest.get(ENOUGH - 1).map(|it| it.at + REMEMBERED_FOR)
    }

    fn network_apart_until(&self, now: Moment, network: Network) -> Option<Moment> {
        let (at, _) = self.networks.get(network)?.failed.get(ENOUGH - 1)?;
        is_recent(now, *at).then_some(*at + REMEMBERED_FOR)
    }

    /// Whether a device has recently connected to another device than this one.
    fn has_connected(&self, now: Moment, device: DeviceId, than: DeviceId) -> bool {
        self.devices.get(device).is_some_and(|record| {
            record.connections.iter().flatten().any(|(at, with)| *with != than && is_recent(now, *at))
        })
    }

    /// Counts the failures of a device with a partner, because the partner has connected to another device.
    fn count_failures_with(&mut self, now: Moment, device: DeviceId, partner: DeviceId) {
        let Some(record) = self.devices.get_mut(device) else { return };
        let is_one = |it: &&mut Failure| !it.counts && it.partner == partner && is_recent(now, it.at);
        let mut counted = Vec::new();
        for failure in record.failures.iter_mut().filter(is_one) {
            failure.counts = true;
            counted.push((failure.at, failure.network));
        }
        for (at, network) in counted {
            self.record_in_network(now, at, PeerOrigin { device, network });
            self.changes.push(StandingChange::Device(device));
        }
    }

    /// Records in its network that a failure of a device counts, unless somebody has recently connected there.
    fn record_in_network(&mut self, now: Moment, at: Moment, origin: PeerOrigin) {
        let PeerOrigin { device, network } = origin;
        let before = self.network_apart_until(now, network).is_some();
        let record = self.networks.touch(now, network);
        if record.connected_at.is_some_and(|it| is_recent(now, it)) {
            return;
        }
        let last = record.failed.iter().find(|(_, it)| *it == device).map(|(at, _)| *at);
        record.failed.retain(|(_, it)| *it != device);
        record.failed.push((last.map_or(at, |it| it.max(at)), device));
        record.failed.sort_unstable_by(|one, other| other.cmp(one));
        record.failed.truncate(ENOUGH);
        if before != self.network_apart_until(now, network).is_some() {
            self.changes.push(StandingChange::Network(network));
        }
    }

    fn record_network_connection(&mut self, now: Moment, network: Network) {
        if self.network_apart_until(now, network).is_some() {
            self.changes.push(StandingChange::Network(network));
        }
        *self.networks.touch(now, network) = NetworkRecord { failed: Vec::new(), connected_at: Some(now) };
    }
}

impl DeviceRecord {
    /// Adds a failure. If there are too many, the oldest that does not count goes, or else the oldest.
    fn add_failure(&mut self, failure: Failure) {
        self.failures.retain(|it| is_recent(failure.at, it.at));
        if self.failures.len() >= MAX_FAILURES {
            let oldest = self.failures.iter().position(|it| !it.counts).unwrap_or(0);
            self.failures.remove(oldest);
        }
        self.failures.push(failure);
    }

    fn add_connection(&mut self, now: Moment, with: DeviceId) {
        let [last, before] = self.connections;
        let other = if last.is_some_and(|(_, it)| it != with) { last } else { before };
        self.connections = [Some((now, with)), other];
    }
}

/// Whether this moment counts as recent.
fn is_recent(now: Moment, at: Moment) -> bool {
    now - at < REMEMBERED_FOR
}

/// Records that are forgotten [`REMEMBERED_FOR`] after their last change, or earlier if there are too many.
#[derive(Debug)]
struct Expiring<K, V> {
    /// Each record and the moment of its last change.
    records: HashMap<K, (Moment, V)>,
    /// The moments of all changes, the oldest first.
    touched: VecDeque<(Moment, K)>,
}

impl<K, V> Default for Expiring<K, V> {
    fn default() -> Self {
        Self { records: HashMap::new(), touched: VecDeque::new() }
    }
}

impl<K: Copy + Eq + Hash, V: Default> Expiring<K, V> {
    fn get(&self, key: K) -> Option<&V> {
        self.records.get(&key).map(|(_, it)| it)
    }

    fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.records.get_mut(&key).map(|(_, it)| it)
    }

    /// A record that is about to change; a new one if there is none.
    fn touch(&mut self, now: Moment, key: K) -> &mut V {
        while let Some((at, oldest)) = self.touched.front().copied()
            && (!is_recent(now, at) || self.touched.len() >= MAX_TOUCHED)
        {
            self.touched.pop_front();
            if self.records.get(&oldest).is_some_and(|(last, _)| *last == at) {
                self.records.remove(&oldest);
            }
        }
        self.touched.push_back((now, key));
        let (last, record) = self.records.entry(key).or_default();
        *last = now;
        record
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn origin(device: u128, network: u8) -> PeerOrigin {
        let network = Network::of([192, 0, 2, network].into());
        PeerOrigin { device: DeviceId(Uuid::from_u128(device)), network }
    }

    const fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1_000)
    }

    /// Records in which device 1 has failed with devices 2, 3 and 4, which connect to others, a minute apart.
    fn with_three_failures() -> FailureRecords {
        let mut records = FailureRecords::default();
        for number in 2..5 {
            let moment = at(60 * number as u64);
            records.record_failure(moment, [origin(1, 1), origin(number, 2)], [false; 2]);
            records.record_connection(moment, [origin(number, 2), origin(number + 10, 3)]);
        }
        records
    }

    #[test]
    fn oldest_of_the_failures_decides_when_they_lapse() {
        let records = with_three_failures();
        assert_eq!(records.apart_until(at(300), origin(1, 1)), Some(at(720)));
        assert_eq!(records.apart_until(at(720), origin(1, 1)), None);
        assert_eq!(records.apart_until(at(300), origin(1, 7)), None, "another network");
        assert_eq!(records.apart_until(at(300), origin(2, 2)), None, "its partner connected");
    }

    #[test]
    fn failures_that_count_are_remembered_longest() {
        let mut records = with_three_failures();
        for number in 20..60 {
            records.record_failure(at(300), [origin(1, 1), origin(number, 2)], [false; 2]);
        }
        assert_eq!(records.apart_until(at(300), origin(1, 1)), Some(at(720)));
        assert_eq!(records.devices.get(origin(1, 1).device).unwrap().failures.len(), MAX_FAILURES);
    }

    #[test]
    fn repeated_failures_with_one_partner_count_once() {
        let mut records = FailureRecords::default();
        for seconds in 0..5 {
            records.record_failure(at(seconds), [origin(1, 1), origin(2, 2)], [true, false]);
        }
        assert_eq!(records.apart_until(at(5), origin(1, 1)), None);
    }

    #[test]
    fn records_are_bounded_and_expire() {
        let mut records = FailureRecords::default();
        for number in 0..3 * MAX_TOUCHED as u128 {
            records.record_failure(at(1), [origin(number, 1), origin(number + 1, 2)], [true, true]);
            records.take_changes();
        }
        assert!(records.devices.records.len() <= MAX_TOUCHED && records.devices.touched.len() <= MAX_TOUCHED);
        records.record_failure(at(601), [origin(1, 1), origin(2, 2)], [true, false]);
        assert_eq!((records.devices.records.len(), records.devices.touched.len()), (1, 1));
        assert_eq!((records.networks.records.len(), records.networks.touched.len()), (1, 1));
    }
}
