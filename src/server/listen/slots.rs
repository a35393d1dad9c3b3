//! The connection slots of one listener: a bound on its open connections. A WebSocket frees its slot.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use crate::server::{
    config::limits::Limit,
    rate_limit::subnets::{Scope, Subnet, Subnets},
    telemetry::Telemetry,
};

/// A bounded number of connections, and a smaller number for each network.
///
/// When all slots are taken, one connection is closed: the one that has been idle longest, or if none is idle, the one
/// whose request began first. So connections that are only kept open never keep others out. A network that has used up
/// its share gets no slot at all, since one more connection from there is not worth a task.
#[derive(Debug)]
pub(crate) struct ConnectionSlots {
    table: Mutex<SlotTable>,
    capacity: usize,
    /// In the order of [`Scope`].
    shares: [usize; Scope::ALL.len()],
    telemetry: Arc<Telemetry>,
}

#[derive(Debug, Default)]
struct SlotTable {
    /// The connections that wait for their next request, the longest waiting first.
    idle: BTreeMap<u64, AbortHandle>,
    /// All others, the one whose request began first at the front.
    busy: BTreeMap<u64, AbortHandle>,
    networks: HashMap<Subnet, usize>,
    last_number: u64,
    evicted: u64,
}

/// A slot for one connection; dropping it frees the slot.
pub(crate) struct ConnectionSlot {
    slots: Arc<ConnectionSlots>,
    is_idle: bool,
    /// Its key among the idle or the busy ones.
    number: u64,
    subnets: Subnets,
}

impl ConnectionSlots {
    /// Free slots: `capacity` in all, 1 or more, and `capacity_per_network` for each network of the smallest size.
    pub(crate) fn new(capacity: usize, capacity_per_network: usize, telemetry: Arc<Telemetry>) -> Self {
        let shares = Scope::ALL.map(|it| it.share(capacity_per_network, capacity));
        Self { table: Mutex::default(), capacity, shares, telemetry }
    }

    /// A slot for a connection, counted for the networks of `address` if there is one; `None` if one of them has no
    /// slot left.
    pub(crate) fn acquire(self: &Arc<Self>, address: Option<IpAddr>) -> Option<ConnectionSlot> {
        let subnets = address.map(Subnets::of).unwrap_or_default();
        let mut table = self.table();
        let has_slot = |it: Subnet| {
            table.networks.get(&it).is_none_or(|count| *count < self.shares[it.scope() as usize])
        };
        if !subnets.iter().all(has_slot) {
            self.telemetry.limited(Limit::NetworkOpen);
            return None;
        }
        for subnet in subnets.iter() {
            *table.networks.entry(subnet).or_default() += 1;
        }
        let number = table.next_number();
        Some(ConnectionSlot { slots: Arc::clone(self), is_idle: false, number, subnets })
    }

    /// Closes one connection, if there is one.
    pub(crate) fn evict(&self) {
        let evicted = self.table().take_evicted();
        self.abort(evicted);
    }

    fn abort(&self, connection: Option<AbortHandle>) {
        if let Some(connection) = connection {
            self.telemetry.limited(Limit::Open);
            connection.abort();
        }
    }

    fn table(&self) -> MutexGuard<'_, SlotTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionSlot {
    /// Spawns the task of a connection on `tasks`. The task owns the slot. Evicts a connection if there are too many.
    pub(crate) fn run<F>(self, tasks: &TaskTracker, task: impl FnOnce(Self) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (slots, number) = (Arc::clone(&self.slots), self.number);
        let evicted = {
            // Locked before the spawn: a task that ends at once must not free its slot before it is entered here.
            let mut table = slots.table();
            let task = tasks.spawn(async move { task(self).await });
            table.busy.insert(number, task.abort_handle());
            (table.idle.len() + table.busy.len() > slots.capacity).then(|| table.take_evicted()).flatten()
        };
        slots.abort(evicted);
    }

    /// Notes that the connection waits for its next request, or that the next request has begun.
    pub(crate) fn set_idle(&mut self, is_idle: bool) {
        if self.is_idle == is_idle {
            return;
        }
        let mut table = self.slots.table();
        // If it is not there, it has just been evicted.
        if let Some(task) = table.connections(self.is_idle).remove(&self.number) {
            self.number = table.next_number();
            table.connections(is_idle).insert(self.number, task);
        }
        self.is_idle = is_idle;
    }
}

impl SlotTable {
    fn connections(&mut self, are_idle: bool) -> &mut BTreeMap<u64, AbortHandle> {
        if are_idle { &mut self.idle } else { &mut self.busy }
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    fn take_evicted(&mut self) -> Option<AbortHandle> {
        let (_, evicted) = self.idle.pop_first().or_else(|| self.busy.pop_first())?;
        self.evicted += 1;
        // Logged at each power of two, so that an attack does not fill the log.
        if self.evicted.is_power_of_two() {
            tracing::warn!(evicted = self.evicted, "too many open connections: closing idle and old ones");
        }
        Some(evicted)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut table = self.slots.table();
        table.connections(self.is_idle).remove(&self.number);
        for subnet in self.subnets.iter() {
            if let Entry::Occupied(mut count) = table.networks.entry(subnet) {
                *count.get_mut() -= 1;
                if *count.get() == 0 {
                    count.remove();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use proptest::prelude::*;
    use tokio::{sync::oneshot, time::timeout};

    use super::*;

    fn address() -> Option<IpAddr> {
        Some([192, 0, 2, 7].into())
    }

    fn slots(capacity: usize) -> Arc<ConnectionSlots> {
        Arc::new(ConnectionSlots::new(capacity, 2, Arc::new(Telemetry::new())))
    }

    /// Runs a connection that ends only when it is evicted. The receiver fails then. It is idle or busy as the sender
    /// says.
    fn run_forever(
        slots: &Arc<ConnectionSlots>,
        tasks: &TaskTracker,
    ) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let (alive, receiver) = oneshot::channel();
        let (sender, goes_idle) = oneshot::channel();
        slots.acquire(None).unwrap().run(tasks, async move |mut slot| {
            let _alive = alive;
            let _ = goes_idle.await;
            slot.set_idle(true);
            pending().await
        });
        (receiver, sender)
    }

    async fn assert_evicted(connection: oneshot::Receiver<()>) {
        let result = timeout(Duration::from_secs(10), connection).await.expect("the connection ends");
        assert!(result.is_err());
    }

    fn assert_runs(connection: &mut oneshot::Receiver<()>) {
        assert_eq!(connection.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    }

    #[tokio::test]
    async fn the_oldest_connection_is_evicted_if_none_is_idle() {
        let (slots, tasks) = (slots(2), TaskTracker::new());
        let ((first, _one), (mut second, _two)) = (run_forever(&slots, &tasks), run_forever(&slots, &tasks));
        assert_eq!(slots.table().busy.len(), 2);
        let (mut third, _three) = run_forever(&slots, &tasks);
        assert_evicted(first).await;
        assert_runs(&mut second);
        assert_runs(&mut third);
        slots.evict();
        assert_evicted(second).await;
        assert_eq!((tasks.len(), slots.table().busy.len()), (1, 1));
    }

    #[tokio::test]
    async fn idle_connections_give_way_first() {
        let (slots, tasks) = (slots(3), TaskTracker::new());
        let (mut first, _busy) = run_forever(&slots, &tasks);
        let mut idle = Vec::new();
        for count in 1..=2 {
            let (connection, goes_idle) = run_forever(&slots, &tasks);
            goes_idle.send(()).unwrap();
            while slots.table().idle.len() < count {
                tokio::task::yield_now().await;
            }
            idle.push(connection);
        }
        let (mut fourth, _busy) = run_forever(&slots, &tasks);
        let mut last_idle = idle.pop().unwrap();
        assert_evicted(idle.pop().unwrap()).await;
        assert_runs(&mut last_idle);
        let (mut fifth, _busy) = run_forever(&slots, &tasks);
        assert_evicted(last_idle).await;
        for busy in [&mut first, &mut fourth, &mut fifth] {
            assert_runs(busy);
        }
        let (_sixth, _busy) = run_forever(&slots, &tasks);
        assert_evicted(first).await;
    }

    #[tokio::test]
    async fn finished_connection_frees_its_slot() {
        let (slots, tasks) = (slots(1), TaskTracker::new());
        for ends_idle in [false, true, false] {
            let (done, is_done) = oneshot::channel();
            slots.acquire(address()).unwrap().run(&tasks, async move |mut slot| {
                slot.set_idle(ends_idle);
                done.send(()).unwrap();
            });
            is_done.await.expect("no connection is evicted");
            tasks.close();
            tasks.wait().await;
            tasks.reopen();
            let table = slots.table();
            assert!(table.idle.is_empty() && table.busy.is_empty() && table.networks.is_empty());
        }
        assert_eq!(slots.table().evicted, 0);
    }

    #[tokio::test]
    async fn one_network_cannot_take_all_slots() {
        let another = Some([192, 0, 2, 8].into());
        let (slots, tasks) = (slots(100), TaskTracker::new());
        let first = slots.acquire(address()).unwrap();
        slots.acquire(address()).unwrap().run(&tasks, async |_slot| pending().await);
        assert!(slots.acquire(address()).is_none());
        assert!(slots.acquire(another).is_some());
        assert!((0..3).all(|_| slots.acquire(None).is_some()));
        drop(first);
        assert!(slots.acquire(address()).is_some());
    }

    proptest! {
        #[test]
        fn no_network_of_any_size_exceeds_its_share(
            steps in proptest::collection::vec((0..24_u16, 0..4_u8), 1..200),
        ) {
            let slots = slots(20);
            let mut held = Vec::new();
            for (number, choice) in steps {
                // One /48 with six /56, each with four /64.
                let [home, link] = [number / 4, number % 4];
                let address = IpAddr::from([0x2001, 0xdb8, 1, home << 8 | link, 0, 0, 0, 1]);
                if choice > 0 {
                    held.extend(slots.acquire(Some(address)).map(|slot| (address, slot)));
                } else if let Some(at) = held.iter().position(|it| it.0 == address) {
                    held.swap_remove(at);
                }
                let mut counts = HashMap::<Subnet, usize>::new();
                for subnet in held.iter().flat_map(|it| Subnets::of(it.0).iter()) {
                    *counts.entry(subnet).or_default() += 1;
                }
                prop_assert_eq!(&slots.table().networks, &counts);
                for (subnet, count) in counts {
                    // Eight times as many for a /48 would be more than half of all.
                    prop_assert!(count <= [2, 4, 10][subnet.scope() as usize]);
                }
            }
        }
    }
}
