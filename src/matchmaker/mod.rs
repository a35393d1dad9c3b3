//! The server's state machine; it must not know sockets, clocks, the operating system's randomness, or the page.
//!
//! [`Matchmaker::handle`] takes one fact and returns what must be done, in order.
//! A peer's record is in `peer`, its coming and going in `sessions`, what it says in `talk`,
//! who waits in `queue`, how they are paired in `pairing`, their offers in `ahead`, who is with whom in `matches`, what
//! helps them and what they may learn of each other in `ice`, what who waits may know in `forecast`, how a match outlives
//! its server in `taking_up` and `ticket`, whom a peer has met in `acquaintances`, what the server signs with in `keys`, what
//! is due in `deadlines`, chance in `mint`.

pub(crate) mod input;
pub(crate) mod output;

pub(crate) mod peers;
pub(crate) mod queue;
pub(crate) mod matches;

pub(crate) mod deadlines;
pub(crate) mod keys;
pub(crate) mod id_generator;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, mem, sync::Arc, time::Duration};

use crate::{
    protocol::{Delivery, EndReason, MatchId, PeerId, ToBrowser, limits::CONNECT_WITHIN_SERVER},
    time::Moment,
};
use deadlines::{Deadlines, Due};
use id_generator::Mint;
use matches::{End, Match, Matches};
use peers::{Link, Peer, Standing, past_partners::KnownPairs, sessions::Socket};
use queue::{Place, Queue, prepared_offers::Seats, wait_estimate::Forecast};

pub use input::{Closing, Input, Network, SocketId};
pub use keys::Keys;
pub use matches::ice::{Ice, Turn};
pub use output::{Census, Note, Output};
pub use peers::sessions::ROOM_AFTER;

/// What a matchmaker is given at birth.
#[derive(Clone, Debug)]
pub struct Config {
    /// The source of all ids and secrets: from the operating system, except in tests.
    pub seed: [u8; 32],
    /// Milliseconds from the Unix epoch to [`Moment`]'s origin; ids of version 7 tell when they were made.
    pub unix_origin_ms: u64,
    /// Peers at most, those within their grace included; one more is told `server-full`.
    pub max_connections: usize,
    /// How often two others may be paired past a peer for which anybody is good enough.
    pub max_passed_by: u64,
    /// Pairs that a peer remembers as met; past that the oldest is forgotten.
    pub max_met: usize,
    /// Pairs that a peer remembers as blocked; past that the oldest is forgotten.
    pub max_blocked: usize,
    /// Signs tickets and the names of devices; every server that holds the keys can rebuild a match from its tickets.
    pub keys: Keys,
    /// STUN and TURN servers, and what the two ends learn of each other.
    pub ice: Ice,
    /// Names the page that goes with this server.
    pub build: Option<String>,
    /// How long a new socket may take to say hello.
    pub hello_within: Duration,
    /// Bytes of descriptions and candidates kept for one peer that it has not acknowledged.
    pub outbox_bytes: u32,
}

/// Pairs peers, and passes on what the two of a pair say.
#[derive(Debug)]
pub struct Matchmaker {
    max_connections: usize,
    keys: Keys,
    build: Option<String>,
    ice: Ice,
    hello_within: Duration,
    outbox_bytes: u32,
    max_met: usize,
    max_blocked: usize,
    draining: bool,
    mint: Mint,
    sockets: HashMap<SocketId, Socket>,
    peers: HashMap<PeerId, Peer>,
    queue: Queue,
    seats: Seats,
    matches: Matches,
    deadlines: Deadlines,
    forecast: Forecast,
    /// Peers whose socket is lost; each keeps its seat.
    lost: usize,
    /// Peers that wait, in the queue or within their grace.
    waiting: usize,
    /// Matches that are calls.
    talking: usize,
    /// What [`handle`](Self::handle) is going to return.
    outputs: Vec<Output>,
    /// Peers whose outbox is full; they go when the fact at hand is dealt with.
    too_slow: Vec<PeerId>,
}

impl Matchmaker {
    /// One with nobody in it.
    pub fn new(config: Config) -> Self {
        Self {
            max_connections: config.max_connections,
            keys: config.keys,
            build: config.build,
            ice: config.ice,
            hello_within: config.hello_within,
            outbox_bytes: config.outbox_bytes,
            max_met: config.max_met,
            max_blocked: config.max_blocked,
            draining: false,
            mint: Mint::new(config.seed, config.unix_origin_ms),
            sockets: HashMap::new(),
            peers: HashMap::new(),
            queue: Queue::new(config.max_passed_by),
            seats: Seats::default(),
            matches: Matches::default(),
            deadlines: Deadlines::default(),
            forecast: Forecast::default(),
            lost: 0,
            waiting: 0,
            talking: 0,
            outputs: Vec::new(),
            too_slow: Vec::new(),
        }
    }

    /// Takes in one fact and says what must now be done. Total: never fails, never waits.
    ///
    /// What is due by `now` is done first, so that it does not matter whether a timer or a socket is read earlier.
    pub fn handle(&mut self, now: Moment, input: Input) -> Vec<Output> {
        self.tick(now);
        match input {
            Input::Opened { connection, network } => self.opened(now, connection, network),
            Input::Said { connection, frame } => self.said(now, connection, frame),
            Input::Refused { connection, code, numbers } => self.refused(now, connection, code, numbers),
            Input::TooSoon { connection, numbers, retry } => self.too_soon(now, connection, numbers, retry),
            Input::Closed { connection, closing } => self.closed(now, connection, closing),
            Input::Drain => self.drain(now),
            Input::Tick => {}
        }
        self.call_up();
        self.dismiss_too_slow(now);
        mem::take(&mut self.outputs)
    }

    /// When `handle(now, Input::Tick)` next has something to do.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.deadlines.next()
    }

    /// How many there are of each.
    pub fn census(&self) -> Census {
        let matches = self.matches.len();
        Census {
            idle: self.peers.len() - self.waiting - 2 * matches,
            waiting: self.waiting,
            connecting: 2 * (matches - self.talking),
            talking: 2 * self.talking,
            matches,
            connections: self.sockets.len(),
        }
    }

    /// After [`Input::Drain`]: nobody is left whose call needs this server.
    pub fn is_drained(&self) -> bool {
        self.draining && self.matches.len() == 0
    }

    fn tick(&mut self, now: Moment) {
        let mut seekers = Vec::new();
        while let Some(due) = self.deadlines.pop(now) {
            match due {
                Due::Hello(connection) => self.hello_overdue(connection),
                Due::Grace(peer) => self.leave_for_good(now, peer, EndReason::PartnerLost),
                Due::Connect(match_id) => seekers.extend(self.connect_overdue(now, match_id)),
                Due::Renew(match_id) => self.renew_credentials(now, match_id),
                Due::Retry(peer) => seekers.extend(self.place_of(peer)),
                Due::Widen(peer) => seekers.extend(self.widen(now, peer)),
            }
        }
        self.seek(now, seekers);
    }

    /// Ends a match for both: tells each, keeps them apart for a while, leaves both idle.
    fn part(
        &mut self,
        now: Moment,
        match_id: MatchId,
        reason: impl Fn(PeerId) -> EndReason,
    ) -> Option<Match> {
        let it = self.matches.end(now, match_id)?;
        match it.connect_by {
            Some(at) => self.deadlines.cancel(at, Due::Connect(match_id)),
            None => self.talking -= 1,
        }
        if let Some(at) = it.renew_at {
            self.deadlines.cancel(at, Due::Renew(match_id));
        }
        for end in it.ends {
            let partner = it.partner_of(end.peer);
            if let Some(peer) = self.peers.get_mut(&end.peer) {
                peer.avoid(now, partner);
            }
            self.stand(end.peer, Standing::Idle);
            self.tell(end.peer, ToBrowser::Ended { match_id, reason: reason(end.peer) });
        }
        Some(it)
    }

    /// Gives a match more time while the line of an end is lost: media may flow without anybody who could say so.
    /// It ends with that end's grace at the latest.
    fn connect_overdue(&mut self, now: Moment, match_id: MatchId) -> Vec<(Place, PeerId)> {
        let peers = &self.peers;
        let is_lost =
            |end: &End| peers.get(&end.peer).is_some_and(|it| matches!(it.link, Link::Detached { .. }));
        match self.matches.get_mut(match_id) {
            Some(it) if it.ends.iter().any(is_lost) => {
                let connect_by = now + CONNECT_WITHIN_SERVER;
                it.connect_by = Some(connect_by);
                self.deadlines.set(connect_by, Due::Connect(match_id));
                Vec::new()
            }
            Some(_) | None => self.end_unconnected(now, match_id),
        }
    }

    /// Ends a match that cannot be connected, or not any more. Both wait, at the places they had if it never was a
    /// call, and have yet to seek.
    fn end_unconnected(&mut self, now: Moment, match_id: MatchId) -> Vec<(Place, PeerId)> {
        let Some(it) = self.part(now, match_id, |_| EndReason::Unconnected) else { return Vec::new() };
        self.note_end(now, match_id, &it, EndReason::Unconnected);
        let was_call = it.connect_by.is_none();
        let line_up = |end: &End| {
            let place = if was_call { self.queue.last_place(now) } else { end.place };
            self.line_up(now, end.peer, place)
        };
        it.ends.iter().filter_map(line_up).collect()
    }

    fn note_end(&mut self, now: Moment, match_id: MatchId, it: &Match, reason: EndReason) {
        self.outputs.push(Output::Note(Note::Ended { match_id, reason, lasted: now - it.since }));
    }

    /// Changes where a peer stands, and everything that follows from it: the queue, the retry, the count.
    fn stand(&mut self, id: PeerId, standing: Standing) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let before = mem::replace(&mut peer.standing, standing);
        let dues = |retry: Option<Moment>, widen: Option<Moment>| {
            [retry.map(|at| (at, Due::Retry(id))), widen.map(|at| (at, Due::Widen(id)))].into_iter().flatten()
        };
        if let Standing::Waiting { place, retry, widen } = before {
            self.waiting -= 1;
            if !matches!(standing, Standing::Waiting { .. }) {
                self.queue.remove(place);
                self.unseat(id, place);
            }
            dues(retry, widen).for_each(|(at, due)| self.deadlines.cancel(at, due));
        }
        if let Standing::Waiting { place, retry, widen } = standing {
            self.waiting += 1;
            if !matches!(before, Standing::Waiting { .. }) {
                self.seat(id, place);
            }
            dues(retry, widen).for_each(|(at, due)| self.deadlines.set(at, due));
        }
    }

    /// Says something to a peer: now, and if its socket is lost, when it is back.
    fn tell(&mut self, id: PeerId, msg: ToBrowser) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        match (peer.delivery.send(Arc::new(msg)), peer.link) {
            (Ok(frame), Link::Attached(connection)) => self.outputs.push(Output::Send { connection, frame }),
            (Ok(_), Link::Detached { .. }) => {}
            (Err(_), Link::Attached(_) | Link::Detached { .. }) => self.too_slow.push(id),
        }
    }
}
