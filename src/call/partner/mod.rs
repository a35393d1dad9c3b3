//! [`CurrentMatch`]: one match as this page sees it, from the server's `matched` to its end.
//!
//! `start` builds it and `view` reads it. `connection` and `negotiation` set up its peer connection, `media` tells what
//! arrives and what the senders refuse, and `recovery` decides what to do when nothing arrives. `messages` speaks with
//! the partner's page. `quality`, `verification` and `chat` each run beside these. `encoding` holds the limits and
//! codecs of what is sent.

pub(crate) mod start;
pub(crate) mod context;
pub(crate) mod view;

pub(crate) mod connection;
pub(crate) mod negotiation;
pub(crate) mod recovery;

pub(crate) mod media;
pub(crate) mod quality;
pub(crate) mod encoding;

pub(crate) mod messages;
pub(crate) mod verification;
pub(crate) mod chat;

use std::time::Duration;

use super::{
    ConnectionId, ConnectionState, Cover, DescriptionKind, Marks, Measurement, Milestone, Output, Path,
    PeerCommand, PeerEvent, signalling::sent_signals::SentSignals,
};
use crate::{
    protocol::{Epoch, IceServer, Presence, Role, Signal, Signalling, limits::CONNECT_WITHIN},
    time::Moment,
};
use chat::Chat;
use connection::{Connection, ConnectionConfig};
use context::{MatchContext, Terms};
use media::{liveness::Liveness, sender_faults::SenderFaults};
use negotiation::FirstOffer;
use quality::QualityHistory;
use recovery::{Recovery, Remedy};
use verification::Verification;

/// When the page says that connecting takes longer than usual; a direct call takes well under a second.
const SLOW_AFTER: Duration = Duration::from_secs(4);

/// Interval between measurements while sound is awaited. A packet of sound lasts 20 ms.
const MEASURE_SOON: Duration = Duration::from_millis(50);

/// Interval between measurements while a picture is awaited.
///
/// The browser reports the first frame itself if it is presented, and reading the statistics (up to 30 ms on two cores)
/// would delay it.
const MEASURE_PICTURE: Duration = Duration::from_millis(250);

/// Interval between measurements of a call, and between two presence messages to the partner.
const MEASURE_EVERY: Duration = Duration::from_secs(1);

/// Silence after which a match ends if the server cannot help to recover it.
const SILENT_FOR: Duration = Duration::from_secs(5);

/// A match and its connection.
#[derive(Debug)]
pub(crate) struct CurrentMatch {
    /// What the server said about it at the beginning.
    pub(crate) terms: Terms,
    /// Whether the server still has the match. Only then can it pass on signals.
    pub(crate) known_to_server: bool,
    /// The number of the connection within the match.
    pub(crate) epoch: Epoch,
    /// Whether the pictures are blurred.
    pub(crate) cover: Cover,
    /// The texts and reactions of the two.
    pub(crate) chat: Chat,
    /// The quality of the call, second by second.
    pub(crate) quality: QualityHistory,
    /// The signals of this connection, in case the server has no room for one.
    pub(crate) sent_signals: SentSignals,
    partner_presence: Presence,
    connection: Connection,
    config: ConnectionConfig,
    partner_signalling: Signalling,
    since: Moment,
    liveness: Liveness,
    measure_at: Moment,
    recovery: Recovery,
    verification: Verification,
    sender_faults: SenderFaults,
    /// The partner has said that it sees no picture of us.
    is_unseen: bool,
    /// When the encoder was last restarted for that.
    refreshed_at: Option<Moment>,
    marks: Marks,
}

/// What the call has to do after an input to the match.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MatchEvent {
    /// Nothing.
    None,
    /// The partner's media has arrived for the first time.
    Connected,
    /// The two could not be connected, or the connection could not be recovered.
    Failed,
    /// Nothing arrives, and the server cannot reach the partner.
    Silent,
    /// The partner has said goodbye.
    PartnerLeft,
    /// This signal has to be sent to the partner.
    SendSignal(Signal),
}

impl CurrentMatch {
    /// Whether the match runs on this connection.
    pub(crate) fn is_on(&self, connection: ConnectionId) -> bool {
        self.connection.id == connection
    }

    /// Something happened to the connection.
    pub(crate) fn on_peer_event(&mut self, event: PeerEvent, context: &mut MatchContext) -> MatchEvent {
        match event {
            PeerEvent::NegotiationNeeded => {
                self.connection.on_negotiation_needed(context.out);
                MatchEvent::None
            }
            PeerEvent::LocalSet(result) => {
                let Some((kind, signal)) = self.connection.on_local_set(result) else {
                    return MatchEvent::None;
                };
                self.mark_description(kind, context);
                MatchEvent::SendSignal(signal)
            }
            PeerEvent::RemoteSet(result) => {
                if let Some(kind) = self.connection.on_remote_set(result, context.out) {
                    self.mark_description(kind, context);
                }
                MatchEvent::None
            }
            PeerEvent::CandidateFound(candidate) => {
                self.connection.on_candidate(candidate).map_or(MatchEvent::None, MatchEvent::SendSignal)
            }
            PeerEvent::CandidatesEnded { username_fragment } => {
                MatchEvent::SendSignal(Signal::EndOfCandidates { username_fragment })
            }
            PeerEvent::Signaling(state) => {
                self.connection.on_signaling_state(state);
                MatchEvent::None
            }
            PeerEvent::Connection(state) => {
                self.on_connection_state(state, context);
                MatchEvent::None
            }
            PeerEvent::PathFound => {
                self.mark(Milestone::Ice, context);
                MatchEvent::None
            }
            PeerEvent::ChannelOpened { nonce } => {
                self.liveness.channel_open = true;
                self.send_presence(context.presence, context.out);
                let commitment = self.verification.on_channel_opened(self.terms.role, nonce);
                self.send_to_partner(commitment, context.out);
                self.repeat_reveal(context);
                self.chat.unacknowledged().for_each(|it| self.send_to_partner(Some(it), context.out));
                MatchEvent::None
            }
            PeerEvent::FramePresented => {
                self.mark(Milestone::FirstFrame, context);
                // The match counts as connected only when the statistics confirm it.
                self.measure_at = context.now;
                MatchEvent::None
            }
            PeerEvent::Message(message) => self.on_peer_message(message, context),
            PeerEvent::Measured(measurement) => self.on_measurement(measurement, context),
            PeerEvent::Sender { kind, part, result } => {
                self.sender_faults.on_report(kind, part, result);
                self.send_presence(context.presence, context.out);
                MatchEvent::None
            }
        }
    }

    /// A signal from the partner, through the server.
    pub(crate) fn on_signal(&mut self, epoch: Epoch, signal: Signal, context: &mut MatchContext) {
        let is_offer = matches!(signal, Signal::Offer { .. });
        if is_offer && epoch > self.epoch && epoch.is_possible() {
            self.replace_connection(epoch, FirstOffer::Theirs, context);
        }
        if epoch == self.epoch {
            if is_offer {
                self.recovery.on_partner_restart(context.now);
            }
            self.connection.on_signal(signal, context.out);
        }
    }

    /// The partner's session with the server was lost, or has resumed.
    pub(crate) fn on_partner_signalling(&mut self, signalling: Signalling) {
        self.partner_signalling = signalling;
    }

    /// The server has restored the match from the ticket in a new session.
    pub(crate) fn on_server_restored(&mut self, out: &mut Vec<Output>) {
        (self.known_to_server, self.partner_signalling) = (true, Signalling::Back);
        self.on_signals_lost(out);
    }

    /// Signals were lost: our own, the partner's, or both. The partner learns it, too.
    ///
    /// The end with an unanswered offer makes it again. If no offer is open, candidates may be lost: then the impolite
    /// end looks for a path again, if there is none.
    pub(crate) fn on_signals_lost(&mut self, out: &mut Vec<Output>) {
        self.sent_signals = SentSignals::default();
        let searches = self.recovery.is_active() || !self.liveness.is_connected();
        if !self.connection.repeat_offer(out) && searches && self.terms.role == Role::Impolite {
            self.connection.restart_ice(out);
        }
    }

    /// The server sent new ICE servers.
    ///
    /// A relayed call moves to the new credentials before the old ones expire. Only the impolite end restarts ICE: one
    /// restart serves both.
    pub(crate) fn on_ice_servers(&mut self, ice: Vec<IceServer>, out: &mut Vec<Output>) {
        self.config.ice = ice;
        self.connection.set_servers(&self.config, out);
        let relayed = self.liveness.last_measurement().path == Some(Path::Relayed);
        if relayed && self.terms.role == Role::Impolite && !self.recovery.is_active() {
            self.connection.restart_ice(out);
        }
    }

    /// The network may have changed, so the path may be lost.
    pub(crate) fn on_network_changed(&mut self, now: Moment) {
        if self.liveness.is_connected() {
            self.recovery.on_network_changed(now);
            self.measure_at = now;
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, context: &mut MatchContext) -> MatchEvent {
        let now = context.now;
        if !self.liveness.is_connected() && now - self.since >= CONNECT_WITHIN {
            return MatchEvent::Failed;
        }
        if self.measure_at <= now {
            self.measure_at = now + MEASURE_EVERY;
            self.connection.perform(PeerCommand::Measure, context.out);
            self.repeat_refused(context.out);
            if self.liveness.is_connected() {
                self.send_presence(context.presence, context.out);
            }
        }
        if self.lacks_relay(now) {
            self.recovery.on_failed(now, self.terms.role);
        }
        let (silence, can_signal) = (self.liveness.silence(now), self.can_signal(context.line_open));
        match self.recovery.handle_timeout(now, silence, self.terms.role, can_signal) {
            Remedy::Wait => MatchEvent::None,
            Remedy::RestartIce => {
                self.connection.restart_ice(context.out);
                MatchEvent::None
            }
            Remedy::Reconnect => match self.epoch.next() {
                Some(epoch) => {
                    self.replace_connection(epoch, FirstOffer::of(self.terms.role), context);
                    MatchEvent::None
                }
                None => MatchEvent::Failed,
            },
            Remedy::GiveUp => MatchEvent::Failed,
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) next has something to do.
    pub(crate) fn deadline(&self, now: Moment, line_open: bool) -> Moment {
        let due = if self.liveness.is_connected() {
            self.measure_at
        } else {
            let slow_at = self.since + SLOW_AFTER;
            let end = if slow_at > now { slow_at } else { self.since + CONNECT_WITHIN };
            end.min(self.measure_at)
        };
        let due = self.chat.deadline(now).map_or(due, |at| at.min(due));
        let due = self.sent_signals.deadline().map_or(due, |at| at.min(due));
        self.recovery.deadline(self.can_signal(line_open)).map_or(due, |at| at.min(due))
    }

    /// Closes the connection.
    pub(crate) fn close(self, out: &mut Vec<Output>) {
        self.connection.close(out);
    }

    fn on_connection_state(&mut self, state: ConnectionState, context: &mut MatchContext) {
        match state {
            ConnectionState::Connected => {
                self.mark(Milestone::Dtls, context);
                let is_awaited = !self.liveness.is_connected();
                let wait = if is_awaited { self.measure_interval() } else { Duration::ZERO };
                self.measure_at = context.now + wait;
            }
            ConnectionState::Disconnected => self.recovery.on_disconnected(context.now),
            ConnectionState::Failed => self.recovery.on_failed(context.now, self.terms.role),
            ConnectionState::New | ConnectionState::Connecting | ConnectionState::Closed => {}
        }
    }

    fn on_measurement(&mut self, measurement: Measurement, context: &mut MatchContext) -> MatchEvent {
        let now = context.now;
        // A blurred picture has few frames on the best of networks.
        let is_person =
            self.partner_presence.video && !self.partner_presence.screen && self.cover.is_lifted();
        self.quality.on_measurement(now, measurement, is_person);
        if self.liveness.on_measurement(now, measurement) {
            self.recovery.on_received();
        }
        let is_new = self.liveness.update_connected(now);
        let message = self.liveness.picture.take_message(now);
        self.send_to_partner(message, context.out);
        if is_new {
            return MatchEvent::Connected;
        }
        if !self.liveness.is_connected() {
            self.measure_at = now + self.measure_interval();
        } else if self.liveness.awaits_frames(now) {
            self.measure_at = self.measure_at.min(now + MEASURE_PICTURE);
        }
        let is_silent = self.liveness.silence(now) >= SILENT_FOR;
        if is_silent && !self.can_signal(context.line_open) { MatchEvent::Silent } else { MatchEvent::None }
    }

    /// The time between two measurements while connecting.
    const fn measure_interval(&self) -> Duration {
        if self.liveness.partner_media.video { MEASURE_PICTURE } else { MEASURE_SOON }
    }

    /// Asks again for what the senders have refused.
    fn repeat_refused(&mut self, out: &mut Vec<Output>) {
        let retry = self.sender_faults.take_retry();
        if retry.tracks {
            out.push(Output::SendTracks);
        }
        if retry.limits {
            self.connection.repeat_limits(out);
        }
    }

    /// Whether signals can reach the partner.
    fn can_signal(&self, line_open: bool) -> bool {
        self.known_to_server && line_open && self.partner_signalling == Signalling::Back
    }

    /// Whether a relay is available that the prepared offer did not know of, and no path was found without it.
    fn lacks_relay(&self, now: Moment) -> bool {
        !self.liveness.is_connected()
            && self.epoch == Epoch::PREPARED
            && now - self.since >= SLOW_AFTER
            && self.marks.get(Milestone::Ice).is_none()
            && self.config.ice.iter().any(|it| it.username.is_some())
            && self.recovery == Recovery::Healthy
    }

    /// Continues the match on a new connection.
    fn replace_connection(&mut self, epoch: Epoch, first_offer: FirstOffer, context: &mut MatchContext) {
        self.connection.close(context.out);
        let id = context.links.next();
        let config = self.limited_config();
        self.connection = Connection::open(id, self.terms.role, first_offer, &config, context.out);
        self.epoch = epoch;
        self.sent_signals = SentSignals::default();
        self.liveness.on_new_connection();
        (self.sender_faults, self.is_unseen) = (SenderFaults::default(), false);
        self.quality.on_new_connection();
        self.verification = Verification::Idle;
        if self.liveness.is_connected() {
            self.recovery.on_new_connection(context.now, self.terms.role);
        } else {
            self.recovery.on_received();
        }
    }

    fn mark_description(&mut self, kind: DescriptionKind, context: &mut MatchContext) {
        let milestone = match kind {
            DescriptionKind::Offer => Milestone::Offer,
            DescriptionKind::Answer => Milestone::Answer,
        };
        self.mark(milestone, context);
    }

    fn mark(&mut self, milestone: Milestone, context: &mut MatchContext) {
        if self.marks.set(milestone, context.now - self.since) {
            context.out.push(Output::Mark(milestone));
        }
    }
}
