//! Sanctions: what follows from decisions about devices and networks for their peers.

use super::types::SanctionUpdate;
use crate::{
    matchmaker::{
        Matchmaker,
        input::{SocketId, Visit, VisitTags},
        matches::ticket::Ticket,
        peers::{Peer, SocketState},
    },
    protocol::{DeviceId, ErrorCode, NoticeKind, PeerId, ReportReason, SanctionNotice, ToBrowser},
    time::Moment,
};

impl Matchmaker {
    /// Something was decided, or a former decision was withdrawn. What follows for peers that are here happens at once.
    pub(crate) fn on_sanction(&mut self, now: Moment, decision: SanctionUpdate) {
        let time = self.ids.unix_seconds();
        match decision {
            SanctionUpdate::Device(device, sanction) => {
                self.sanctions.devices.set(time, device, sanction);
                for id in self.peers_where(|it| it.device == device) {
                    self.apply_sanction(now, id);
                }
            }
            SanctionUpdate::Network(tag, sanction) => {
                self.sanctions.networks.set(time, tag, sanction);
                let peers = self.peers_where(|it| it.network_tags.contains(&Some(tag)));
                let seekers: Vec<_> = peers.into_iter().filter_map(|it| self.seeker(it)).collect();
                self.search(now, seekers);
            }
        }
    }

    /// Ends the session of a peer whose device may not take part, or warns its person.
    ///
    /// A partner is told that the peer has left, as if it had done so itself.
    fn apply_sanction(&mut self, now: Moment, id: PeerId) {
        let Some(device) = self.peers.get(&id).map(|it| it.device) else { return };
        match self.sanctions.devices.get(self.ids.unix_seconds(), &device) {
            Some(it) if it.kind.is_refusal() => {
                self.send(id, ToBrowser::Sanctioned(it.clone()));
                self.end_session(now, id, ErrorCode::Sanctioned, 0);
            }
            Some(_) => self.tell_warning(id),
            None => {}
        }
    }

    /// Warns the person of a peer, if there is a warning and a socket. Their device knows whether they have read it.
    pub(crate) fn tell_warning(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get(&id) else { return };
        let (SocketState::Attached(_), device) = (peer.socket, peer.device) else { return };
        let time = self.ids.unix_seconds();
        let warning = self.sanctions.devices.get(time, &device).filter(|it| it.kind == NoticeKind::Warned);
        if let Some(warning) = warning.cloned() {
            self.send(id, ToBrowser::Sanctioned(warning));
        }
    }

    /// Refuses a new session, or one by this ticket, if something was decided about its device, the ticket's or its
    /// network. Returns whether it did.
    pub(crate) fn refuse_sanctioned(
        &mut self,
        visit: Visit,
        device: DeviceId,
        ticket: Option<&Ticket>,
    ) -> bool {
        let time = self.ids.unix_seconds();
        let holder = ticket.and_then(|it| it.meeting).map(|it| it.holder.device);
        let of_device =
            |it: DeviceId| self.sanctions.devices.get(time, &it).filter(|it| it.kind.is_refusal());
        let sanction = of_device(device).or_else(|| of_device(holder?)).cloned();
        let of_network = || ticket.is_none().then(|| self.network_refusal(time, visit.network_tags))?;
        let Some(sanction) = sanction.or_else(of_network) else { return false };
        self.reject_sanctioned(visit.socket, sanction);
        true
    }

    fn reject_sanctioned(&mut self, socket: SocketId, sanction: SanctionNotice) {
        self.outbound.send_unnumbered(socket, ToBrowser::Sanctioned(sanction));
        self.close_socket(socket, ErrorCode::Sanctioned);
    }

    /// What the page of a network is told that may start no sessions; `None` if it may.
    fn network_refusal(&self, time: u64, tags: VisitTags) -> Option<SanctionNotice> {
        let decisions = tags.into_iter().flatten().filter_map(|it| self.sanctions.networks.get(time, &it));
        let until = decisions.map(|it| it.refused_until).max().filter(|it| time < *it)?;
        // The reasons belong to devices of others, and nobody has decided about this one.
        let (kind, reason) = (NoticeKind::Banned, ReportReason::Other);
        Some(SanctionNotice { kind, reason, until, automatic: true, appeal: None })
    }

    /// Whether a network with one of these tags may start no sessions.
    pub(crate) fn is_network_refused(&self, tags: VisitTags) -> bool {
        self.network_refusal(self.ids.unix_seconds(), tags).is_some()
    }

    /// Whether the peers of a network with one of these tags wait apart and start softly.
    pub(crate) fn is_set_apart(&self, tags: VisitTags) -> bool {
        let time = self.ids.unix_seconds();
        let decisions = tags.into_iter().flatten().filter_map(|it| self.sanctions.networks.get(time, &it));
        decisions.into_iter().any(|it| time < it.apart_until)
    }

    /// The peers for which this holds, in order. Looks at all of them: decisions are rare.
    fn peers_where(&self, is_one: impl Fn(&Peer) -> bool) -> Vec<PeerId> {
        #[expect(clippy::disallowed_methods, reason = "sorted at once")]
        let all = self.peers.iter();
        let mut found: Vec<_> = all.filter(|(_, it)| is_one(it)).map(|(id, _)| *id).collect();
        found.sort_unstable();
        found
    }
}
