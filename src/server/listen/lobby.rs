//! [`Lobby`]: how many connections are open that are no sockets; it must not know what they do.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

/// Connections that were let in, the eldest first. Where there is no room for one more, the eldest has to go: whoever
/// asks for a page is done in a moment, so that the eldest are those who only take up room.
#[derive(Debug)]
pub(super) struct Lobby {
    guests: Mutex<Guests>,
    most: usize,
}

#[derive(Debug, Default)]
struct Guests {
    present: BTreeMap<u64, AbortHandle>,
    last: u64,
    turned_out: u64,
}

/// A place that is free again when it is dropped.
struct Place {
    lobby: Arc<Lobby>,
    number: u64,
}

impl Lobby {
    /// With room for `most`, 1 or more.
    pub(super) fn new(most: usize) -> Self {
        Self { guests: Mutex::default(), most }
    }

    /// Lets one in, and runs what they came for as one of `tasks`.
    pub(super) fn enter(
        self: &Arc<Self>,
        tasks: &TaskTracker,
        business: impl Future<Output = ()> + Send + 'static,
    ) {
        let eldest = {
            let mut guests = self.guests();
            guests.last += 1;
            let number = guests.last;
            let place = Place { lobby: Arc::clone(self), number };
            // Locked meanwhile, so that a place is taken before it can be given back.
            let task = tasks.spawn(async move {
                business.await;
                drop(place);
            });
            guests.present.insert(number, task.abort_handle());
            (guests.present.len() > self.most).then(|| guests.turn_out()).flatten()
        };
        if let Some(eldest) = eldest {
            eldest.abort();
        }
    }

    /// Sends the eldest away.
    pub(super) fn make_room(&self) {
        let eldest = self.guests().turn_out();
        if let Some(eldest) = eldest {
            eldest.abort();
        }
    }

    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.lobby.guests().present.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use tokio::{sync::oneshot, time::timeout};

    use super::*;

    /// Somebody who stays until they are sent away, and the end of whom can be waited for.
    fn stay(lobby: &Arc<Lobby>, tasks: &TaskTracker) -> oneshot::Receiver<()> {
        let (here, gone) = oneshot::channel();
        lobby.enter(tasks, async move {
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
        let (lobby, tasks) = (Arc::new(Lobby::new(2)), TaskTracker::new());
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
        let (lobby, tasks) = (Arc::new(Lobby::new(1)), TaskTracker::new());
        for _ in 0..3 {
            let (done, is_done) = oneshot::channel();
            lobby.enter(&tasks, async { done.send(()).unwrap() });
            is_done.await.expect("nobody is sent away");
            tasks.close();
            tasks.wait().await;
            tasks.reopen();
            assert!(lobby.guests().present.is_empty());
        }
        assert_eq!(lobby.guests().turned_out, 0);
    }
}
