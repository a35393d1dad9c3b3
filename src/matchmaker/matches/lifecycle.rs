//! The life of a match: its beginning, its relay credentials, the privacy of its peers, and its end.

use super::{Match, MatchEnd, conduct::Ending, privacy::Privacy};
use crate::{
    matchmaker::{
        Matchmaker,
        config::Deployment,
        deadlines::Due,
        input::SiteIndex,
        output::Note,
        peers::{PeerState, SocketState},
        queue::place::Seeker,
    },
    protocol::{EndReason, IceServer, MatchId, PeerId, ToBrowser, limits::CONNECT_WITHIN_SERVER},
    time::Moment,
};

impl Matchmaker {
    /// Adds a match, chooses its relay unless that is done, and schedules the renewal of its relay credentials.
    pub(crate) fn begin_match(&mut self, now: Moment, match_id: MatchId, mut it: Match) {
        it.relay = it.relay.or_else(|| self.choose_relay(it.ends.map(|end| end.peer), None));
        self.matches.insert(match_id, it);
        self.schedule_renewal(now, match_id);
    }

    /// Names the STUN and TURN servers to a page that checks whether it can connect to anybody.
    pub(crate) fn on_check(&mut self, id: PeerId) {
        let (deployment, site) = (&self.deployment, self.site_of(id));
        let own = deployment.own_relay(self.nearest_relay(id));
        let ice = deployment.ice.check_servers(&mut self.ids, &deployment.keys, site, own);
        self.send(id, ToBrowser::Check { ice });
    }

    /// The STUN and TURN servers for a peer that is this end of a match: the impolite one is 0, the polite one 1.
    pub(crate) fn ice_servers(&mut self, id: PeerId, end: (MatchId, u8), relay_only: bool) -> Vec<IceServer> {
        let (Deployment { ice, keys, .. }, site) = (&self.deployment, self.site_of(id));
        let own = self.deployment.own_relay(self.edge_of_relay(end.0));
        ice.servers(&mut self.ids, keys, end, (site, relay_only), own)
    }

    /// The name under which the page of a peer was opened.
    fn site_of(&self, id: PeerId) -> SiteIndex {
        self.peers.get(&id).map_or(SiteIndex::default(), |it| it.site)
    }

    fn schedule_renewal(&mut self, now: Moment, match_id: MatchId) {
        let Some(it) = self.matches.get_mut(match_id) else { return };
        let own = self.deployment.own_relay(it.relay);
        if let Some(at) = it.renew_at {
            self.deadlines.cancel(at, Due::Renew(match_id));
        }
        it.renew_at = self.deployment.ice.renewed_after(own).map(|after| now + after);
        if let Some(at) = it.renew_at {
            self.deadlines.set(at, Due::Renew(match_id));
        }
    }

    /// A match has no relay any more whose credentials could be renewed, unless there is one of another kind.
    pub(crate) fn stop_renewal(&mut self, match_id: MatchId) {
        let Some(it) = self.matches.get_mut(match_id) else { return };
        if self.deployment.ice.renewed_after(None).is_none()
            && let Some(at) = it.renew_at.take()
        {
            self.deadlines.cancel(at, Due::Renew(match_id));
        }
    }

    /// Sends new relay credentials to both ends of a match.
    pub(crate) fn renew_credentials(&mut self, now: Moment, match_id: MatchId) {
        self.schedule_renewal(now, match_id);
        let Some(it) = self.matches.get_mut(match_id) else { return };
        let (peers, relay_only) = (it.ends.map(|end| end.peer), it.relay_only);
        for (peer, end) in peers.into_iter().zip(0..) {
            let ice = self.ice_servers(peer, (match_id, end), relay_only);
            self.send(peer, ToBrowser::Ice { match_id, ice });
        }
    }

    /// Updates what two partners may learn of each other, because one of them may have changed its network.
    pub(crate) fn update_privacy(&mut self, match_id: MatchId) {
        let Some(it) = self.matches.get_mut(match_id) else { return };
        let (relay_only, peers) = (it.relay_only, it.ends.map(|end| end.peer));
        let privacy = self.privacy(relay_only, peers);
        if let Some(it) = self.matches.get_mut(match_id) {
            it.privacy = privacy;
        }
    }

    /// What two partners may learn of each other's addresses.
    pub(crate) fn privacy(&self, relay_only: bool, peers: [PeerId; 2]) -> Privacy {
        let networks = peers.map(|it| self.peers.get(&it).and_then(|it| it.network));
        let Deployment { ice, edge_relays, .. } = &self.deployment;
        ice.privacy(relay_only, networks, ice.own.is_some() || !edge_relays.is_empty())
    }

    /// Ends a match that an end has left, or whose end was lost. Both peers get their reason, become idle and are kept
    /// apart for a while.
    pub(crate) fn end_match(
        &mut self,
        now: Moment,
        match_id: MatchId,
        reason: impl Fn(PeerId) -> EndReason,
    ) -> Option<Match> {
        Some(self.finish_match(now, match_id, Ending::Abandoned, reason)?.0)
    }

    /// Ends a match, and records what its end says about its peers. Also returns which ends did nothing.
    fn finish_match(
        &mut self,
        now: Moment,
        match_id: MatchId,
        ending: Ending,
        reason: impl Fn(PeerId) -> EndReason,
    ) -> Option<(Match, [bool; 2])> {
        let (ended, silent) = self.forget_match(now, match_id, ending)?;
        for end in ended.ends {
            let partner = ended.partner_of(end.peer);
            if let Some(peer) = self.peers.get_mut(&end.peer) {
                peer.start_cooldown(now, partner);
            }
            self.send(end.peer, ToBrowser::Ended { match_id, reason: reason(end.peer) });
        }
        Some((ended, silent))
    }

    /// Forgets a match without telling its peers, which become idle. Records what its end says about them, and also
    /// returns which ends did nothing.
    pub(crate) fn forget_match(
        &mut self,
        now: Moment,
        match_id: MatchId,
        ending: Ending,
    ) -> Option<(Match, [bool; 2])> {
        let ended = self.matches.end(now, match_id)?;
        let silent = ended.silent_ends(now, ending);
        self.record_conduct(now, &ended, ending, silent);
        match ended.connect_by {
            Some(at) => self.deadlines.cancel(at, ended.connect_due(match_id)),
            None => self.counts.talking -= 1,
        }
        if let Some(at) = ended.renew_at {
            self.deadlines.cancel(at, Due::Renew(match_id));
        }
        ended.ends.iter().for_each(|end| self.set_state(end.peer, PeerState::Idle));
        Some((ended, silent))
    }

    /// Ends a match because one peer wants to. That peer gets the reason `own`, its partner gets `partners`.
    pub(crate) fn end_match_by(
        &mut self,
        now: Moment,
        id: PeerId,
        match_id: MatchId,
        own: EndReason,
        partners: EndReason,
    ) {
        let reason = |it| if it == id { own } else { partners };
        let Some(ended) = self.end_match(now, match_id, reason) else { return };
        self.note_end(now, match_id, &ended, partners);
        if self.draining.is_some() {
            self.send_come_back(now, ended.partner_of(id));
        }
    }

    /// Ends a match that has not connected in time.
    ///
    /// While the socket of an end is lost, the match gets more time instead: media may flow although that end cannot
    /// report it. It ends with that end's grace period at the latest.
    pub(crate) fn on_connect_timeout(&mut self, now: Moment, match_id: MatchId) -> Vec<Seeker> {
        let peers = &self.peers;
        let is_lost = |end: &MatchEnd| {
            peers.get(&end.peer).is_some_and(|it| matches!(it.socket, SocketState::Detached { .. }))
        };
        match self.matches.get_mut(match_id) {
            Some(it) if it.ends.iter().any(is_lost) => {
                let connect_by = now + CONNECT_WITHIN_SERVER;
                it.connect_by = Some(connect_by);
                self.deadlines.set(connect_by, it.connect_due(match_id));
                Vec::new()
            }
            Some(_) | None => self.end_unconnected(now, match_id, Ending::TimedOut),
        }
    }

    /// Ends a match that could not connect, or whose connection failed.
    ///
    /// Both peers wait again. If the match never connected, an end that did its part gets its former place back, once.
    /// The caller must call [`search`](Self::search) with the result.
    pub(crate) fn end_unconnected(&mut self, now: Moment, match_id: MatchId, ending: Ending) -> Vec<Seeker> {
        let reason = |_| EndReason::Unconnected;
        let Some((ended, silent)) = self.finish_match(now, match_id, ending, reason) else {
            return Vec::new();
        };
        self.note_end(now, match_id, &ended, EndReason::Unconnected);
        let had_connected = ended.connect_by.is_none();
        let mut seekers = Vec::new();
        for (end, was_silent) in ended.ends.into_iter().zip(silent) {
            let former = if had_connected || was_silent { None } else { end.place.give_back() };
            let place = former.unwrap_or_else(|| self.queue.new_place(now));
            seekers.extend(self.start_waiting(now, end.peer, place));
        }
        seekers
    }

    /// Reports the end of a match to the operator.
    pub(crate) fn note_end(&mut self, now: Moment, match_id: MatchId, ended: &Match, reason: EndReason) {
        self.outbound.note(Note::Ended { match_id, reason, lasted: now - ended.since });
    }
}
