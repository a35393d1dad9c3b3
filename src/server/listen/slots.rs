//! The connection slots of one listener: a bound on its open connections. A WebSocket frees its slot.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use crate::{
    matchmaker::Network,
    server::{config::limits::Limit, telemetry::Telemetry},
};

/// A bounded number of connections, and a smaller number for each network.
///
/// When all slots are taken, the oldest connection is closed: page requests are short, so an old one is idle. A network
/// that has used up its share gets no slot at all, since one more connection from there is not worth a task.
#[derive(Debug)]
pub(crate) struct ConnectionSlots {
    table: Mutex<SlotTable>,
    capacity: usize,
    capacity_per_network: usize,
    telemetry: Arc<Telemetry>,
}

#[derive(Debug, Default)]
struct SlotTable {
    /// The running connections by number, the oldest first.
    running: BTreeMap<u64, AbortHandle>,
    networks: HashMap<Network, usize>,
    last_number: u64,
    evicted: u64,
}

/// A slot for one connection; dropping it frees the slot.
pub(crate) struct ConnectionSlot {
    slots: Arc<ConnectionSlots>,
    number: u64,
    network: Option<Network>,
}

impl ConnectionSlots {
    /// Free slots: `capacity` in all, 1 or more, and `capacity_per_network` for each network.
    pub(crate) fn new(capacity: usize, capacity_per_network: usize, telemetry: Arc<Telemetry>) -> Self {
        Self { table: Mutex::default(), capacity, capacity_per_network, telemetry }
    }

    /// A slot for a connection, counted against `network` if there is one; `None` if that network has none left.
    pub(crate) fn acquire(self: &Arc<Self>, network: Option<Network>) -> Option<ConnectionSlot> {
        let mut table = self.table();
        if let Some(network) = network {
            let count = table.networks.entry(network).or_default();
            if *count >= self.capacity_per_network {
                self.telemetry.limited(Limit::NetworkOpen);
                return None;
            }
            *count += 1;
        }
        table.last_number += 1;
        Some(ConnectionSlot { slots: Arc::clone(self), number: table.last_number, network })
    }

    /// Closes the oldest connection.
    pub(crate) fn evict_oldest(&self) {
        let oldest = self.table().take_oldest();
        self.abort(oldest);
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
    /// Spawns `task` on `tasks` and holds the slot until it ends. Evicts the oldest connection if there are too many.
    pub(crate) fn run(self, tasks: &TaskTracker, task: impl Future<Output = ()> + Send + 'static) {
        let (slots, number) = (Arc::clone(&self.slots), self.number);
        let oldest = {
            // Locked before the spawn: a task that ends at once must not free its slot before it is entered here.
            let mut table = slots.table();
            let task = tasks.spawn(async move {
                task.await;
                drop(self);
            });
            table.running.insert(number, task.abort_handle());
            (table.running.len() > slots.capacity).then(|| table.take_oldest()).flatten()
        };
        slots.abort(oldest);
    }
}

impl SlotTable {
    fn take_oldest(&mut self) -> Option<AbortHandle> {
        let (_, oldest) = self.running.pop_first()?;
        self.evicted += 1;
        // Logged at each power of two, so that an attack does not fill the log.
        if self.evicted.is_power_of_two() {
            tracing::warn!(evicted = self.evicted, "too many open connections: closing the oldest ones");
        }
        Some(oldest)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut table = self.slots.table();
        table.running.remove(&self.number);
        if let Some(Entry::Occupied(mut count)) = self.network.map(|it| table.networks.entry(it)) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use tokio::{sync::oneshot, time::timeout};

    use super::*;

    fn network() -> Network {
        Network::of([192, 0, 2, 7].into())
    }

    fn slots(capacity: usize) -> Arc<ConnectionSlots> {
        Arc::new(ConnectionSlots::new(capacity, 2, Arc::new(Telemetry::new())))
    }

    /// Runs a connection that ends only when it is evicted. The receiver fails then.
    fn run_forever(slots: &Arc<ConnectionSlots>, tasks: &TaskTracker) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        slots.acquire(None).unwrap().run(tasks, async move {
            let _sender = sender;
            pending().await
        });
        receiver
    }

    async fn assert_evicted(connection: oneshot::Receiver<()>) {
        let result = timeout(Duration::from_secs(10), connection).await.expect("the connection ends");
        assert!(result.is_err());
    }

    #[tokio::test]
    async fn the_oldest_connection_is_evicted() {
        let (slots, tasks) = (slots(2), TaskTracker::new());
        let (first, mut second) = (run_forever(&slots, &tasks), run_forever(&slots, &tasks));
        assert_eq!(slots.table().running.len(), 2);
        let mut third = run_forever(&slots, &tasks);
        assert_evicted(first).await;
        assert!(second.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        assert!(third.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        slots.evict_oldest();
        assert_evicted(second).await;
        assert_eq!((tasks.len(), slots.table().running.len()), (1, 1));
    }

    #[tokio::test]
    async fn finished_connection_frees_its_slot() {
        let (slots, tasks) = (slots(1), TaskTracker::new());
        for _ in 0..3 {
            let (done, is_done) = oneshot::channel();
            slots.acquire(Some(network())).unwrap().run(&tasks, async { done.send(()).unwrap() });
            is_done.await.expect("no connection is evicted");
            tasks.close();
            tasks.wait().await;
            tasks.reopen();
            assert!(slots.table().running.is_empty() && slots.table().networks.is_empty());
        }
        assert_eq!(slots.table().evicted, 0);
    }

    #[tokio::test]
    async fn one_network_cannot_take_all_slots() {
        let another = Network::of([192, 0, 2, 8].into());
        let (slots, tasks) = (slots(100), TaskTracker::new());
        let first = slots.acquire(Some(network())).unwrap();
        slots.acquire(Some(network())).unwrap().run(&tasks, pending());
        assert!(slots.acquire(Some(network())).is_none());
        assert!(slots.acquire(Some(another)).is_some());
        assert!((0..3).all(|_| slots.acquire(None).is_some()));
        drop(first);
        assert!(slots.acquire(Some(network())).is_some());
    }
}
