//! One match as this end sees it: proves that media arrives, notices when it stops, gets it back; it must not know what
//! comes before or after it.

pub(crate) mod start;
pub(crate) mod context;
pub(crate) mod view;

pub(crate) mod connection;
pub(crate) mod negotiation;
pub(crate) mod recovery;

pub(crate) mod liveness;
pub(crate) mod quality;

pub(crate) mod verification;
pub(crate) mod chat;

use std::time::Duration;

use super::{
    ConnectionId, ConnectionState, DescriptionKind, Marks, Measurement, Milestone, Output, Path, PeerCommand,
    PeerEvent, SendProfile,
};
use crate::{
    protocol::{Epoch, IceServer, PeerMessage, Presence, Role, Signal, Signalling, limits::CONNECT_WITHIN},
    time::Moment,
};
use chat::Chat;
use connection::{Beginning, Connection, Way};
use context::{Around, Terms};
use liveness::Evidence;
use quality::Record;
use recovery::{Recovery, Remedy};
use verification::Verification;

/// When connecting is said to take longer than usual; a direct call takes well under a second.
const SLOW_AFTER: Duration = Duration::from_secs(4);

/// Between two looks at the statistics while the first media is awaited; a frame at 30 Hz takes 33 ms.
const MEASURE_SOON: Duration = Duration::from_millis(50);

/// Between two looks at the statistics of a call, and between two signs of life for the partner.
const MEASURE_EVERY: Duration = Duration::from_secs(1);

/// How long nothing may arrive before a match that the server cannot mend is given up.
const SILENT_FOR: Duration = Duration::from_secs(5);

/// A match and its connection.
#[derive(Debug)]
pub(crate) struct Meeting {
    /// What the server has said of it.
    pub(crate) terms: Terms,
    /// Whether the server still knows the match: only then can the two be helped.
    pub(crate) known: bool,
    /// The number of the connection in the match.
    pub(crate) epoch: Epoch,
    /// What the two write to each other.
    pub(crate) chat: Chat,
    /// How good it was, second by second.
    pub(crate) record: Record,
    stranger: Presence,
    connection: Connection,
    way: Way,
    partner_signalling: Signalling,
    since: Moment,
    evidence: Evidence,
    measure_at: Moment,
    recovery: Recovery,
    verification: Verification,
    marks: Marks,
}

/// What has become of a match.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing to speak of.
    None,
    /// What was promised has arrived for the first time.
    Connected,
    /// The two cannot be connected, or not any more.
    Failed,
    /// Nothing comes, and nobody can be asked why.
    Silent,
    /// The partner has said goodbye.
    Left,
    /// For the partner.
    Send(Signal),
}

impl Meeting {
    /// Whether news of this connection is news of this match.
    pub(crate) fn is_of(&self, link: ConnectionId) -> bool {
        self.connection.link == link
    }

    /// Takes in what happened to the connection.
    pub(crate) fn happened(&mut self, event: PeerEvent, around: &mut Around) -> News {
        match event {
            PeerEvent::NegotiationNeeded => {
                self.connection.needed(around.out);
                News::None
            }
            PeerEvent::LocalSet(result) => {
                let Some((kind, signal)) = self.connection.local_set(result) else { return News::None };
                self.mark_description(kind, around);
                News::Send(signal)
            }
            PeerEvent::RemoteSet(result) => {
                if let Some(kind) = self.connection.remote_set(result, around.out) {
                    self.mark_description(kind, around);
                }
                News::None
            }
            PeerEvent::CandidateFound(candidate) => {
                self.connection.candidate_found(candidate).map_or(News::None, News::Send)
            }
            PeerEvent::CandidatesEnded { username_fragment } => {
                News::Send(Signal::EndOfCandidates { username_fragment })
            }
            PeerEvent::Signaling(state) => {
                self.connection.signaling_state_changed(state);
                News::None
            }
            PeerEvent::Connection(state) => {
                self.connection_changed(state, around);
                News::None
            }
            PeerEvent::PathFound => {
                self.mark(Milestone::Ice, around);
                News::None
            }
            PeerEvent::ChannelOpened { nonce } => {
                self.evidence.channel_open = true;
                self.tell_presence(around.presence, around.out);
                let opening = self.verification.opened(self.terms.role, nonce);
                self.tell(opening, around.out);
                self.chat.again().for_each(|it| self.tell(Some(it), around.out));
                News::None
            }
            PeerEvent::FramePresented => {
                self.mark(Milestone::FirstFrame, around);
                // What is seen is believed when the statistics say the same.
                self.measure_at = around.now;
                News::None
            }
            PeerEvent::Message(message) => self.told(message, around),
            PeerEvent::Measured(measurement) => self.measured(measurement, around),
        }
    }

    /// Takes in what the partner has sent through the server.
    pub(crate) fn signalled(&mut self, epoch: Epoch, signal: Signal, around: &mut Around) {
        let is_offer = matches!(signal, Signal::Offer { .. });
        if is_offer && epoch > self.epoch && epoch.is_possible() {
            self.renew(epoch, Beginning::Answer, around);
        }
        if epoch == self.epoch {
            if is_offer {
                self.recovery.restarted_by_partner(around.now);
            }
            self.connection.signalled(signal, around.out);
        }
    }

    /// Takes in what became of the partner's own line.
    pub(crate) fn partner_signalling(&mut self, signalling: Signalling) {
        self.partner_signalling = signalling;
    }

    /// Takes in that the server knows the match again, though nothing of what was said before.
    pub(crate) fn known_again(&mut self, out: &mut Vec<Output>) {
        (self.known, self.partner_signalling) = (true, Signalling::Back);
        self.connection.offer_again(out);
    }

    /// Takes in new servers. What runs through a relay moves over to the new credentials before the old ones end.
    pub(crate) fn servers_changed(&mut self, ice: Vec<IceServer>, out: &mut Vec<Output>) {
        self.way.ice = ice;
        self.connection.set_servers(&self.way, out);
        let relayed = self.evidence.last().path == Some(Path::Relayed);
        if relayed && self.terms.role == Role::Impolite && !self.recovery.is_at_work() {
            self.connection.restart_ice(out);
        }
    }

    /// Takes in that what was connected may not be so any more.
    pub(crate) fn network_changed(&mut self, now: Moment) {
        if self.evidence.is_proven() {
            self.recovery.network_changed(now);
            self.measure_at = now;
        }
    }

    /// Changes how much may be sent.
    pub(crate) fn bound(&mut self, quality: SendProfile, out: &mut Vec<Output>) {
        self.way.quality = quality;
        self.connection.bound(quality, out);
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, around: &mut Around) -> News {
        let now = around.now;
        if !self.evidence.is_proven() && now - self.since >= CONNECT_WITHIN {
            return News::Failed;
        }
        if self.measure_at <= now {
            self.measure_at = now + MEASURE_EVERY;
            self.connection.perform(PeerCommand::Measure, around.out);
            if self.evidence.is_proven() {
                self.tell_presence(around.presence, around.out);
            }
        }
        if self.lacks_relay(now) {
            self.recovery.failed(now, self.terms.role);
        }
        let (silence, can_signal) = (self.evidence.silence(now), self.can_signal(around.line_open));
        match self.recovery.tick(now, silence, self.terms.role, can_signal) {
            Remedy::Wait => News::None,
            Remedy::Restart => {
                self.connection.restart_ice(around.out);
                News::None
            }
            Remedy::Renew => match self.epoch.next() {
                Some(epoch) => {
                    self.renew(epoch, Beginning::Offer, around);
                    News::None
                }
                None => News::Failed,
            },
            Remedy::GiveUp => News::Failed,
        }
    }

    /// When something is due.
    pub(crate) fn deadline(&self, now: Moment, line_open: bool) -> Moment {
        let due = if self.evidence.is_proven() {
            self.measure_at
        } else {
            let slow_at = self.since + SLOW_AFTER;
            let end = if slow_at > now { slow_at } else { self.since + CONNECT_WITHIN };
            end.min(self.measure_at)
        };
        let due = self.chat.deadline(now).map_or(due, |at| at.min(due));
        self.recovery.deadline(self.can_signal(line_open)).map_or(due, |at| at.min(due))
    }

    /// Tells the partner what is sent to it from now on, and whether anybody is there.
    pub(crate) fn tell_presence(&self, presence: Presence, out: &mut Vec<Output>) {
        self.tell(Some(PeerMessage::Sending(presence)), out);
    }

    /// Says goodbye and closes the connection.
    pub(crate) fn leave(self, out: &mut Vec<Output>) {
        self.tell(Some(PeerMessage::Bye {}), out);
        self.close(out);
    }

    /// Closes the connection.
    pub(crate) fn close(self, out: &mut Vec<Output>) {
        self.connection.close(out);
    }

    fn connection_changed(&mut self, state: ConnectionState, around: &mut Around) {
        match state {
            ConnectionState::Connected => {
                self.mark(Milestone::Dtls, around);
                self.measure_at = around.now;
            }
            ConnectionState::Disconnected => self.recovery.disconnected(around.now),
            ConnectionState::Failed => self.recovery.failed(around.now, self.terms.role),
            ConnectionState::New | ConnectionState::Connecting | ConnectionState::Closed => {}
        }
    }

    fn told(&mut self, message: PeerMessage, around: &mut Around) -> News {
        self.heard(around.now);
        match message {
            PeerMessage::Sending(presence) => {
                (self.stranger, self.evidence.promised) = (presence, presence.media());
            }
            PeerMessage::Bye {} => return News::Left,
            PeerMessage::Commit { hash } => {
                let answer = self.verification.committed(hash);
                self.tell(answer, around.out);
            }
            PeerMessage::Nonce { nonce } => {
                let answer = self.verification.answered(nonce, self.connection.certificates());
                self.tell(answer, around.out);
            }
            PeerMessage::Reveal { nonce } => {
                self.verification.revealed(nonce, self.connection.certificates());
            }
            PeerMessage::Chat { number, text } => {
                let answer = self.chat.heard(around.now, number, &text, around.chat_open);
                self.tell(answer, around.out);
            }
            PeerMessage::Got { number } => self.chat.acknowledged(number),
            PeerMessage::Typing {} => self.chat.partner_types(around.now),
            PeerMessage::React { reaction } => self.chat.partner_reacts(around.now, reaction),
        }
        News::None
    }

    fn measured(&mut self, measurement: Measurement, around: &Around) -> News {
        let now = around.now;
        self.record.measured(now, measurement, self.stranger.video && !self.stranger.screen);
        if self.evidence.measured(now, measurement) {
            self.recovery.heard();
        }
        if self.evidence.proves(now) {
            return News::Connected;
        }
        if !self.evidence.is_proven() {
            self.measure_at = now + MEASURE_SOON;
        }
        let is_helpless = !self.can_signal(around.line_open);
        if is_helpless && self.evidence.silence(now) >= SILENT_FOR { News::Silent } else { News::None }
    }

    fn heard(&mut self, now: Moment) {
        self.evidence.heard(now);
        self.recovery.heard();
    }

    /// Whether the partner can be told anything through the server.
    fn can_signal(&self, line_open: bool) -> bool {
        self.known && line_open && self.partner_signalling == Signalling::Back
    }

    /// Whether no path was found with an offer made ahead, which knew of no relay though there is one now.
    fn lacks_relay(&self, now: Moment) -> bool {
        !self.evidence.is_proven()
            && self.epoch == Epoch::PREPARED
            && now - self.since >= SLOW_AFTER
            && self.marks.get(Milestone::Ice).is_none()
            && self.way.ice.iter().any(|it| it.username.is_some())
            && self.recovery == Recovery::Steady
    }

    /// Goes on with a fresh connection.
    fn renew(&mut self, epoch: Epoch, beginning: Beginning, around: &mut Around) {
        self.connection.close(around.out);
        let link = around.links.next();
        self.connection = Connection::open(link, self.terms.role, beginning, &self.way, around.out);
        self.epoch = epoch;
        self.evidence.renewed();
        self.record.renewed();
        self.verification = Verification::Idle;
        if self.evidence.is_proven() {
            self.recovery.renewed(around.now, self.terms.role);
        } else {
            self.recovery.heard();
        }
    }

    /// Says something to the partner, where there is something to say and a channel to say it on.
    pub(crate) fn tell(&self, message: Option<PeerMessage>, out: &mut Vec<Output>) {
        if let Some(message) = message.filter(|_| self.evidence.channel_open) {
            self.connection.perform(PeerCommand::Send(message), out);
        }
    }

    fn mark_description(&mut self, kind: DescriptionKind, around: &mut Around) {
        let milestone = match kind {
            DescriptionKind::Offer => Milestone::Offer,
            DescriptionKind::Answer => Milestone::Answer,
        };
        self.mark(milestone, around);
    }

    fn mark(&mut self, milestone: Milestone, around: &mut Around) {
        if self.marks.set(milestone, around.now - self.since) {
            around.out.push(Output::Mark(milestone));
        }
    }
}
