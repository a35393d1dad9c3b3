//! A client of `matchbox_server`, as `matchbox_socket` talks to it: it asks for a partner by connecting to a room.

use std::{future::pending, time::Duration};

use super::{Addresses, Client, Meaning, between, meaning_of, signal_json};
use crate::{
    script::Part,
    socket::{Received, Socket},
};

/// The close code of `matchbox_socket`: normal closure (RFC 6455, 7.4.1).
const NORMAL: u16 = 1000;

/// The default of `matchbox_socket`.
const HEARTBEAT: Duration = Duration::from_secs(10);

pub(crate) struct Matchbox {
    server: Addresses,
    socket: Option<Socket>,
    partner: Option<String>,
}

impl Matchbox {
    /// Connects to a room, and to no other any more.
    async fn enter(&mut self, room: &str) {
        self.leave().await;
        self.socket = Socket::open(self.server.main, room, None).await;
    }

    async fn post(&mut self, text: String) {
        if let Some(it) = &mut self.socket {
            it.send(text).await;
        }
    }

    fn read(&mut self, text: &str) -> Meaning {
        let head = text.get(..160.min(text.len())).unwrap_or(text);
        if let Some(id) = between(head, "{\"NewPeer\":\"", "\"") {
            self.partner = Some(id.to_owned());
            return Meaning::Matched { offers: true };
        }
        if let Some(data) = head.split_once("\"data\":") {
            // Its own client learns of the partner that waited by the first signal.
            if self.partner.is_none() {
                self.partner = between(head, "\"sender\":\"", "\"").map(str::to_owned);
            }
            return meaning_of(data.1);
        }
        if head.starts_with("{\"PeerLeft\"") { Meaning::Ended } else { Meaning::Other }
    }
}

impl Client for Matchbox {
    const KEEPS_SOCKETS: bool = false;

    async fn connect(server: Addresses, _tag: &str) -> Option<Self> {
        Some(Self { server, socket: None, partner: None })
    }

    async fn idle(&mut self, number: usize) {
        self.enter(&format!("/{number}?next=2")).await;
    }

    async fn wait_alone(&mut self, number: usize) {
        self.idle(number).await;
    }

    async fn join(&mut self) {
        self.enter("/all?next=2").await;
    }

    async fn receive(&mut self) -> Option<(Meaning, Received)> {
        let Some(socket) = &mut self.socket else { return pending().await };
        let received = socket.receive().await?;
        Some((self.read(&received.text), received))
    }

    async fn send(&mut self, part: Part, text: &str, tag: &str) {
        let (receiver, data) = (self.partner.as_deref().unwrap_or_default(), signal_json(part, text, tag));
        self.post(format!(r#"{{"Signal":{{"receiver":"{receiver}","data":{data}}}}}"#)).await;
    }

    async fn next(&mut self) {
        self.join().await;
    }

    async fn leave(&mut self) {
        self.partner = None;
        if let Some(mut it) = self.socket.take() {
            it.close(NORMAL).await;
        }
    }

    fn heartbeat(&self) -> Option<Duration> {
        Some(HEARTBEAT)
    }

    async fn beat(&mut self) {
        self.post("\"KeepAlive\"".to_owned()).await;
    }

    async fn close(mut self) {
        self.leave().await;
    }
}
