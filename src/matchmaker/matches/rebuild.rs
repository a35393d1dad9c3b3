//! How a match goes on at a server that did not make it, or has lost sight of one of its peers: by tickets; it must not
//! know how tickets are made.

use super::{
    ice::Privacy,
    ticket::{self, Ticket},
};
use crate::{
    matchmaker::{
        Delivery, Due, End, KnownPairs, Link, Match, Matchmaker, Network, Note, Output, Peer, SocketId,
        Standing, peers::sessions::Known,
    },
    protocol::{
        ErrorCode, IceServer, MatchId, PastPairs, PeerId, Role, Signalling, ToBrowser, limits::GRACE_MATCHED,
    },
    time::Moment,
};

impl Matchmaker {
    /// Reads a ticket; `None` if it is worth nothing here: not signed by us, too old, for a match that is over, or in
    /// contradiction to what is known.
    pub(crate) fn honoured(&self, now: Moment, text: &str) -> Option<Ticket> {
        let ticket = Ticket::verify(text, &self.keys, self.mint.unix_seconds(now))?;
        let standing = |id: PeerId| self.peers.get(&id).map(Peer::match_id);
        let is_current = standing(ticket.peer) == Some(Some(ticket.match_id));
        let is_unknown = !self.matches.knows(ticket.match_id)
            && standing(ticket.peer).is_none()
            && standing(ticket.partner).is_none();
        let has_room = self.peers.len() + 2 <= self.max_connections;
        (is_current || is_unknown && has_room && !self.draining).then_some(ticket)
    }

    /// Lets a socket take up the match of its ticket.
    pub(crate) fn take_up(
        &mut self,
        now: Moment,
        (connection, network): (SocketId, Network),
        ticket: Ticket,
        (device, past): (Known, &PastPairs),
    ) {
        let Ticket { match_id, peer: id, relay_only, role, .. } = ticket;
        if !self.peers.contains_key(&id) {
            self.rebuild(now, ticket);
        }
        let secret = self.mint.secret();
        let Some(peer) = self.peers.get_mut(&id) else { return };
        // What was said to one who has been here may have been heard; to one who has not it is all news.
        if peer.secret.replace(secret).is_some() {
            peer.delivery = Delivery::with_capacity(self.outbox_bytes);
        }
        peer.device = device.id;
        peer.acquaintances = KnownPairs::told(now, past);
        // Until it says otherwise it waits as it did when the ticket was made.
        (peer.network, peer.refusals, peer.hides) = (Some(network), 0, peer.hides || relay_only);
        let before = std::mem::replace(&mut peer.link, Link::Attached(connection));
        self.bind(connection, id);
        match before {
            Link::Attached(old) => self.drop_socket(old, ErrorCode::Replaced),
            Link::Detached { until } => self.found(until, id),
        }
        self.tell(id, self.welcome(id, secret, (false, Some(match_id)), device.news));
        self.replay(connection, id);
        self.judge_privacy(match_id);
        if self.ice.turn.is_some() {
            let ice = self.servers(now, match_id, role, relay_only);
            self.tell(id, ToBrowser::Ice { match_id, ice });
        }
        if let Link::Detached { .. } = before {
            self.tell_partner(id, Signalling::Back);
        }
    }

    /// Makes a match that another server, or this one in an earlier life, had made. Neither end is here yet.
    fn rebuild(&mut self, now: Moment, Ticket { match_id, peer, partner, role, relay_only, .. }: Ticket) {
        let peers = match role {
            Role::Impolite => [peer, partner],
            Role::Polite => [partner, peer],
        };
        let until = now + GRACE_MATCHED;
        for id in peers {
            self.peers.insert(id, Peer::expected(until, self.outbox_bytes));
            self.lost += 1;
            self.deadlines.set(until, Due::Grace(id));
        }
        let mut ends = peers.map(|id| End::new(id, self.queue.last_place(now)));
        // How far the two have come is not in the ticket.
        ends.iter_mut().for_each(End::begin_ahead);
        let privacy = self.privacy(relay_only, peers);
        let it =
            Match { ends, since: now, connect_by: None, renew_at: None, relay_only, privacy, ahead: None };
        self.begin(now, match_id, it);
        peers.into_iter().for_each(|id| self.stand(id, Standing::Matched(match_id)));
        self.talking += 1;
        self.outputs.push(Output::Note(Note::Rebuilt { match_id }));
    }

    /// Judges anew what two may learn of each other, since one of them has come from somewhere else.
    pub(crate) fn judge_privacy(&mut self, match_id: MatchId) {
        let Some(it) = self.matches.get_mut(match_id) else { return };
        let (relay_only, peers) = (it.relay_only, it.ends.map(|end| end.peer));
        let privacy = self.privacy(relay_only, peers);
        if let Some(it) = self.matches.get_mut(match_id) {
            it.privacy = privacy;
        }
    }

    /// Takes a match in, and sees to it that its credentials do not end.
    pub(crate) fn begin(&mut self, now: Moment, match_id: MatchId, mut it: Match) {
        it.renew_at = self.ice.renewed_after().map(|after| now + after);
        if let Some(at) = it.renew_at {
            self.deadlines.set(at, Due::Renew(match_id));
        }
        self.matches.insert(match_id, it);
    }

    /// Gives both ends of a match new credentials.
    pub(crate) fn renew_credentials(&mut self, now: Moment, match_id: MatchId) {
        let renew_at = self.ice.renewed_after().map(|after| now + after);
        let Some(it) = self.matches.get_mut(match_id) else { return };
        it.renew_at = renew_at;
        let (peers, relay_only) = (it.ends.map(|end| end.peer), it.relay_only);
        if let Some(at) = renew_at {
            self.deadlines.set(at, Due::Renew(match_id));
        }
        for (index, peer) in peers.into_iter().enumerate() {
            let ice = self.servers(now, match_id, Match::role(index), relay_only);
            self.tell(peer, ToBrowser::Ice { match_id, ice });
        }
    }

    pub(crate) fn servers(
        &self,
        now: Moment,
        match_id: MatchId,
        role: Role,
        relay_only: bool,
    ) -> Vec<IceServer> {
        self.ice.servers(self.mint.unix_seconds(now), match_id, role, relay_only)
    }

    /// What two may learn of each other.
    pub(crate) fn privacy(&self, relay_only: bool, peers: [PeerId; 2]) -> Privacy {
        self.ice.privacy(relay_only, peers.map(|it| self.peers.get(&it).and_then(|it| it.network)))
    }

    /// The ticket of one end of a new match.
    pub(crate) fn ticket(
        &self,
        now: Moment,
        match_id: MatchId,
        peers: [PeerId; 2],
        index: usize,
        relay_only: bool,
    ) -> String {
        let expires = self.mint.unix_seconds(now) + ticket::GOOD_FOR_SECONDS;
        let (peer, partner, role) = (peers[index], peers[1 - index], Match::role(index));
        Ticket { match_id, peer, partner, role, relay_only, expires }.sign(&self.keys)
    }
}
