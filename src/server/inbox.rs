//! [`Inbox`]: the bounded way to the driver, which records how long each event waits.

use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use super::{clock::Clock, websocket::outbox::OutboxSender};
use crate::{
    matchmaker::{Input, Network, SocketId},
    time::Moment,
};

/// Events that may wait for the driver before sockets stop reading: a few from each of several hundred peers.
pub(crate) const CAPACITY: usize = 1024;

/// An event for the driver.
pub(crate) enum Event {
    /// A new socket, its network and the sender for its messages.
    Opened(SocketId, Network, OutboxSender),
    /// Anything else that the matchmaker has to handle.
    Input(SocketId, Input),
    /// Somebody wants to know whether the driver runs; it answers at once.
    Probe(oneshot::Sender<()>),
}

/// The senders' end of the way to the driver.
#[derive(Clone, Debug)]
pub(crate) struct Inbox {
    events: mpsc::Sender<(Moment, Event)>,
    clock: Clock,
}

/// The driver has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DriverGone;

/// Room for one event.
pub(crate) struct InboxSlot<'a> {
    room: mpsc::Permit<'a, (Moment, Event)>,
    since: Moment,
}

/// An empty inbox, and the driver's end of it: each event comes with the time at which its sender had it.
pub(crate) fn inbox(clock: Clock) -> (Inbox, mpsc::Receiver<(Moment, Event)>) {
    let (events, receiver) = mpsc::channel(CAPACITY);
    (Inbox { events, clock }, receiver)
}

impl Inbox {
    /// Sends an event, as soon as there is room for it.
    ///
    /// # Errors
    ///
    /// [`DriverGone`] if nobody would handle it.
    pub(crate) async fn send(&self, event: Event) -> Result<(), DriverGone> {
        self.reserve().await.map(|slot| slot.send(event))
    }

    /// Sends an event, and returns it if there is no room for it now. It is dropped if the driver has ended.
    pub(crate) fn try_send(&self, event: Event) -> Option<Event> {
        match self.events.try_send((self.clock.now(), event)) {
            Err(TrySendError::Full((_, event))) => Some(event),
            Ok(()) | Err(TrySendError::Closed(_)) => None,
        }
    }

    /// Waits until there is room for an event. The wait counts as part of the time that the event waits.
    ///
    /// # Errors
    ///
    /// [`DriverGone`] if nobody would handle it.
    pub(crate) async fn reserve(&self) -> Result<InboxSlot<'_>, DriverGone> {
        let since = self.clock.now();
        let room = self.events.reserve().await.map_err(|_| DriverGone)?;
        Ok(InboxSlot { room, since })
    }
}

impl InboxSlot<'_> {
    /// Sends an event.
    pub(crate) fn send(self, event: Event) {
        self.room.send((self.since, event));
    }
}
