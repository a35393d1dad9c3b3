//! The browser's state machine; it must not know the browser, the clock, the server's half, or how it is drawn.
//!
//! [`Call::handle`] takes one fact and returns what must be done, in order; [`Call::snapshot`] says what may be seen.
//! What people want is in `wishes`, what server and partner say in `conversation`, what follows for the queue in
//! `queueing`; the line to the server is in `line`, one match in `meeting`, the offer made before it in `ahead`, one
//! connection in `connection` and `negotiation`, what arrives on it in `evidence`, how it is got back in `recovery`, who
//! is at its other end in `verification`, camera and microphone in `media`.

mod ahead;
mod around;
mod connection;
mod conversation;
mod evidence;
mod input;
mod line;
mod media;
mod meeting;
mod negotiation;
mod output;
mod queueing;
mod recovery;
mod snapshot;
mod verification;
mod wishes;

#[cfg(test)]
mod tests;

use ahead::Ahead;
use around::{Around, Links};
use connection::Way;
use line::{Incoming, Line};
use media::{Asking, Devices};
use meeting::{Meeting, News};

pub use input::{
    ConnectionState, Description, DescriptionKind, Failed, Input, Link, Measurement, MediaError, PeerEvent,
    SignalingState,
};
pub use output::{Output, PeerDeed, Quality};
pub use snapshot::{
    Code, Details, Device, Farewell, Flow, Intent, Marks, Milestone, Path, Phase, Preferences, Problem,
    Snapshot,
};

use crate::{
    protocol::{IceServer, MatchId, Media, ToServer},
    time::Moment,
};

/// One page's part in the conversation.
#[derive(Debug)]
pub struct Call {
    now: Moment,
    rng: fastrand::Rng,
    line: Line,
    devices: Devices,
    preferences: Preferences,
    links: Links,
    /// Offers made ahead so far.
    offers: u32,
    /// What the server has last been told to wait with.
    joined: Joined,
    state: State,
    /// Somebody looks at the details.
    details_open: bool,
    /// Esc was pressed; the second one counts until then.
    asks_next_until: Option<Moment>,
}

/// Where the page stands.
#[derive(Debug)]
enum State {
    /// Nothing has begun, or it could not.
    Landing(Option<Problem>),
    /// The browser asks for camera and microphone.
    Asking(Asking),
    /// Wants a partner; the server does not know it yet.
    Ready {
        /// The last match could not be connected, or not kept so.
        unconnected: bool,
    },
    /// Wants a partner, and the server knows it.
    Waiting {
        /// As above.
        unconnected: bool,
        /// The offer for whoever comes.
        ahead: Option<Box<Ahead>>,
    },
    /// Has one.
    Meeting(Box<Meeting>),
    /// Had one; wants the next in a moment.
    Ended {
        /// How it ended.
        why: Farewell,
        /// When the next is wanted.
        until: Moment,
        /// The match, if it may still be one to the server.
        open: Option<MatchId>,
    },
}

/// What a peer waits with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Joined {
    media: Media,
    hide: bool,
}

impl Call {
    /// A call that has not begun; `seed` is its chance, `preferences` what this device remembers.
    pub fn new(seed: u64, preferences: Preferences) -> Self {
        Self {
            preferences,
            links: Links::default(),
            offers: 0,
            joined: Joined::default(),
            now: Moment::default(),
            rng: fastrand::Rng::with_seed(seed),
            line: Line::default(),
            devices: Devices::default(),
            state: State::Landing(None),
            details_open: false,
            asks_next_until: None,
        }
    }

    /// Takes in one fact and says what must now be done. Total: never fails, never waits.
    pub fn handle(&mut self, now: Moment, input: Input) -> Vec<Output> {
        self.now = now;
        let mut out = Vec::new();
        match input {
            Input::Wanted(intent) => self.wanted(intent, &mut out),
            Input::MediaOpened(have) => self.media_opened(have, &mut out),
            Input::MediaFailed(error) => self.media_failed(error, &mut out),
            Input::MediaLost(lost) => self.media_lost(lost, &mut out),
            Input::SocketOpened => {
                let ticket = self.ticket();
                self.line.opened(ticket, &mut out);
            }
            Input::SocketLost => self.line.lost(now, &mut self.rng),
            Input::Heard(frame) => match self.line.heard(now, frame, &mut self.rng, &mut out) {
                Incoming::Welcome { resumed, match_id } => self.welcomed(resumed, match_id, &mut out),
                Incoming::Message(msg) => self.told(msg, &mut out),
                Incoming::Nothing => {}
            },
            Input::HeardUnknown { seq, ack } => {
                self.line.heard_unknown(now, (seq, ack), &mut self.rng, &mut out)
            }
            Input::Peer { link, event } => self.peer_event(link, event, &mut out),
            Input::CameraChanged => self.devices.camera_changed(),
            Input::CamerasCounted(cameras) => self.devices.cameras = cameras,
            Input::NetworkChanged => self.network_changed(&mut out),
            Input::PageHidden => self.stop(None, &mut out),
            Input::Tick => self.tick(&mut out),
        }
        self.stop_without_devices(&mut out);
        out
    }

    /// When `handle(now, Input::Tick)` next has something to do.
    pub fn next_deadline(&self) -> Option<Moment> {
        let state = match &self.state {
            State::Landing(_) | State::Asking(_) | State::Ready { .. } => None,
            State::Waiting { ahead, .. } => ahead.as_ref().map(|it| it.renew_at()),
            State::Meeting(meeting) => Some(meeting.deadline(self.now, self.line.is_open())),
            State::Ended { until, .. } => Some(*until),
        };
        [state, self.line.deadline(self.now), self.asks_next_until].into_iter().flatten().min()
    }

    /// What may be seen at the moment of the last input.
    pub fn snapshot(&self) -> Snapshot {
        let (phase, problem) = match &self.state {
            State::Landing(problem) => (Phase::Landing, *problem),
            State::Asking(_) => (Phase::Asking, None),
            State::Ready { .. } => (Phase::Ready, self.line_problem()),
            State::Waiting { unconnected, .. } => {
                (Phase::Waiting { unconnected: *unconnected }, self.line_problem())
            }
            State::Meeting(meeting) => (meeting.phase(self.now), self.line_problem()),
            State::Ended { why, .. } => (Phase::Ended { why: *why }, self.line_problem()),
        };
        Snapshot {
            phase,
            problem,
            microphone: self.devices.microphone(),
            camera: self.devices.camera(),
            preferences: self.preferences,
            can_change_camera: self.devices.can_change_camera(),
            details: match &self.state {
                State::Meeting(meeting) => meeting.details(self.details_open),
                State::Landing(_)
                | State::Asking(_)
                | State::Ready { .. }
                | State::Waiting { .. }
                | State::Ended { .. } => Details::default(),
            },
            asks_next: self.asks_next_until.is_some_and(|until| until > self.now),
        }
    }

    fn line_problem(&self) -> Option<Problem> {
        let lost = if self.line.is_full() { Problem::ServerFull } else { Problem::ServerLost };
        self.line.is_missed(self.now).then_some(lost)
    }

    fn say(&mut self, msg: ToServer, out: &mut Vec<Output>) {
        if !self.line.send(self.now, msg, out) {
            self.line.abandon(self.now, &mut self.rng, out);
        }
    }

    fn tick(&mut self, out: &mut Vec<Output>) {
        self.line.tick(self.now, &mut self.rng, out);
        if self.asks_next_until.is_some_and(|until| until <= self.now) {
            self.asks_next_until = None;
        }
        match &self.state {
            State::Landing(_) | State::Asking(_) | State::Ready { .. } => {}
            State::Waiting { ahead, .. } => {
                if ahead.as_ref().is_some_and(|it| it.renew_at() <= self.now) {
                    self.offer_ahead_again(out);
                }
            }
            State::Meeting(_) => {
                let news = self.in_meeting(out, |meeting, around| meeting.tick(around));
                self.news(news, out);
            }
            State::Ended { until, .. } if *until > self.now => {}
            State::Ended { open, .. } => {
                let open = *open;
                self.want_next(open, out);
            }
        }
    }

    fn network_changed(&mut self, out: &mut Vec<Output>) {
        self.line.hurry(self.now, out);
        self.line.doubt(self.now, out);
        match &mut self.state {
            State::Meeting(meeting) => meeting.network_changed(self.now),
            State::Waiting { .. } => self.offer_ahead_again(out),
            State::Landing(_) | State::Asking(_) | State::Ready { .. } | State::Ended { .. } => {}
        }
    }

    /// Lets the match, if there is one, act on what is around it. While it looks for a new path the line is doubted too:
    /// nothing can be agreed on without it, and it may have been lost with the path.
    fn in_meeting(
        &mut self,
        out: &mut Vec<Output>,
        act: impl FnOnce(&mut Meeting, &mut Around) -> News,
    ) -> News {
        let State::Meeting(meeting) = &mut self.state else { return News::None };
        let was_restoring = meeting.is_restoring();
        let (line_open, sending) = (self.line.is_open(), self.devices.sending());
        let around = &mut Around { now: self.now, line_open, sending, links: &mut self.links, out };
        let news = act(meeting, around);
        if meeting.is_restoring() && !was_restoring {
            self.line.doubt(self.now, out);
        }
        news
    }

    fn ticket(&self) -> Option<String> {
        match &self.state {
            State::Meeting(meeting) => meeting.ticket().map(str::to_owned),
            State::Landing(_)
            | State::Asking(_)
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Ended { .. } => None,
        }
    }

    fn way(&self, ice: Vec<IceServer>, relay_only: bool) -> Way {
        Way { ice, relay_only, quality: self.quality() }
    }

    const fn quality(&self) -> Quality {
        if self.preferences.save_data { Quality::Saving } else { Quality::Full }
    }
}
