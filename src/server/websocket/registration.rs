//! [`Registration`]: a socket that the driver knows, and that it is told of when the socket's task ends.

use tokio::runtime::Handle;

use super::outbox::OutboxSender;
use crate::{
    matchmaker::{Closing, Input, SocketId, Visit},
    server::bus::inbox::{Event, Inbox},
};

/// The only way to make a socket known to the driver. Dropping it reports the socket as lost.
///
/// So a peer cannot outlive the task of its socket: not even a task that panics or is aborted leaves a peer behind that
/// is matched with others but never answers.
#[derive(Debug)]
pub(crate) struct Registration {
    inbox: Inbox,
    socket: SocketId,
    /// Whether the driver has nothing to be told: it does not know the socket yet, or knows that it is closed.
    is_over: bool,
}

impl Registration {
    /// The registration of a socket that the driver does not know yet.
    pub(crate) const fn new(inbox: Inbox, socket: SocketId) -> Self {
        Self { inbox, socket, is_over: true }
    }

    /// Tells the driver of a new socket. If the driver has ended, this drops `outbox`, and the other end reports it.
    pub(crate) async fn open(&mut self, visit: Visit, outbox: OutboxSender) {
        self.is_over = false;
        let _ = self.inbox.send(Event::Opened(visit, outbox)).await;
    }

    /// Tells the driver how the socket has ended.
    pub(crate) async fn close(&mut self, closing: Closing) {
        // Fails if the driver has ended.
        let _ = self.inbox.send(closed(self.socket, closing)).await;
        self.is_over = true;
    }

    /// The matchmaker itself has closed the socket.
    pub(crate) const fn on_closed_by_matchmaker(&mut self) {
        self.is_over = true;
    }
}

impl Drop for Registration {
    /// A full inbox must not swallow the report, and a destructor cannot wait, so that a task waits instead. There is
    /// at most one such task for each socket.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        if let Some(event) = self.inbox.try_send(closed(self.socket, Closing::Lost))
            && let Ok(runtime) = Handle::try_current()
        {
            let inbox = self.inbox.clone();
            runtime.spawn(async move { inbox.send(event).await });
        }
    }
}

fn closed(socket: SocketId, closing: Closing) -> Event {
    Event::Input(socket, Input::Closed { socket, closing })
}
