//! The socket to the server; it must not know what is said on it. Dropped, it is closed, and nothing of it comes in.

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

/// RFC 6455, 7.4.1: what the connection was for is done.
const NORMAL_CLOSURE: u16 = 1000;

/// An open socket, or one being opened.
pub(crate) struct Socket {
    texts: UnboundedSender<String>,
    wanted: Rc<Cell<bool>>,
    goodbye: Rc<Cell<bool>>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.wanted.set(false);
    }
}

impl Socket {
    /// Opens one to where the page came from.
    pub(crate) fn open(inbox: &Inbox) -> Self {
        let (texts, outgoing) = mpsc::unbounded();
        let (wanted, goodbye) = (Rc::new(Cell::new(true)), Rc::default());
        let (inbox, still_wanted, is_goodbye) = (inbox.clone(), wanted.clone(), Rc::clone(&goodbye));
        spawn_local(async move {
            let tell = |input| {
                if still_wanted.get() {
                    inbox.put(input);
                }
            };
            if let Some(socket) = dial() {
                converse(socket, outgoing, tell, &is_goodbye).await;
            }
            tell(Input::SocketLost);
        });
        Self { texts, wanted, goodbye }
    }

    /// Closes it, after what was sent. Without a goodbye it has no close code, and the server waits for another one.
    pub(crate) fn close(self, goodbye: bool) {
        self.goodbye.set(goodbye);
    }

    /// Sends a text, after those before it. The call bounds how many there can be.
    pub(crate) fn send(&self, text: String) {
        // The other end goes only when the socket is lost, and that is told.
        let _ = self.texts.unbounded_send(text);
    }
}

fn dial() -> Option<WebSocket> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    let url = format!("{scheme}://{}/ws", location.host().ok()?);
    WebSocket::open_with_protocol(&url, SUBPROTOCOL).ok()
}

/// Carries texts both ways until either end has had enough.
async fn converse(
    mut socket: WebSocket,
    mut outgoing: UnboundedReceiver<String>,
    tell: impl Fn(Input),
    goodbye: &Cell<bool>,
) {
    select! {
        ready = poll_fn(|context| socket.poll_ready_unpin(context)).fuse() => {
            if ready.is_err() {
                return;
            }
        }
        // Nothing is sent before it is open, so this can only be the end.
        _ = outgoing.next() => return,
    }
    tell(Input::SocketOpened);
    loop {
        select! {
            message = socket.next().fuse() => match message {
                Some(Ok(Message::Text(text))) => {
                    if let Some(frame) = json::decode(&text) {
                        tell(Input::Message(frame));
                    } else if let Some(Frame::<IgnoredAny> { seq, ack, .. }) = json::decode(&text) {
                        tell(Input::UnknownMessage { seq, ack });
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
                    if goodbye.get() {
                        // It fails for none but impossible codes.
                        let _ = socket.close(Some(NORMAL_CLOSURE), None);
                    }
                    return;
                }
            },
        }
    }
}
