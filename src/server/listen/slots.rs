//! [`Lobby`]: how many connections are open that are no sockets; it must not know what they do.

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

/// Connections that were let in, the eldest first. Where there is no room for one more, the eldest has to go: whoever
/// asks for a page is done in a moment, so that the eldest are those who only take up room. No one network may take up
/// more than a part of it, and one more from there is not worth a task.
#[derive(Debug)]
pub(crate) struct Lobby {
    guests: Mutex<Guests>,
    most: usize,
    most_of_network: usize,
    telemetry: Arc<Telemetry>,
}

#[derive(Debug, Default)]
struct Guests {
    present: BTreeMap<u64, AbortHandle>,
    networks: HashMap<Network, usize>,
    last: u64,
    turned_out: u64,
}

/// A place that is free again when it is dropped.
pub(crate) struct Place {
    lobby: Arc<Lobby>,
    number: u64,
    network: Option<Network>,
}

impl Lobby {
    /// With room for `most`, 1 or more, and for so many of one network.
    pub(crate) fn new(most: usize, most_of_network: usize, telemetry: Arc<Telemetry>) -> Self {
        Self { guests: Mutex::default(), most, most_of_network, telemetry }
    }

    /// A place for one from this network, if that is counted; `None` where too many are from there.
    pub(crate) fn admit(self: &Arc<Self>, network: Option<Network>) -> Option<Place> {
        let mut guests = self.guests();
        if let Some(network) = network {
            let count = guests.networks.entry(network).or_default();
            if *count >= self.most_of_network {
                self.telemetry.limited(Limit::NetworkOpen);
                return None;
            }
            *count += 1;
        }
        guests.last += 1;
        Some(Place { lobby: Arc::clone(self), number: guests.last, network })
    }

    /// Sends the eldest away.
    pub(crate) fn make_room(&self) {
        let eldest = self.guests().turn_out();
        self.send_away(eldest);
    }

    fn send_away(&self, guest: Option<AbortHandle>) {
        if let Some(guest) = guest {
            self.telemetry.limited(Limit::Open);
            guest.abort();
        }
    }

    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Runs what the guest came for as one of `tasks`.
    pub(crate) fn occupy(self, tasks: &TaskTracker, business: impl Future<Output = ()> + Send + 'static) {
        let (lobby, number) = (Arc::clone(&self.lobby), self.number);
        let eldest = {
            // Locked meanwhile, so that a place is taken before it can be given back.
            let mut guests = lobby.guests();
            let task = tasks.spawn(async move {
                business.await;
                drop(self);
            });
            guests.present.insert(number, task.abort_handle());
            (guests.present.len() > lobby.most).then(|| guests.turn_out()).flatten()
        };
        lobby.send_away(eldest);
    }
}

impl Guests {
    fn turn_out(&mut self) -> Option<AbortHandle> {
        let (_, eldest) = self.present.pop_first()?;
        self.turned_out += 1;
        // Each time there are twice as many, so that an attack does not fill the log too.
        if self.turned_out.is_power_of_two() {
            tracing::warn!(turned_out = self.turned_out, "more connections than there is room for");
        }
        Some(eldest)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut guests = self.lobby.guests();
        guests.present.remove(&self.number);
        if let Some(Entry::Occupied(mut count)) = self.network.map(|it| guests.networks.entry(it)) {
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

    fn here() -> Network {
        Network::of([192, 0, 2, 7].into())
    }

    fn lobby(most: usize) -> Arc<Lobby> {
        Arc::new(Lobby::new(most, 2, Arc::new(Telemetry::new())))
    }

    /// Somebody who stays until they are sent away, and the end of whom can be waited for.
    fn stay(lobby: &Arc<Lobby>, tasks: &TaskTracker) -> oneshot::Receiver<()> {
        let (here, gone) = oneshot::channel();
        lobby.admit(None).unwrap().occupy(tasks, async move {
            let _here = here;
            pending().await
        });
        gone
    }

    async fn is_gone(guest: oneshot::Receiver<()>) {
        let told = timeout(Duration::from_secs(10), guest).await.expect("they go");
        assert!(told.is_err());
    }

    #[tokio::test]
    async fn the_eldest_makes_room_for_the_next() {
        let (lobby, tasks) = (lobby(2), TaskTracker::new());
        let (first, mut second) = (stay(&lobby, &tasks), stay(&lobby, &tasks));
        assert_eq!(lobby.guests().present.len(), 2);
        let mut third = stay(&lobby, &tasks);
        is_gone(first).await;
        assert!(second.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        assert!(third.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        lobby.make_room();
        is_gone(second).await;
        assert_eq!((tasks.len(), lobby.guests().present.len()), (1, 1));
    }

    #[tokio::test]
    async fn who_is_done_leaves_a_place() {
        let (lobby, tasks) = (lobby(1), TaskTracker::new());
        for _ in 0..3 {
            let (done, is_done) = oneshot::channel();
            lobby.admit(Some(here())).unwrap().occupy(&tasks, async { done.send(()).unwrap() });
            is_done.await.expect("nobody is sent away");
            tasks.close();
            tasks.wait().await;
            tasks.reopen();
            assert!(lobby.guests().present.is_empty() && lobby.guests().networks.is_empty());
        }
        assert_eq!(lobby.guests().turned_out, 0);
    }

    #[tokio::test]
    async fn one_network_does_not_fill_it() {
        let there = Network::of([192, 0, 2, 8].into());
        let (lobby, tasks) = (lobby(100), TaskTracker::new());
        let first = lobby.admit(Some(here())).unwrap();
        lobby.admit(Some(here())).unwrap().occupy(&tasks, pending());
        assert!(lobby.admit(Some(here())).is_none());
        assert!(lobby.admit(Some(there)).is_some());
        assert!((0..3).all(|_| lobby.admit(None).is_some()));
        drop(first);
        assert!(lobby.admit(Some(here())).is_some());
    }
}
