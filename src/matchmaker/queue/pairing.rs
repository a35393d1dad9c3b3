//! Pairing: peers join the queue, search it, and are matched.

use std::collections::BTreeSet;

use super::{
    Acceptance, Proposal,
    eligibility::check_eligibility,
    place::{Place, Priority, Seeker},
    prepared_offers::OfferState,
    required_affinity,
};
use crate::{
    matchmaker::{
        Matchmaker,
        deadlines::Due,
        matches::{Match, MatchEnd, conduct::RESPOND_WITHIN, ticket::Ticket},
        output::Note,
        peers::{Peer, PeerState},
    },
    protocol::{PairId, PeerId, PreparedOffer, SoftStart, Tastes, ToBrowser, limits::CONNECT_WITHIN_SERVER},
    time::Moment,
};

/// Two peers that could be paired. The order of the fields is the order in which pairs are formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PossiblePair {
    priority: Priority,
    /// The place of the peer that has waited longer.
    longer: Place,
    /// The place of the other peer.
    shorter: Place,
    /// The peer that searched.
    seeker: PeerId,
    /// The peer that it found.
    found: PeerId,
}

impl Matchmaker {
    /// Puts a peer at the end of the queue, or at the place that it had on a former server, and pairs it if there is a
    /// partner.
    pub(crate) fn join_queue(&mut self, now: Moment, peer: PeerId) {
        let proven = self.peers.get_mut(&peer).and_then(|it| it.waits_since.take());
        let place = self.queue.new_place(proven.filter(|_| self.proofs.is_open(now)).unwrap_or(now));
        let seeker = self.start_waiting(now, peer, place);
        self.search(now, seeker);
    }

    /// Makes a peer wait at a place, or ends its session if it may not meet anybody. The caller must call
    /// [`search`](Self::search) with the result.
    pub(crate) fn start_waiting(&mut self, now: Moment, peer: PeerId, place: Place) -> Option<Seeker> {
        let (refused, hides) =
            self.peers.get(&peer).map_or((None, false), |it| (it.refused, it.hides_address));
        if let Some(code) = refused {
            self.end_session(now, peer, code, 0);
            return None;
        }
        if self.draining.is_some() {
            self.send_come_back(now, peer);
            return None;
        }
        if hides && !self.deployment.has_relay() {
            self.refuse_to_hide(peer, 0);
            return None;
        }
        self.set_state(peer, PeerState::Waiting { place, retry: None, widen: None });
        let first_proofs = self.first_proofs.on_wait(now, peer);
        first_proofs.into_iter().for_each(|at| self.deadlines.set(at, Due::FirstProofs));
        self.send(peer, ToBrowser::Waiting {});
        if self.peers.get(&peer).is_some_and(|it| !it.tastes.are_none()) {
            return self.update_requirements(now, peer);
        }
        Some((place, peer))
    }

    /// Updates what a waiting peer requires of a partner, after a deadline or new tastes. The caller must call
    /// [`search`](Self::search) with the result.
    pub(crate) fn update_requirements(&mut self, now: Moment, id: PeerId) -> Option<Seeker> {
        let peer = self.peers.get(&id)?;
        let PeerState::Waiting { place, retry, .. } = peer.state else { return None };
        let (wants, until) = required_affinity(&peer.tastes, now - place.since);
        let widen = until.map(|it| place.since + it);
        self.queue.remove(place);
        self.set_state(id, PeerState::Waiting { place, retry, widen });
        let widens_in_ms = widen.map(|it| u32::try_from((it - now).as_millis()).unwrap_or(u32::MAX));
        self.send(id, ToBrowser::Seeking { wants, widens_in_ms });
        self.seeker(id)
    }

    /// The peer and its place, if it waits and can be reached.
    pub(crate) fn seeker(&self, id: PeerId) -> Option<Seeker> {
        Some((self.peers.get(&id)?.reachable_place()?, id))
    }

    /// Puts these peers into the queue and forms as many pairs as possible, in the order of [`PossiblePair`]. Peers
    /// whose standing may have changed search, too. Afterwards, those that still wait get a `here` message.
    ///
    /// All other peers in the queue have already refused each other, so one peer of every possible pair is among these.
    pub(crate) fn search(&mut self, now: Moment, seekers: impl IntoIterator<Item = Seeker>) {
        let mut seekers: Vec<_> = seekers.into_iter().chain(self.affected_seekers()).collect();
        seekers.retain(|(_, peer)| self.may_search(*peer));
        seekers.sort_unstable();
        seekers.dedup();
        seekers.iter().for_each(|it| self.enter_queue(now, *it));
        let mut pairs: BTreeSet<_> = seekers.iter().filter_map(|it| self.find_partner(now, *it)).collect();
        while let Some(PossiblePair { longer, shorter, seeker, found, .. }) = pairs.pop_first() {
            match (self.seeker(seeker), self.seeker(found)) {
                (Some(_), Some(_)) => {
                    let lanes = [longer, shorter].map(|it| self.queue.lane_at(it));
                    self.pair(now, seeker, found);
                    let overdue = self.queue.record_pair(lanes);
                    pairs.extend(overdue.into_iter().filter_map(|it| self.find_partner(now, it)));
                }
                // Another seeker was faster. A peer that does not accept must leave the queue, or it would be proposed
                // again and this loop would never end.
                (Some(seeker), None) => {
                    self.queue.remove(if seeker.0 == longer { shorter } else { longer });
                    pairs.extend(self.find_partner(now, seeker));
                }
                (None, _) => {}
            }
        }
        seekers.into_iter().for_each(|(_, id)| self.send_occupancy(now, id));
    }

    /// The best partner in the queue for a peer in it. If there is none, sets a deadline for the next search: when
    /// another peer accepts, or when the standing of this one may change.
    fn find_partner(&mut self, now: Moment, (place, id): Seeker) -> Option<PossiblePair> {
        match self.queue.propose(now, place, |other| self.check(now, id, other)) {
            Proposal::Partner(priority, at, found) => {
                let (longer, shorter) = (place.min(at), place.max(at));
                Some(PossiblePair { priority, longer, shorter, seeker: id, found })
            }
            Proposal::Nobody(accepted_at) => {
                let peer = self.peers.get(&id)?;
                let moments = [accepted_at, self.standing(now, peer).until, peer.offer.due()];
                let retry = moments.into_iter().flatten().min();
                if let PeerState::Waiting { retry: before, widen, .. } = peer.state
                    && retry != before
                {
                    self.set_state(id, PeerState::Waiting { place, retry, widen });
                }
                None
            }
        }
    }

    fn check(&self, now: Moment, one: PeerId, other: PeerId) -> Acceptance {
        let (Some(mine), Some(theirs)) = (self.peers.get(&one), self.peers.get(&other)) else {
            return Acceptance::Never;
        };
        check_eligibility(now, &self.deployment.keys, (one, mine), (other, theirs))
    }

    /// Whether a waiting peer may be in the queue.
    ///
    /// It may not while its socket is lost, nor if its session ends after the current input: a partner would lose its
    /// place for nothing.
    fn may_search(&self, peer: PeerId) -> bool {
        self.seeker(peer).is_some() && !self.outbound.has_overflowed(peer)
    }

    /// Pairs two peers, if both wait and can be reached.
    fn pair(&mut self, now: Moment, one: PeerId, other: PeerId) {
        let (Some((mine, _)), Some((theirs, _))) = (self.seeker(one), self.seeker(other)) else { return };
        let mut ends = [MatchEnd::new(one, mine), MatchEnd::new(other, theirs)];
        ends.sort_by_key(|end| end.place);
        ends.iter_mut().for_each(|end| end.origin = self.peers.get(&end.peer).and_then(|it| it.origin()));
        let match_id = self.ids.match_id();
        let connect_by = now + CONNECT_WITHIN_SERVER;
        self.deadlines.set(connect_by, Due::Connect(ends[Match::IMPOLITE].place, match_id));
        let waited = now - ends[0].place.since;
        self.queue.wait_estimate.record(now, waited);
        let peers = ends.map(|end| end.peer);
        let shared = [self.shared(peers[0], peers[1]), self.shared(peers[1], peers[0])];
        let affinity = shared[0].closest();
        self.outbound.note(Note::Matched { match_id, waited, affinity });
        let relay_only = peers.iter().any(|it| self.peers.get(it).is_some_and(|it| it.hides_address));
        let soft = self.starts_softly(peers);
        let privacy = self.privacy(relay_only, peers);
        let impolite = self.peers.get_mut(&peers[Match::IMPOLITE]).filter(|_| !relay_only);
        let offer = impolite.and_then(|it| it.offer.take_offer(now));
        let prepared_offer = offer.as_ref().map(|it| it.number);
        if prepared_offer.is_some() {
            ends.iter_mut().for_each(MatchEnd::start_with_prepared_offer);
        }
        let (connect_by, renew_at, relay) = (Some(connect_by), None, None);
        let mut it =
            Match { ends, since: now, connect_by, renew_at, relay, relay_only, privacy, prepared_offer };
        it.start_turns(now);
        self.begin_match(now, match_id, it);
        let pair = self.record_meeting(now, peers);
        let yours = prepared_offer.map(|number| PreparedOffer::Yours { number });
        let theirs = offer.map(|it| {
            let (offer, dropped) = it.for_partner(privacy);
            dropped.into_iter().for_each(|reason| self.outbound.note(Note::CandidateDropped { reason }));
            offer
        });
        let offers = [yours, theirs];
        for (index, (ahead, shared)) in offers.into_iter().zip(shared).enumerate() {
            let partner = self.peers.get(&peers[1 - index]).map(|it| it.media).unwrap_or_default();
            self.set_state(peers[index], PeerState::Matched(match_id));
            let role = Match::role(index);
            let ice = self.ice_servers(peers[index], (match_id, index as u8), relay_only);
            let parties = peers.map(|it| (it, self.peers.get(&it).map(|it| it.party())));
            let ticket = Ticket::new(self.ids.unix_seconds(), match_id, parties, role, relay_only);
            let ticket = Some(ticket.seal(&self.deployment.keys, self.ids.nonce()));
            self.send(
                peers[index],
                ToBrowser::Matched {
                    match_id,
                    role,
                    partner,
                    shared,
                    ice,
                    relay_only,
                    soft,
                    ticket,
                    pair,
                    ahead,
                },
            );
        }
    }

    /// Whether the match of these two starts with blurred pictures: the server or one of them wants it, or one of them
    /// is in a network that is set apart.
    fn starts_softly(&self, peers: [PeerId; 2]) -> bool {
        let is_soft = |it: &Peer| it.starts_softly || self.is_set_apart(it.network_tags);
        self.deployment.soft_start == SoftStart::Forced
            || peers.iter().any(|it| self.peers.get(it).is_some_and(|it| is_soft(it)))
    }

    /// What the first of two peers has in common with the second.
    fn shared(&self, one: PeerId, other: PeerId) -> Tastes {
        let tastes = |id| self.peers.get(&id).map(|it| &*it.tastes);
        tastes(one).zip(tastes(other)).map(|(mine, theirs)| mine.shared_with(theirs)).unwrap_or_default()
    }

    /// Adds a pair to the history of both peers. Returns its id.
    fn record_meeting(&mut self, now: Moment, peers: [PeerId; 2]) -> Option<PairId> {
        let [one, other] = peers.map(|it| self.peers.get(&it).map(|it| it.device));
        let pair = self.deployment.keys.pairs(one?, other?).next()?;
        for id in peers {
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.past_partners.get_or_insert_default().record_meeting(now, pair, self.limits.max_met);
            }
        }
        Some(pair)
    }

    /// Asks peers at the head of the queue for an offer, while there are free slots.
    pub(crate) fn request_offers(&mut self, now: Moment) {
        while let Some((id, is_silent)) = self.offer_slots.take_next() {
            let Some(peer) = self.peers.get_mut(&id) else { continue };
            let until = now + RESPOND_WITHIN.saturating_sub(peer.unanswered);
            peer.offer =
                if is_silent { OfferState::Probed { until } } else { OfferState::Requested { until } };
            let own = self.deployment.own_relay(self.deployment.edge_relays.choose(peer.edge()));
            let ice = self.deployment.ice.stun_servers(peer.site, own);
            self.outbound.send(id, peer, ToBrowser::Prepare { ice });
            // A peer without a socket searches when it has one again.
            if let (PeerState::Waiting { place, retry, widen }, Some(_)) =
                (peer.state, peer.reachable_place())
            {
                let retry = Some(retry.map_or(until, |it| it.min(until)));
                self.set_state(id, PeerState::Waiting { place, retry, widen });
            }
        }
    }
}
