//! Blocks: pairs that are never matched again, on the wish of one of the two.

use crate::{
    matchmaker::Matchmaker,
    protocol::{PairId, PeerId},
    time::Moment,
};

impl Matchmaker {
    /// Never pairs a peer with this past partner again.
    pub(crate) fn on_block(&mut self, id: PeerId, pair: PairId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.past_partners.get_or_insert_default().block(pair, self.limits.max_blocked);
        }
    }

    /// Removes one block of a peer, or all of them.
    pub(crate) fn on_unblock(&mut self, now: Moment, id: PeerId, pair: Option<PairId>) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.past_partners.as_mut().is_some_and(|it| it.unblock(pair)) {
            // A waiting peer may be acceptable now.
            let seeker = self.seeker(id);
            self.search(now, seeker);
        }
    }
}
