//! The pages of one story: real calls with fake peer connections, on real sockets to a server of their own.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    time::Duration,
};

use futures::{SinkExt, StreamExt};
use passerby::{
    call::{
        Browser, Call, CheckFinding, Clocks, ConnectionState, Consent, DeviceEvent, Farewell, Flow, Input,
        Intent, Output, PeerCommand, PeerEvent, Phase, SiteFacts, StoredProfile, Switch,
    },
    protocol::{Frame, Language, MatchId, ToBrowser, ToServer, decode_lenient, encode},
    time::Moment,
};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use super::{browser::PeerConnection, ledger::Ledger};
use crate::support::{TestServer, try_connect};

/// How long a close waits for frames to count before it happens anyway.
const AT_LAST: Duration = Duration::from_millis(300);

/// Lines of the log that are kept, at least.
const KEPT_LINES: usize = 100_000;

/// How a socket ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// With a close frame, with this code or without one.
    Close(Option<u16>),
    /// Without a close frame.
    Drop,
    /// The page notices it, the server does not.
    HalfOpen,
}

/// When a socket ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Point {
    /// The page has not sent its hello.
    BeforeHello,
    /// The hello is sent.
    AfterHello,
    /// The welcome has arrived, but the page does not get it.
    BeforeWelcome,
    /// So many frames passed after the welcome, or after this was planned, in either direction.
    Frames(u32),
}

/// A planned end of a socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub(super) point: Point,
    pub(super) end: End,
}

/// What a socket's task is told.
enum Command {
    Send(String),
    End(End),
}

/// What a socket's task reports.
enum Report {
    Opened,
    Text(String),
    Lost,
}

/// How far the handshake has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    Open,
    Greeted,
    Welcomed,
}

/// The socket of a page.
struct Socket {
    number: u64,
    stage: Stage,
    cut: Option<Cut>,
    /// When the cut happens at the latest.
    cut_by: Option<Moment>,
    commands: mpsc::UnboundedSender<Command>,
}

/// A page.
pub(crate) struct Page {
    call: Call,
    peer: Option<PeerConnection>,
    socket: Option<Socket>,
    /// The ends of its next sockets.
    pub(super) cuts: VecDeque<Cut>,
    /// The match that the server named last.
    pub(crate) match_id: Option<MatchId>,
    /// The last farewell that it showed.
    pub(crate) farewell: Option<Farewell>,
    lost_at: Option<Moment>,
    /// The longest time without a session.
    pub(super) longest_away: Duration,
}

/// A server and its pages.
pub(crate) struct World {
    /// The server of this story, if it has one of its own.
    _server: Option<TestServer>,
    /// Where pages connect: at one of these by chance.
    addresses: Vec<SocketAddr>,
    since: Instant,
    pub(crate) pages: Vec<Page>,
    /// Sockets that were ended.
    pub(super) closes: u32,
    /// Which pages were told of each match, and how long after the beginning for the first time.
    pub(crate) told: BTreeMap<MatchId, BTreeMap<usize, Duration>>,
    /// What pages and servers have said.
    pub(crate) ledger: Ledger,
    pub(crate) log: Vec<String>,
    inputs: VecDeque<(usize, Input)>,
    reports: mpsc::UnboundedReceiver<(usize, u64, Report)>,
    reporter: mpsc::UnboundedSender<(usize, u64, Report)>,
    sockets: u64,
    generations: u32,
    /// Whether a peer connection may have got or lost a path.
    has_new_paths: bool,
    /// ICE generations without a path.
    lost_paths: BTreeSet<String>,
    /// The commands of half-open sockets, which keep them open.
    half_open: Vec<mpsc::UnboundedSender<Command>>,
    tasks: JoinSet<()>,
}

impl World {
    pub(super) async fn new() -> Self {
        let server = TestServer::open().await;
        Self { addresses: vec![server.address], _server: Some(server), ..Self::at(Vec::new()) }
    }

    /// Pages of servers at these addresses.
    pub(crate) fn at(addresses: Vec<SocketAddr>) -> Self {
        let (reporter, reports) = mpsc::unbounded_channel();
        Self {
            _server: None,
            addresses,
            since: Instant::now(),
            pages: Vec::new(),
            closes: 0,
            told: BTreeMap::new(),
            ledger: Ledger::default(),
            log: Vec::new(),
            inputs: VecDeque::new(),
            reports,
            reporter,
            sockets: 0,
            generations: 0,
            has_new_paths: false,
            lost_paths: BTreeSet::new(),
            half_open: Vec::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Adds a page of a person with these interests and languages, and returns its index.
    pub(crate) fn add_page(&mut self, seed: u64, interests: &str, languages: &[&str]) -> usize {
        let consent = Consent { has_met: true, ..Consent::default() };
        let languages = languages.iter().filter_map(|it| Language::new(it)).collect();
        let topics = interests.to_owned();
        let stored = StoredProfile { consent, topics, languages, ..StoredProfile::default() };
        self.pages.push(Page {
            call: Call::new(seed, stored, Browser::default(), SiteFacts::default()),
            peer: None,
            socket: None,
            cuts: VecDeque::new(),
            match_id: None,
            farewell: None,
            lost_at: None,
            longest_away: Duration::ZERO,
        });
        let page = self.pages.len() - 1;
        self.press(page, Intent::Toggle(Switch::MyLanguages));
        page
    }

    /// A person presses something.
    pub(crate) fn press(&mut self, page: usize, intent: Intent) {
        self.inputs.push_back((page, Input::Intent(intent)));
    }

    /// Ends the current socket of a page when the point is reached, at the latest in a moment.
    pub(super) fn plan_cut(&mut self, page: usize, cut: Cut) {
        let by = self.now() + AT_LAST;
        if let Some(socket) = &mut self.pages[page].socket {
            (socket.cut, socket.cut_by) = (Some(cut), Some(by));
        }
    }

    /// The path between the two pages of a call is lost, and their browsers notice.
    pub(super) fn lose_path(&mut self, pages: [usize; 2]) {
        for page in pages {
            let Some(peer) = &self.pages[page].peer else { continue };
            self.lost_paths.extend(peer.local.clone());
            let (link, event) = (peer.link, PeerEvent::Connection(ConnectionState::Failed));
            self.inputs.push_back((page, Input::Peer { link, event }));
        }
        self.update_media();
    }

    pub(crate) fn phase(&self, page: usize) -> Phase {
        self.pages[page].call.snapshot().phase
    }

    pub(crate) fn is_waiting(&self, page: usize) -> bool {
        self.is_settled(page) && matches!(self.phase(page), Phase::Waiting { .. })
    }

    /// Whether all planned ends have happened and the session is open.
    pub(crate) fn is_settled(&self, page: usize) -> bool {
        let Page { cuts, socket, .. } = &self.pages[page];
        let is_open = |it: &Socket| it.stage == Stage::Welcomed && it.cut.is_none();
        cuts.is_empty() && socket.as_ref().is_some_and(is_open)
    }

    /// Whether the two pages are in a call with each other, and the server is at their service.
    pub(crate) fn talk(&self, one: usize, other: usize) -> bool {
        [one, other].into_iter().all(|it| {
            let is_steady = matches!(self.phase(it), Phase::Talking { flow: Flow::Steady, .. });
            is_steady && self.is_settled(it)
        }) && self.partner(one) == Some(other)
    }

    /// The page from which media arrives.
    pub(crate) fn partner(&self, page: usize) -> Option<usize> {
        let peer = self.pages[page].peer.as_ref()?;
        let (local, remote) = (peer.local.as_ref()?, peer.remote.as_ref()?);
        let is_lost = self.lost_paths.contains(local) || self.lost_paths.contains(remote);
        if is_lost || peer.reachable.as_ref() != Some(remote) {
            return None;
        }
        let other = page_of(remote)?;
        let theirs = self.pages[other].peer.as_ref().filter(|it| it.local.as_ref() == Some(remote))?;
        let is_mutual = theirs.remote.as_ref() == Some(local) && theirs.reachable.as_ref() == Some(local);
        is_mutual.then_some(other)
    }

    /// Lets time pass until something is true.
    pub(crate) async fn wait_for(
        &mut self,
        what: &str,
        within: Duration,
        is_true: impl Fn(&Self) -> bool,
    ) -> Result<(), String> {
        let end = self.now() + within;
        loop {
            self.handle_inputs();
            // What is there already first: to look at many pages takes long.
            for _ in 0..self.reports.len() {
                let Ok((page, number, report)) = self.reports.try_recv() else { break };
                self.on_report(page, number, report);
                self.handle_inputs();
            }
            if let Some(fault) = self.ledger.faults.first() {
                return Err(fault.clone());
            }
            if is_true(self) {
                self.note(format!("true: {what}"));
                return Ok(());
            }
            let now = self.now();
            if now >= end {
                let phases: Vec<_> = (0..self.pages.len()).map(|it| self.phase(it)).collect();
                return Err(format!("not within {within:?}: {what}; the phases are {phases:?}"));
            }
            let due = self.pages.iter().flat_map(|it| {
                [it.call.next_deadline(), it.socket.as_ref().and_then(|it| it.cut_by)].into_iter().flatten()
            });
            let due = due.min().map_or(end, |at| at.min(end));
            let at = self.since + Duration::from_millis(due.as_millis());
            tokio::select! {
                report = self.reports.recv() => {
                    if let Some((page, number, report)) = report {
                        self.on_report(page, number, report);
                    }
                }
                () = sleep_until(at) => self.on_time(),
            }
        }
    }

    /// All pages stop. Returns when their sockets are closed.
    pub(crate) async fn finish(mut self) {
        for page in 0..self.pages.len() {
            self.press(page, Intent::Stop);
        }
        self.handle_inputs();
        self.half_open.clear();
        // A socket's task ends at once or by its own timeout.
        while self.tasks.join_next().await.is_some() {}
    }

    /// How many sockets the pages have opened.
    pub(crate) fn sockets_opened(&self) -> u64 {
        self.sockets
    }

    /// How long the story lasts.
    pub(crate) fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    fn now(&self) -> Moment {
        Moment::from_millis(self.elapsed().as_millis() as u64)
    }

    fn note(&mut self, line: String) {
        let line: String = line.chars().take(240).collect();
        if self.log.len() >= 2 * KEPT_LINES {
            self.log.drain(..KEPT_LINES);
        }
        self.log.push(format!("{:>6} {line}", self.now().as_millis()));
    }

    fn on_time(&mut self) {
        let now = self.now();
        for page in 0..self.pages.len() {
            if self.pages[page].call.next_deadline().is_some_and(|it| it <= now) {
                self.inputs.push_back((page, Input::Tick));
            }
            let socket = self.pages[page].socket.as_ref();
            if let Some((Some(cut), Some(by))) = socket.map(|it| (it.cut, it.cut_by))
                && by <= now
            {
                self.end_socket(page, cut.end);
            }
        }
    }

    fn handle_inputs(&mut self) {
        while let Some((page, input)) = self.inputs.pop_front() {
            self.note(format!("page {page} <- {input:?}"));
            let now = self.now();
            for output in self.pages[page].call.handle(Clocks::for_tests(now), input) {
                self.perform(page, output);
            }
            if let Phase::Ended { why } = self.phase(page) {
                self.pages[page].farewell = Some(why);
            }
            if std::mem::take(&mut self.has_new_paths) {
                self.update_media();
            }
        }
    }

    fn perform(&mut self, page: usize, output: Output) {
        self.has_new_paths |= matches!(output, Output::Peer { .. });
        match output {
            Output::OpenMedia(request) => {
                let opened = request.media().into();
                self.inputs.push_back((page, Input::MediaOpened(request.number, opened)));
            }
            Output::WatchFrames(request) => {
                self.inputs.push_back((page, Input::Devices(DeviceEvent::Frame(request))));
            }
            Output::CloseMedia
            | Output::EnableMedia(_)
            | Output::CloseDevice(_)
            | Output::SendTracks
            | Output::ShareScreen(_)
            | Output::EndCheck
            | Output::TestPath(..)
            | Output::EndPathTests
            | Output::UnshareScreen
            | Output::WarmUp(_) => {}
            Output::CheckConnection(_) => {
                self.inputs.push_back((
                    page,
                    Input::ConnectionChecked(CheckFinding::Candidate { is_relayed: false }),
                ));
            }
            Output::OpenSocket => self.open_socket(page),
            Output::Send(frame) => self.send(page, &frame),
            Output::CloseSocket { code } => {
                self.note(format!("page {page} closes with {code:?}"));
                if let Some(socket) = self.pages[page].socket.take() {
                    let _ = socket.commands.send(Command::End(End::Close(code)));
                }
            }
            Output::Peer { link, command: PeerCommand::Open { .. } } => {
                self.pages[page].peer = Some(PeerConnection::new(link));
            }
            Output::Peer { link, command: PeerCommand::Close } => {
                self.pages[page].peer.take_if(|it| it.link == link);
            }
            Output::Peer { link, command } => {
                self.generations += 1;
                let fresh = generation(page, self.generations);
                let peer = self.pages[page].peer.as_mut().filter(|it| it.link == link);
                let events = peer.map_or_else(Vec::new, |it| it.perform(command, &fresh));
                let inputs = events.into_iter().map(|event| (page, Input::Peer { link, event }));
                self.inputs.extend(inputs);
            }
            other => assert!(other.is_cosmetic(), "{other:?}"),
        }
    }

    fn open_socket(&mut self, page: usize) {
        self.sockets += 1;
        let (number, reporter) = (self.sockets, self.reporter.clone());
        let (commands, received) = mpsc::unbounded_channel();
        let cut = self.pages[page].cuts.pop_front();
        self.note(format!("page {page} opens socket {number}, {cut:?}"));
        self.pages[page].socket = Some(Socket { number, stage: Stage::Opening, cut, cut_by: None, commands });
        let address = self.addresses[fastrand::usize(..self.addresses.len())];
        self.tasks.spawn(async move {
            // Nobody listens any more at the end of the story.
            let report = |report| drop(reporter.send((page, number, report)));
            let Some(socket) = try_connect(address).await else { return report(Report::Lost) };
            report(Report::Opened);
            exchange(socket, received, &report).await;
        });
    }

    fn send(&mut self, page: usize, frame: &Frame<ToServer>) {
        self.ledger.on_sent(page, frame);
        if let ToServer::Hello { .. } = frame.msg {
            self.send_text(page, encode(frame));
            let Some(socket) = &mut self.pages[page].socket else { return };
            socket.stage = Stage::Greeted;
            if let Some(Cut { point: Point::AfterHello, end }) = socket.cut {
                self.end_socket(page, end);
            }
        } else if self.passes(page) {
            self.note(format!("page {page} sends {} {}", frame.seq, name(&frame.msg)));
            self.send_text(page, encode(frame));
        }
    }

    fn send_text(&self, page: usize, text: String) {
        if let Some(socket) = &self.pages[page].socket {
            // Fails if the socket was lost, which is reported.
            let _ = socket.commands.send(Command::Send(text));
        }
    }

    /// Counts a frame. If the socket ends before it, the frame does not pass.
    fn passes(&mut self, page: usize) -> bool {
        let Some(socket) = &mut self.pages[page].socket else { return false };
        match &mut socket.cut {
            Some(Cut { point: Point::Frames(0), end }) => {
                let end = *end;
                self.end_socket(page, end);
                false
            }
            Some(Cut { point: Point::Frames(count), .. }) => {
                *count -= 1;
                true
            }
            Some(_) | None => true,
        }
    }

    fn on_report(&mut self, page: usize, number: u64, report: Report) {
        let now = self.now();
        let Some(socket) = self.pages[page].socket.as_mut().filter(|it| it.number == number) else { return };
        match report {
            Report::Opened => {
                socket.stage = Stage::Open;
                if let Some(Cut { point: Point::BeforeHello, end }) = socket.cut {
                    self.end_socket(page, end);
                } else {
                    self.inputs.push_back((page, Input::SocketOpened));
                }
            }
            Report::Lost => {
                self.note(format!("page {page} loses socket {number}"));
                self.pages[page].socket = None;
                self.inputs.push_back((page, Input::SocketLost));
            }
            Report::Text(text) => {
                let frame = decode_lenient(&text).expect("a page understands the server");
                if let ToBrowser::Welcome { .. } = frame.msg {
                    if let Some(Cut { point: Point::BeforeWelcome, end }) = socket.cut {
                        return self.end_socket(page, end);
                    }
                    socket.stage = Stage::Welcomed;
                    socket.cut_by = socket.cut.map(|_| now + AT_LAST);
                    let lost_at = self.pages[page].lost_at.take();
                    let away = lost_at.map_or(Duration::ZERO, |it| now - it);
                    self.pages[page].longest_away = self.pages[page].longest_away.max(away);
                } else if !self.passes(page) {
                    return;
                }
                self.ledger.on_received(page, &frame);
                if let ToBrowser::Matched { match_id, .. } = frame.msg {
                    self.pages[page].match_id = Some(match_id);
                    let at = self.elapsed();
                    self.told.entry(match_id).or_default().entry(page).or_insert(at);
                }
                self.inputs.push_back((page, Input::Message(frame)));
            }
        }
    }

    fn end_socket(&mut self, page: usize, end: End) {
        let Some(Socket { number, stage, commands, .. }) = self.pages[page].socket.take() else { return };
        self.note(format!("page {page}: socket {number} ends while {stage:?}: {end:?}"));
        self.closes += 1;
        let now = self.now();
        self.pages[page].lost_at.get_or_insert(now);
        let _ = commands.send(Command::End(end));
        if let End::HalfOpen = end {
            self.half_open.push(commands);
        }
        self.inputs.push_back((page, Input::SocketLost));
    }

    /// Reports connections and lost paths to the pages.
    fn update_media(&mut self) {
        for page in 0..self.pages.len() {
            let is_connected = self.partner(page).is_some();
            let Some(peer) = &mut self.pages[page].peer else { continue };
            if std::mem::replace(&mut peer.is_connected, is_connected) == is_connected {
                continue;
            }
            let link = peer.link;
            let state = if is_connected { ConnectionState::Connected } else { ConnectionState::Disconnected };
            let found = is_connected.then_some(PeerEvent::PathFound);
            for event in found.into_iter().chain([PeerEvent::Connection(state)]) {
                self.inputs.push_back((page, Input::Peer { link, event }));
            }
        }
    }
}

/// The ICE generation of a page that has this number.
fn generation(page: usize, number: u32) -> String {
    format!("{page}+{number:06}")
}

/// The page of an ICE generation.
fn page_of(generation: &str) -> Option<usize> {
    generation.split_once('+')?.0.parse().ok()
}

/// The name of a message.
fn name(msg: &ToServer) -> String {
    let text = serde_json::to_value(msg).unwrap_or_default();
    text.as_object().and_then(|it| it.keys().next().cloned()).unwrap_or_default()
}

/// Serves one socket until it ends.
async fn exchange(
    mut socket: crate::support::RawSocket,
    mut commands: mpsc::UnboundedReceiver<Command>,
    report: &impl Fn(Report),
) {
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Send(text)) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        return report(Report::Lost);
                    }
                }
                Some(Command::End(End::Close(code))) => {
                    let frame = code.map(|code| CloseFrame { code: code.into(), reason: "".into() });
                    let _ = socket.send(Message::Close(frame)).await;
                    // Read on, so that the close frame is not lost with a reset of the connection.
                    let closed = async { while let Some(Ok(_)) = socket.next().await {} };
                    let _ = timeout(Duration::from_secs(1), closed).await;
                    return;
                }
                Some(Command::End(End::HalfOpen)) => {
                    // Until the end of the story.
                    let _ = commands.recv().await;
                    return;
                }
                Some(Command::End(End::Drop)) | None => return,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => report(Report::Text(text.to_string())),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return report(Report::Lost),
                Some(Ok(_)) => {}
            },
        }
    }
}
