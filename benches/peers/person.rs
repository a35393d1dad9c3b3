//! A person at a server: connects, asks for a partner, exchanges everything with it, and does what it is told.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::yield_now,
    time::{sleep, sleep_until, timeout},
};

use crate::{
    clients::{Addresses, Client, Meaning},
    desk::{Command, Desk},
    script::{CANDIDATE_COUNT, Part, tag},
    socket::Received,
};

/// How long before a time the runtime's timer stops being exact enough: it counts milliseconds.
const TIMER_MARGIN: Duration = Duration::from_millis(2);

/// How long a server may take to accept a connection, or to close one.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Waits until a time, to the microsecond.
pub(crate) async fn until(at: Instant) {
    if let Some(early) = at.checked_sub(TIMER_MARGIN) {
        sleep_until(early.into()).await;
    }
    while Instant::now() < at {
        yield_now().await;
    }
}

/// A match as one of the two sees it.
#[derive(Debug, Default)]
struct Match {
    offered_at: Option<Instant>,
    offers: bool,
    has_description: bool,
    candidates: usize,
}

/// A person and its connection.
pub(crate) struct Person<C> {
    desk: Rc<Desk>,
    number: usize,
    tag: String,
    client: C,
    commands: UnboundedReceiver<Command>,
    current: Option<Match>,
    /// Whether it asks for another partner when its partner has ended the match.
    rejoins: bool,
}

impl<C: Client> Person<C> {
    /// Connects a new person, which then does nothing.
    pub(crate) async fn connect(desk: &Rc<Desk>, server: Addresses, rejoins: bool) -> Self {
        let (sender, commands) = unbounded_channel();
        let number = desk.add(sender);
        let tag = tag(number);
        let client = timeout(TIMEOUT, C::connect(server, &tag)).await.ok().flatten();
        desk.on_connected();
        let (client, desk) = (client.expect("the server accepts"), Rc::clone(desk));
        Self { desk, number, tag, client, commands, current: None, rejoins }
    }

    /// Is there without asking for a partner.
    pub(crate) async fn idle(&mut self) {
        self.client.idle(self.number).await;
    }

    /// Asks for a partner, as it should have at this time.
    pub(crate) async fn join(&mut self, should_join_at: Instant) {
        self.desk.on_join(self.number, should_join_at);
        self.client.join().await;
    }

    /// Follows commands until it is told to close, or, if it does not ask again, until its match is over.
    pub(crate) async fn run(mut self, is_over_after_match: bool) {
        let mut beat_after = self.client.heartbeat().map(|it| it.mul_f64(fastrand::f64()));
        let beat = sleep(beat_after.unwrap_or_default());
        tokio::pin!(beat);
        loop {
            tokio::select! {
                biased;
                it = self.client.receive() => {
                    let Some((meaning, received)) = it else { panic!("person {} was disconnected", self.number) };
                    if self.on_message(meaning, received).await && is_over_after_match {
                        break;
                    }
                }
                command = self.commands.recv() => match command {
                    Some(Command::Join(at)) => self.join(at).await,
                    Some(Command::Next(at)) => {
                        self.current = None;
                        self.desk.on_join(self.number, at);
                        self.client.next().await;
                    }
                    Some(Command::Leave) if is_over_after_match => break,
                    Some(Command::Leave) => {
                        self.current = None;
                        self.client.leave().await;
                    }
                    Some(Command::Close) | None => break,
                },
                () = &mut beat, if beat_after.is_some() => {
                    self.client.beat().await;
                    beat_after = self.client.heartbeat();
                    beat.set(sleep(beat_after.unwrap_or_default()));
                }
            }
        }
        let _ = timeout(TIMEOUT, self.client.close()).await;
        self.desk.on_gone();
    }

    /// Returns whether the match is over.
    async fn on_message(&mut self, meaning: Meaning, received: Received) -> bool {
        match meaning {
            Meaning::Matched { offers } => {
                self.desk.on_matched(self.number, received.at);
                // The offer may have come first, on the other socket.
                let it = self.current.get_or_insert_default();
                it.offers = offers;
                if offers {
                    it.offered_at = Some(Instant::now());
                    self.describe(Part::Offer).await;
                }
            }
            Meaning::Offer => {
                self.current.get_or_insert_default().has_description = true;
                self.describe(Part::Answer).await;
                self.check(Part::Offer, &received).await;
            }
            Meaning::Answer => {
                let Some(it) = &mut self.current else { return false };
                it.has_description = true;
                if let Some(offered_at) = it.offered_at {
                    self.desk.on_answer(offered_at, received.at);
                }
                self.check(Part::Answer, &received).await;
            }
            Meaning::Candidate => {
                let Some(it) = &mut self.current else { return false };
                it.candidates += 1;
                let part = Part::Candidate(it.candidates - 1);
                self.check(part, &received).await;
            }
            Meaning::Ended => {
                if self.current.take().is_some() && self.rejoins {
                    self.join(received.at).await;
                }
                return true;
            }
            Meaning::Other => {}
        }
        false
    }

    async fn describe(&mut self, part: Part) {
        let text = self.desk.script.text(part, &self.tag);
        self.client.send(part, &text, &self.tag).await;
        for part in (0..CANDIDATE_COUNT).map(Part::Candidate) {
            let text = self.desk.script.text(part, &self.tag);
            self.client.send(part, &text, &self.tag).await;
        }
    }

    /// Compares what has arrived with what was sent.
    async fn check(&mut self, part: Part, received: &Received) {
        match self.desk.script.sender(part, &received.text) {
            Ok(from) => self.desk.on_received(self.number, from),
            Err(error) => panic!("person {}: {error}", self.number),
        }
        if let Some(Match { has_description: true, candidates: CANDIDATE_COUNT, offers, .. }) = self.current {
            self.client.connected().await;
            self.desk.on_ready(self.number, offers);
        }
    }
}
