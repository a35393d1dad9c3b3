//! [`Inbox`]: the bounded way to the driver, which records how long each event waits.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use tokio::sync::{
    mpsc::{self, OwnedPermit, error::TrySendError},
    oneshot,
};

use crate::{
    matchmaker::{Input, SocketId, Visit},
    server::{clock::Clock, websocket::outbox::OutboxSender},
    time::Moment,
};

/// Events that may wait for the driver before sockets stop reading: a few from each of several hundred peers.
pub(crate) const CAPACITY: usize = 1024;

/// An event for the driver.
pub(crate) enum Event {
    /// A new socket, and the sender for its messages.
    Opened(Visit, OutboxSender),
    /// Anything else that the matchmaker has to handle.
    Input(SocketId, Input),
    /// What the moderation store says.
    Moderation(Input),
    /// Somebody wants to know whether the driver runs; it answers at once.
    Probe(oneshot::Sender<()>),
}

/// The senders' end of the way to the driver.
#[derive(Clone, Debug)]
pub(crate) struct Inbox(Arc<Senders>);

/// What all senders share, so that an [`Inbox`] is small: every socket has one.
#[derive(Debug)]
struct Senders {
    events: mpsc::Sender<(Moment, Event)>,
    clock: Clock,
}

/// Room for one event in the inbox. Dropping it gives the room to the next one that waits.
#[derive(Debug)]
pub(crate) struct Room {
    permit: OwnedPermit<(Moment, Event)>,
    clock: Clock,
}

/// There is no room in the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InboxFull;

/// The driver has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DriverGone;

/// An empty inbox, and the driver's end of it: each event comes with the time at which its sender had it.
pub(crate) fn inbox(clock: Clock) -> (Inbox, mpsc::Receiver<(Moment, Event)>) {
    let (events, receiver) = mpsc::channel(CAPACITY);
    (Inbox(Arc::new(Senders { events, clock })), receiver)
}

impl Room {
    /// Sends an event.
    pub(crate) fn send(self, event: Event) {
        self.permit.send((self.clock.now(), event));
    }
}

impl Inbox {
    /// Lets a future receive something only as long as there is room for it.
    ///
    /// # Errors
    ///
    /// [`InboxFull`] if there is no room, and the future was not polled since.
    pub(crate) async fn unless_full<T>(&self, receiving: impl Future<Output = T>) -> Result<T, InboxFull> {
        let mut receiving = pin!(receiving);
        poll_fn(|cx| match self.0.events.capacity() {
            0 => Poll::Ready(Err(InboxFull)),
            _ => receiving.as_mut().poll(cx).map(Ok),
        })
        .await
    }

    /// Waits for room behind all that wait already. It is to be used or dropped at once: others wait for it.
    ///
    /// Boxed, so that the task of a socket does not reserve memory for it: few of them wait.
    ///
    /// # Errors
    ///
    /// [`DriverGone`] if nobody would handle an event.
    pub(crate) fn room(&self) -> Pin<Box<dyn Future<Output = Result<Room, DriverGone>> + Send>> {
        let Senders { events, clock } = &*self.0;
        let (events, clock) = (events.clone(), *clock);
        Box::pin(async move {
            let permit = events.reserve_owned().await.map_err(|_| DriverGone)?;
            Ok(Room { permit, clock })
        })
    }

    /// Sends an event, as soon as there is room for it. If there is room now, it is sent before the future is polled.
    ///
    /// # Errors
    ///
    /// [`DriverGone`] if nobody would handle it.
    pub(crate) fn send(&self, event: Event) -> impl Future<Output = Result<(), DriverGone>> {
        let sent = match self.0.events.try_send((self.0.clock.now(), event)) {
            Ok(()) => Ok(None),
            // Boxed, so that the task of a socket does not reserve memory for an event that waits: few of them do.
            Err(TrySendError::Full(item)) => Ok(Some(Box::pin(self.0.events.send(item)))),
            Err(TrySendError::Closed(_)) => Err(DriverGone),
        };
        async move {
            match sent? {
                Some(waiting) => waiting.await.map_err(|_| DriverGone),
                None => Ok(()),
            }
        }
    }

    /// Sends an event, and returns it if there is no room for it now. It is dropped if the driver has ended.
    pub(crate) fn try_send(&self, event: Event) -> Option<Event> {
        match self.0.events.try_send((self.0.clock.now(), event)) {
            Err(TrySendError::Full((_, event))) => Some(event),
            Ok(()) | Err(TrySendError::Closed(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::matchmaker::EdgeId;

    fn event() -> Event {
        Event::Input(SocketId { edge: EdgeId::default(), number: 1 }, Input::Tick)
    }

    #[tokio::test]
    async fn nothing_is_received_while_the_inbox_is_full() {
        let (inbox, mut driver) = inbox(Clock::start());
        for _ in 1..CAPACITY {
            assert!(inbox.try_send(event()).is_none());
        }
        assert_eq!(inbox.unless_full(async { 1 }).await, Ok(1));
        assert!(inbox.try_send(event()).is_none());
        assert_eq!(inbox.unless_full(async { panic!("polled") }).await, Err::<(), _>(InboxFull));

        let mut room = inbox.room();
        assert!((&mut room).now_or_never().is_none());
        driver.recv().await.unwrap();
        assert_eq!(inbox.unless_full(async { panic!("polled") }).await, Err::<(), _>(InboxFull), "one waits");
        room.await.unwrap().send(event());
        driver.recv().await.unwrap();
        drop(inbox.room().await.unwrap());
        assert_eq!(inbox.unless_full(async { 2 }).await, Ok(2), "room that is not used is free");
    }

    #[tokio::test]
    async fn there_is_no_room_once_the_driver_has_ended() {
        let (inbox, driver) = inbox(Clock::start());
        drop(driver);
        assert_eq!(inbox.room().await.err(), Some(DriverGone));
    }
}
