//! [`ServerSocket`]: the WebSocket to the server. Dropping it closes it, and nothing that arrives later is reported.

use std::{cell::Cell, rc::Rc};

use futures::{
    FutureExt, SinkExt, StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
    future::poll_fn,
    select,
};
use gloo_net::websocket::{Message, State, futures::WebSocket};
use leptos::task::spawn_local;
use serde::de::IgnoredAny;

use super::js::json;
use crate::{
    browser::inbox::Inbox,
    call::Input,
    protocol::{Frame, limits::SUBPROTOCOL},
};

/// A socket that is open or connecting.
pub(crate) struct ServerSocket {
    outgoing: UnboundedSender<String>,
    is_in_use: Rc<Cell<bool>>,
    close_code: Rc<Cell<Option<u16>>>,
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
        let (is_in_use, close_code) = (Rc::new(Cell::new(true)), Rc::default());
        let (inbox, still_in_use, code) = (inbox.clone(), is_in_use.clone(), Rc::clone(&close_code));
        spawn_local(async move {
            let report = |input| {
                if still_in_use.get() {
                    inbox.put(input);
                }
            };
            if let Some(socket) = connect() {
                exchange(socket, outgoing, report, &code).await;
            }
            report(Input::SocketLost);
        });
        Self { outgoing: sender, is_in_use, close_code }
    }

    /// Closes the socket after everything is sent, with this code or without one.
    pub(crate) fn close(self, code: Option<u16>) {
        self.close_code.set(code);
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
    close_code: &Cell<Option<u16>>,
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
                // While the socket closes, the browser would only log an error. Its end is reported above.
                Some(_) if !matches!(socket.state(), State::Open) => {}
                Some(text) => {
                    if socket.send(Message::Text(text)).await.is_err() {
                        return;
                    }
                }
                None => {
                    // Fails only for invalid close codes.
                    let _ = socket.close(close_code.get(), None);
                    return;
                }
            },
        }
    }
}
