//! Rebuilding a match from its tickets, on a server that did not make it or has forgotten one of its peers.

use super::{Match, MatchEnd, ticket::Ticket};
use crate::{
    matchmaker::{
        Matchmaker,
        deadlines::Due,
        input::{EdgeId, Visit},
        output::Note,
        peers::{Peer, PeerState, SocketState, device::ResolvedDevice, past_partners::PairHistory},
    },
    protocol::{EndReason, MatchId, PastPairs, PeerId, Role, Signalling, ToBrowser, limits::GRACE_MATCHED},
    time::Moment,
};

impl Matchmaker {
    /// Opens a ticket. `None` if it is of no use here: not made with our keys, expired, for a match that has ended, or
    /// in conflict with the server's records.
    ///
    /// A ticket of a newer match beats a match that was rebuilt from an older ticket and whose other end has not come:
    /// that end is most likely in the newer match. Nothing beats a match with both ends, or an open session.
    pub(crate) fn verify_ticket(&self, text: &str) -> Option<Ticket> {
        let ticket = Ticket::open(text, &self.deployment.keys, self.ids.unix_seconds())?;
        let is_current = self.match_of(ticket.peer) == Some(ticket.match_id);
        let is_unknown = !self.matches.contains(ticket.match_id)
            && ticket.peers().into_iter().all(|it| self.is_available(&ticket, it));
        let replaced = ticket.peers().iter().filter(|it| self.peers.contains_key(*it)).count();
        let has_room = self.peers.len() - replaced + 2 <= self.limits.max_connections;
        (is_current || is_unknown && has_room && self.draining.is_none()).then_some(ticket)
    }

    /// Whether a peer of a ticket is free for the match of the ticket.
    ///
    /// It is if the server has no record of it, or only one that no page has claimed, or that the holder of the ticket
    /// itself has left. A match in that record must be older, and must wait for an end.
    fn is_available(&self, ticket: &Ticket, id: PeerId) -> bool {
        let Some(peer) = self.peers.get(&id) else { return true };
        let has_come = peer.secrets.has_begun();
        let is_absent = match peer.socket {
            SocketState::Attached(_) => false,
            SocketState::Detached { .. } => id == ticket.peer || !has_come,
        };
        is_absent
            && match peer.match_id() {
                Some(it) => it < ticket.match_id && self.waits_for_end(it, id),
                None => !has_come,
            }
    }

    /// Whether the match of this peer was rebuilt from a ticket, and one of the two has not come since.
    fn waits_for_end(&self, match_id: MatchId, id: PeerId) -> bool {
        let has_come = |it: PeerId| self.peers.get(&it).is_some_and(|it| it.secrets.has_begun());
        !has_come(id) || !self.matches.partner_of(match_id, id).is_some_and(has_come)
    }

    fn match_of(&self, id: PeerId) -> Option<MatchId> {
        self.peers.get(&id).and_then(|it| it.match_id())
    }

    /// Resumes the match of a verified ticket on a new socket.
    ///
    /// A page that comes with a ticket has lost what it had not sent, and nobody knows which messages to it have
    /// arrived. So its partner is told that signals are lost, and each of the two makes an unanswered offer again.
    pub(crate) fn resume_by_ticket(
        &mut self,
        now: Moment,
        visit: Visit,
        ticket: Ticket,
        (device, past): (ResolvedDevice, &PastPairs),
    ) {
        let Ticket { match_id, peer: id, role, relay_only, .. } = ticket;
        let end = u8::from(role == Role::Polite);
        if self.match_of(id) != Some(match_id) {
            ticket.peers().into_iter().for_each(|it| self.remove_peer(now, it, EndReason::PartnerLost));
            self.rebuild(now, ticket, visit.socket.edge);
        }
        let Some(peer) = self.peers.get_mut(&id) else { return };
        // A page without a `welcome` has not received anything that is in the outbox.
        let loses_signals = peer.secrets.is_known_to_page();
        if loses_signals {
            peer.forget_session(self.limits.outbox_bytes);
        }
        peer.device = device.id;
        peer.past_partners = PairHistory::from_hello(now, past);
        // Until its next `join`, it hides its address as it did when the ticket was made.
        peer.hides_address |= relay_only;
        let before = self.reattach(visit, id, (false, Some(match_id)), device.new_name);
        if self.deployment.ice.has_relay() || self.edge_of_relay(match_id).is_some() {
            let ice = self.ice_servers(id, (match_id, end), relay_only);
            self.send(id, ToBrowser::Ice { match_id, ice });
        }
        match before {
            _ if loses_signals => self.notify_partner_of_lost_signals(id),
            Some(SocketState::Detached { .. }) => self.notify_partner(id, Signalling::Back),
            Some(SocketState::Attached(_)) | None => {}
        }
    }

    /// Creates the match of a ticket that was shown at this edge, with both peers in their grace period.
    fn rebuild(&mut self, now: Moment, ticket: Ticket, edge: EdgeId) {
        let Ticket { match_id, relay_only, .. } = ticket;
        let peers = ticket.peers();
        let until = now + GRACE_MATCHED;
        for id in peers {
            self.peers.insert(id, Box::new(Peer::expected(until, self.limits.outbox_bytes)));
            self.counts.lost += 1;
            self.deadlines.set(until, Due::Grace(id));
        }
        let mut ends = peers.map(|id| MatchEnd::new(id, self.queue.new_place(now)));
        // The ticket does not tell the current epoch, so accept the lowest one.
        ends.iter_mut().for_each(MatchEnd::start_with_prepared_offer);
        let privacy = self.privacy(relay_only, peers);
        let (connect_by, renew_at, prepared_offer) = (None, None, None);
        let relay = self.deployment.edge_relays.choose([edge]);
        let it = Match { ends, since: now, connect_by, renew_at, relay, relay_only, privacy, prepared_offer };
        self.begin_match(now, match_id, it);
        peers.into_iter().for_each(|id| self.set_state(id, PeerState::Matched(match_id)));
        self.counts.talking += 1;
        self.outbound.note(Note::Rebuilt { match_id });
    }
}
