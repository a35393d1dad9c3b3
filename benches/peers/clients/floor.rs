//! A client of the floor.

use std::time::Duration;

use passerby::protocol::limits::CLOSE_GOODBYE;

use super::{Addresses, Client, Meaning, meaning_of, signal_json};
use crate::{
    script::Part,
    socket::{Received, Socket},
};

pub(crate) struct Floor(Socket);

impl Client for Floor {
    async fn connect(server: Addresses, _tag: &str) -> Option<Self> {
        Socket::open(server.main, "/", None).await.map(Self)
    }

    async fn join(&mut self) {
        self.0.send("join").await;
    }

    async fn receive(&mut self) -> Option<(Meaning, Received)> {
        let received = self.0.receive().await?;
        let meaning = match received.text.as_str() {
            "first" => Meaning::Matched { offers: true },
            "second" => Meaning::Matched { offers: false },
            "ended" => Meaning::Ended,
            signal => meaning_of(signal),
        };
        Some((meaning, received))
    }

    async fn send(&mut self, part: Part, text: &str, tag: &str) {
        self.0.send(signal_json(part, text, tag)).await;
    }

    async fn next(&mut self) {
        self.0.send("next").await;
    }

    async fn leave(&mut self) {
        self.0.send("leave").await;
    }

    fn heartbeat(&self) -> Option<Duration> {
        None
    }

    async fn close(mut self) {
        self.0.close(CLOSE_GOODBYE).await;
    }
}
