//! The rate limiter for everything that one network does: its page requests, sockets, joins and nexts.
//!
//! Networks are kept in memory only, and only while something is counted for them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::message::Kind;
use crate::{
    matchmaker::Network,
    server::{
        clock::Clock,
        config::limits::{Limit, LimitSettings, NetworkLimits},
        telemetry::Telemetry,
    },
    time::{Moment, RateLimit},
};

/// How often idle networks are removed.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// The same when the table is full. A sweep looks at all networks, so one per newcomer would cost more than the
/// newcomers themselves.
const SWEEP_INTERVAL_IF_FULL: Duration = Duration::from_secs(1);

/// Why a socket is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// Too many new sockets; the next one is accepted after this time.
    TooFast(Duration),
    /// Too many open sockets.
    TooMany,
}

/// What is counted for one network: its open sockets, and the state of each rate limit.
#[derive(Debug, Default)]
struct NetworkUsage {
    sockets: usize,
    pages: Moment,
    openings: Moment,
    joins: Moment,
    nexts: Moment,
}

impl NetworkUsage {
    /// Whether no limit is used up at all, so that the entry can be removed.
    fn is_idle(&self, now: Moment) -> bool {
        let due = [self.pages, self.openings, self.joins, self.nexts];
        self.sockets == 0 && due.iter().all(|it| *it <= now)
    }
}

/// All networks for which something is counted, and their limits.
#[derive(Debug)]
struct UsageTable {
    max_sockets: usize,
    pages: Option<RateLimit>,
    openings: Option<RateLimit>,
    joins: Option<RateLimit>,
    nexts: Option<RateLimit>,
    /// Networks, at most.
    capacity: usize,
    last_sweep: Moment,
    networks: HashMap<Network, NetworkUsage>,
}

impl UsageTable {
    fn new(limits: &LimitSettings) -> Self {
        let NetworkLimits { connections, pages, openings, joins, nexts, .. } = limits.network;
        Self {
            max_sockets: if connections == 0 { usize::MAX } else { connections },
            pages: pages.rate_limit(),
            openings: openings.rate_limit(),
            joins: joins.rate_limit(),
            nexts: nexts.rate_limit(),
            capacity: limits.networks,
            last_sweep: Moment::default(),
            networks: HashMap::new(),
        }
    }

    /// The entry of a network, added if need be; `None` if the table is full.
    fn usage(&mut self, now: Moment, network: Network) -> Option<&mut NetworkUsage> {
        self.sweep(now);
        let has_room = self.networks.len() < self.capacity || self.networks.contains_key(&network);
        has_room.then(|| self.networks.entry(network).or_default())
    }

    /// Counts a page request; `Ok(false)` if it is allowed but the table is too full to count it.
    fn count_page(&mut self, now: Moment, network: Network) -> Result<bool, Duration> {
        let Some(pages) = self.pages else { return Ok(true) };
        let Some(usage) = self.usage(now, network) else { return Ok(false) };
        wait_if_exceeded(pages, &mut usage.pages, now).map_or(Ok(true), Err)
    }

    /// Counts a new socket; `Ok(false)` if it is allowed but the table is too full to count it.
    fn add_socket(&mut self, now: Moment, network: Network) -> Result<bool, Rejection> {
        let (openings, max_sockets) = (self.openings, self.max_sockets);
        let Some(usage) = self.usage(now, network) else { return Ok(false) };
        if let Some(wait) = openings.and_then(|it| wait_if_exceeded(it, &mut usage.openings, now)) {
            return Err(Rejection::TooFast(wait));
        }
        if usage.sockets >= max_sockets {
            return Err(Rejection::TooMany);
        }
        usage.sockets += 1;
        Ok(true)
    }

    fn remove_socket(&mut self, now: Moment, network: Network) {
        let Some(usage) = self.networks.get_mut(&network) else { return };
        usage.sockets -= 1;
        if usage.is_idle(now) {
            self.networks.remove(&network);
        }
    }

    /// Counts a message. Returns the time until the next of its kind is accepted, if this one exceeds the limit.
    fn count_message(&mut self, now: Moment, network: Network, kind: Kind) -> Option<Duration> {
        let usage = self.networks.get_mut(&network)?;
        match kind {
            Kind::Join => wait_if_exceeded(self.joins?, &mut usage.joins, now),
            Kind::Next => wait_if_exceeded(self.nexts?, &mut usage.nexts, now),
            Kind::Signal | Kind::Candidate | Kind::Other => None,
        }
    }

    fn sweep(&mut self, now: Moment) {
        let is_full = self.networks.len() >= self.capacity;
        if now - self.last_sweep >= if is_full { SWEEP_INTERVAL_IF_FULL } else { SWEEP_INTERVAL } {
            self.last_sweep = now;
            self.networks.retain(|_, usage| !usage.is_idle(now));
        }
    }
}

/// Takes one from a rate limit, or returns the time until that is possible.
fn wait_if_exceeded(limit: RateLimit, due: &mut Moment, now: Moment) -> Option<Duration> {
    (!limit.take(due, now)).then(|| limit.next_at(*due) - now)
}

/// Limits what each network does, with `[limits.network]` of the configuration.
#[derive(Debug)]
pub(crate) struct NetworkLimiter {
    clock: Clock,
    telemetry: Arc<Telemetry>,
    table: Mutex<UsageTable>,
}

impl NetworkLimiter {
    /// A limiter that has counted nothing.
    pub(crate) fn new(limits: &LimitSettings, clock: Clock, telemetry: Arc<Telemetry>) -> Self {
        Self { clock, telemetry, table: Mutex::new(UsageTable::new(limits)) }
    }

    /// Counts a page request.
    ///
    /// # Errors
    ///
    /// The time until the next one is accepted, if this one exceeds the limit.
    pub(crate) fn check_page(&self, network: Network) -> Result<(), Duration> {
        match self.with_table(|table, now| table.count_page(now, network)) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.telemetry.limited(Limit::Networks);
                Ok(())
            }
            Err(wait) => {
                self.telemetry.limited(Limit::NetworkPages);
                Err(wait)
            }
        }
    }

    /// Admits or rejects a new socket. One that is not to be `counted` is always admitted.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] with its reason.
    pub(crate) fn admit_socket(
        self: &Arc<Self>,
        network: Network,
        counted: bool,
    ) -> Result<NetworkPermit, Rejection> {
        if !counted {
            return Ok(NetworkPermit { limiter: Arc::clone(self), network, counted: false });
        }
        let result = self.with_table(|table, now| table.add_socket(now, network));
        match result {
            Ok(true) => {}
            Ok(false) => self.telemetry.limited(Limit::Networks),
            Err(Rejection::TooFast(_)) => self.telemetry.limited(Limit::NetworkOpenings),
            Err(Rejection::TooMany) => self.telemetry.limited(Limit::NetworkConnections),
        }
        result.map(|counted| NetworkPermit { limiter: Arc::clone(self), network, counted })
    }

    fn with_table<T>(&self, act: impl FnOnce(&mut UsageTable, Moment) -> T) -> T {
        // A poisoned lock is safe: counts are consistent after every step.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut table, self.clock.now());
        self.telemetry.networks(table.networks.len());
        result
    }
}

/// Permission for one socket of a network. The socket counts against the network until this is dropped.
#[derive(Debug)]
pub(crate) struct NetworkPermit {
    limiter: Arc<NetworkLimiter>,
    network: Network,
    counted: bool,
}

impl NetworkPermit {
    /// The network of the socket.
    pub(crate) const fn network(&self) -> Network {
        self.network
    }

    /// Counts a message against the limits of the network.
    ///
    /// Returns the time until the next of its kind is accepted, if this one exceeds the limit.
    pub(crate) fn check(&self, kind: Kind) -> Option<Duration> {
        let limit = match kind {
            Kind::Join => Limit::NetworkJoins,
            Kind::Next => Limit::NetworkNexts,
            Kind::Signal | Kind::Candidate | Kind::Other => return None,
        };
        if !self.counted {
            return None;
        }
        let wait = self.limiter.with_table(|table, now| table.count_message(now, self.network, kind))?;
        self.limiter.telemetry.limited(limit);
        Some(wait)
    }
}

impl Drop for NetworkPermit {
    fn drop(&mut self) {
        if self.counted {
            self.limiter.with_table(|table, now| table.remove_socket(now, self.network));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::server::config::limits::Rate;

    /// For each network: two open sockets; three new sockets, two pages, two joins and two nexts at once, then one of
    /// each per second.
    fn table(capacity: usize) -> UsageTable {
        let rate = |burst| Rate { burst, per_minute: 60 };
        let network = NetworkLimits {
            connections: 2,
            pages: rate(2),
            openings: rate(3),
            joins: rate(2),
            nexts: rate(2),
            ..NetworkLimits::default()
        };
        UsageTable::new(&LimitSettings { network, networks: capacity, ..LimitSettings::default() })
    }

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    fn network(number: u8) -> Network {
        Network::of([192, 0, 2, number].into())
    }

    #[test]
    fn limits_the_open_sockets_of_a_network() {
        let (mut table, one) = (table(10), network(1));
        assert_eq!([table.add_socket(at(0), one), table.add_socket(at(0), one)], [Ok(true); 2]);
        assert_eq!(table.add_socket(at(0), one), Err(Rejection::TooMany));
        assert_eq!(table.add_socket(at(0), network(2)), Ok(true), "another network is not affected");
        table.remove_socket(at(2_000), one);
        assert_eq!(table.add_socket(at(2_000), one), Ok(true));
    }

    #[test]
    fn limits_new_sockets_even_if_they_close_at_once() {
        let (mut table, one) = (table(10), network(1));
        for _ in 0..3 {
            assert_eq!(table.add_socket(at(0), one), Ok(true));
            table.remove_socket(at(0), one);
        }
        assert_eq!(table.add_socket(at(400), one), Err(Rejection::TooFast(Duration::from_millis(600))));
        assert_eq!(table.add_socket(at(1_000), one), Ok(true));
    }

    #[test]
    fn limits_page_requests_separately_from_sockets() {
        let (mut table, one) = (table(10), network(1));
        table.add_socket(at(0), one).unwrap();
        assert_eq!([table.count_page(at(0), one), table.count_page(at(0), one)], [Ok(true); 2]);
        assert_eq!(table.count_page(at(400), one), Err(Duration::from_millis(600)));
        assert_eq!(table.count_page(at(400), network(2)), Ok(true), "another network is not affected");
        assert_eq!(table.count_page(at(1_000), one), Ok(true));
        table.remove_socket(at(60_000), one);
        assert_eq!(table.count_page(at(120_000), network(3)), Ok(true));
        assert_eq!(table.networks.len(), 1, "idle networks are removed");
    }

    #[test]
    fn one_ipv6_64_is_one_network() {
        let [near, same, far] =
            ["2001:db8::1", "2001:db8::2:3", "2001:db8:0:1::1"].map(|it| Network::of(it.parse().unwrap()));
        let mut table = table(10);
        assert_eq!([table.add_socket(at(0), near), table.add_socket(at(0), same)], [Ok(true); 2]);
        assert_eq!(table.add_socket(at(0), near), Err(Rejection::TooMany));
        assert_eq!(table.add_socket(at(0), far), Ok(true));
    }

    #[test]
    fn limits_joins_and_nexts_separately() {
        let (mut table, one) = (table(10), network(1));
        table.add_socket(at(0), one).unwrap();
        for kind in [Kind::Join, Kind::Next] {
            assert_eq!(
                [table.count_message(at(0), one, kind), table.count_message(at(0), one, kind)],
                [None; 2]
            );
            assert_eq!(table.count_message(at(100), one, kind), Some(Duration::from_millis(900)));
            assert_eq!(table.count_message(at(1_000), one, kind), None);
        }
        for kind in [Kind::Signal, Kind::Candidate, Kind::Other] {
            assert!((0..1_000).all(|_| table.count_message(at(0), one, kind).is_none()));
        }
    }

    #[test]
    fn networks_beyond_the_capacity_are_admitted_uncounted() {
        let mut table = table(2);
        for number in 0..100 {
            assert_eq!(table.add_socket(at(10), network(number)), Ok(number < 2));
        }
        assert_eq!(table.networks.len(), 2);
        assert_eq!(table.count_message(at(10), network(9), Kind::Next), None);
        // A network without sockets makes room only once its rate limits have recovered, too.
        table.remove_socket(at(10), network(0));
        assert_eq!(table.add_socket(at(900), network(3)), Ok(false));
        assert_eq!(table.add_socket(at(1_900), network(3)), Ok(true));
        assert_eq!(table.networks.len(), 2);
    }

    #[test]
    fn idle_networks_are_removed() {
        let mut table = table(10);
        table.add_socket(at(0), network(1)).unwrap();
        table.remove_socket(at(0), network(1));
        assert_eq!(table.networks.len(), 1, "it opened a socket within this second");
        table.add_socket(at(60_000), network(2)).unwrap();
        assert_eq!(table.networks.len(), 1);
        table.remove_socket(at(70_000), network(2));
        assert!(table.networks.is_empty());
    }

    proptest! {
        #[test]
        fn no_network_ever_exceeds_its_open_sockets(
            steps in proptest::collection::vec((0..4_u8, any::<bool>(), 0..1_500_u64), 1..200),
        ) {
            let (mut table, mut now) = (table(3), 0);
            let mut open = BTreeMap::<u8, Vec<bool>>::new();
            for (number, opens, gap) in steps {
                now += gap;
                let sockets = open.entry(number).or_default();
                if opens {
                    sockets.extend(table.add_socket(at(now), network(number)));
                } else if sockets.pop() == Some(true) {
                    table.remove_socket(at(now), network(number));
                }
                prop_assert!(table.networks.len() <= 3);
                for (number, sockets) in &open {
                    let counted = sockets.iter().filter(|it| **it).count();
                    prop_assert!(counted <= 2);
                    let in_table = table.networks.get(&network(*number)).map_or(0, |it| it.sockets);
                    prop_assert_eq!(in_table, counted);
                }
            }
        }
    }
}
