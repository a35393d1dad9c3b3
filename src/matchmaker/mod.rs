//! The server's state machine: it pairs waiting peers and relays the signals of each pair.
//!
//! [`Matchmaker::handle`] takes one [`Input`] and returns the [`Output`]s that the driver must perform, in order.
//! Time and randomness are arguments, so the same history always gives the same outputs.
//!
//! - `config`: what the driver configures;
//! - `input`, `output`: what comes in and what goes out; `outbound` collects outputs while an input is handled;
//! - `peers`: one peer's record, its sessions and its messages;
//! - `queue`: waiting peers, who may be paired with whom, and the pairing itself;
//! - `matches`: pairs, from their beginning to their end, and their rebuilding from tickets;
//! - `moderation`: reports of partners, and decisions about devices and networks;
//! - `outboxes`: the memory and the age of all unacknowledged messages;
//! - `deadlines`: a timing wheel;
//! - `keys`, `id_generator`: signatures, sealing, ids and secrets;
//! - `counts`: gauges that would be slow to compute.

pub(crate) mod config;
pub(crate) mod input;
pub(crate) mod output;

pub(crate) mod peers;
pub(crate) mod queue;
pub(crate) mod matches;
pub(crate) mod moderation;

pub(crate) mod outbound;
pub(crate) mod outboxes;
pub(crate) mod deadlines;
pub(crate) mod counts;
pub(crate) mod keys;
pub(crate) mod id_generator;
pub(crate) mod id_map;

#[cfg(test)]
pub(crate) mod reference;
#[cfg(test)]
mod tests;

use std::mem;

use crate::{
    protocol::{EndReason, PeerId, ToBrowser},
    time::Moment,
};
use config::{Deployment, SessionLimits};
use counts::Counts;
use deadlines::{Deadlines, Due};
use id_generator::IdGenerator;
use id_map::IdMap;
use matches::Matches;
use moderation::{pending::PendingReports, table::SanctionTable};
use outbound::Outbound;
use outboxes::Outboxes;
use peers::{OpenSocket, Peer, PeerState};
use queue::{
    Queue,
    failures::FailureRecords,
    place_proof::{FirstProofs, ProofRecord},
    prepared_offers::OfferSlots,
};

pub use config::MatchmakerConfig;
pub use input::{Closing, EdgeId, Input, Network, Readings, SiteIndex, SocketId, Visit, VisitTags};
pub use keys::Keys;
pub use matches::{
    ice::{Ice, Turn},
    own_relay::{OwnRelay, RelayUrls},
    privacy::{DroppedCandidate, is_private},
    relay_account::RelayAccount,
    ticket::Participant,
};
pub use moderation::age::AgeKey;
pub use moderation::types::{GenuineReport, NetworkSanction, ReportRequest, SanctionUpdate, StoreAnswer};
pub use output::{Census, Note, OutboxTotals, Output};
pub use peers::ROOM_AFTER;

/// Pairs peers and relays the signals of each pair.
#[derive(Debug)]
pub struct Matchmaker {
    limits: SessionLimits,
    deployment: Deployment,
    /// When this server stops at the latest; set by [`Input::Drain`]. From then on no new peers and no new matches.
    draining: Option<Moment>,
    ids: IdGenerator,
    sockets: IdMap<SocketId, OpenSocket>,
    /// Boxed, since a third of a table or more is empty, and growing it copies what it holds.
    peers: IdMap<PeerId, Box<Peer>>,
    queue: Queue,
    offer_slots: OfferSlots,
    first_proofs: FirstProofs,
    proofs: ProofRecord,
    failures: FailureRecords,
    matches: Matches,
    reports: PendingReports,
    sanctions: SanctionTable,
    deadlines: Deadlines,
    counts: Counts,
    /// How many peers could be reached when those who wait were last told of a change.
    last_present: usize,
    outboxes: Outboxes,
    outbound: Outbound,
}

impl Matchmaker {
    /// Creates a matchmaker without peers.
    pub fn new(config: MatchmakerConfig) -> Self {
        Self {
            draining: None,
            ids: IdGenerator::new(config.seed),
            sockets: IdMap::default(),
            peers: IdMap::default(),
            queue: Queue::new(config.max_passed_by),
            offer_slots: OfferSlots::default(),
            first_proofs: FirstProofs::default(),
            proofs: ProofRecord::default(),
            failures: FailureRecords::default(),
            matches: Matches::default(),
            reports: PendingReports::default(),
            sanctions: SanctionTable::default(),
            deadlines: Deadlines::default(),
            counts: Counts::default(),
            last_present: 0,
            outboxes: Outboxes::new(config.outbox_total_bytes, config.max_connections),
            outbound: Outbound::default(),
            limits: SessionLimits::of(&config),
            deployment: Deployment::of(config),
        }
    }

    /// Handles one input and returns what must be done, in order. Total: it never fails and never blocks.
    ///
    /// Deadlines up to `now` are handled first, so it does not matter whether the driver reads a timer or a socket
    /// first. All decisions depend on `now`; the wall clock in `readings` is only written into ids, credentials and
    /// tickets, and compared with the end of a ticket and of a sanction.
    pub fn handle(&mut self, now: Moment, readings: Readings, input: Input) -> Vec<Output> {
        self.ids.start_input(readings);
        self.outbound.begin(now);
        self.proofs.on_input(now);
        self.handle_timeout(now);
        match input {
            Input::Opened(visit) => self.on_socket_opened(now, visit),
            Input::Message { socket, frame } => self.on_message(now, socket, frame),
            Input::Refused { socket, code, numbers } => self.on_refused(now, socket, code, numbers),
            Input::RateLimited { socket, numbers, retry } => {
                self.on_rate_limited(now, socket, numbers, retry);
            }
            Input::Closed { socket, closing } => self.on_socket_closed(now, socket, closing),
            Input::EdgeLost(edge) => self.on_edge_lost(now, edge),
            Input::EdgeDrains(edge) => self.on_edge_drains(now, edge),
            Input::EdgeRelay { edge, relay } => self.on_edge_relay(now, edge, relay),
            Input::ReportStored { request, answer } => self.on_report_stored(request, answer),
            Input::Sanction(decision) => self.on_sanction(now, decision),
            Input::Drain { until } => self.on_drain(now, until),
            Input::Tick => {}
        }
        let affected = self.affected_seekers();
        if !affected.is_empty() {
            self.search(now, affected);
        }
        self.request_offers(now);
        self.tell_of_changes(now);
        self.end_overflowed_sessions(now);
        self.bound_outboxes(now);
        self.outbound.take()
    }

    /// When [`handle`](Self::handle) must be called next, with [`Input::Tick`]; `None` if nothing is due.
    pub fn deadline(&self) -> Option<Moment> {
        self.deadlines.next().map(|(at, _)| at)
    }

    /// The [`deadline`](Self::deadline) and what it is for: a constant word for a log, without ids or addresses.
    pub fn next_due(&self) -> Option<(Moment, &'static str)> {
        self.deadlines.next()
    }

    /// How many peers, matches and sockets there are now.
    pub fn census(&self) -> Census {
        self.counts.census(self.peers.len(), self.matches.len(), self.sockets.len())
    }

    /// Whether [`Input::Drain`] was handled and no match is left that needs this server.
    pub fn is_drained(&self) -> bool {
        self.draining.is_some() && self.matches.len() == 0
    }

    fn handle_timeout(&mut self, now: Moment) {
        let mut seekers = Vec::new();
        while let Some(due) = self.deadlines.pop(now) {
            match due {
                Due::Hello(socket) => self.on_hello_timeout(socket),
                Due::Grace(peer) => self.remove_peer(now, peer, EndReason::PartnerLost),
                Due::Connect(_, match_id) => seekers.extend(self.on_connect_timeout(now, match_id)),
                Due::Renew(match_id) => self.renew_credentials(now, match_id),
                Due::Retry(peer) => seekers.extend(self.seeker(peer)),
                Due::Widen(peer) => seekers.extend(self.update_requirements(now, peer)),
                Due::FirstProofs => self.give_first_proofs(now),
                Due::Stop => self.on_stop(now),
                Due::Acknowledge(peer) => self.on_acknowledgement_due(now, peer),
                Due::Report(request) => self.on_report_timeout(request),
            }
        }
        self.search(now, seekers);
    }

    /// Changes a peer's state and updates what depends on it: the queue, the offer slots, the deadlines and the counts.
    fn set_state(&mut self, id: PeerId, state: PeerState) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let before = mem::replace(&mut peer.state, state);
        if let PeerState::Waiting { place, .. } = before {
            self.counts.waiting -= 1;
            if !state.is_waiting() {
                self.queue.remove(place);
                self.offer_slots.release(place, mem::take(&mut peer.offer));
            }
        }
        if let PeerState::Waiting { place, .. } = state {
            self.counts.waiting += 1;
            if !before.is_waiting() {
                peer.proven_at = None;
                if !peer.hides_address {
                    self.offer_slots.enroll(place, id, peer.silent.is_some());
                }
            }
        }
        before.deadlines(id).for_each(|(at, due)| self.deadlines.cancel(at, due));
        state.deadlines(id).for_each(|(at, due)| self.deadlines.set(at, due));
    }

    /// Sends a message to a peer. While its socket is lost, the outbox keeps the message for replay.
    fn send(&mut self, id: PeerId, msg: ToBrowser) {
        if let Some(peer) = self.peers.get_mut(&id) {
            self.outbound.send(id, peer, msg);
        }
    }
}
