//! What all who come from one network may do together; it must not know sockets, nor who is told.
//!
//! Networks are kept in memory only, and for no longer than something is counted of them.

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

/// How often networks of which nothing is counted any more are forgotten.
const SWEPT_EVERY: Duration = Duration::from_secs(60);

/// The same when there is room for no other: looking at all of them for each newcomer would be worse than the newcomers.
const SWEPT_EVERY_IF_FULL: Duration = Duration::from_secs(1);

/// Why a socket is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    /// Too many new ones; the next may come when so much time has passed.
    TooFast(Duration),
    /// Too many at a time.
    TooMany,
}

/// What is counted of a network.
#[derive(Debug, Default)]
struct Usage {
    connections: usize,
    pages: Moment,
    openings: Moment,
    joins: Moment,
    nexts: Moment,
}

impl Usage {
    /// Whether nothing of it is used up, so that it is as good as unknown.
    fn is_idle(&self, now: Moment) -> bool {
        let due = [self.pages, self.openings, self.joins, self.nexts];
        self.connections == 0 && due.iter().all(|it| *it <= now)
    }
}

/// All networks of which something is counted.
#[derive(Debug)]
struct Table {
    connections: usize,
    pages: Option<RateLimit>,
    openings: Option<RateLimit>,
    joins: Option<RateLimit>,
    nexts: Option<RateLimit>,
    /// Networks at most.
    room: usize,
    swept: Moment,
    networks: HashMap<Network, Usage>,
}

impl Table {
    fn new(limits: &LimitSettings) -> Self {
        let NetworkLimits { connections, pages, openings, joins, nexts, .. } = limits.network;
        Self {
            connections: if connections == 0 { usize::MAX } else { connections },
            pages: pages.rate_limit(),
            openings: openings.rate_limit(),
            joins: joins.rate_limit(),
            nexts: nexts.rate_limit(),
            room: limits.networks,
            swept: Moment::default(),
            networks: HashMap::new(),
        }
    }

    /// What is counted of a network; `None` where there is no room for another.
    fn usage(&mut self, now: Moment, network: Network) -> Option<&mut Usage> {
        self.sweep(now);
        let has_room = self.networks.len() < self.room || self.networks.contains_key(&network);
        has_room.then(|| self.networks.entry(network).or_default())
    }

    /// Counts a page that is asked for; `Ok(false)` where there is no room to count it.
    fn page(&mut self, now: Moment, network: Network) -> Result<bool, Duration> {
        let Some(pages) = self.pages else { return Ok(true) };
        let Some(usage) = self.usage(now, network) else { return Ok(false) };
        wait(pages, &mut usage.pages, now).map_or(Ok(true), Err)
    }

    /// Lets a socket in and counts it; `Ok(false)` where there is no room to count it.
    fn open(&mut self, now: Moment, network: Network) -> Result<bool, Turned> {
        let (openings, connections) = (self.openings, self.connections);
        let Some(usage) = self.usage(now, network) else { return Ok(false) };
        if let Some(wait) = openings.and_then(|it| wait(it, &mut usage.openings, now)) {
            return Err(Turned::TooFast(wait));
        }
        if usage.connections >= connections {
            return Err(Turned::TooMany);
        }
        usage.connections += 1;
        Ok(true)
    }

    fn close(&mut self, now: Moment, network: Network) {
        let Some(usage) = self.networks.get_mut(&network) else { return };
        usage.connections -= 1;
        if usage.is_idle(now) {
            self.networks.remove(&network);
        }
    }

    /// Counts a message; when the next of its kind may come, if this one came too soon.
    fn weigh(&mut self, now: Moment, network: Network, kind: Kind) -> Option<Duration> {
        let usage = self.networks.get_mut(&network)?;
        match kind {
            Kind::Join => wait(self.joins?, &mut usage.joins, now),
            Kind::Next => wait(self.nexts?, &mut usage.nexts, now),
            Kind::Signal | Kind::Candidate | Kind::Other => None,
        }
    }

    fn sweep(&mut self, now: Moment) {
        let is_full = self.networks.len() >= self.room;
        if now - self.swept >= if is_full { SWEPT_EVERY_IF_FULL } else { SWEPT_EVERY } {
            self.swept = now;
            self.networks.retain(|_, usage| !usage.is_idle(now));
        }
    }
}

/// Counts one, or says how long it should have waited.
fn wait(pace: RateLimit, due: &mut Moment, now: Moment) -> Option<Duration> {
    (!pace.take(due, now)).then(|| pace.next_at(*due) - now)
}

/// Where everybody comes in.
#[derive(Debug)]
pub(crate) struct Gate {
    clock: Clock,
    telemetry: Arc<Telemetry>,
    table: Mutex<Table>,
}

impl Gate {
    /// One through which nobody has come.
    pub(crate) fn new(limits: &LimitSettings, clock: Clock, telemetry: Arc<Telemetry>) -> Self {
        Self { clock, telemetry, table: Mutex::new(Table::new(limits)) }
    }

    /// Counts a page that is asked for.
    ///
    /// # Errors
    ///
    /// The time until the next may be, if this one came too soon.
    pub(crate) fn page(&self, network: Network) -> Result<(), Duration> {
        match self.with(|table, now| table.page(now, network)) {
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

    /// Lets a socket in, or not; always, if it is not to be `counted`.
    ///
    /// # Errors
    ///
    /// [`Turned`] with the reason.
    pub(crate) fn open(self: &Arc<Self>, network: Network, counted: bool) -> Result<Pass, Turned> {
        if !counted {
            return Ok(Pass { gate: Arc::clone(self), network, counted: false });
        }
        let result = self.with(|table, now| table.open(now, network));
        match result {
            Ok(true) => {}
            Ok(false) => self.telemetry.limited(Limit::Networks),
            Err(Turned::TooFast(_)) => self.telemetry.limited(Limit::NetworkOpenings),
            Err(Turned::TooMany) => self.telemetry.limited(Limit::NetworkConnections),
        }
        result.map(|counted| Pass { gate: Arc::clone(self), network, counted })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Table, Moment) -> T) -> T {
        // What is counted is right between any two steps, whoever panicked.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut table, self.clock.now());
        self.telemetry.networks(table.networks.len());
        result
    }
}

/// A socket that was let in; it is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
    network: Network,
    counted: bool,
}

impl Pass {
    /// Where it comes from.
    pub(crate) const fn network(&self) -> Network {
        self.network
    }

    /// Counts a message; when the next of its kind may come from there, if this one came too soon.
    pub(crate) fn weigh(&self, kind: Kind) -> Option<Duration> {
        let limit = match kind {
            Kind::Join => Limit::NetworkJoins,
            Kind::Next => Limit::NetworkNexts,
            Kind::Signal | Kind::Candidate | Kind::Other => return None,
        };
        if !self.counted {
            return None;
        }
        let wait = self.gate.with(|table, now| table.weigh(now, self.network, kind))?;
        self.gate.telemetry.limited(limit);
        Some(wait)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.counted {
            self.gate.with(|table, now| table.close(now, self.network));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::server::config::limits::Rate;

    /// Two sockets at a time, three new ones and then one a second; two joins and two nexts, then one a second.
    fn table(room: usize) -> Table {
        let rate = |burst| Rate { burst, per_minute: 60 };
        let network = NetworkLimits {
            connections: 2,
            pages: rate(2),
            openings: rate(3),
            joins: rate(2),
            nexts: rate(2),
            ..NetworkLimits::default()
        };
        Table::new(&LimitSettings { network, networks: room, ..LimitSettings::default() })
    }

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    fn network(number: u8) -> Network {
        Network::of([192, 0, 2, number].into())
    }

    #[test]
    fn a_network_has_so_many_sockets_at_a_time() {
        let (mut table, one) = (table(10), network(1));
        assert_eq!([table.open(at(0), one), table.open(at(0), one)], [Ok(true); 2]);
        assert_eq!(table.open(at(0), one), Err(Turned::TooMany));
        assert_eq!(table.open(at(0), network(2)), Ok(true), "another is none of its business");
        table.close(at(2_000), one);
        assert_eq!(table.open(at(2_000), one), Ok(true));
    }

    #[test]
    fn a_network_has_so_many_new_sockets_whatever_becomes_of_them() {
        let (mut table, one) = (table(10), network(1));
        for _ in 0..3 {
            assert_eq!(table.open(at(0), one), Ok(true));
            table.close(at(0), one);
        }
        assert_eq!(table.open(at(400), one), Err(Turned::TooFast(Duration::from_millis(600))));
        assert_eq!(table.open(at(1_000), one), Ok(true));
    }

    #[test]
    fn a_network_is_given_so_many_pages_and_sockets_do_not_count_among_them() {
        let (mut table, one) = (table(10), network(1));
        table.open(at(0), one).unwrap();
        assert_eq!([table.page(at(0), one), table.page(at(0), one)], [Ok(true); 2]);
        assert_eq!(table.page(at(400), one), Err(Duration::from_millis(600)));
        assert_eq!(table.page(at(400), network(2)), Ok(true), "another is none of its business");
        assert_eq!(table.page(at(1_000), one), Ok(true));
        table.close(at(60_000), one);
        assert_eq!(table.page(at(120_000), network(3)), Ok(true));
        assert_eq!(table.networks.len(), 1, "nothing is kept of those whose time is up");
    }

    #[test]
    fn one_and_a_half_address_of_ipv6_is_one_network() {
        let [near, same, far] =
            ["2001:db8::1", "2001:db8::2:3", "2001:db8:0:1::1"].map(|it| Network::of(it.parse().unwrap()));
        let mut table = table(10);
        assert_eq!([table.open(at(0), near), table.open(at(0), same)], [Ok(true); 2]);
        assert_eq!(table.open(at(0), near), Err(Turned::TooMany));
        assert_eq!(table.open(at(0), far), Ok(true));
    }

    #[test]
    fn joins_and_nexts_of_all_sockets_are_counted_together_and_apart() {
        let (mut table, one) = (table(10), network(1));
        table.open(at(0), one).unwrap();
        for kind in [Kind::Join, Kind::Next] {
            assert_eq!([table.weigh(at(0), one, kind), table.weigh(at(0), one, kind)], [None; 2]);
            assert_eq!(table.weigh(at(100), one, kind), Some(Duration::from_millis(900)));
            assert_eq!(table.weigh(at(1_000), one, kind), None);
        }
        for kind in [Kind::Signal, Kind::Candidate, Kind::Other] {
            assert!((0..1_000).all(|_| table.weigh(at(0), one, kind).is_none()));
        }
    }

    #[test]
    fn more_networks_than_there_is_room_for_are_let_in_uncounted() {
        let mut table = table(2);
        for number in 0..100 {
            assert_eq!(table.open(at(10), network(number)), Ok(number < 2));
        }
        assert_eq!(table.networks.len(), 2);
        assert_eq!(table.weigh(at(10), network(9), Kind::Next), None);
        // One leaves, and is forgotten as soon as nothing is counted of it.
        table.close(at(10), network(0));
        assert_eq!(table.open(at(900), network(3)), Ok(false));
        assert_eq!(table.open(at(1_900), network(3)), Ok(true));
        assert_eq!(table.networks.len(), 2);
    }

    #[test]
    fn a_network_is_forgotten_when_nothing_is_counted_of_it() {
        let mut table = table(10);
        table.open(at(0), network(1)).unwrap();
        table.close(at(0), network(1));
        assert_eq!(table.networks.len(), 1, "it has opened a socket this second");
        table.open(at(60_000), network(2)).unwrap();
        assert_eq!(table.networks.len(), 1);
        table.close(at(70_000), network(2));
        assert!(table.networks.is_empty());
    }

    proptest! {
        #[test]
        fn no_network_ever_has_more_than_it_may(
            steps in proptest::collection::vec((0..4_u8, any::<bool>(), 0..1_500_u64), 1..200),
        ) {
            let (mut table, mut now) = (table(3), 0);
            let mut open = BTreeMap::<u8, Vec<bool>>::new();
            for (number, opens, gap) in steps {
                now += gap;
                let sockets = open.entry(number).or_default();
                if opens {
                    sockets.extend(table.open(at(now), network(number)));
                } else if sockets.pop() == Some(true) {
                    table.close(at(now), network(number));
                }
                prop_assert!(table.networks.len() <= 3);
                for (number, sockets) in &open {
                    let counted = sockets.iter().filter(|it| **it).count();
                    prop_assert!(counted <= 2);
                    let known = table.networks.get(&network(*number)).map_or(0, |it| it.connections);
                    prop_assert_eq!(known, counted);
                }
            }
        }
    }
}
