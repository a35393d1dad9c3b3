//! A simulation of two calls and one matchmaker on a virtual clock, with faulty browsers and connections.
//!
//! Each history applies random faults. Once they stop, both people must be talking. A history depends on its seed only,
//! so that a failure can be repeated with `DUET_SEED`.

mod browser;
mod transceivers;
mod wire;

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use passerby::{
    call::{
        Browser as BrowserInfo, Call, CheckFinding, Clocks, ConnectionId, Consent, Device, DeviceEvent,
        DeviceKind, Farewell, Flow, Input, Intent, Output, PeerEvent, Phase, SiteFacts, StoredProfile,
        Switch, TrackKind, carrier,
    },
    matchmaker::{self, Matchmaker},
    protocol::{self, Frame, Media, Message, PeerMessage},
    time::Moment,
};

use browser::Browser;
use wire::Wire;

/// Histories in one run; `DUET_HISTORIES` overrides it.
const HISTORIES: u64 = 10_000;

/// How long faults occur.
const FAULT_TIME: Duration = Duration::from_secs(60);

/// How long it may then take until both talk.
///
/// It covers the 30 s in which two peers that parted are not paired again, the longest grace period, the longest
/// backoff step and two attempts to connect.
const RECOVERY_TIME: Duration = Duration::from_secs(120);

/// How long it may take until cut sockets are replaced: a ping, the wait for its answer, and the backoff.
const SOCKETS_RESTORED: Duration = Duration::from_secs(75);

/// The index of a page.
type Side = usize;

/// A scheduled event.
#[derive(Debug)]
enum Event {
    /// An input of a page's state machine.
    Page(Side, Input),
    /// A text arrives at the server on the wire with this number.
    AtServer(u64, String),
    /// A text arrives at a page on the wire with this number.
    AtPage(Side, u64, String),
    /// A wire opens, or fails to open.
    WireOpened(Side, u64),
    /// The server notices the end of a wire, with the close code if there is one.
    ServerLost(u64, Option<u16>),
    /// The page notices the end of a wire.
    PageLost(Side, u64),
    /// A fault, or a press.
    Fault(Fault),
    /// The browser of a page runs its next command.
    Browser(Side),
    /// A message arrives over the data channel.
    PeerMessage(Side, ConnectionId, PeerMessage),
}

/// Something that can go wrong, or be pressed.
#[derive(Clone, Debug)]
enum Fault {
    Press(Side, Intent),
    Cut(Side),
    HalfOpen(Side),
    Stall(Side),
    DuplicateMessage(Side),
    /// The browser reports that the network may have changed.
    NetworkEvent(Side),
    /// The network changes, without a report.
    NetworkChanged(Side),
    PageHidden(Side),
    ServerRestarts,
    /// The server makes way for another process, which takes its listening socket over.
    ServerHandsOver,
    ServerUnreachable(bool),
    MediaBlocked(bool),
    ReceivesNothing(Side, bool),
    CameraLost(Side),
    DevicesBlocked(Side, bool),
    Renegotiate(Side),
    /// The server rejects every request for a partner with a rate limit.
    RateLimited(bool),
    /// The server has no room for every other signal.
    RefusesSignals(bool),
    /// A message to a page is lost although its socket stays open. The page notices a gap in the numbers and begins a
    /// new session; during a call, the ticket then takes the peer over.
    LoseMessage(Side),
}

/// The state of the simulation.
struct World {
    now: Moment,
    rng: fastrand::Rng,
    events: BinaryHeap<Reverse<Scheduled>>,
    counter: u64,
    matchmaker: Matchmaker,
    calls: [Call; 2],
    browsers: [Browser; 2],
    wires: Vec<Wire>,
    server_reachable: bool,
    media_blocked: bool,
    rate_limits_all: bool,
    refuses_signals: bool,
    /// Until when messages to and from each page are delayed.
    stalled_until: [Moment; 2],
    /// Matches that the server has made so far.
    matches: usize,
    /// The log of the history, if requested.
    log: Option<Vec<String>>,
}

/// An event with its time; the counter keeps events of the same moment in order.
struct Scheduled(Moment, u64, Event);

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn matchmaker(seed: u64) -> Matchmaker {
    Matchmaker::new(matchmaker::MatchmakerConfig {
        max_connections: 100,
        ice: matchmaker::Ice {
            stun: Vec::new(),
            turn: Some(matchmaker::Turn {
                urls: vec!["turn:relay.example".into()],
                secret: "secret".into(),
                lifetime: Duration::from_secs(20),
            }),
            own: None,
            unscrubbed: true,
        },
        ..matchmaker::MatchmakerConfig::for_tests(seed)
    })
}

impl World {
    fn new(seed: u64, with_log: bool) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let consent = Consent { has_met: true, ..Consent::default() };
        Self {
            now: Moment::from_millis(0),
            events: BinaryHeap::new(),
            counter: 0,
            matchmaker: matchmaker(rng.u64(..)),
            calls: [(); 2].map(|()| {
                Call::new(
                    rng.u64(..),
                    StoredProfile { consent: consent.clone(), ..StoredProfile::default() },
                    BrowserInfo::default(),
                    SiteFacts::default(),
                )
            }),
            browsers: [Browser::default(), Browser::default()],
            wires: Vec::new(),
            server_reachable: true,
            media_blocked: false,
            rate_limits_all: false,
            refuses_signals: false,
            stalled_until: [Moment::from_millis(0); 2],
            matches: 0,
            log: with_log.then(Vec::new),
            rng,
        }
    }

    fn random_duration(&mut self, range: std::ops::Range<u64>) -> Duration {
        millis(self.rng.u64(range))
    }

    fn schedule(&mut self, at: Moment, event: Event) {
        self.counter += 1;
        self.events.push(Reverse(Scheduled(at, self.counter, event)));
    }

    /// Runs until `end`, from one event or deadline to the next.
    fn run_until(&mut self, end: Moment) {
        loop {
            let event = self.events.peek().map(|it| it.0.0);
            let pages: [_; 2] = std::array::from_fn(|side| self.calls[side].next_deadline());
            let server = self.matchmaker.deadline();
            let next = [event, pages[0], pages[1], server].into_iter().flatten().min();
            let Some(next) = next.filter(|it| *it <= end) else { break };
            self.now = self.now.max(next);
            if event == Some(next) {
                if let Some(Reverse(Scheduled(_, _, event))) = self.events.pop() {
                    self.dispatch(event);
                }
            } else if server == Some(next) {
                self.handle_server_input(matchmaker::Input::Tick);
            } else if pages[0] == Some(next) {
                self.handle_page_input(0, Input::Tick);
            } else {
                self.handle_page_input(1, Input::Tick);
            }
        }
        self.now = self.now.max(end);
    }

    fn dispatch(&mut self, event: Event) {
        match event {
            Event::Page(side, input) => self.handle_page_input(side, input),
            Event::Browser(side) => self.run_next_command(side),
            Event::PeerMessage(side, link, message) => {
                let event = PeerEvent::Message(message);
                self.handle_page_input(side, Input::Peer { link, event });
            }
            Event::Fault(fault) => self.apply_fault(fault),
            Event::WireOpened(side, wire) => self.on_wire_opened(side, wire),
            Event::AtServer(wire, text) => self.arrives_at_server(wire, &text),
            Event::AtPage(side, wire, text) => self.arrives_at_page(side, wire, &text),
            Event::ServerLost(wire, code) => self.server_loses(wire, code),
            Event::PageLost(side, wire) => self.page_loses(side, wire),
        }
    }

    fn handle_page_input(&mut self, side: Side, input: Input) {
        self.log_line(|| format!("page {side} <- {input:?}"));
        for output in self.calls[side].handle(Clocks::for_tests(self.now), input) {
            self.log_line(|| format!("page {side} -> {output:?}"));
            match output {
                Output::OpenMedia(request) => self.open_media(side, &request),
                Output::CloseDevice(kind) => self.browsers[side].close_device(kind),
                Output::WatchFrames(request) => {
                    let (at, event) = (self.now + millis(30), DeviceEvent::Frame(request));
                    self.schedule(at, Event::Page(side, Input::Devices(event)));
                }
                Output::CloseMedia => self.browsers[side].camera_open = false,
                Output::EnableMedia(sending) => self.browsers[side].sending = sending,
                Output::SendTracks => self.browsers[side].send_tracks(),
                // Concerns one page only.
                Output::ShareScreen(_)
                | Output::UnshareScreen
                | Output::WarmUp(_)
                | Output::EndCheck
                | Output::TestPath(..)
                | Output::EndPathTests => {}
                Output::CheckConnection(_) => {
                    let at = self.now;
                    self.schedule(
                        at,
                        Event::Page(
                            side,
                            Input::ConnectionChecked(CheckFinding::Candidate { is_relayed: false }),
                        ),
                    );
                }
                Output::OpenSocket => self.open_wire(side),
                Output::Send(frame) => self.send_to_server(side, protocol::encode(&frame), frame.seq != 0),
                Output::CloseSocket { code } => self.page_closes(side, code),
                Output::Peer { link, command } => self.on_command(side, link, command),
                other => assert!(other.is_cosmetic(), "{other:?}"),
            }
        }
        self.check(side);
    }

    fn handle_server_input(&mut self, input: matchmaker::Input) {
        for output in self.matchmaker.handle(self.now, matchmaker::Readings::for_tests(self.now), input) {
            match output {
                matchmaker::Output::Send { socket, frame } => {
                    let Frame { seq, ack, msg } = frame;
                    let text = protocol::encode(&Frame { seq, ack, msg: &*msg });
                    self.send_to_page(socket.number, text, msg.is_numbered());
                }
                matchmaker::Output::Close { socket, .. } => self.server_closes(socket.number),
                matchmaker::Output::StoreReport { .. } => panic!("no page reports"),
                matchmaker::Output::Note(note) => {
                    self.matches += usize::from(matches!(note, matchmaker::Note::Matched { .. }));
                }
            }
        }
    }

    fn log_line(&mut self, line: impl Fn() -> String) {
        let now = self.now.as_millis();
        if let Some(log) = &mut self.log {
            log.push(format!("{now:>7} {}", line()));
        }
    }

    /// Checks the invariants of a page.
    fn check(&self, side: Side) {
        let phase = self.calls[side].snapshot().phase;
        let browser = &self.browsers[side];
        if phase == Phase::Landing {
            assert!(!browser.camera_open, "devices are closed on the landing page");
        }
        let is_matched = matches!(phase, Phase::Connecting { .. } | Phase::Talking { .. });
        let is_waiting = matches!(phase, Phase::Waiting { .. });
        assert!(browser.is_peer_open() || !is_matched, "a match has a connection");
        assert!(
            !browser.is_peer_open() || is_matched || is_waiting,
            "a connection needs a match or a place in the queue"
        );
    }

    fn apply_fault(&mut self, fault: Fault) {
        self.log_line(|| format!("fault: {fault:?}"));
        match fault {
            Fault::Press(side, intent) => self.handle_page_input(side, Input::Intent(intent)),
            Fault::Cut(side) => self.cut(side, true),
            Fault::HalfOpen(side) => self.cut(side, false),
            Fault::Stall(side) => self.stall(side),
            Fault::DuplicateMessage(side) => {
                if let Some(wire) = self.current_wire(side) {
                    self.wires[wire as usize].duplicate_next = [true; 2];
                }
            }
            Fault::NetworkEvent(side) => self.handle_page_input(side, Input::NetworkChanged),
            Fault::NetworkChanged(side) => self.change_network(side),
            Fault::PageHidden(side) => self.handle_page_input(side, Input::PageHidden),
            Fault::ServerRestarts => {
                let seed = self.rng.u64(..);
                self.matchmaker = matchmaker(seed);
                self.cut(0, true);
                self.cut(1, true);
                self.wires.iter_mut().for_each(|it| it.server_open = false);
            }
            Fault::ServerHandsOver => self.hand_over(),
            Fault::ServerUnreachable(is) => self.server_reachable = !is,
            Fault::MediaBlocked(is) => self.media_blocked = is,
            Fault::ReceivesNothing(side, is) => self.browsers[side].receives_nothing = is,
            // A camera that is still being opened cannot be lost.
            Fault::CameraLost(side) if self.calls[side].snapshot().phase == Phase::Asking => {}
            Fault::CameraLost(side) => {
                self.browsers[side].close_device(DeviceKind::Camera);
                let event = DeviceEvent::Ended(DeviceKind::Camera, self.browsers[side].camera_request);
                self.handle_page_input(side, Input::Devices(event));
            }
            Fault::DevicesBlocked(side, is) => self.browsers[side].blocks_devices = is,
            Fault::Renegotiate(side) => self.renegotiate(side),
            Fault::RateLimited(is) => self.rate_limits_all = is,
            Fault::RefusesSignals(is) => self.refuses_signals = is,
            Fault::LoseMessage(side) => {
                if let Some(wire) = self.current_wire(side) {
                    self.wires[wire as usize].lose_next = true;
                }
            }
        }
    }

    /// Plans the faults. At their end everything is repaired and both people press Start.
    fn plan(&mut self) {
        for side in 0..2 {
            let at = self.now + self.random_duration(0..5_000);
            self.schedule(at, Event::Fault(Fault::Press(side, Intent::Start)));
        }
        for _ in 0..self.rng.u32(1..12) {
            self.plan_one();
        }
        let end = self.now + FAULT_TIME;
        let restored = [
            Fault::ServerUnreachable(false),
            Fault::MediaBlocked(false),
            Fault::RateLimited(false),
            Fault::RefusesSignals(false),
        ];
        let of = |side| {
            [
                Fault::ReceivesNothing(side, false),
                Fault::DevicesBlocked(side, false),
                Fault::Press(side, Intent::Start),
            ]
        };
        for fault in restored.into_iter().chain(of(0)).chain(of(1)) {
            self.schedule(end, Event::Fault(fault));
        }
    }

    fn plan_one(&mut self) {
        let at = self.now + self.random_duration(0..FAULT_TIME.as_millis() as u64);
        let side = self.rng.usize(0..2);
        let (fault, then) = match self.rng.u32(0..27) {
            0 | 1 => (Fault::Press(side, Intent::Next), None),
            // Both press Next at the same moment.
            2 => (Fault::Press(side, Intent::Next), Some((0..1, Fault::Press(1 - side, Intent::Next)))),
            3 => (Fault::Press(side, Intent::Stop), Some((0..3_000, Fault::Press(side, Intent::Start)))),
            4 => (Fault::PageHidden(side), Some((0..3_000, Fault::Press(side, Intent::Start)))),
            5 => (Fault::Press(side, Intent::ToggleCamera), Some((0..9_000, Fault::CameraLost(side)))),
            6 => (Fault::Press(side, Intent::ToggleMicrophone), None),
            7 | 8 => (Fault::Cut(side), Some((0..5_000, Fault::NetworkEvent(side)))),
            9 => (Fault::HalfOpen(side), None),
            10 => (Fault::Stall(side), None),
            11 => (Fault::ServerRestarts, None),
            12 => (Fault::ServerHandsOver, None),
            13 => (Fault::ServerUnreachable(true), Some((0..40_000, Fault::ServerUnreachable(false)))),
            14 => (Fault::MediaBlocked(true), Some((0..10_000, Fault::MediaBlocked(false)))),
            15 => {
                (Fault::ReceivesNothing(side, true), Some((0..20_000, Fault::ReceivesNothing(side, false))))
            }
            16 => (Fault::DevicesBlocked(side, true), Some((0..20_000, Fault::DevicesBlocked(side, false)))),
            // Nearly at the same moment, so that two offers collide.
            17 | 18 => (Fault::Renegotiate(side), Some((0..100, Fault::Renegotiate(1 - side)))),
            19 => (Fault::NetworkChanged(side), Some((0..2_000, Fault::NetworkEvent(side)))),
            // Both networks change at nearly the same moment, so that two ICE restarts collide.
            20 => (Fault::NetworkChanged(side), Some((0..10, Fault::NetworkChanged(1 - side)))),
            21 => (
                Fault::Press(side, Intent::Toggle(Switch::HideAddress)),
                Some((0..9_000, Fault::Press(1 - side, Intent::Toggle(Switch::HideAddress)))),
            ),
            22 => (Fault::Press(side, Intent::Toggle(Switch::SaveData)), None),
            23 | 24 => (Fault::RateLimited(true), Some((0..9_000, Fault::RateLimited(false)))),
            25 => (Fault::RefusesSignals(true), Some((0..9_000, Fault::RefusesSignals(false)))),
            _ => (Fault::DuplicateMessage(side), None),
        };
        self.schedule(at, Event::Fault(fault));
        if let Some((later, fault)) = then {
            let at = at + self.random_duration(later);
            self.schedule(at, Event::Fault(fault));
        }
    }

    /// The media that a page sends, according to its own snapshot.
    fn sent_media(&self, side: Side) -> Media {
        let snapshot = self.calls[side].snapshot();
        Media { audio: snapshot.microphone == Device::On, video: snapshot.camera == Device::On }
    }

    /// Whether both are in a call, get and show what the other sends, and have the same verification code.
    fn both_talk(&self) -> bool {
        let is_talking = |side: Side| {
            let partner = self.sent_media(1 - side);
            self.calls[side].snapshot().phase == Phase::Talking { partner, flow: Flow::Steady }
                && self.media_on_the_way(1 - side) == partner
        };
        let [one, other] = [0, 1].map(|side: Side| self.calls[side].snapshot().details.code);
        is_talking(0) && is_talking(1) && self.is_connected() && one.is_some() && one == other
    }
}

/// Runs one history with all kinds of faults; the error is its log.
fn run_with_all_faults(seed: u64, with_log: bool) -> Result<(), String> {
    let mut world = World::new(seed, with_log);
    world.plan();
    world.run_until(Moment::from_millis(0) + FAULT_TIME + RECOVERY_TIME);
    if world.both_talk() {
        return Ok(());
    }
    let phases = [0, 1].map(|side: usize| world.calls[side].snapshot().phase);
    Err(format!("{}\nseed {seed}: the last phases were {phases:?}", world.log.unwrap_or_default().join("\n")))
}

#[test]
fn two_calls_connect_within_1500_ms_on_a_good_wire() {
    let world = talking(1, true);
    assert!(world.both_talk(), "{}", world.log.unwrap_or_default().join("\n"));
}

/// A simulation of two pages in a call.
fn talking(seed: u64, with_log: bool) -> World {
    let mut world = World::new(seed, with_log);
    for side in 0..2 {
        world.schedule(Moment::from_millis(0), Event::Fault(Fault::Press(side, Intent::Start)));
    }
    world.run_until(Moment::from_millis(1_500));
    world
}

/// Runs one history of a call that loses only sockets; the error is its log.
///
/// Some histories restart the server, which forgets the match; the others let negotiations collide.
fn run_with_lost_sockets(seed: u64, with_log: bool) -> Result<(), String> {
    let mut world = talking(seed, with_log);
    let link = world.browsers[0].link();
    let forgets = world.rng.bool();
    for _ in 0..world.rng.u32(1..8) {
        let at = world.now + world.random_duration(0..20_000);
        let side = world.rng.usize(0..2);
        let fault = match (world.rng.u32(0..8), forgets) {
            (0 | 1, _) => Fault::Cut(side),
            (2, _) => Fault::DuplicateMessage(side),
            (3, _) => Fault::Press(side, Intent::ToggleCamera),
            (6, _) => Fault::Stall(side),
            (4, true) => Fault::HalfOpen(side),
            (5, true) => Fault::ServerHandsOver,
            (_, true) => Fault::ServerRestarts,
            (4, false) => Fault::NetworkEvent(side),
            (_, false) => {
                let other = at + world.random_duration(0..100);
                world.schedule(other, Event::Fault(Fault::Renegotiate(1 - side)));
                Fault::Renegotiate(side)
            }
        };
        world.schedule(at, Event::Fault(fault));
    }
    world.run_until(world.now + SOCKETS_RESTORED);
    // A server that restarts may lose an offer, so that the two descriptions need not agree.
    if world.both_talk() && world.browsers[0].link() == link && (forgets || world.agree()) {
        return Ok(());
    }
    let phases = [0, 1].map(|side: usize| world.calls[side].snapshot().phase);
    Err(format!("{}\nseed {seed}: the last phases were {phases:?}", world.log.unwrap_or_default().join("\n")))
}

/// Runs the histories, or those that `DUET_SEED` and `DUET_HISTORIES` ask for.
fn every_seed(histories: u64, run: fn(u64, bool) -> Result<(), String>) {
    let number = |name| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let seeds = match number("DUET_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("DUET_HISTORIES").unwrap_or(histories),
    };
    for seed in seeds {
        if run(seed, false).is_err() {
            panic!("{}", run(seed, true).unwrap_err());
        }
    }
}

#[test]
fn both_talk_in_the_end_after_random_faults() {
    every_seed(HISTORIES, run_with_all_faults);
}

#[test]
fn call_survives_lost_sockets() {
    every_seed(HISTORIES / 4, run_with_lost_sockets);
}

#[test]
fn call_survives_lost_media_paths() {
    every_seed(HISTORIES / 4, run_with_lost_paths);
}

/// Runs one history of a call that loses only media paths; the error is its log.
///
/// It covers ICE restarts that collide, two at a time, and fresh connections where a restart was not enough.
fn run_with_lost_paths(seed: u64, with_log: bool) -> Result<(), String> {
    let mut world = talking(seed, with_log);
    let matches = world.matches;
    // A new connection then has transceivers without a track.
    for _ in 0..world.rng.u32(0..3) {
        let device = if world.rng.bool() { Intent::ToggleCamera } else { Intent::ToggleMicrophone };
        let (at, side) = (world.now + world.random_duration(0..60_000), world.rng.usize(0..2));
        world.schedule(at, Event::Fault(Fault::Press(side, device)));
    }
    let is_long = world.rng.u32(0..4) == 0;
    if is_long {
        // Long enough for a new connection, and short enough for it to succeed.
        let at = world.now + world.random_duration(0..30_000);
        let restored = at + world.random_duration(15_000..24_000);
        world.schedule(at, Event::Fault(Fault::MediaBlocked(true)));
        world.schedule(restored, Event::Fault(Fault::MediaBlocked(false)));
    }
    let short = if is_long { 0 } else { world.rng.u32(1..5) };
    for _ in 0..short {
        let at = world.now + world.random_duration(0..60_000);
        let side = world.rng.usize(0..2);
        match world.rng.u32(0..4) {
            0 => {
                let other = at + world.random_duration(0..2_000);
                world.schedule(other, Event::Fault(Fault::NetworkChanged(1 - side)));
            }
            1 => {
                let noticed = at + world.random_duration(0..2_000);
                world.schedule(noticed, Event::Fault(Fault::NetworkEvent(side)));
            }
            2 => {
                let restored = at + world.random_duration(0..4_000);
                world.schedule(at, Event::Fault(Fault::MediaBlocked(true)));
                world.schedule(restored, Event::Fault(Fault::MediaBlocked(false)));
            }
            _ => {
                let other = at + world.random_duration(0..100);
                world.schedule(other, Event::Fault(Fault::Renegotiate(1 - side)));
            }
        }
        world.schedule(at, Event::Fault(Fault::NetworkChanged(side)));
    }
    world.run_until(world.now + Duration::from_secs(120));
    if world.both_talk() && world.matches == matches {
        return Ok(());
    }
    let phases = [0, 1].map(|side: usize| world.calls[side].snapshot().phase);
    Err(format!("{}\nseed {seed}: the last phases were {phases:?}", world.log.unwrap_or_default().join("\n")))
}

/// How long it may take until a lost path is replaced: a second until it is noticed, 1.5 s of suspicion, a second until
/// it is the polite end's turn, a new socket with its backoff, and the negotiation. A fresh connection would come 15 s
/// after the suspicion.
const ICE_RESTARTED: Duration = Duration::from_secs(7);

/// A call in which one page changes its network, and notices it once it has counted the last media of the old path.
fn with_lost_path(seed: u64, with_log: bool) -> World {
    let mut world = talking(seed, with_log);
    let side = world.rng.usize(0..2);
    world.apply_fault(Fault::NetworkChanged(side));
    world.schedule(world.now + millis(1_100), Event::Fault(Fault::NetworkEvent(side)));
    world
}

/// Runs a call on until it is connected again, for at most [`ICE_RESTARTED`] from now. The error is the log.
fn recover(mut world: World, seed: u64) -> Result<(), String> {
    let link = world.browsers[0].link();
    let start = world.now;
    while !world.both_talk() && world.now - start < ICE_RESTARTED {
        world.run_until(world.now + millis(50));
    }
    if world.both_talk() && world.browsers[0].link() == link {
        return Ok(());
    }
    let phases = [0, 1].map(|side: usize| world.calls[side].snapshot().phase);
    let log = world.log.unwrap_or_default().join("\n");
    Err(format!("{log}\nseed {seed}: not recovered: {phases:?}"))
}

#[test]
fn ice_restart_in_flight_survives_a_takeover_by_ticket() {
    every_seed(HISTORIES / 20, |seed, with_log| {
        let mut world = with_lost_path(seed, with_log);
        // One of the two misses a part of the negotiation, and notices that at the next part.
        let loser = world.rng.usize(0..2);
        world.apply_fault(Fault::LoseMessage(loser));
        recover(world, seed)
    });
}

#[test]
fn signals_that_the_server_refuses_are_sent_again() {
    every_seed(HISTORIES / 20, |seed, with_log| {
        let mut world = with_lost_path(seed, with_log);
        world.apply_fault(Fault::RefusesSignals(true));
        let until = world.now + world.random_duration(3_500..5_000);
        world.schedule(until, Event::Fault(Fault::RefusesSignals(false)));
        world.run_until(until);
        recover(world, seed)
    });
}

#[test]
fn restarted_server_rebuilds_the_match_from_tickets() {
    every_seed(HISTORIES / 20, |seed, with_log| {
        let mut world = talking(seed, with_log);
        let fault = if world.rng.bool() { Fault::ServerRestarts } else { Fault::ServerHandsOver };
        world.schedule(world.now, Event::Fault(fault));
        world.run_until(world.now + SOCKETS_RESTORED);
        let knows_match = world.matchmaker.census().talking == 2;
        let side = world.rng.usize(0..2);
        world.schedule(world.now, Event::Fault(Fault::NetworkChanged(side)));
        world.run_until(world.now + Duration::from_secs(20));
        let restored = world.both_talk();
        world.schedule(world.now, Event::Fault(Fault::Press(side, Intent::Next)));
        world.run_until(world.now + Duration::from_secs(45));
        if knows_match && restored && world.both_talk() && world.matches == 2 {
            return Ok(());
        }
        let log = world.log.unwrap_or_default().join("\n");
        Err(format!(
            "{log}\nseed {seed}: knows the match: {knows_match}, restored: {restored}, {} matches",
            world.matches
        ))
    });
}

#[test]
fn leaving_reaches_the_partner_without_the_server() {
    every_seed(HISTORIES / 20, |seed, with_log| {
        let mut world = talking(seed, with_log);
        world.apply_fault(Fault::ServerUnreachable(true));
        world.apply_fault(Fault::ServerRestarts);
        world.run_until(world.now + Duration::from_secs(40));
        let talked = world.both_talk();
        let side = world.rng.usize(0..2);
        let intent = if world.rng.bool() { Intent::Next } else { Intent::Stop };
        world.apply_fault(Fault::Press(side, intent));
        world.run_until(world.now + Duration::from_secs(1));
        let phase = world.calls[1 - side].snapshot().phase;
        if talked && phase == (Phase::Ended { why: Farewell::Left }) {
            return Ok(());
        }
        let log = world.log.unwrap_or_default().join("\n");
        Err(format!("{log}\nseed {seed}: talked {talked}, then {phase:?}"))
    });
}
