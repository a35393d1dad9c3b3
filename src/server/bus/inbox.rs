//! [`Inbox`]: the bounded way to the driver, which records how long each event waits.

use std::sync::Arc;

use tokio::sync::{
    mpsc::{self, error::TrySendError},
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

/// The driver has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DriverGone;

/// An empty inbox, and the driver's end of it: each event comes with the time at which its sender had it.
pub(crate) fn inbox(clock: Clock) -> (Inbox, mpsc::Receiver<(Moment, Event)>) {
    let (events, receiver) = mpsc::channel(CAPACITY);
    (Inbox(Arc::new(Senders { events, clock })), receiver)
}

impl Inbox {
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
