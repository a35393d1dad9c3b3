//! The server's state machine; it must not know sockets, clocks, the operating system's randomness, or the page.
//!
//! [`Matchmaker::handle`] takes one fact and returns what must be done, in order.
//! A peer's record is in `peer`, its coming and going in `sessions`, what it says in `talk`,
//! who waits in `queue`, their offers in `ahead`, who is with whom in `matches`, what helps them and what they may learn
//! of each other in `ice`, how a match outlives its server in `taking_up` and `ticket`, what is due in `deadlines`, chance in `mint`.

mod ahead;
mod deadlines;
mod ice;
mod input;
mod matches;
mod mint;
mod output;
mod peer;
mod queue;
mod sessions;
mod taking_up;
mod talk;
mod ticket;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::Arc,
};

use ahead::Seats;
use deadlines::{Deadlines, Due};
use matches::{End, Match, Matches};
use mint::Mint;
use peer::{Link, Peer, Standing};
use queue::{Claim, Place, Proposal, Queue, Verdict};
use sessions::Socket;

pub use ice::{Ice, Turn};
pub use input::{Closing, Connection, Input, Network};
pub use output::{Census, Note, Output};

use crate::{
    protocol::{
        Ahead, Delivery, EndReason, MatchId, PeerId, Tastes, ToBrowser, limits::CONNECT_WITHIN_SERVER,
    },
    time::Moment,
};

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
    /// Signs the tickets; every server that holds it can rebuild a match from them.
    pub ticket_key: [u8; 32],
    /// STUN and TURN servers, and what the two ends learn of each other.
    pub ice: Ice,
    /// Names the page that goes with this server.
    pub build: Option<String>,
}

/// Two who could be paired, in the order in which that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bid {
    /// Why.
    claim: Claim,
    /// The place of the longer waiter.
    longer: Place,
    /// The place of the other.
    shorter: Place,
    /// Who seeks.
    one: PeerId,
    /// Whom it has found.
    other: PeerId,
}

/// Pairs peers, and passes on what the two of a pair say.
#[derive(Debug)]
pub struct Matchmaker {
    max_connections: usize,
    ticket_key: [u8; 32],
    build: Option<String>,
    ice: Ice,
    draining: bool,
    mint: Mint,
    sockets: HashMap<Connection, Socket>,
    peers: HashMap<PeerId, Peer>,
    queue: Queue,
    seats: Seats,
    matches: Matches,
    deadlines: Deadlines,
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
            ticket_key: config.ticket_key,
            build: config.build,
            ice: config.ice,
            draining: false,
            mint: Mint::new(config.seed, config.unix_origin_ms),
            sockets: HashMap::new(),
            peers: HashMap::new(),
            queue: Queue::new(config.max_passed_by),
            seats: Seats::default(),
            matches: Matches::default(),
            deadlines: Deadlines::default(),
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

    /// Puts a peer at the end of the queue, and pairs it if somebody accepts.
    fn wait(&mut self, now: Moment, peer: PeerId) {
        let place = self.queue.last_place(now);
        let seeker = self.line_up(now, peer, place);
        self.seek(now, seeker);
    }

    /// Lets a peer wait at this place; it has yet to seek.
    fn line_up(&mut self, now: Moment, peer: PeerId, place: Place) -> Option<(Place, PeerId)> {
        if self.draining {
            self.send_away(now, peer);
            return None;
        }
        self.stand(peer, Standing::Waiting { place, retry: None, widen: None });
        self.tell(peer, ToBrowser::Waiting {});
        if self.peers.get(&peer).is_some_and(|it| !it.tastes.are_none()) {
            return self.widen(now, peer);
        }
        Some((place, peer))
    }

    /// Less is enough for a waiting peer from now on, or it has named something else. It has yet to seek.
    fn widen(&mut self, now: Moment, id: PeerId) -> Option<(Place, PeerId)> {
        let peer = self.peers.get(&id)?;
        let Standing::Waiting { place, retry, .. } = peer.standing else { return None };
        let (wants, until) = queue::wants(&peer.tastes, now - place.since);
        let widen = until.map(|it| place.since + it);
        self.queue.remove(place);
        self.stand(id, Standing::Waiting { place, retry, widen });
        let widens_in_ms = widen.map(|it| u32::try_from((it - now).as_millis()).unwrap_or(u32::MAX));
        self.tell(id, ToBrowser::Seeking { wants, widens_in_ms });
        self.place_of(id)
    }

    /// Where this peer can be proposed to, in case it waits and can be reached.
    fn place_of(&self, peer: PeerId) -> Option<(Place, PeerId)> {
        self.accept(peer).map(|place| (place, peer))
    }

    /// Puts these into the queue, and pairs as many as can be, always those two first of whom one has waited longest.
    ///
    /// All others in the queue have refused each other before, so every pair there can be has one of these in it.
    fn seek(&mut self, now: Moment, seekers: impl IntoIterator<Item = (Place, PeerId)>) {
        let seekers: Vec<_> = seekers.into_iter().filter(|(_, peer)| self.may_seek(*peer)).collect();
        for (place, id) in &seekers {
            if let Some(peer) = self.peers.get(id) {
                let (wants, _) = queue::wants(&peer.tastes, now - place.since);
                self.queue.insert(*place, *id, Arc::clone(&peer.tastes), wants);
            }
        }
        let mut bids: BTreeSet<_> = seekers.iter().filter_map(|it| self.bid(now, *it)).collect();
        while let Some(Bid { longer, shorter, one, other, .. }) = bids.pop_first() {
            match (self.place_of(one), self.place_of(other)) {
                (Some(_), Some(_)) => {
                    self.pair(now, one, other);
                    let owed = self.queue.paired();
                    bids.extend(owed.into_iter().filter_map(|it| self.bid(now, it)));
                }
                // Another seeker was faster. What does not accept must not be proposed again, or this would never end.
                (Some(seeker), None) => {
                    self.queue.remove(if seeker.0 == longer { shorter } else { longer });
                    bids.extend(self.bid(now, seeker));
                }
                (None, _) => {}
            }
        }
    }

    /// The best that the queue has for a peer in it; with nobody there, sees to it that it looks again in time.
    fn bid(&mut self, now: Moment, (place, one): (Place, PeerId)) -> Option<Bid> {
        match self.queue.propose(place, |other| self.judge(now, one, other)) {
            Proposal::Partner(claim, at, other) => {
                Some(Bid { claim, longer: place.min(at), shorter: place.max(at), one, other })
            }
            Proposal::Nobody(retry) => {
                if let Some(Standing::Waiting { widen, .. }) = self.peers.get(&one).map(|it| it.standing) {
                    self.stand(one, Standing::Waiting { place, retry, widen });
                }
                None
            }
        }
    }

    /// Whether a peer that waits may be in the queue: not while its socket is lost, and not if it goes as soon as the
    /// fact at hand is dealt with, because a partner would lose its place for nothing.
    fn may_seek(&self, peer: PeerId) -> bool {
        self.accept(peer).is_some() && !self.too_slow.contains(&peer)
    }

    fn judge(&self, now: Moment, one: PeerId, other: PeerId) -> Verdict {
        let until = |a: PeerId, b: PeerId| self.peers.get(&a).and_then(|it| it.avoids(now, b));
        until(one, other).max(until(other, one)).map_or(Verdict::Accepted, Verdict::NotBefore)
    }

    /// Pairs two, if each one's own record says that it waits.
    fn pair(&mut self, now: Moment, one: PeerId, other: PeerId) {
        let (Some(mine), Some(theirs)) = (self.accept(one), self.accept(other)) else { return };
        let mut ends = [End::new(one, mine), End::new(other, theirs)];
        ends.sort_by_key(|end| end.place);
        let match_id = self.mint.match_id(now);
        let connect_by = now + CONNECT_WITHIN_SERVER;
        self.deadlines.set(connect_by, Due::Connect(match_id));
        self.outputs.push(Output::Note(Note::Matched { match_id, waited: now - ends[0].place.since }));
        let peers = ends.map(|end| end.peer);
        let relay_only = peers.iter().any(|it| self.peers.get(it).is_some_and(|it| it.hides));
        let privacy = self.privacy(relay_only, peers);
        let offer = if relay_only { None } else { self.take_offer(now, peers[Match::IMPOLITE]) };
        let ahead = offer.as_ref().map(|it| it.number);
        let mut it = Match {
            ends,
            since: now,
            connect_by: Some(connect_by),
            renew_at: None,
            relay_only,
            privacy,
            ahead,
        };
        if ahead.is_some() {
            it.ends.iter_mut().for_each(End::begin_ahead);
        }
        self.begin(now, match_id, it);
        let told = [ahead.map(|number| Ahead::Yours { number }), offer.map(|it| it.told(privacy))];
        for (index, ahead) in told.into_iter().enumerate() {
            let partner = self.peers.get(&peers[1 - index]).map(|it| it.media).unwrap_or_default();
            let shared = self.shared(peers[index], peers[1 - index]);
            self.stand(peers[index], Standing::Matched(match_id));
            let role = Match::role(index);
            let ice = self.servers(now, match_id, role, relay_only);
            let ticket = Some(self.ticket(now, match_id, peers, index, relay_only));
            let msg = ToBrowser::Matched { match_id, role, partner, shared, ice, relay_only, ticket, ahead };
            self.tell(peers[index], msg);
        }
    }

    fn shared(&self, one: PeerId, other: PeerId) -> Tastes {
        let tastes = |id| self.peers.get(&id).map(|it: &Peer| &*it.tastes);
        tastes(one).zip(tastes(other)).map(|(mine, theirs)| mine.shared_with(theirs)).unwrap_or_default()
    }

    /// The place of a peer that waits and can be reached; only such a peer accepts a proposal.
    fn accept(&self, peer: PeerId) -> Option<Place> {
        let peer = self.peers.get(&peer)?;
        match (peer.link, peer.standing) {
            (Link::Attached(_), Standing::Waiting { place, .. }) => Some(place),
            (Link::Attached(_), Standing::Idle | Standing::Matched(_)) | (Link::Detached { .. }, _) => None,
        }
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
