//! Two calls and one matchmaker on a virtual clock, with browsers and a wire that misbehave: when the faults stop, both
//! talk. It must not know sockets or time of its own; a history is wholly told by its seed.

mod browser;
mod wire;

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use passerby::{
    call::{
        Browser as Maker, Call, ConnectionId, Device, Farewell, Flow, Input, Intent, Output, PeerEvent,
        Phase, StoredProfile, Switch,
    },
    matchmaker::{self, Matchmaker},
    protocol::{
        self, Frame, Media, Message, PeerMessage,
        limits::{HELLO_WITHIN, MAX_BLOCKED, MAX_MET, MAX_OUTBOX_BYTES},
    },
    time::Moment,
};

use browser::Browser;
use wire::Wire;

/// Histories in one run; `DUET_HISTORIES` asks for more.
const HISTORIES: u64 = 10_000;

/// For how long things go wrong.
const TROUBLE: Duration = Duration::from_secs(60);

/// How long it may then take until both talk: 30 s in which two who parted are kept apart, the longest grace, the
/// longest step of the ladder, and two attempts to connect.
const PEACE: Duration = Duration::from_secs(120);

/// How long it may take until lines that were cut are there again: a ping, its answer, and the ladder.
const LINES_MENDED: Duration = Duration::from_secs(75);

/// Which page.
type Side = usize;

/// What is going to happen.
#[derive(Debug)]
enum Event {
    /// A page's state machine is told something.
    Page(Side, Input),
    /// A text arrives at the server on a wire.
    AtServer(u64, String),
    /// A text arrives at a page on a wire.
    AtPage(Side, u64, String),
    /// A wire opens, or does not.
    Dialled(Side, u64),
    /// The server notices the end of a wire.
    ServerLost(u64, matchmaker::Closing),
    /// The page notices the end of a wire.
    PageLost(Side, u64),
    /// Something goes wrong.
    Trouble(Trouble),
    /// The browser of a page works off its next command.
    Browser(Side),
    /// Something said over the data channel arrives.
    Told(Side, ConnectionId, PeerMessage),
}

/// What can go wrong, or be pressed.
#[derive(Clone, Debug)]
enum Trouble {
    Wish(Side, Intent),
    Cut(Side),
    HalfOpen(Side),
    Stall(Side),
    Stutter(Side),
    /// The page is told that its network may have changed.
    Online(Side),
    /// It has.
    NetworkChanged(Side),
    PageHidden(Side),
    ServerRestarts,
    ServerUnreachable(bool),
    MediaBlocked(bool),
    Deaf(Side, bool),
    CameraLost(Side),
    DevicesRefused(Side, bool),
    Renegotiate(Side),
    /// The server finds that everybody asks for somebody too often.
    TooSoon(bool),
}

/// All that there is.
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
    all_too_soon: bool,
    /// Until when nothing gets to or from a page.
    stalled_until: [Moment; 2],
    /// Pairs that the server has made so far.
    matches: usize,
    /// What happened, if somebody wants to read it.
    log: Option<Vec<String>>,
}

/// An event with its time; the counter keeps the order of those of one moment.
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
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    Matchmaker::new(matchmaker::Config {
        seed: bytes,
        unix_origin_ms: 1_700_000_000_000,
        max_connections: 100,
        max_passed_by: 2,
        max_met: MAX_MET,
        max_blocked: MAX_BLOCKED,
        hello_within: HELLO_WITHIN,
        outbox_bytes: MAX_OUTBOX_BYTES as u32,
        keys: [7; 32].into(),
        build: None,
        ice: matchmaker::Ice {
            stun: Vec::new(),
            turn: Some(matchmaker::Turn {
                urls: vec!["turn:relay.example".into()],
                secret: "secret".into(),
                lifetime: Duration::from_secs(20),
            }),
            unscrubbed: true,
        },
    })
}

impl World {
    fn new(seed: u64, told: bool) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        Self {
            now: Moment::from_millis(0),
            events: BinaryHeap::new(),
            counter: 0,
            matchmaker: matchmaker(rng.u64(..)),
            calls: [(); 2].map(|()| {
                Call::new(rng.u64(..), StoredProfile::default(), Maker::default(), Vec::new(), String::new())
            }),
            browsers: [Browser::default(), Browser::default()],
            wires: Vec::new(),
            server_reachable: true,
            media_blocked: false,
            all_too_soon: false,
            stalled_until: [Moment::from_millis(0); 2],
            matches: 0,
            log: told.then(Vec::new),
            rng,
        }
    }

    fn within(&mut self, range: std::ops::Range<u64>) -> Duration {
        millis(self.rng.u64(range))
    }

    fn schedule(&mut self, at: Moment, event: Event) {
        self.counter += 1;
        self.events.push(Reverse(Scheduled(at, self.counter, event)));
    }

    /// Runs until `end`, by the next event or deadline each time.
    fn run_until(&mut self, end: Moment) {
        loop {
            let event = self.events.peek().map(|it| it.0.0);
            let pages: [_; 2] = std::array::from_fn(|side| self.calls[side].next_deadline());
            let server = self.matchmaker.next_deadline();
            let next = [event, pages[0], pages[1], server].into_iter().flatten().min();
            let Some(next) = next.filter(|it| *it <= end) else { break };
            self.now = self.now.max(next);
            if event == Some(next) {
                if let Some(Reverse(Scheduled(_, _, event))) = self.events.pop() {
                    self.happen(event);
                }
            } else if server == Some(next) {
                self.tell_server(matchmaker::Input::Tick);
            } else if pages[0] == Some(next) {
                self.tell_page(0, Input::Tick);
            } else {
                self.tell_page(1, Input::Tick);
            }
        }
        self.now = self.now.max(end);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Page(side, input) => self.tell_page(side, input),
            Event::Browser(side) => self.work(side),
            Event::Told(side, link, message) => {
                let event = PeerEvent::Message(message);
                self.tell_page(side, Input::Peer { link, event });
            }
            Event::Trouble(trouble) => self.trouble(trouble),
            Event::Dialled(side, wire) => self.dialled(side, wire),
            Event::AtServer(wire, text) => self.arrives_at_server(wire, &text),
            Event::AtPage(side, wire, text) => self.arrives_at_page(side, wire, &text),
            Event::ServerLost(wire, closing) => self.server_loses(wire, closing),
            Event::PageLost(side, wire) => self.page_loses(side, wire),
        }
    }

    fn tell_page(&mut self, side: Side, input: Input) {
        self.note(|| format!("page {side} <- {input:?}"));
        for output in self.calls[side].handle(self.now, input) {
            self.note(|| format!("page {side} -> {output:?}"));
            match output {
                Output::OpenMedia(wish, _) => self.open_media(side, wish),
                Output::CloseMedia => self.browsers[side].camera_open = false,
                Output::EnableMedia(sending) => self.browsers[side].sending = sending,
                // What is of one page and not of the conversation.
                Output::SwitchDevice(..)
                | Output::SendTracks
                | Output::ShareScreen
                | Output::UnshareScreen
                | Output::WarmUp(_) => {}
                Output::OpenSocket => self.dial(side),
                Output::Send(frame) => self.send_to_server(side, protocol::encode(&frame), frame.seq != 0),
                Output::CloseSocket { goodbye } => self.hang_up(side, goodbye),
                Output::Peer { link, command } => self.order(side, link, command),
                other => assert!(other.is_cosmetic(), "{other:?}"),
            }
        }
        self.check(side);
    }

    fn tell_server(&mut self, input: matchmaker::Input) {
        for output in self.matchmaker.handle(self.now, input) {
            match output {
                matchmaker::Output::Send { connection, frame } => {
                    let Frame { seq, ack, msg } = frame;
                    let text = protocol::encode(&Frame { seq, ack, msg: &*msg });
                    self.send_to_page(connection.0, text, msg.is_counted());
                }
                matchmaker::Output::Close { connection, .. } => self.server_closes(connection.0),
                matchmaker::Output::Note(note) => {
                    self.matches += usize::from(matches!(note, matchmaker::Note::Matched { .. }));
                }
            }
        }
    }

    fn note(&mut self, line: impl Fn() -> String) {
        let now = self.now.as_millis();
        if let Some(log) = &mut self.log {
            log.push(format!("{now:>7} {}", line()));
        }
    }

    /// What must hold of a page at all times.
    fn check(&self, side: Side) {
        let phase = self.calls[side].snapshot().phase;
        let browser = &self.browsers[side];
        if phase == Phase::Landing {
            assert!(!browser.camera_open, "the light is on while nothing goes on");
        }
        let meets = matches!(phase, Phase::Connecting { .. } | Phase::Talking { .. });
        let waits = matches!(phase, Phase::Waiting { .. });
        assert!(browser.is_peer_open() || !meets, "a match without a connection");
        assert!(!browser.is_peer_open() || meets || waits, "a connection for nobody");
    }

    fn trouble(&mut self, trouble: Trouble) {
        self.note(|| format!("trouble: {trouble:?}"));
        match trouble {
            Trouble::Wish(side, intent) => self.tell_page(side, Input::Intent(intent)),
            Trouble::Cut(side) => self.cut(side, true),
            Trouble::HalfOpen(side) => self.cut(side, false),
            Trouble::Stall(side) => self.stall(side),
            Trouble::Stutter(side) => {
                if let Some(wire) = self.current_wire(side) {
                    self.wires[wire as usize].stutters = [true; 2];
                }
            }
            Trouble::Online(side) => self.tell_page(side, Input::NetworkChanged),
            Trouble::NetworkChanged(side) => self.change_network(side),
            Trouble::PageHidden(side) => self.tell_page(side, Input::PageHidden),
            Trouble::ServerRestarts => {
                let seed = self.rng.u64(..);
                self.matchmaker = matchmaker(seed);
                self.cut(0, true);
                self.cut(1, true);
                self.wires.iter_mut().for_each(|it| it.server_knows = false);
            }
            Trouble::ServerUnreachable(is) => self.server_reachable = !is,
            Trouble::MediaBlocked(is) => self.media_blocked = is,
            Trouble::Deaf(side, is) => self.browsers[side].deaf = is,
            // A camera that is still being opened is nobody's to lose.
            Trouble::CameraLost(side) if self.calls[side].snapshot().phase == Phase::Asking => {}
            Trouble::CameraLost(side) => {
                self.browsers[side].open.video = false;
                self.tell_page(side, Input::MediaLost(Media { audio: false, video: true }));
            }
            Trouble::DevicesRefused(side, is) => self.browsers[side].refused = is,
            Trouble::Renegotiate(side) => self.renegotiate(side),
            Trouble::TooSoon(is) => self.all_too_soon = is,
        }
    }

    /// Plans what goes wrong; at the end of the trouble all is mended and both people want to talk.
    fn plan(&mut self) {
        for side in 0..2 {
            let at = self.now + self.within(0..5_000);
            self.schedule(at, Event::Trouble(Trouble::Wish(side, Intent::Start)));
        }
        for _ in 0..self.rng.u32(1..12) {
            self.plan_one();
        }
        let end = self.now + TROUBLE;
        let mended =
            [Trouble::ServerUnreachable(false), Trouble::MediaBlocked(false), Trouble::TooSoon(false)];
        let of = |side| {
            [
                Trouble::Deaf(side, false),
                Trouble::DevicesRefused(side, false),
                Trouble::Wish(side, Intent::Start),
            ]
        };
        for trouble in mended.into_iter().chain(of(0)).chain(of(1)) {
            self.schedule(end, Event::Trouble(trouble));
        }
    }

    fn plan_one(&mut self) {
        let at = self.now + self.within(0..TROUBLE.as_millis() as u64);
        let side = self.rng.usize(0..2);
        let (trouble, then) = match self.rng.u32(0..26) {
            0 | 1 => (Trouble::Wish(side, Intent::Next), None),
            // Both at the same moment.
            2 => (Trouble::Wish(side, Intent::Next), Some((0..1, Trouble::Wish(1 - side, Intent::Next)))),
            3 => (Trouble::Wish(side, Intent::Stop), Some((0..3_000, Trouble::Wish(side, Intent::Start)))),
            4 => (Trouble::PageHidden(side), Some((0..3_000, Trouble::Wish(side, Intent::Start)))),
            5 => (Trouble::Wish(side, Intent::ToggleCamera), Some((0..9_000, Trouble::CameraLost(side)))),
            6 => (Trouble::Wish(side, Intent::ToggleMicrophone), None),
            7 | 8 => (Trouble::Cut(side), Some((0..5_000, Trouble::Online(side)))),
            9 => (Trouble::HalfOpen(side), None),
            10 => (Trouble::Stall(side), None),
            11 | 12 => (Trouble::ServerRestarts, None),
            13 => (Trouble::ServerUnreachable(true), Some((0..40_000, Trouble::ServerUnreachable(false)))),
            14 => (Trouble::MediaBlocked(true), Some((0..10_000, Trouble::MediaBlocked(false)))),
            15 => (Trouble::Deaf(side, true), Some((0..20_000, Trouble::Deaf(side, false)))),
            16 => {
                (Trouble::DevicesRefused(side, true), Some((0..20_000, Trouble::DevicesRefused(side, false))))
            }
            // Nearly at the same moment: two offers collide.
            17 | 18 => (Trouble::Renegotiate(side), Some((0..100, Trouble::Renegotiate(1 - side)))),
            19 => (Trouble::NetworkChanged(side), Some((0..2_000, Trouble::Online(side)))),
            // Both restart at the same moment.
            20 => (Trouble::NetworkChanged(side), Some((0..10, Trouble::NetworkChanged(1 - side)))),
            21 => (
                Trouble::Wish(side, Intent::Toggle(Switch::HideAddress)),
                Some((0..9_000, Trouble::Wish(1 - side, Intent::Toggle(Switch::HideAddress)))),
            ),
            22 => (Trouble::Wish(side, Intent::Toggle(Switch::SaveData)), None),
            23 | 24 => (Trouble::TooSoon(true), Some((0..9_000, Trouble::TooSoon(false)))),
            _ => (Trouble::Stutter(side), None),
        };
        self.schedule(at, Event::Trouble(trouble));
        if let Some((later, trouble)) = then {
            let at = at + self.within(later);
            self.schedule(at, Event::Trouble(trouble));
        }
    }

    /// What a page sends, as its own person sees it.
    fn sends(&self, side: Side) -> Media {
        let seen = self.calls[side].snapshot();
        Media { audio: seen.microphone == Device::On, video: seen.camera == Device::On }
    }

    /// Both are in the same match, and each sees the other and what it sends.
    fn both_talk(&self) -> bool {
        let talks = |side: Side| {
            self.calls[side].snapshot().phase
                == Phase::Talking { partner: self.sends(1 - side), flow: Flow::Steady }
        };
        let [one, other] = [0, 1].map(|side: Side| self.calls[side].snapshot().details.code);
        talks(0) && talks(1) && self.is_connected() && one.is_some() && one == other
    }
}

/// Lives one history; the error is how it went, for who wants to know.
fn live(seed: u64, told: bool) -> Result<(), String> {
    let mut world = World::new(seed, told);
    world.plan();
    world.run_until(Moment::from_millis(0) + TROUBLE + PEACE);
    if world.both_talk() {
        return Ok(());
    }
    let phases = [0, 1].map(|side: usize| world.calls[side].snapshot().phase);
    Err(format!("{}\nseed {seed}: in the end {phases:?}", world.log.unwrap_or_default().join("\n")))
}

#[test]
fn two_meet_on_a_good_wire_within_a_second_and_a_half() {
    let world = talking(1, true);
    assert!(world.both_talk(), "{}", world.log.unwrap_or_default().join("\n"));
}

/// A pair that talks.
fn talking(seed: u64, told: bool) -> World {
    let mut world = World::new(seed, told);
    for side in 0..2 {
        world.schedule(Moment::from_millis(0), Event::Trouble(Trouble::Wish(side, Intent::Start)));
    }
    world.run_until(Moment::from_millis(1_500));
    world
}

/// Lives one history of a call in which nothing goes wrong but lines; some of them with a server that forgets, the
/// others with collisions. The error is how it went.
fn outlive(seed: u64, told: bool) -> Result<(), String> {
    let mut world = talking(seed, told);
    let link = world.browsers[0].link();
    let forgets = world.rng.bool();
    for _ in 0..world.rng.u32(1..8) {
        let at = world.now + world.within(0..20_000);
        let side = world.rng.usize(0..2);
        let trouble = match (world.rng.u32(0..7), forgets) {
            (0 | 1, _) => Trouble::Cut(side),
            (2, _) => Trouble::Stutter(side),
            (3, _) => Trouble::Wish(side, Intent::ToggleCamera),
            (6, _) => Trouble::Stall(side),
            (4, true) => Trouble::HalfOpen(side),
            (_, true) => Trouble::ServerRestarts,
            (4, false) => Trouble::Online(side),
            (_, false) => {
                let other = at + world.within(0..100);
                world.schedule(other, Event::Trouble(Trouble::Renegotiate(1 - side)));
                Trouble::Renegotiate(side)
            }
        };
        world.schedule(at, Event::Trouble(trouble));
    }
    world.run_until(world.now + LINES_MENDED);
    // A server that forgets may lose an offer, and with it what would have been agreed.
    if world.both_talk() && world.browsers[0].link() == link && (forgets || world.agree()) {
        return Ok(());
    }
    let phases = [0, 1].map(|side: usize| world.calls[side].snapshot().phase);
    Err(format!("{}\nseed {seed}: in the end {phases:?}", world.log.unwrap_or_default().join("\n")))
}

/// Lives as many histories as are asked for.
fn every_seed(histories: u64, live: fn(u64, bool) -> Result<(), String>) {
    let number = |name| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let seeds = match number("DUET_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("DUET_HISTORIES").unwrap_or(histories),
    };
    for seed in seeds {
        if live(seed, false).is_err() {
            panic!("{}", live(seed, true).unwrap_err());
        }
    }
}

#[test]
fn whatever_goes_wrong_in_the_end_both_talk() {
    every_seed(HISTORIES, live);
}

#[test]
fn whatever_happens_to_the_lines_the_call_goes_on() {
    every_seed(HISTORIES / 4, outlive);
}

#[test]
fn whatever_happens_to_the_paths_the_call_goes_on() {
    every_seed(HISTORIES / 4, mend);
}

/// Lives one history of a call whose paths are lost while its lines hold: restarts that collide, two at a time, and
/// fresh connections where a restart was not enough. The error is how it went.
fn mend(seed: u64, told: bool) -> Result<(), String> {
    let mut world = talking(seed, told);
    let matches = world.matches;
    for _ in 0..world.rng.u32(1..5) {
        let at = world.now + world.within(0..60_000);
        let side = world.rng.usize(0..2);
        match world.rng.u32(0..4) {
            0 => {
                let other = at + world.within(0..2_000);
                world.schedule(other, Event::Trouble(Trouble::NetworkChanged(1 - side)));
            }
            1 => {
                let told = at + world.within(0..2_000);
                world.schedule(told, Event::Trouble(Trouble::Online(side)));
            }
            2 => {
                let mended = at + world.within(0..4_000);
                world.schedule(at, Event::Trouble(Trouble::MediaBlocked(true)));
                world.schedule(mended, Event::Trouble(Trouble::MediaBlocked(false)));
            }
            _ => {
                let other = at + world.within(0..100);
                world.schedule(other, Event::Trouble(Trouble::Renegotiate(1 - side)));
            }
        }
        world.schedule(at, Event::Trouble(Trouble::NetworkChanged(side)));
    }
    world.run_until(world.now + Duration::from_secs(120));
    if world.both_talk() && world.matches == matches {
        return Ok(());
    }
    let phases = [0, 1].map(|side: usize| world.calls[side].snapshot().phase);
    Err(format!("{}\nseed {seed}: in the end {phases:?}", world.log.unwrap_or_default().join("\n")))
}

#[test]
fn after_a_restart_of_the_server_both_are_known_to_it_again() {
    every_seed(HISTORIES / 20, |seed, told| {
        let mut world = talking(seed, told);
        world.schedule(world.now, Event::Trouble(Trouble::ServerRestarts));
        world.run_until(world.now + LINES_MENDED);
        let knows = world.matchmaker.census().talking == 2;
        let side = world.rng.usize(0..2);
        world.schedule(world.now, Event::Trouble(Trouble::NetworkChanged(side)));
        world.run_until(world.now + Duration::from_secs(20));
        let mended = world.both_talk();
        world.schedule(world.now, Event::Trouble(Trouble::Wish(side, Intent::Next)));
        world.run_until(world.now + Duration::from_secs(45));
        if knows && mended && world.both_talk() && world.matches == 2 {
            return Ok(());
        }
        let log = world.log.unwrap_or_default().join("\n");
        Err(format!("{log}\nseed {seed}: knows {knows}, mended {mended}, {} matches", world.matches))
    });
}

#[test]
fn with_the_server_gone_for_good_one_who_leaves_is_not_waited_for() {
    every_seed(HISTORIES / 20, |seed, told| {
        let mut world = talking(seed, told);
        world.trouble(Trouble::ServerUnreachable(true));
        world.trouble(Trouble::ServerRestarts);
        world.run_until(world.now + Duration::from_secs(40));
        let talked = world.both_talk();
        let side = world.rng.usize(0..2);
        let wish = if world.rng.bool() { Intent::Next } else { Intent::Stop };
        world.trouble(Trouble::Wish(side, wish));
        world.run_until(world.now + Duration::from_secs(1));
        let phase = world.calls[1 - side].snapshot().phase;
        if talked && phase == (Phase::Ended { why: Farewell::Left }) {
            return Ok(());
        }
        let log = world.log.unwrap_or_default().join("\n");
        Err(format!("{log}\nseed {seed}: talked {talked}, then {phase:?}"))
    });
}
