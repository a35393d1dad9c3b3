//! A client of Passerby, as its page talks to it.
//!
//! It does not answer `prepare`: nobody waits here for as long as a page needs to make an offer, and so the first offer
//! is made in the match, as with the others.

use std::time::Duration;

use passerby::protocol::{
    Frame, Heartbeat, MatchId, Media, Tastes, ToServer, encode,
    limits::{ACK_EVERY, CLOSE_GOODBYE, SUBPROTOCOL},
};
use uuid::Uuid;

use super::{Addresses, Client, Meaning, between, meaning_of, signal_json};
use crate::{
    script::Part,
    socket::{Received, Socket},
    support::{hello::hello, tastes::own_tastes},
};

/// The part of a message in which its name and the name of its signal stand: frames begin with two numbers, signals
/// with a match and an epoch.
const HEAD_BYTES: usize = 240;

pub(crate) struct Passerby {
    socket: Socket,
    /// The number of the last message that was sent.
    sent: u64,
    /// The number of the last message that was received, and the one that was last acknowledged.
    received: u64,
    acknowledged: u64,
    match_id: Option<MatchId>,
    heartbeat: Heartbeat,
}

impl Passerby {
    async fn post(&mut self, msg: ToServer) {
        self.heartbeat = Heartbeat::after(&msg).unwrap_or(self.heartbeat);
        let is_numbered = !matches!(msg, ToServer::Hello { .. } | ToServer::Ping {});
        self.sent += u64::from(is_numbered);
        self.acknowledged = self.received;
        let frame = Frame { seq: if is_numbered { self.sent } else { 0 }, ack: self.received, msg };
        self.socket.send(encode(&frame)).await;
    }

    async fn ask(&mut self, tastes: Tastes) {
        let media = Media { audio: true, video: true };
        self.post(ToServer::Join { media, hide: false, soft: false, tastes }).await;
    }

    fn read(&mut self, text: &str) -> Meaning {
        let head = text.get(..HEAD_BYTES.min(text.len())).unwrap_or(text);
        let number = between(head, "{\"seq\":", ",").and_then(|it| it.parse().ok()).expect("a frame");
        if number > 0 {
            assert_eq!(number, self.received + 1, "messages come in order: {text}");
            self.received = number;
        }
        let (name, rest) = head
            .split_once("\"msg\":{\"")
            .and_then(|it| it.1.split_once('"'))
            .unwrap_or_else(|| panic!("not a frame: {text}"));
        match name {
            "matched" => {
                let id = between(rest, "\"match\":\"", "\"").and_then(|it| Uuid::parse_str(it).ok());
                self.match_id = Some(MatchId(id.expect("a match")));
                assert!(!text.contains("\"ahead\""), "nobody has prepared an offer");
                Meaning::Matched { offers: rest.contains("\"impolite\"") }
            }
            "signal" => rest.split_once("\"signal\":").map_or(Meaning::Other, |it| meaning_of(it.1)),
            "ended" => Meaning::Ended,
            "error" | "come-back" | "sanctioned" => panic!("refused: {text}"),
            _ => Meaning::Other,
        }
    }
}

impl Client for Passerby {
    async fn connect(server: Addresses, _tag: &str) -> Option<Self> {
        let socket = Socket::open(server.main, "/ws", Some(SUBPROTOCOL)).await?;
        let mut it = Self {
            socket,
            sent: 0,
            received: 0,
            acknowledged: 0,
            match_id: None,
            heartbeat: Heartbeat::Idle,
        };
        it.post(hello(None)).await;
        let welcome = it.receive().await?;
        welcome.1.text.contains("\"welcome\"").then_some(it)
    }

    async fn wait_alone(&mut self, number: usize) {
        self.ask(own_tastes(number as u64)).await;
    }

    async fn wait_again(&mut self, number: usize) {
        self.leave().await;
        self.wait_alone(number).await;
    }

    async fn join(&mut self) {
        self.ask(Tastes::default()).await;
    }

    async fn receive(&mut self) -> Option<(Meaning, Received)> {
        let received = self.socket.receive().await?;
        let meaning = self.read(&received.text);
        if self.received - self.acknowledged >= ACK_EVERY {
            self.beat().await;
        }
        Some((meaning, received))
    }

    async fn send(&mut self, part: Part, text: &str, tag: &str) {
        let Some(MatchId(id)) = self.match_id else { return };
        self.sent += 1;
        self.acknowledged = self.received;
        let (seq, ack, signal) = (self.sent, self.received, signal_json(part, text, tag));
        let text = format!(
            r#"{{"seq":{seq},"ack":{ack},"msg":{{"signal":{{"match":"{id}","epoch":1,"signal":{signal}}}}}}}"#
        );
        self.socket.send(text).await;
    }

    async fn connected(&mut self) {
        if let Some(match_id) = self.match_id {
            self.post(ToServer::Connected { match_id }).await;
        }
    }

    async fn next(&mut self) {
        if let Some(match_id) = self.match_id {
            self.post(ToServer::Next { match_id }).await;
        }
    }

    async fn leave(&mut self) {
        self.post(ToServer::Leave {}).await;
    }

    fn heartbeat(&self) -> Option<Duration> {
        Some(self.heartbeat.interval())
    }

    async fn beat(&mut self) {
        self.post(ToServer::Ping {}).await;
    }

    async fn close(mut self) {
        self.leave().await;
        self.socket.close(CLOSE_GOODBYE).await;
    }
}
