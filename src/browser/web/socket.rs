//! [`ServerSocket`]: the WebSocket to the server. Dropping it closes it, and nothing that arrives later is reported.

use std::{cell::Cell, rc::Rc};

use futures::{
    FutureExt, SinkExt, StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
    future::poll_fn,
    select,
};
use gloo_net::websocket::{Message, futures::WebSocket};
use leptos::task::spawn_local;
use serde::de::IgnoredAny;

use super::js::json;
use crate::{
    browser::inbox::Inbox,
    call::Input,
    protocol::{Frame, limits::SUBPROTOCOL},
};

/// The close code for a connection that has fulfilled its purpose (RFC 6455, 7.4.1).
const NORMAL_CLOSURE: u16 = 1000;

/// A socket that is open or connecting.
pub(crate) struct ServerSocket {
    outgoing: UnboundedSender<String>,
    is_in_use: Rc<Cell<bool>>,
    is_goodbye: Rc<Cell<bool>>,
}

impl Drop for ServerSocket {
    fn drop(&mut self) {
        self.is_in_use.set(false);
    }
}

impl ServerSocket {
    /// Connects to the server that the page came from.
    pub(crate) fn open(inbox: &Inbox) -> Self {
        let (sender, outgoing) = mpsc::unbounded();
        let (is_in_use, is_goodbye) = (Rc::new(Cell::new(true)), Rc::default());
        let (inbox, still_in_use, sends_goodbye) = (inbox.clone(), is_in_use.clone(), Rc::clone(&is_goodbye));
        spawn_local(async move {
            let report = |input| {
                if still_in_use.get() {
                    inbox.put(input);
                }
            };
            if let Some(socket) = connect() {
                exchange(socket, outgoing, report, &sends_goodbye).await;
            }
            report(Input::SocketLost);
        });
        Self { outgoing: sender, is_in_use, is_goodbye }
    }

    /// Closes the socket after everything is sent.
    ///
    /// Without a goodbye it is closed without a close code, and the server waits for this peer to resume.
    pub(crate) fn close(self, is_goodbye: bool) {
        self.is_goodbye.set(is_goodbye);
    }

    /// Queues a text. The call limits how many there can be.
    pub(crate) fn send(&self, text: String) {
        // The receiving end exists until the socket is lost, and that is reported.
        let _ = self.outgoing.unbounded_send(text);
    }
}

fn connect() -> Option<WebSocket> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    let url = format!("{scheme}://{}/ws", location.host().ok()?);
    WebSocket::open_with_protocol(&url, SUBPROTOCOL).ok()
}

/// Sends and receives texts until the socket is lost or `outgoing` has ended.
async fn exchange(
    mut socket: WebSocket,
    mut outgoing: UnboundedReceiver<String>,
    report: impl Fn(Input),
    is_goodbye: &Cell<bool>,
) {
    select! {
        ready = poll_fn(|context| socket.poll_ready_unpin(context)).fuse() => {
            if ready.is_err() {
                return;
            }
        }
        // Nothing is queued before the socket is open, so this is the end of the queue.
        _ = outgoing.next() => return,
    }
    report(Input::SocketOpened);
    loop {
        select! {
            message = socket.next().fuse() => match message {
                Some(Ok(Message::Text(text))) => {
                    if let Some(frame) = json::decode(&text) {
                        report(Input::Message(frame));
                    } else if let Some(Frame::<IgnoredAny> { seq, ack, .. }) = json::decode(&text) {
                        report(Input::UnknownMessage { seq, ack });
                    }
                }
                Some(Ok(Message::Bytes(_))) => {}
                Some(Err(_)) | None => return,
            },
            text = outgoing.next() => match text {
                Some(text) => {
                    if socket.send(Message::Text(text)).await.is_err() {
                        return;
                    }
                }
                None => {
                    if is_goodbye.get() {
                        // Fails only for invalid close codes.
                        let _ = socket.close(Some(NORMAL_CLOSURE), None);
                    }
                    return;
                }
            },
        }
    }
}
