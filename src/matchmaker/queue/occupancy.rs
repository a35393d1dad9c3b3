//! What waiting peers are told about the number of peers and the expected wait, and proofs of their places.

use std::mem;

use super::place_proof::PlaceProof;
use crate::{
    matchmaker::{
        Matchmaker,
        deadlines::Due,
        peers::{Peer, SocketState},
    },
    protocol::{Occupancy, PeerId, ToBrowser},
    time::Moment,
};

/// From this number of peers on they are a crowd: nobody has met all of them, and who comes and goes is told with the
/// next pong only. Below it, all peers may be looked at.
const CROWD: usize = 50;

impl Matchmaker {
    /// Tells a peer how busy the server is, if it waits and can be reached.
    pub(crate) fn send_occupancy(&mut self, now: Moment, id: PeerId) {
        if self.seeker(id).is_none() {
            return;
        }
        let occupancy = self.occupancy(now, id);
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.told = Some(occupancy);
        self.outbound.send(id, peer, ToBrowser::Here(occupancy));
        if peer.needs_proof(now) {
            self.send_place_proof(now, id);
        }
    }

    /// Gives their first proofs to those who have begun to wait.
    pub(crate) fn give_first_proofs(&mut self, now: Moment) {
        let (peers, again) = self.first_proofs.take(now);
        for id in peers {
            if self.peers.get(&id).is_some_and(|it| it.needs_proof(now)) {
                self.send_place_proof(now, id);
            }
        }
        again.into_iter().for_each(|at| self.deadlines.set(at, Due::FirstProofs));
    }

    /// Gives a waiting peer a proof of its place.
    fn send_place_proof(&mut self, now: Moment, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let Some(place) = peer.reachable_place() else { return };
        peer.proven_at = Some(now);
        let (device, waited, at_unix_ms) = (peer.device, now - place.since, self.ids.unix_ms());
        let proof = PlaceProof { device, peer: id, waited, at_unix_ms };
        let proof = proof.seal(&self.deployment.keys, self.ids.nonce());
        self.send(id, ToBrowser::Place { proof: proof.into() });
    }

    /// Tells those who wait of a change at once, if peers have come or gone and there are few of them.
    pub(crate) fn tell_of_changes(&mut self, now: Moment) {
        let present = self.present();
        let before = mem::replace(&mut self.last_present, present);
        if before == present || self.peers.len() >= CROWD {
            return;
        }
        let waiting: Vec<_> = self.queue.in_order().collect();
        for id in waiting {
            let told = self.peers.get(&id).and_then(|it| it.told);
            if told != Some(self.occupancy(now, id)) {
                self.send_occupancy(now, id);
            }
        }
    }

    fn occupancy(&mut self, now: Moment, id: PeerId) -> Occupancy {
        let others = self.present().saturating_sub(1);
        let wait = if others == 0 { None } else { self.queue.wait_estimate.median(now) };
        Occupancy::among(others, wait, self.has_met_all(now, id))
    }

    /// The number of peers that can be reached.
    fn present(&self) -> usize {
        self.peers.len().saturating_sub(self.counts.lost)
    }

    /// Whether a peer has met all others that can be reached, or is kept apart from them; `false` in a crowd and for
    /// one that is alone.
    fn has_met_all(&self, now: Moment, id: PeerId) -> bool {
        let Some(peer) = self.peers.get(&id).filter(|_| self.peers.len() < CROWD) else { return false };
        let Some(history) = peer.past_partners.as_deref() else { return false };
        let is_reachable = |it: &Peer| matches!(it.socket, SocketState::Attached(_));
        let has_met = |it: &Peer| {
            self.deployment.keys.pairs(peer.device, it.device).any(|pair| {
                history.has_blocked(pair) || history.met_until(pair).is_some_and(|until| until > now)
            })
        };
        #[expect(clippy::disallowed_methods, reason = "the order makes no difference")]
        let mut others =
            self.peers.values().filter(|it| it.device != peer.device && is_reachable(it)).peekable();
        others.peek().is_some() && others.all(|it| has_met(it))
    }
}
