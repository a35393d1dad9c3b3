//! The rate limiter for everything that one network does: its page requests, sockets, joins and nexts.
//!
//! An IPv6 address counts for three nested networks at once ([`Subnets`]). What one of them rejects costs none of the
//! others anything. Networks are kept in memory only, and only while something is counted for them.
//!
//! The edges of a cluster share each limit evenly. Counting together would be exact, but then a socket would have to
//! wait for Redis before it is admitted.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    message::Kind,
    subnets::{Scope, Subnet, Subnets},
};
use crate::{
    matchmaker::Network,
    server::{
        bus::presence::CorePresence,
        clock::Clock,
        config::limits::{Limit, LimitSettings, NetworkLimits, Rate},
        telemetry::Telemetry,
    },
    time::{Moment, RateLimit, RateState},
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

/// What has a rate limit for each network.
#[derive(Clone, Copy, Debug)]
enum Action {
    /// Requests a page.
    Page,
    /// Opens a socket.
    Opening,
    /// Joins the queue.
    Join,
    /// Asks for another partner.
    Next,
}

/// What is counted for one network.
#[derive(Debug, Default)]
struct NetworkUsage {
    /// Open sockets.
    sockets: usize,
    /// The state of each rate limit, in the order of [`Action`].
    rates: [RateState; 4],
}

/// The limits of all networks of one size.
#[derive(Debug)]
struct ScopeLimits {
    max_sockets: usize,
    /// In the order of [`Action`]; `None` for unlimited.
    rates: [Option<RateLimit>; 4],
}

impl ScopeLimits {
    /// The share of each of so many edges.
    fn new(limits: &NetworkLimits, max_connections: usize, scope: Scope, edges: usize) -> Self {
        let NetworkLimits { connections, pages, openings, joins, nexts, .. } = *limits;
        let connections = if connections == 0 { usize::MAX } else { connections };
        let many = u32::try_from(edges).unwrap_or(u32::MAX);
        let rate = |it: Rate| it.rate_limit().map(|it| it.times(scope.factor()).shared_by(many));
        Self {
            max_sockets: scope.share(connections, max_connections).div_ceil(edges),
            rates: [pages, openings, joins, nexts].map(rate),
        }
    }

    /// Whether no limit is used up at all, so that the entry can be removed.
    fn is_idle(&self, usage: &NetworkUsage, now: Moment) -> bool {
        let mut rates = self.rates.iter().zip(usage.rates);
        usage.sockets == 0 && rates.all(|(limit, it)| limit.is_none_or(|limit| limit.is_unused(it, now)))
    }
}

/// All networks for which something is counted, and their limits.
#[derive(Debug)]
struct UsageTable {
    /// What is configured, for all edges together.
    configured: (NetworkLimits, usize),
    /// How many edges share that.
    edges: usize,
    /// In the order of [`Scope`].
    limits: [ScopeLimits; Scope::ALL.len()],
    /// Networks, at most.
    capacity: usize,
    last_sweep: Moment,
    networks: HashMap<Subnet, NetworkUsage>,
}

impl UsageTable {
    fn new(limits: &LimitSettings, max_connections: usize) -> Self {
        Self {
            configured: (limits.network.clone(), max_connections),
            edges: 1,
            limits: Scope::ALL.map(|it| ScopeLimits::new(&limits.network, max_connections, it, 1)),
            capacity: limits.networks,
            last_sweep: Moment::default(),
            networks: HashMap::new(),
        }
    }

    /// Shares the limits with so many edges from now on. Sockets stay, and all rates begin again.
    fn share_among(&mut self, edges: usize) {
        if self.edges != edges {
            self.edges = edges;
            let (limits, max_connections) = &self.configured;
            self.limits = Scope::ALL.map(|it| ScopeLimits::new(limits, *max_connections, it, edges));
            self.networks.values_mut().for_each(|it| it.rates = Default::default());
        }
    }

    /// Counts a page request; `Ok(false)` if it is allowed but the table is too full to count it for every network.
    fn count_page(&mut self, now: Moment, subnets: Subnets) -> Result<bool, Duration> {
        if self.limits.iter().all(|it| it.rates[Action::Page as usize].is_none()) {
            return Ok(true);
        }
        self.sweep(now);
        if let Some(wait) = self.wait(now, subnets, Action::Page) {
            return Err(wait);
        }
        let tracked = self.track(subnets);
        self.take(now, tracked, Action::Page);
        Ok(tracked == subnets)
    }

    /// Counts a new socket, and returns the networks for which it is counted: all, unless the table is too full.
    fn add_socket(&mut self, now: Moment, subnets: Subnets) -> Result<Subnets, Rejection> {
        self.sweep(now);
        if let Some(wait) = self.wait(now, subnets, Action::Opening) {
            return Err(Rejection::TooFast(wait));
        }
        if let Some(full) = subnets.iter().find(|it| self.is_full(*it)) {
            // Its handshake is completed to say so, and that costs something, too. Only the full network pays for it.
            self.take(now, Subnets::only(full), Action::Opening);
            return Err(Rejection::TooMany);
        }
        let tracked = self.track(subnets);
        self.take(now, tracked, Action::Opening);
        for subnet in tracked.iter() {
            if let Some(usage) = self.networks.get_mut(&subnet) {
                usage.sockets += 1;
            }
        }
        Ok(tracked)
    }

    /// Takes back a socket from the networks for which it was counted.
    fn remove_socket(&mut self, now: Moment, tracked: Subnets) {
        for subnet in tracked.iter() {
            let Some(usage) = self.networks.get_mut(&subnet) else { continue };
            usage.sockets -= 1;
            if self.limits[subnet.scope() as usize].is_idle(usage, now) {
                self.networks.remove(&subnet);
            }
        }
    }

    /// Counts a message. Returns the time until the next of its kind is accepted, if this one exceeds a limit.
    fn count_message(&mut self, now: Moment, tracked: Subnets, action: Action) -> Option<Duration> {
        let wait = self.wait(now, tracked, action);
        if wait.is_none() {
            self.take(now, tracked, action);
        }
        wait
    }

    /// The time until all of these networks allow such an action; `None` if they do now.
    fn wait(&self, now: Moment, subnets: Subnets, action: Action) -> Option<Duration> {
        let wait = |subnet: Subnet| {
            let limit = self.limits[subnet.scope() as usize].rates[action as usize]?;
            let usage = self.networks.get(&subnet)?;
            Some(limit.next_at(usage.rates[action as usize]) - now).filter(|it| !it.is_zero())
        };
        subnets.iter().filter_map(wait).max()
    }

    /// Counts an action that all of these networks allow. They are in the table.
    fn take(&mut self, now: Moment, subnets: Subnets, action: Action) {
        for subnet in subnets.iter() {
            let limit = self.limits[subnet.scope() as usize].rates[action as usize];
            if let (Some(limit), Some(usage)) = (limit, self.networks.get_mut(&subnet)) {
                limit.take(&mut usage.rates[action as usize], now);
            }
        }
    }

    fn is_full(&self, subnet: Subnet) -> bool {
        let open = self.networks.get(&subnet).map_or(0, |it| it.sockets);
        open >= self.limits[subnet.scope() as usize].max_sockets
    }

    /// Adds the networks to the table, as far as it has room. Returns those that are in it.
    ///
    /// The largest goes first: its limits hold for the others, too.
    fn track(&mut self, subnets: Subnets) -> Subnets {
        let mut tracked = Subnets::default();
        for subnet in subnets.iter().rev() {
            if self.networks.len() < self.capacity || self.networks.contains_key(&subnet) {
                self.networks.entry(subnet).or_default();
                tracked.add(subnet);
            }
        }
        tracked
    }

    fn sweep(&mut self, now: Moment) {
        let is_full = self.networks.len() >= self.capacity;
        if now - self.last_sweep >= if is_full { SWEEP_INTERVAL_IF_FULL } else { SWEEP_INTERVAL } {
            self.last_sweep = now;
            let limits = &self.limits;
            self.networks.retain(|subnet, usage| !limits[subnet.scope() as usize].is_idle(usage, now));
        }
    }
}

/// Limits what each network does, with `[limits.network]` of the configuration.
#[derive(Debug)]
pub(crate) struct NetworkLimiter {
    clock: Clock,
    telemetry: Arc<Telemetry>,
    core: CorePresence,
    table: Mutex<UsageTable>,
}

impl NetworkLimiter {
    /// A limiter that has counted nothing, for a server with at most `max_connections` peers.
    pub(crate) fn new(
        limits: &LimitSettings,
        max_connections: usize,
        core: CorePresence,
        (clock, telemetry): (Clock, Arc<Telemetry>),
    ) -> Self {
        Self { clock, telemetry, core, table: Mutex::new(UsageTable::new(limits, max_connections)) }
    }

    /// Counts a page request.
    ///
    /// # Errors
    ///
    /// The time until the next one is accepted, if this one exceeds a limit.
    pub(crate) fn check_page(&self, address: IpAddr) -> Result<(), Duration> {
        match self.with_table(|table, now| table.count_page(now, Subnets::of(address))) {
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
        address: IpAddr,
        counted: bool,
    ) -> Result<NetworkPermit, Rejection> {
        let permit =
            |tracked| NetworkPermit { limiter: Arc::clone(self), network: Network::of(address), tracked };
        if !counted {
            return Ok(permit(Subnets::default()));
        }
        let subnets = Subnets::of(address);
        let result = self.with_table(|table, now| table.add_socket(now, subnets));
        match result {
            Ok(tracked) if tracked == subnets => {}
            Ok(_) => self.telemetry.limited(Limit::Networks),
            Err(Rejection::TooFast(_)) => self.telemetry.limited(Limit::NetworkOpenings),
            Err(Rejection::TooMany) => self.telemetry.limited(Limit::NetworkConnections),
        }
        result.map(permit)
    }

    fn with_table<T>(&self, act: impl FnOnce(&mut UsageTable, Moment) -> T) -> T {
        // A poisoned lock is safe: counts are consistent after every step.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.share_among(self.core.edges());
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
    /// The networks for which the socket is counted.
    tracked: Subnets,
}

impl NetworkPermit {
    /// The network of the socket.
    pub(crate) const fn network(&self) -> Network {
        self.network
    }

    /// Counts a message against the limits of the network.
    ///
    /// Returns the time until the next of its kind is accepted, if this one exceeds a limit.
    pub(crate) fn check(&self, kind: Kind) -> Option<Duration> {
        let (action, limit) = match kind {
            Kind::Join => (Action::Join, Limit::NetworkJoins),
            Kind::Next => (Action::Next, Limit::NetworkNexts),
            Kind::Signal | Kind::Candidate | Kind::Other => return None,
        };
        if self.tracked.is_empty() {
            return None;
        }
        let wait = self.limiter.with_table(|table, now| table.count_message(now, self.tracked, action))?;
        self.limiter.telemetry.limited(limit);
        Some(wait)
    }
}

impl Drop for NetworkPermit {
    fn drop(&mut self) {
        if !self.tracked.is_empty() {
            self.limiter.with_table(|table, now| table.remove_socket(now, self.tracked));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// For each network of the smallest size: two open sockets; three new sockets, two pages, two joins and two nexts
    /// at once, then one of each per second.
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
        UsageTable::new(&LimitSettings { network, networks: capacity, ..LimitSettings::default() }, 10_000)
    }

    #[test]
    fn edges_share_the_limits() {
        let (mut table, ann) = (table(10), network(1));
        table.share_among(2);
        assert_eq!(table.add_socket(at(0), ann), Ok(ann));
        assert_eq!(table.add_socket(at(0), ann), Err(Rejection::TooMany), "its share of two sockets is one");
        assert_eq!(table.count_message(at(0), ann, Action::Join), None);
        let wait = table.count_message(at(0), ann, Action::Join);
        assert_eq!(wait, Some(Duration::from_secs(2)), "half of one a second");
        table.share_among(1);
        assert_eq!(table.count_message(at(0), ann, Action::Join), None, "rates begin again");
        assert_eq!(table.add_socket(at(0), ann), Ok(ann));
        assert_eq!(table.add_socket(at(0), ann), Err(Rejection::TooMany), "the first socket still counts");
    }

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    fn network(number: u8) -> Subnets {
        Subnets::of([192, 0, 2, number].into())
    }

    fn ipv6(text: &str) -> Subnets {
        Subnets::of(text.parse().unwrap())
    }

    #[test]
    fn limits_the_open_sockets_of_a_network() {
        let (mut table, one) = (table(10), network(1));
        assert_eq!([table.add_socket(at(0), one), table.add_socket(at(0), one)], [Ok(one); 2]);
        assert_eq!(table.add_socket(at(0), one), Err(Rejection::TooMany));
        let two = network(2);
        assert_eq!(table.add_socket(at(0), two), Ok(two), "another network is not affected");
        table.remove_socket(at(2_000), one);
        assert_eq!(table.add_socket(at(2_000), one), Ok(one));
    }

    #[test]
    fn limits_new_sockets_even_if_they_close_at_once() {
        let (mut table, one) = (table(10), network(1));
        for _ in 0..3 {
            assert_eq!(table.add_socket(at(0), one), Ok(one));
            table.remove_socket(at(0), one);
        }
        assert_eq!(table.add_socket(at(400), one), Err(Rejection::TooFast(Duration::from_millis(600))));
        assert_eq!(table.add_socket(at(1_000), one), Ok(one));
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

    /// Opens sockets from new /64 networks of one prefix until one is rejected; returns how many were open.
    fn fill(table: &mut UsageTable, prefix: &str) -> (usize, Rejection) {
        let mut open = 0;
        loop {
            let subnets = ipv6(&prefix.replace('*', &format!("{open:x}")));
            match table.add_socket(at(0), subnets) {
                Ok(_) => open += 1,
                Err(rejection) => return (open, rejection),
            }
        }
    }

    #[test]
    fn networks_within_a_larger_one_share_its_limits() {
        let limits = NetworkLimits {
            connections: 2,
            openings: Rate { burst: 0, per_minute: 0 },
            ..NetworkLimits::default()
        };
        let limits = LimitSettings { network: limits, ..LimitSettings::default() };
        let mut table = UsageTable::new(&limits, 10_000);
        // Twice as many for a /56 as for a /64, eight times as many for a /48.
        assert_eq!(fill(&mut table, "2001:db8:1:0*::1"), (4, Rejection::TooMany));
        assert_eq!(fill(&mut table, "2001:db8:1:f*00::1"), (12, Rejection::TooMany));
        assert_eq!(fill(&mut table, "2001:db8:2:*00::1"), (16, Rejection::TooMany));
        assert_eq!(table.count_page(at(0), ipv6("2001:db8:1:1::1")), Ok(true), "only sockets are used up");
    }

    #[test]
    fn a_household_cannot_fill_the_server_and_a_campus_can_use_it() {
        let (limits, total) = (LimitSettings::default(), 10_000);
        let table = UsageTable::new(&limits, total);
        let [link, home, site] = table.limits.each_ref().map(|it| it.max_sockets);
        assert!(link < home && home < site);
        assert!(site * 8 < total, "a household may have a /48: {site}");
        assert!(site >= 1_000, "a campus: {site}");
        let small = UsageTable::new(&limits, 300);
        assert!(small.limits[2].max_sockets <= 150, "nobody gets more than half");
    }

    #[test]
    fn a_rejection_by_one_network_costs_the_others_nothing() {
        let mut table = table(100);
        let (full, neighbour) = (ipv6("2001:db8:1:1::1"), ipv6("2001:db8:1:2::1"));
        for _ in 0..2 {
            table.add_socket(at(0), full).unwrap();
        }
        let rates = |table: &UsageTable| {
            let [home, site] = [1, 2].map(|at| full.iter().nth(at).unwrap());
            [home, site].map(|it| (table.networks[&it].sockets, table.networks[&it].rates))
        };
        let before = rates(&table);
        for _ in 0..100 {
            assert!(table.add_socket(at(0), full).is_err());
        }
        assert_eq!(rates(&table), before);
        assert_eq!(table.add_socket(at(0), neighbour), Ok(neighbour));
        // The neighbour of the same /56 takes the rest of its pages; what is rejected then costs the /48 nothing.
        assert_eq!([(); 2].map(|()| table.count_page(at(0), full)), [Ok(true); 2]);
        assert_eq!([(); 2].map(|()| table.count_page(at(0), neighbour)), [Ok(true); 2]);
        let before = rates(&table);
        let third = ipv6("2001:db8:1:3::1");
        assert!((0..100).all(|_| table.count_page(at(0), third).is_err()));
        assert_eq!(rates(&table), before);
        assert!(!table.networks.contains_key(&third.iter().next().unwrap()), "and takes no room");
    }

    #[test]
    fn limits_joins_and_nexts_separately() {
        let (mut table, one) = (table(10), network(1));
        table.add_socket(at(0), one).unwrap();
        for action in [Action::Join, Action::Next] {
            assert_eq!([(); 2].map(|()| table.count_message(at(0), one, action)), [None; 2]);
            assert_eq!(table.count_message(at(100), one, action), Some(Duration::from_millis(900)));
            assert_eq!(table.count_message(at(1_000), one, action), None);
        }
    }

    #[test]
    fn networks_beyond_the_capacity_are_admitted_uncounted() {
        let mut table = table(2);
        let none = Subnets::default();
        for number in 0..100 {
            let one = network(number);
            assert_eq!(table.add_socket(at(10), one), Ok(if number < 2 { one } else { none }));
        }
        assert_eq!(table.networks.len(), 2);
        assert_eq!(table.count_message(at(10), none, Action::Next), None);
        // A network without sockets makes room only once its rate limits have recovered, too.
        table.remove_socket(at(10), network(0));
        assert_eq!(table.add_socket(at(900), network(3)), Ok(none));
        assert_eq!(table.add_socket(at(1_900), network(3)), Ok(network(3)));
        assert_eq!(table.networks.len(), 2);
    }

    #[test]
    fn the_largest_network_is_counted_if_the_table_has_room_for_one_only() {
        let mut table = table(1);
        for number in 0..16 {
            let tracked = table.add_socket(at(0), ipv6(&format!("2001:db8:1:{number:x}00::1"))).unwrap();
            let scopes: Vec<_> = tracked.iter().map(Subnet::scope).collect();
            assert_eq!(scopes, [Scope::Site], "{number}");
        }
        assert_eq!(table.add_socket(at(0), ipv6("2001:db8:1:ff00::1")), Err(Rejection::TooMany));
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

    /// One of 24 /64 networks of one /48, four in each of six /56, or one of two IPv4 addresses. The limits of each
    /// larger network are lower than those of its parts together.
    fn subnets_of(number: u8) -> Subnets {
        match number {
            0..24 => ipv6(&format!("2001:db8:1:{:x}0{:x}::1", number / 4, number % 4)),
            _ => network(number),
        }
    }

    proptest! {
        #[test]
        fn no_network_ever_exceeds_its_open_sockets(
            steps in proptest::collection::vec((0..26_u8, 0..4_u8, 0..1_500_u64), 1..300),
            capacity in 3..30_usize,
        ) {
            let (mut table, mut now) = (table(capacity), 0);
            let mut open = BTreeMap::<u8, Vec<Subnets>>::new();
            for (number, choice, gap) in steps {
                now += gap;
                let sockets = open.entry(number).or_default();
                if choice > 0 {
                    sockets.extend(table.add_socket(at(now), subnets_of(number)));
                } else if let Some(tracked) = sockets.pop() {
                    table.remove_socket(at(now), tracked);
                }
                prop_assert!(table.networks.len() <= capacity);
                // Counted again from the sockets that are open.
                let mut counts = HashMap::<Subnet, usize>::new();
                for subnet in open.values().flatten().flat_map(|it| it.iter()) {
                    *counts.entry(subnet).or_default() += 1;
                }
                for (subnet, count) in &counts {
                    prop_assert!(*count <= 2 * subnet.scope().factor() as usize);
                    prop_assert_eq!(table.networks.get(subnet).map(|it| it.sockets), Some(*count));
                }
                for (subnet, usage) in &table.networks {
                    prop_assert!(counts.contains_key(subnet) || usage.sockets == 0);
                }
            }
        }

        #[test]
        fn no_network_ever_exceeds_its_rate(
            steps in proptest::collection::vec((0..26_u8, 0..60_u64), 1..300),
        ) {
            let (mut table, mut now) = (table(1_000), 0);
            let mut served = HashMap::<Subnet, Vec<u64>>::new();
            for (number, gap) in steps {
                now += gap;
                let subnets = subnets_of(number);
                let could = subnets.iter().all(|it| {
                    let limit = RateLimit::new(60, 2).times(it.scope().factor());
                    let state = table.networks.get(&it).map_or(RateState::default(), |it| it.rates[0]);
                    limit.next_at(state) <= at(now)
                });
                prop_assert_eq!(table.count_page(at(now), subnets).is_ok(), could);
                if could {
                    subnets.iter().for_each(|it| served.entry(it).or_default().push(now));
                }
            }
            for (subnet, times) in served {
                let factor = u64::from(subnet.scope().factor());
                for (first, from) in times.iter().enumerate() {
                    for (more, to) in times[first..].iter().enumerate() {
                        let allowed = 2 * factor + (to - from) * factor / 1_000;
                        prop_assert!((more as u64) < allowed, "{subnet:?}: {times:?}");
                    }
                }
            }
        }
    }
}
