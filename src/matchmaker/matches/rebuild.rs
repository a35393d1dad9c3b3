//! Rebuilding a match from its tickets, on a server that did not make it or has forgotten one of its peers.

use super::{Match, MatchEnd, ticket::Ticket};
use crate::{
    matchmaker::{
        Matchmaker,
        deadlines::Due,
        input::{Network, SocketId},
        output::Note,
        peers::{Peer, PeerState, SocketState, device::ResolvedDevice, past_partners::PairHistory},
    },
    protocol::{Delivery, PastPairs, PeerId, Signalling, ToBrowser, limits::GRACE_MATCHED},
    time::Moment,
};

impl Matchmaker {
    /// Reads a ticket. `None` if it is of no use here: not signed with our keys, expired, for a match that has ended,
    /// or in conflict with the server's records.
    pub(crate) fn verify_ticket(&self, now: Moment, text: &str) -> Option<Ticket> {
        let ticket = Ticket::verify(text, &self.deployment.keys, self.ids.unix_seconds(now))?;
        let match_of = |id: PeerId| self.peers.get(&id).map(Peer::match_id);
        let is_current = match_of(ticket.peer) == Some(Some(ticket.match_id));
        let is_unknown = !self.matches.contains(ticket.match_id)
            && match_of(ticket.peer).is_none()
            && match_of(ticket.partner).is_none();
        let has_room = self.peers.len() + 2 <= self.limits.max_connections;
        (is_current || is_unknown && has_room && self.draining.is_none()).then_some(ticket)
    }

    /// Resumes the match of a verified ticket on a new socket.
    pub(crate) fn resume_by_ticket(
        &mut self,
        now: Moment,
        (socket, network): (SocketId, Network),
        ticket: Ticket,
        (device, past): (ResolvedDevice, &PastPairs),
    ) {
        let Ticket { match_id, peer: id, relay_only, role, .. } = ticket;
        if !self.peers.contains_key(&id) {
            self.rebuild(now, ticket);
        }
        let Some(peer) = self.peers.get_mut(&id) else { return };
        // A peer that has had a session here may have received what is in its outbox. Otherwise all of it is new.
        if peer.secret.is_some() {
            peer.delivery = Delivery::with_capacity(self.limits.outbox_bytes);
        }
        peer.device = device.id;
        peer.past_partners = PairHistory::from_hello(now, past);
        // Until its next `join`, it hides its address as it did when the ticket was made.
        peer.hides_address |= relay_only;
        let before = self.reattach((socket, network), id, (false, Some(match_id)), device.new_name);
        if self.deployment.has_relay() {
            let unix_now = self.ids.unix_seconds(now);
            let ice = self.deployment.ice.servers(unix_now, match_id, role, relay_only);
            self.send(id, ToBrowser::Ice { match_id, ice });
        }
        if let Some(SocketState::Detached { .. }) = before {
            self.notify_partner(id, Signalling::Back);
        }
    }

    /// Creates the match of a ticket, with both peers in their grace period.
    fn rebuild(&mut self, now: Moment, ticket: Ticket) {
        let Ticket { match_id, relay_only, .. } = ticket;
        let peers = ticket.peers();
        let until = now + GRACE_MATCHED;
        for id in peers {
            self.peers.insert(id, Peer::expected(until, self.limits.outbox_bytes));
            self.counts.lost += 1;
            self.deadlines.set(until, Due::Grace(id));
        }
        let mut ends = peers.map(|id| MatchEnd::new(id, self.queue.last_place(now)));
        // The ticket does not tell the current epoch, so accept the lowest one.
        ends.iter_mut().for_each(MatchEnd::start_with_prepared_offer);
        let privacy = self.privacy(relay_only, peers);
        let (connect_by, renew_at, prepared_offer) = (None, None, None);
        let it = Match { ends, since: now, connect_by, renew_at, relay_only, privacy, prepared_offer };
        self.begin_match(now, match_id, it);
        peers.into_iter().for_each(|id| self.set_state(id, PeerState::Matched(match_id)));
        self.counts.talking += 1;
        self.outbound.note(Note::Rebuilt { match_id });
    }
}
