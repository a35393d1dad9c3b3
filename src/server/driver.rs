//! The one task that owns the matchmaker: brings it facts, does its deeds; it must not decide anything about people.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::sleep_until};

use super::{
    clock::Clock,
    config::limits::Limits,
    shutdown::Life,
    telemetry::Telemetry,
    websocket::outbox::{Full, Post},
};
use crate::{
    matchmaker::{Closing, Config, Ice, Input, Keys, Matchmaker, Network, Output, SocketId},
    protocol::limits::{MAX_BLOCKED, MAX_MET, MAX_PASSED_BY},
};

/// Events that may wait for the driver before sockets wait with reading: some from each of a few hundred peers.
const INBOX: usize = 1024;

/// Events handled between two looks at the gauges, the clock and the deadline.
const BATCH: usize = 64;

/// What a socket tells the driver.
pub(crate) enum Event {
    /// There is a new one; what is for it goes there.
    Opened(SocketId, Network, Post),
    /// Anything else.
    Happened(SocketId, Input),
}

/// Owns the matchmaker, and the way to each socket the matchmaker knows.
pub(crate) struct Driver {
    matchmaker: Matchmaker,
    clock: Clock,
    inbox: mpsc::Receiver<Event>,
    sockets: HashMap<SocketId, Post>,
    telemetry: Arc<Telemetry>,
}

impl Driver {
    /// One with no sockets, and the end of its inbox to give to them.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    pub(crate) fn new(
        max_connections: usize,
        keys: Keys,
        build: Option<String>,
        ice: Ice,
        limits: &Limits,
        clock: Clock,
        telemetry: Arc<Telemetry>,
    ) -> Result<(Self, mpsc::Sender<Event>), getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let unix_origin_ms = clock.unix_origin_ms();
        let matchmaker = Matchmaker::new(Config {
            seed,
            unix_origin_ms,
            max_connections,
            max_passed_by: MAX_PASSED_BY,
            max_met: MAX_MET,
            max_blocked: MAX_BLOCKED,
            keys,
            ice,
            build,
            hello_within: Duration::from_secs(limits.hello_seconds),
            outbox_bytes: limits.outbox_kib * 1024,
        });
        let (events, inbox) = mpsc::channel(INBOX);
        Ok((Self { matchmaker, clock, inbox, sockets: HashMap::new(), telemetry }, events))
    }

    /// Runs until the server stops.
    pub(crate) async fn run(mut self, life: Life) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut draining = false;
        loop {
            let due = self.matchmaker.next_due();
            let deadline = due.map(|(at, _)| self.clock.instant(at));
            let deadline = async {
                match deadline {
                    Some(instant) => sleep_until(instant).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = life.stopping.cancelled() => return,
                () = life.draining.cancelled(), if !draining => {
                    draining = true;
                    self.handle(Input::Drain);
                }
                count = self.inbox.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    batch.drain(..).for_each(|it| self.take(it));
                }
                () = deadline => {
                    if let Some((_, reason)) = due {
                        tracing::debug!(reason, "deadline");
                    }
                    self.handle(Input::Tick);
                }
            }
            self.telemetry.count(self.matchmaker.census());
            if draining && self.matchmaker.is_drained() {
                life.drained.cancel();
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Opened(socket, network, post) => {
                self.sockets.insert(socket, post);
                self.handle(Input::Opened { socket, network });
            }
            // What a socket says while it is being closed concerns nobody any more.
            Event::Happened(socket, _) if !self.sockets.contains_key(&socket) => {}
            Event::Happened(socket, input) => {
                if let Input::Closed { .. } = input {
                    self.sockets.remove(&socket);
                }
                self.handle(input);
            }
        }
    }

    /// One fact and all that follows from it; a socket that cannot take what it is told is the next fact.
    fn handle(&mut self, input: Input) {
        let now = self.clock.now();
        let mut lost = Vec::new();
        let mut next = Some(input);
        while let Some(input) = next {
            self.telemetry.heard(&input);
            for output in self.matchmaker.handle(now, input) {
                lost.extend(self.perform(output));
            }
            next = lost.pop().map(|socket| Input::Closed { socket, closing: Closing::Lost });
        }
    }

    /// Does one deed; returns the socket that was lost with it.
    fn perform(&mut self, output: Output) -> Option<SocketId> {
        match output {
            Output::Send { socket, frame } => {
                self.telemetry.said();
                match self.sockets.get(&socket)?.say(frame) {
                    Ok(()) => None,
                    Err(Full) => self.sockets.remove(&socket).map(|_| socket),
                }
            }
            Output::Close { socket, code } => {
                self.telemetry.closed(code);
                if let Some(post) = self.sockets.remove(&socket) {
                    post.close(code);
                }
                None
            }
            Output::Note(note) => {
                self.telemetry.note(note);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        protocol::{Frame, PastPairs, ToServer},
        server::websocket::{
            heartbeat::Tick,
            outbox::{OUTGOING, Outgoing, mailbox},
        },
    };

    #[tokio::test]
    async fn a_socket_that_takes_nothing_is_let_go_and_its_peer_is_lost() {
        let (limits, telemetry) = (Limits::default(), Arc::new(Telemetry::new()));
        let (mut driver, _inbox) =
            Driver::new(10, [0; 32].into(), None, Ice::default(), &limits, Clock::start(), telemetry)
                .unwrap();
        let socket = SocketId(1);
        let (mailbox, post) = mailbox(Tick(0), u32::MAX);
        driver.take(Event::Opened(socket, Network::of([127, 0, 0, 1].into()), post));
        let hello = ToServer::Hello { resume: None, ticket: None, device: None, past: PastPairs::default() };
        // The answer to the last one finds no room.
        for msg in std::iter::once(hello).chain((0..OUTGOING).map(|_| ToServer::Ping {})) {
            let input = Input::Message { socket, frame: Frame { seq: 0, ack: 0, msg } };
            driver.take(Event::Happened(socket, input));
        }
        for _ in 0..OUTGOING {
            assert!(matches!(mailbox.next().await, Outgoing::Say(_)));
        }
        assert!(matches!(mailbox.next().await, Outgoing::Forsaken));
        let census = driver.matchmaker.census();
        assert_eq!((census.idle, census.connections), (1, 0), "the peer may still come back");
    }
}
