//! The browser's state machine; it must not know the browser, the clock, the server's half, or how it is drawn.
//!
//! [`Call::handle`] takes one fact and returns what must be done, in order; [`Call::snapshot`] says what may be seen.
//! What people want is in `wishes`, with `equipment`, `window` and `writing`; what server and partner say is in
//! `conversation`, what follows for the queue in `queueing` and `request`; the line to the server is in `line`, one match in `meeting`, the offer made before it in `ahead`, one
//! connection in `connection` and `negotiation`, what arrives on it in `evidence`, how good that is in `strength`, how it is
//! got back in `recovery`, who is at its other end in `verification`, what the two write in `chat`; camera and microphone
//! are in `media`, what a person has chosen in `preferences`, what it likes to talk about in `topics`, whom it has met
//! in `acquaintances`, all that is kept of it in `keeping`, what is around the page in `surroundings`.

pub(crate) mod interface;

pub(crate) mod commands;
pub(crate) mod signalling;
pub(crate) mod partner;
pub(crate) mod devices;
pub(crate) mod profile;
pub(crate) mod page;

pub(crate) mod diagnostics;

#[cfg(test)]
mod tests;

use crate::{
    protocol::{Language, MatchId, Media, Occupancy, PairId, Tastes, ToServer},
    time::Moment,
};
use devices::{Asking, Devices};
use page::environment::Attendance;
use partner::{
    CurrentMatch, MatchEvent,
    context::{ConnectionIds, MatchContext},
};
use profile::{past_partners::Known, topics::Topics};
use signalling::{
    prepared_offer::PreparedConnection,
    retry::{Request, Requests},
    session::{Incoming, Line},
};

pub use interface::details::{Code, Codec, Details, Marks, Milestone, Path, Sample, Strength};
pub use interface::devices::{ChosenDevices, Device, DeviceInfo, DeviceKind, Menus};
pub use interface::input::{
    ConnectionId, ConnectionState, Description, DescriptionKind, DeviceEvent, Failed, Input, Measurement,
    MediaError, PageEvent, PeerEvent, SignalingState,
};
pub use interface::intent::{ChatWish, Intent, WindowWish};
pub use interface::output::{Output, PeerCommand, SendProfile};
pub use interface::problem::Problem;
pub use interface::snapshot::{Farewell, Flow, Phase, Snapshot, Sound};
pub use interface::stored_profile::StoredProfile;
pub use page::environment::{Abilities, Browser, Surroundings};
pub use partner::chat::{Author, ChatLine, ChatStatus};
pub use partner::encoding::VideoLimits;
pub use profile::past_partners::{Dated, PastPartners};
pub use profile::preferences::{Corner, Preferences, Switch};
pub use profile::topics::{Seeking, TopicTexts};

/// One page's part in the conversation.
#[derive(Debug)]
pub struct Call {
    now: Moment,
    rng: fastrand::Rng,
    line: Line,
    devices: Devices,
    preferences: Preferences,
    links: ConnectionIds,
    /// Offers made ahead so far.
    offers: u32,
    /// What the server has last been told to wait with.
    joined: Joined,
    requests: Requests,
    state: State,
    surroundings: Surroundings,
    /// Names this page; empty if it does not know.
    build: String,
    attendance: Attendance,
    topics: Topics,
    /// Milliseconds from the Unix epoch to the origin of time.
    unix_origin_ms: u64,
    acquaintances: PastPartners,
    /// What the server knows of them.
    known: Known,
    /// What the last hello has told it.
    shown: Known,
    /// The last partner and this one.
    pair: Option<PairId>,
    /// The page is in the background.
    away: bool,
    sound: Sound,
    chat_open: bool,
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
    /// Camera and microphone are open; nothing else has begun.
    Mirror,
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
        ahead: Option<Box<PreparedConnection>>,
        /// How busy it is, as the server has said last.
        here: Option<Occupancy>,
    },
    /// Has one.
    Meeting(Box<CurrentMatch>),
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Joined {
    media: Media,
    hide: bool,
    tastes: Tastes,
}

impl Call {
    /// A call that has not begun; `seed` is its chance, `kept` what this device remembers, `browser`, its `languages` and
    /// `build` what the page is.
    pub fn new(
        seed: u64,
        kept: StoredProfile,
        browser: Browser,
        languages: Vec<Language>,
        build: String,
    ) -> Self {
        let StoredProfile { preferences, chosen, topics, acquaintances } = kept;
        let devices = Devices::from_stored(chosen, preferences.has(Switch::PushToTalk));
        Self {
            preferences,
            surroundings: Surroundings { browser, ..Surroundings::default() },
            attendance: Attendance::default(),
            topics: Topics::recalled(topics, languages),
            build,
            unix_origin_ms: 0,
            acquaintances,
            known: Known::default(),
            shown: Known::default(),
            pair: None,
            away: false,
            sound: Sound::default(),
            chat_open: false,
            details_open: false,
            links: ConnectionIds::default(),
            offers: 0,
            joined: Joined::default(),
            requests: Requests::default(),
            now: Moment::default(),
            rng: fastrand::Rng::with_seed(seed),
            line: Line::default(),
            devices,
            state: State::Landing(None),
            asks_next_until: None,
        }
    }

    /// The same, in a page whose time began so many milliseconds after the Unix epoch.
    #[must_use]
    pub const fn begun_at(mut self, unix_origin_ms: u64) -> Self {
        self.unix_origin_ms = unix_origin_ms;
        self
    }

    /// Takes in one fact and says what must now be done. Total: never fails, never waits.
    pub fn handle(&mut self, now: Moment, input: Input) -> Vec<Output> {
        self.now = now;
        if !self.may_be_gone() {
            self.attendance.busy(now);
        }
        let mut out = Vec::new();
        match input {
            Input::Intent(intent) => self.wanted(intent, &mut out),
            Input::MediaOpened(have) => self.media_opened(have, &mut out),
            Input::MediaFailed(error) => self.media_failed(error, &mut out),
            Input::MediaLost(lost) => self.media_lost(lost, &mut out),
            Input::SocketOpened => self.greet(&mut out),
            Input::SocketLost => self.line.lost(now, &mut self.rng),
            Input::Message(frame) => match self.line.heard(now, frame, &mut self.rng, &mut out) {
                Incoming::Welcome { resumed, match_id, build, device } => {
                    self.greeted(resumed, device, &mut out);
                    // A server that names none, and a page that knows none of its own, leave it as it is.
                    let is_other = build.is_some_and(|it| !self.build.is_empty() && it != self.build);
                    self.surroundings.outdated |= is_other;
                    self.welcomed(resumed, match_id, &mut out);
                }
                Incoming::Message(msg) => self.told(msg, &mut out),
                Incoming::Nothing => {}
            },
            Input::UnknownMessage { seq, ack } => {
                self.line.heard_unknown(now, (seq, ack), &mut self.rng, &mut out)
            }
            Input::Peer { link, event } => self.peer_event(link, event, &mut out),
            Input::Devices(event) => self.devices_changed(event, &mut out),
            Input::StorageChanged(kept) => self.recalled(kept, &mut out),
            Input::Page(change) => self.surroundings_changed(change, &mut out),
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
            State::Landing(_) | State::Asking(_) | State::Mirror | State::Ready { .. } => None,
            State::Waiting { ahead, .. } => {
                let renew_at = ahead.as_ref().map(|it| it.renew_at());
                renew_at.into_iter().chain(self.topics.deadline(self.now)).min()
            }
            State::Meeting(meeting) => Some(meeting.deadline(self.now, self.line.is_open())),
            State::Ended { until, .. } => Some(*until),
        };
        let asks = self.may_be_gone().then(|| self.attendance.deadline(self.now));
        let line = self.line.deadline(self.now);
        let again = self.requests.deadline();
        [state, line, again, self.asks_next_until, asks, self.devices.deadline()].into_iter().flatten().min()
    }

    /// What may be seen at the moment of the last input.
    pub fn snapshot(&self) -> Snapshot {
        let (phase, problem) = match &self.state {
            State::Landing(problem) => (Phase::Landing, *problem),
            State::Asking(_) => (Phase::Asking, None),
            State::Mirror => (Phase::Mirror, None),
            State::Ready { .. } => (Phase::Ready, self.queue_problem()),
            State::Waiting { unconnected, .. } => {
                (Phase::Waiting { unconnected: *unconnected }, self.line_problem())
            }
            State::Meeting(meeting) => (meeting.phase(self.now), self.line_problem()),
            State::Ended { why, .. } => (Phase::Ended { why: *why }, self.line_problem()),
        };
        let here = if let State::Waiting { here, .. } = self.state { here } else { None };
        Snapshot {
            phase,
            problem,
            retries_in: self.line.seconds(self.now),
            microphone: self.devices.microphone(),
            camera: self.devices.camera(),
            sharing: self.devices.sharing,
            preferences: self.preferences,
            devices: self.devices.revision(),
            can_change_camera: self.devices.can_change_camera(),
            seeking: self.seeking(),
            topics: self.topics.revision(),
            blocked: self.blocked(),
            asks_next: self.asks_next_until.is_some_and(|until| until > self.now),
            sound: self.sound,
            surroundings: Surroundings {
                asks_presence: self.may_be_gone() && self.attendance.asks(self.now),
                here,
                ..self.surroundings
            },
            ..self.of_meeting()
        }
    }

    /// The devices to choose from; changes when [`Snapshot::devices`] does.
    pub fn menus(&self) -> Menus {
        self.devices.menus().clone()
    }

    /// What may be seen of the match; nothing without one.
    fn of_meeting(&self) -> Snapshot {
        let Some(meeting) = self.meeting() else { return Snapshot::default() };
        Snapshot {
            details: meeting.details(self.details_open),
            stranger: meeting.partner_presence(),
            shared: self.topics.shared(),
            chat: meeting.chat.status(self.now, self.chat_open),
            ..Snapshot::default()
        }
    }

    /// The match, if there is one.
    fn meeting(&self) -> Option<&CurrentMatch> {
        match &self.state {
            State::Meeting(meeting) => Some(meeting),
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Ended { .. } => None,
        }
    }

    fn say(&mut self, msg: ToServer, out: &mut Vec<Output>) {
        if !self.line.send(self.now, msg, out) {
            self.line.abandon(self.now, &mut self.rng, out);
        }
    }

    fn tick(&mut self, out: &mut Vec<Output>) {
        self.line.tick(self.now, &mut self.rng, out);
        self.request_again(out);
        self.stop_who_is_gone(out);
        if self.asks_next_until.is_some_and(|until| until <= self.now) {
            self.asks_next_until = None;
        }
        self.devices.handle_timeout(self.now, out);
        match &self.state {
            State::Landing(_) | State::Asking(_) | State::Mirror | State::Ready { .. } => {}
            State::Waiting { ahead, .. } => {
                if ahead.as_ref().is_some_and(|it| it.renew_at() <= self.now) {
                    self.offer_ahead_again(out);
                }
            }
            State::Meeting(_) => {
                let news = self.in_meeting(out, |meeting, around| meeting.handle_timeout(around));
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
            State::Meeting(meeting) => meeting.on_network_changed(self.now),
            State::Waiting { .. } => self.offer_ahead_again(out),
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Ready { .. }
            | State::Ended { .. } => {}
        }
    }

    /// Lets the match, if there is one, act on what is around it. While it looks for a new path the line is doubted too:
    /// nothing can be agreed on without it, and it may have been lost with the path.
    fn in_meeting(
        &mut self,
        out: &mut Vec<Output>,
        act: impl FnOnce(&mut CurrentMatch, &mut MatchContext) -> MatchEvent,
    ) -> MatchEvent {
        let presence = self.presence();
        let State::Meeting(meeting) = &mut self.state else { return MatchEvent::None };
        let was_restoring = meeting.is_recovering();
        let (line_open, chat_open) = (self.line.is_open(), self.chat_open);
        let around =
            &mut MatchContext { now: self.now, line_open, presence, chat_open, links: &mut self.links, out };
        let news = act(meeting, around);
        if meeting.is_recovering() && !was_restoring {
            self.line.doubt(self.now, out);
        }
        news
    }

    fn ticket(&self) -> Option<String> {
        self.meeting()?.ticket().map(str::to_owned)
    }
}
