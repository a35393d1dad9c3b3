//! How those who wait are found for each other and paired; it must not know how they came to wait, nor what they say then.

use std::{collections::BTreeSet, sync::Arc};

use super::{Claim, Place, Proposal};
use crate::{
    matchmaker::{
        Due, Link, Matchmaker, Note, Output, Peer, Standing,
        matches::{End, Match},
    },
    protocol::{PeerId, PreparedOffer, Tastes, ToBrowser, limits::CONNECT_WITHIN_SERVER},
    time::Moment,
};

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

impl Matchmaker {
    /// Puts a peer at the end of the queue, and pairs it if somebody accepts.
    pub(crate) fn wait(&mut self, now: Moment, peer: PeerId) {
        let place = self.queue.last_place(now);
        let seeker = self.line_up(now, peer, place);
        self.seek(now, seeker);
    }

    /// Lets a peer wait at this place; it has yet to seek.
    pub(crate) fn line_up(&mut self, now: Moment, peer: PeerId, place: Place) -> Option<(Place, PeerId)> {
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
    pub(crate) fn widen(&mut self, now: Moment, id: PeerId) -> Option<(Place, PeerId)> {
        let peer = self.peers.get(&id)?;
        let Standing::Waiting { place, retry, .. } = peer.standing else { return None };
        let (wants, until) = super::wants(&peer.tastes, now - place.since);
        let widen = until.map(|it| place.since + it);
        self.queue.remove(place);
        self.stand(id, Standing::Waiting { place, retry, widen });
        let widens_in_ms = widen.map(|it| u32::try_from((it - now).as_millis()).unwrap_or(u32::MAX));
        self.tell(id, ToBrowser::Seeking { wants, widens_in_ms });
        self.place_of(id)
    }

    /// Where this peer can be proposed to, in case it waits and can be reached.
    pub(crate) fn place_of(&self, peer: PeerId) -> Option<(Place, PeerId)> {
        self.accept(peer).map(|place| (place, peer))
    }

    /// Puts these into the queue, and pairs as many as can be, the best [`Bid`] first. The others are told how busy it is.
    ///
    /// All others in the queue have refused each other before, so every pair there can be has one of these in it.
    pub(crate) fn seek(&mut self, now: Moment, seekers: impl IntoIterator<Item = (Place, PeerId)>) {
        let seekers: Vec<_> = seekers.into_iter().filter(|(_, peer)| self.may_seek(*peer)).collect();
        for (place, id) in &seekers {
            if let Some(peer) = self.peers.get(id) {
                let (wants, _) = super::wants(&peer.tastes, now - place.since);
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
        seekers.into_iter().for_each(|(_, id)| self.tell_here(now, id));
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

    /// Pairs two, if each one's own record says that it waits.
    fn pair(&mut self, now: Moment, one: PeerId, other: PeerId) {
        let (Some(mine), Some(theirs)) = (self.accept(one), self.accept(other)) else { return };
        let mut ends = [End::new(one, mine), End::new(other, theirs)];
        ends.sort_by_key(|end| end.place);
        let match_id = self.mint.match_id(now);
        let connect_by = now + CONNECT_WITHIN_SERVER;
        self.deadlines.set(connect_by, Due::Connect(match_id));
        let waited = now - ends[0].place.since;
        self.forecast.waited(now, waited);
        let peers = ends.map(|end| end.peer);
        let shared = [self.shared(peers[0], peers[1]), self.shared(peers[1], peers[0])];
        let affinity = shared[0].closest();
        self.outputs.push(Output::Note(Note::Matched { match_id, waited, affinity }));
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
        let pair = self.acquaint(now, peers);
        let told = [ahead.map(|number| PreparedOffer::Yours { number }), offer.map(|it| it.told(privacy))];
        for (index, (ahead, shared)) in told.into_iter().zip(shared).enumerate() {
            let partner = self.peers.get(&peers[1 - index]).map(|it| it.media).unwrap_or_default();
            self.stand(peers[index], Standing::Matched(match_id));
            let role = Match::role(index);
            let ice = self.servers(now, match_id, role, relay_only);
            let ticket = Some(self.ticket(now, match_id, peers, index, relay_only));
            let msg =
                ToBrowser::Matched { match_id, role, partner, shared, ice, relay_only, ticket, pair, ahead };
            self.tell(peers[index], msg);
        }
    }

    fn shared(&self, one: PeerId, other: PeerId) -> Tastes {
        let tastes = |id| self.peers.get(&id).map(|it: &Peer| &*it.tastes);
        tastes(one).zip(tastes(other)).map(|(mine, theirs)| mine.shared_with(theirs)).unwrap_or_default()
    }

    /// The place of a peer that waits and can be reached; only such a peer accepts a proposal.
    pub(crate) fn accept(&self, peer: PeerId) -> Option<Place> {
        let peer = self.peers.get(&peer)?;
        match (peer.link, peer.standing) {
            (Link::Attached(_), Standing::Waiting { place, .. }) => Some(place),
            (Link::Attached(_), Standing::Idle | Standing::Matched(_)) | (Link::Detached { .. }, _) => None,
        }
    }
}
