//! The browser's state machine; it must not know the browser, the clock, the server's half, or how it is drawn.
//!
//! [`Call::handle`] takes one fact and returns what must be done, in order; [`Call::snapshot`] says what may be seen.
//! What people want is in `wishes`, what server and partner say in `conversation`; the line to the server is in
//! `line`, one match in `meeting`, its negotiation in `negotiation`, camera and microphone in `media`.

mod conversation;
mod input;
mod line;
mod media;
mod meeting;
mod negotiation;
mod output;
mod snapshot;
mod wishes;

#[cfg(test)]
mod tests;

use line::{Incoming, Line};
use media::{Asking, Devices};
use meeting::Meeting;

pub use input::{
    ConnectionState, Description, DescriptionKind, Failed, Input, Link, Measurement, MediaError, PeerEvent,
    SignalingState,
};
pub use output::{Output, PeerDeed, Quality};
pub use snapshot::{
    Code, Details, Device, Farewell, Flow, Intent, Marks, Milestone, Path, Phase, Preferences, Problem,
    Snapshot,
};

use crate::{protocol::ToServer, time::Moment};

/// One page's part in the conversation.
#[derive(Debug)]
pub struct Call {
    now: Moment,
    rng: fastrand::Rng,
    line: Line,
    devices: Devices,
    preferences: Preferences,
    /// Connections made so far.
    links: u32,
    state: State,
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
    },
    /// Has one.
    Meeting(Box<Meeting>),
    /// Had one; wants the next at this moment.
    Ended(Farewell, Moment),
}

impl Call {
    /// A call that has not begun; `seed` is its chance, `preferences` what this device remembers.
    pub fn new(seed: u64, preferences: Preferences) -> Self {
        Self {
            preferences,
            links: 0,
            now: Moment::default(),
            rng: fastrand::Rng::with_seed(seed),
            line: Line::default(),
            devices: Devices::default(),
            state: State::Landing(None),
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
            Input::SocketOpened => self.line.opened(&mut out),
            Input::SocketLost => self.line.lost(now, &mut self.rng),
            Input::Heard(frame) => match self.line.heard(now, frame, &mut self.rng, &mut out) {
                Incoming::Welcome { resumed } => self.welcomed(resumed, &mut out),
                Incoming::Message(msg) => self.told(msg, &mut out),
                Incoming::Nothing => {}
            },
            Input::HeardUnknown { seq, ack } => {
                self.line.heard_unknown(now, (seq, ack), &mut self.rng, &mut out)
            }
            Input::Peer { link, event } => self.peer_event(link, event, &mut out),
            Input::CameraChanged | Input::CamerasCounted(_) => {}
            Input::NetworkChanged => self.line.hurry(now, &mut out),
            Input::PageHidden => self.stop(None, &mut out),
            Input::Tick => self.tick(&mut out),
        }
        self.stop_without_devices(&mut out);
        out
    }

    /// When `handle(now, Input::Tick)` next has something to do.
    pub fn next_deadline(&self) -> Option<Moment> {
        let state = match &self.state {
            State::Landing(_) | State::Asking(_) | State::Ready { .. } | State::Waiting { .. } => None,
            State::Meeting(meeting) => Some(meeting.deadline(self.now)),
            State::Ended(_, until) => Some(*until),
        };
        [state, self.line.deadline(self.now), self.asks_next_until].into_iter().flatten().min()
    }

    /// What may be seen at the moment of the last input.
    pub fn snapshot(&self) -> Snapshot {
        let (phase, problem) = match &self.state {
            State::Landing(problem) => (Phase::Landing, *problem),
            State::Asking(_) => (Phase::Asking, None),
            State::Ready { .. } => (Phase::Ready, self.line_problem()),
            State::Waiting { unconnected } => {
                (Phase::Waiting { unconnected: *unconnected }, self.line_problem())
            }
            State::Meeting(meeting) => (meeting.phase(self.now), self.line_problem()),
            State::Ended(why, _) => (Phase::Ended { why: *why }, self.line_problem()),
        };
        Snapshot {
            phase,
            problem,
            microphone: self.devices.microphone(),
            camera: self.devices.camera(),
            preferences: self.preferences,
            can_change_camera: false,
            details: Details::default(),
            asks_next: self.asks_next_until.is_some_and(|until| until > self.now),
        }
    }

    fn line_problem(&self) -> Option<Problem> {
        let lost = if self.line.is_full() { Problem::ServerFull } else { Problem::ServerLost };
        self.line.is_missed(self.now).then_some(lost)
    }

    /// Asks the server for a partner; safe to say twice.
    fn join(&mut self, unconnected: bool, out: &mut Vec<Output>) {
        self.state = State::Ready { unconnected };
        // Said on a line that is away it would be said again by `welcomed`.
        if self.line.is_open() {
            self.say(ToServer::Join { media: self.devices.have, hide: false }, out);
        }
    }

    fn next_link(&mut self) -> Link {
        self.links += 1;
        Link(self.links)
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
        match &mut self.state {
            State::Landing(_) | State::Asking(_) | State::Ready { .. } | State::Waiting { .. } => {}
            State::Meeting(meeting) => {
                let news = meeting.tick(self.now, out);
                self.news(news, out);
            }
            State::Ended(_, until) if *until > self.now => {}
            State::Ended(..) => self.join(false, out),
        }
    }
}
