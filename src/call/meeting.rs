//! One match as this end sees it: negotiates, proves that media arrives, notices when it stops; it must not know
//! what comes before or after it.

use std::time::Duration;

use super::{
    ConnectionState, Flow, Link, Measurement, Output, PeerDeed, PeerEvent, Phase,
    negotiation::{Negotiation, Step},
};
use crate::{
    protocol::{
        Epoch, IceServer, MatchId, Media, PeerMessage, Role, Signal, Signalling,
        limits::{CONNECT_WITHIN, MAX_CANDIDATES},
    },
    time::Moment,
};

/// When connecting is said to take longer than usual; a direct call takes well under a second.
const SLOW_AFTER: Duration = Duration::from_secs(4);

/// Between two looks at the statistics while the first media is awaited; a frame at 30 Hz takes 33 ms.
const MEASURE_SOON: Duration = Duration::from_millis(50);

/// Between two looks at the statistics of a call.
const MEASURE_EVERY: Duration = Duration::from_secs(1);

/// How long nothing may arrive before the page says that the picture stands.
const INTERRUPTED_AFTER: Duration = Duration::from_secs(2);

/// How long nothing may arrive before a match that the server cannot mend is given up.
const SILENT_FOR: Duration = Duration::from_secs(5);

/// A match and its one connection.
#[derive(Debug)]
pub(super) struct Meeting {
    /// The connection.
    pub(super) link: Link,
    /// The match.
    pub(super) match_id: MatchId,
    /// The number of the connection in it.
    pub(super) epoch: Epoch,
    /// Whether the server still knows the match: only then can the two be helped.
    pub(super) known: bool,
    negotiation: Negotiation,
    /// Candidates of this end so far.
    candidates: u16,
    partner: Media,
    partner_signalling: Signalling,
    since: Moment,
    progress: Progress,
    measure_at: Moment,
    /// The last measurement, and when bytes were last seen to have come.
    measured: Measurement,
    grew_at: Moment,
    interrupted: bool,
    channel_open: bool,
}

/// How far a match has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// What was promised is not there yet.
    Connecting,
    /// It is.
    Talking,
}

/// What has become of a match.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing to speak of.
    None,
    /// What was promised has arrived for the first time.
    Connected,
    /// The data channel is open.
    ChannelOpened,
    /// The two cannot be connected, or not any more.
    Failed,
    /// Nothing comes, and nobody can be asked why.
    Silent,
    /// For the partner.
    Send(Signal),
}

impl Meeting {
    /// Begins a match.
    pub(super) fn new(
        now: Moment,
        link: Link,
        match_id: MatchId,
        role: Role,
        partner: Media,
        ice: Vec<IceServer>,
        out: &mut Vec<Output>,
    ) -> Self {
        let (negotiation, first) = Negotiation::new(role);
        let deeds = [Some(PeerDeed::Open { ice, relay_only: false }), first];
        out.extend(deeds.into_iter().flatten().map(|deed| Output::Peer { link, deed }));
        Self {
            link,
            match_id,
            epoch: Epoch::FIRST,
            known: true,
            negotiation,
            candidates: 0,
            partner,
            partner_signalling: Signalling::Back,
            since: now,
            progress: Progress::Connecting,
            measure_at: now + MEASURE_EVERY,
            measured: Measurement::default(),
            grew_at: now,
            interrupted: false,
            channel_open: false,
        }
    }

    /// Takes in what happened to the connection.
    pub(super) fn happened(
        &mut self,
        now: Moment,
        event: PeerEvent,
        line_open: bool,
        out: &mut Vec<Output>,
    ) -> News {
        match event {
            PeerEvent::NegotiationNeeded => {
                let step = self.negotiation.needed();
                self.step(step, out)
            }
            PeerEvent::LocalSet(result) => match self.negotiation.local_set(result) {
                Some(step) => self.step(step, out),
                None => News::None,
            },
            PeerEvent::RemoteSet(result) => {
                // Nothing in these steps is for the partner: the answer comes when it is set.
                for step in self.negotiation.remote_set(result) {
                    self.step(step, out);
                }
                News::None
            }
            // One more would be refused, and too many refusals end the session.
            PeerEvent::CandidateFound(_) if self.candidates >= MAX_CANDIDATES => News::None,
            PeerEvent::CandidateFound(candidate) => {
                self.candidates += 1;
                News::Send(Signal::Candidate(candidate))
            }
            PeerEvent::CandidatesEnded { username_fragment } => {
                News::Send(Signal::EndOfCandidates { username_fragment })
            }
            PeerEvent::Signaling(state) => {
                self.negotiation.signaling_state_changed(state);
                News::None
            }
            PeerEvent::Connection(state) => self.connection_changed(now, state),
            PeerEvent::ChannelOpened { nonce: _ } => {
                self.channel_open = true;
                News::ChannelOpened
            }
            PeerEvent::Told(PeerMessage::Sending { audio, video }) => {
                self.partner = Media { audio, video };
                News::None
            }
            PeerEvent::Told(
                PeerMessage::Bye {}
                | PeerMessage::Commit { .. }
                | PeerMessage::Nonce { .. }
                | PeerMessage::Reveal { .. },
            )
            | PeerEvent::PathFound
            | PeerEvent::FramePresented => News::None,
            PeerEvent::Measured(measurement) => self.measured(now, measurement, line_open),
        }
    }

    /// Takes in what the partner has sent through the server.
    pub(super) fn signalled(&mut self, epoch: Epoch, signal: Signal, out: &mut Vec<Output>) {
        if epoch != self.epoch {
            return;
        }
        if let Some(step) = self.negotiation.signalled(signal) {
            self.step(step, out);
        }
    }

    /// Takes in what became of the partner's own line.
    pub(super) fn partner_signalling(&mut self, signalling: Signalling) {
        self.partner_signalling = signalling;
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Moment, out: &mut Vec<Output>) -> News {
        if self.progress == Progress::Connecting && now - self.since >= CONNECT_WITHIN {
            return News::Failed;
        }
        if self.measure_at <= now {
            self.measure_at = now + MEASURE_EVERY;
            self.perform(PeerDeed::Measure, out);
        }
        News::None
    }

    /// When something is due.
    pub(super) fn deadline(&self, now: Moment) -> Moment {
        match self.progress {
            Progress::Talking => self.measure_at,
            Progress::Connecting => {
                let slow_at = self.since + SLOW_AFTER;
                let end = if slow_at > now { slow_at } else { self.since + CONNECT_WITHIN };
                end.min(self.measure_at)
            }
        }
    }

    /// Tells the partner what is sent to it from now on.
    pub(super) fn tell_sending(&self, sending: Media, out: &mut Vec<Output>) {
        if self.channel_open {
            let Media { audio, video } = sending;
            self.perform(PeerDeed::Tell(PeerMessage::Sending { audio, video }), out);
        }
    }

    /// Closes the connection.
    pub(super) fn close(self, out: &mut Vec<Output>) {
        self.perform(PeerDeed::Close, out);
    }

    /// Whether it is a call, and something still comes.
    pub(super) fn is_alive(&self, now: Moment) -> bool {
        self.progress == Progress::Talking && now - self.grew_at < SILENT_FOR
    }

    /// What people see of it.
    pub(super) fn phase(&self, now: Moment) -> Phase {
        match self.progress {
            Progress::Connecting => Phase::Connecting { slow: now - self.since >= SLOW_AFTER },
            Progress::Talking => Phase::Talking {
                partner: self.partner,
                flow: if self.interrupted { Flow::Interrupted } else { Flow::Steady },
            },
        }
    }

    fn connection_changed(&mut self, now: Moment, state: ConnectionState) -> News {
        match state {
            ConnectionState::Connected => {
                self.measure_at = now;
                News::None
            }
            ConnectionState::Failed => News::Failed,
            ConnectionState::New
            | ConnectionState::Connecting
            | ConnectionState::Disconnected
            | ConnectionState::Closed => News::None,
        }
    }

    fn measured(&mut self, now: Moment, measurement: Measurement, line_open: bool) -> News {
        if measurement.bytes_received > self.measured.bytes_received {
            self.grew_at = now;
        }
        self.measured = measurement;
        match self.progress {
            Progress::Connecting if self.is_proven() => {
                (self.progress, self.grew_at) = (Progress::Talking, now);
                News::Connected
            }
            Progress::Connecting => {
                self.measure_at = now + MEASURE_SOON;
                News::None
            }
            Progress::Talking => {
                let silence = now - self.grew_at;
                self.interrupted = silence >= INTERRUPTED_AFTER;
                let helpless = !self.known || !line_open || self.partner_signalling == Signalling::Lost;
                if helpless && silence >= SILENT_FOR { News::Silent } else { News::None }
            }
        }
    }

    /// Whether what the partner promised is there.
    fn is_proven(&self) -> bool {
        match self.partner {
            Media { video: true, .. } => self.measured.frames_decoded > 0,
            Media { audio: true, .. } => self.measured.audio_packets > 0,
            Media { .. } => self.channel_open,
        }
    }

    fn step(&self, step: Step, out: &mut Vec<Output>) -> News {
        match step {
            Step::Do(deed) => {
                self.perform(deed, out);
                News::None
            }
            Step::Send(signal) => News::Send(signal),
        }
    }

    fn perform(&self, deed: PeerDeed, out: &mut Vec<Output>) {
        out.push(Output::Peer { link: self.link, deed });
    }
}
