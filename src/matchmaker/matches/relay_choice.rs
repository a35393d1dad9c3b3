//! Which relay of an edge each match uses, and when it uses another one.
//!
//! A relay connects only what was allocated in its own process, so both ends of a match are always given the same one.

use super::own_relay::OwnRelay;
use crate::{
    matchmaker::{Matchmaker, input::EdgeId, peers::PeerState},
    protocol::{ErrorCode, MatchId, PeerId, ToBrowser},
    time::Moment,
};

impl Matchmaker {
    /// An edge has a relay.
    pub(crate) fn on_edge_relay(&mut self, now: Moment, edge: EdgeId, relay: OwnRelay) {
        // One for everybody, which does not end with an edge, is better.
        if self.deployment.ice.own.is_none() {
            self.deployment.edge_relays.add(edge, relay);
            self.replace_relays(now);
        }
    }

    /// The relay of an edge is gone.
    pub(crate) fn forget_relay(&mut self, now: Moment, edge: EdgeId) {
        if self.deployment.edge_relays.remove(edge) {
            self.replace_relays(now);
        }
    }

    /// The relay of an edge ends soon. It is used only by matches that can have no other.
    pub(crate) fn avoid_relay(&mut self, now: Moment, edge: EdgeId) {
        if self.deployment.edge_relays.avoid(edge) {
            self.replace_relays(now);
        }
    }

    /// The edge whose relay a match of these two uses, preferably one of their own edges, as far as these are known.
    /// `None` without such relays.
    pub(crate) fn choose_relay(&self, peers: [PeerId; 2], former: Option<EdgeId>) -> Option<EdgeId> {
        let edge = |it: PeerId| self.peers.get(&it)?.edge();
        self.deployment.edge_relays.choose(peers.into_iter().filter_map(edge).chain(former))
    }

    /// The edge whose relay a peer without a partner uses, if it uses that of an edge: its own or the next one.
    pub(crate) fn nearest_relay(&self, id: PeerId) -> Option<EdgeId> {
        let edge = self.peers.get(&id).and_then(|it| it.edge());
        self.deployment.edge_relays.choose(edge)
    }

    /// The edge whose relay a match uses, if it uses that of an edge.
    pub(crate) fn edge_of_relay(&self, match_id: MatchId) -> Option<EdgeId> {
        if self.deployment.edge_relays.is_empty() { None } else { self.matches.edge_of_relay(match_id) }
    }

    /// Gives another relay to both ends of each match whose relay is gone, or about to be, if there is another one.
    fn replace_relays(&mut self, now: Moment) {
        for match_id in self.matches.current_ids() {
            let Some(it) = self.matches.get_mut(match_id) else { continue };
            let (former, peers) = (it.relay, it.ends.map(|end| end.peer));
            if former.is_some_and(|it| self.deployment.edge_relays.is_open(it)) {
                continue;
            }
            let next = self.choose_relay(peers, former);
            let kept = former.filter(|it| self.deployment.edge_relays.get(*it).is_some());
            if let Some(it) = self.matches.get_mut(match_id) {
                it.relay = next.or(kept);
            }
            if next.is_some() {
                self.update_privacy(match_id);
                self.renew_credentials(now, match_id);
            } else if kept.is_none() {
                self.stop_renewal(match_id);
            }
        }
        if !self.deployment.has_relay() {
            self.dismiss_hidden();
        }
    }

    /// Those who wait and hide their address can meet nobody without a relay.
    fn dismiss_hidden(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "sorted at once")]
        let mut hidden: Vec<_> = self.peers.iter().filter(|it| it.1.hides_address).map(|it| *it.0).collect();
        hidden.sort_unstable();
        for id in hidden {
            if let Some(PeerState::Waiting { .. }) = self.peers.get(&id).map(|it| it.state) {
                self.refuse_to_hide(id, 0);
            }
        }
    }

    /// A peer that hides its address does not wait, because there is no relay. `about` is the number of its `join`, or
    /// 0 if it came before.
    pub(crate) fn refuse_to_hide(&mut self, id: PeerId, about: u64) {
        self.leave_queue(id);
        self.send(id, ToBrowser::Error { code: ErrorCode::NoRelay, about, retry_ms: None });
    }
}
