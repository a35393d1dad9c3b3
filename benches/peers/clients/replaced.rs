//! A client of the replaced stack: one socket to socket.io, one to the `PeerJS` server.
//!
//! It skips what costs the server more: long polling before the WebSocket (socket.io's default), the request for an id
//! (`PeerJS`), and all files of the page.

use std::time::Duration;

use super::{Addresses, Client, Meaning, between, candidate_json};
use crate::{
    script::Part,
    socket::{Received, Socket},
};

/// The close code of both clients: going away, since the page is closed (RFC 6455, 7.4.1).
const GOING_AWAY: u16 = 1001;

/// The part of a message in which its type stands.
const HEAD_BYTES: usize = 64;

/// The interval of `PeerJS`. The server's own pings of socket.io come in addition.
const HEARTBEAT: Duration = Duration::from_secs(5);

pub(crate) struct Replaced {
    rooms: Socket,
    peer: Socket,
    id: String,
    partner: String,
}

impl Replaced {
    /// A packet of socket.io (Engine.IO 4: `4` is a message, `2` a ping; Socket.IO 5: `2` is an event).
    async fn on_event(&mut self, text: &str) -> Meaning {
        match text.get(..2) {
            Some("2") | None => {
                self.rooms.send("3").await;
                Meaning::Other
            }
            Some("42") if text.starts_with("42[\"matched\",\"") => {
                between(text, "\",\"", "\"").unwrap_or_default().clone_into(&mut self.partner);
                Meaning::Matched { offers: text.contains(",true]") }
            }
            Some("42") if text.starts_with("42[\"ended\"") => Meaning::Ended,
            Some(_) => Meaning::Other,
        }
    }

    /// A message of the `PeerJS` server, with the fields in the order of its own client.
    fn on_signal(&mut self, text: &str) -> Meaning {
        let head = text.get(..HEAD_BYTES.min(text.len())).unwrap_or(text);
        match between(head, "\"type\":\"", "\"") {
            Some("OFFER") => {
                // It may come before the name of the partner, on the other socket. The server adds the sender at the
                // end.
                let from = text.rsplit_once("\"src\":\"").and_then(|it| it.1.split_once('"'));
                from.map_or("", |it| it.0).clone_into(&mut self.partner);
                Meaning::Offer
            }
            Some("ANSWER") => Meaning::Answer,
            Some("CANDIDATE") => Meaning::Candidate,
            Some("ERROR" | "ID-TAKEN") => panic!("refused: {text}"),
            Some(_) | None => Meaning::Other,
        }
    }
}

impl Client for Replaced {
    const SOCKETS: usize = 2;

    async fn connect(server: Addresses, tag: &str) -> Option<Self> {
        let mut rooms = Socket::open(server.main, "/socket.io/?EIO=4&transport=websocket", None).await?;
        while !rooms.receive().await?.text.starts_with('0') {}
        rooms.send("40").await;
        while !rooms.receive().await?.text.starts_with("40") {}
        // Ids have letters and digits.
        let id = tag.bytes().map(|it| format!("{it:02x}")).collect::<String>();
        let path = format!("/peerjs?key=peerjs&id={id}&token={id}&version=1.5.5");
        let mut peer = Socket::open(server.second, &path, None).await?;
        while !peer.receive().await?.text.contains("OPEN") {}
        Some(Self { rooms, peer, id, partner: String::new() })
    }

    async fn join(&mut self) {
        let text = format!("42[\"join\",\"{}\"]", self.id);
        self.rooms.send(text).await;
    }

    async fn receive(&mut self) -> Option<(Meaning, Received)> {
        tokio::select! {
            it = self.rooms.receive() => {
                let received = it?;
                Some((self.on_event(&received.text).await, received))
            }
            it = self.peer.receive() => {
                let received = it?;
                Some((self.on_signal(&received.text), received))
            }
        }
    }

    async fn send(&mut self, part: Part, text: &str, tag: &str) {
        let (kind, payload) = match part {
            Part::Offer => ("OFFER", format!(r#""sdp":{{"type":"offer","sdp":"{text}"}}"#)),
            Part::Answer => ("ANSWER", format!(r#""sdp":{{"type":"answer","sdp":"{text}"}}"#)),
            Part::Candidate(_) => {
                let names = ["sdpMid", "sdpMLineIndex", "usernameFragment"];
                ("CANDIDATE", format!(r#""candidate":{}"#, candidate_json(text, tag, names)))
            }
        };
        let (id, to) = (&self.id, &self.partner);
        let text = format!(
            r#"{{"type":"{kind}","payload":{{{payload},"type":"media","connectionId":"mc_{id}"}},"dst":"{to}"}}"#
        );
        self.peer.send(text).await;
    }

    async fn next(&mut self) {
        self.rooms.send("42[\"next\"]").await;
    }

    async fn leave(&mut self) {
        self.rooms.send("42[\"leave\"]").await;
    }

    fn heartbeat(&self) -> Option<Duration> {
        Some(HEARTBEAT)
    }

    async fn beat(&mut self) {
        self.peer.send(r#"{"type":"HEARTBEAT"}"#).await;
    }

    async fn close(mut self) {
        self.rooms.close(GOING_AWAY).await;
        self.peer.close(GOING_AWAY).await;
    }
}
