//! A test harness: a matchmaker and simulated pages, connected by simulated sockets on a virtual clock.
//!
//! The pages number, acknowledge and replay messages as the protocol demands, and they record what they receive.

use std::{collections::HashMap, ops::Range, time::Duration};

use uuid::Uuid;

use super::vocabulary::{DrawnProof, relay_of};
use crate::{
    matchmaker::{
        Closing, EdgeId, GenuineReport, Input, Matchmaker, MatchmakerConfig, Network, NetworkSanction, Note,
        Output, Readings, ReportRequest, SanctionUpdate, SiteIndex, SocketId, StoreAnswer, Visit,
        queue::place_proof::PlaceProof,
    },
    protocol::{
        Candidate, Delivery, DeviceId, Epoch, ErrorCode, Features, Frame, MatchId, Media, Message, Met,
        NetworkTag, NoticeKind, Occupancy, PairId, PastPairs, PeerId, Receipt, ReportReason, ReportWords,
        Resume, SanctionNotice, Sdp, Secret, Signal, Tastes, ToBrowser, ToServer,
        limits::{HEARTBEAT, MET_FOR},
    },
    time::Moment,
};

/// How the connection of a page behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Everything arrives.
    Working,
    /// The page sends, but reads nothing.
    NotReading,
    /// Nothing arrives in either direction, and neither side has noticed.
    Cut,
}

/// Something that a page observes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientEvent {
    /// A message that is no duplicate.
    Received(ToBrowser),
    /// The server closed the socket.
    Closed(ErrorCode),
}

/// A simulated page.
#[derive(Debug)]
pub(crate) struct Page {
    /// Peer id and resume secret from the last welcome.
    pub(crate) identity: Option<Resume>,
    /// The peer in the last welcome that the server sent, whether or not it arrived.
    pub(crate) peer: Option<PeerId>,
    /// The wire of the pending socket is cut before the welcome arrives.
    loses_welcome: bool,
    /// The socket in use, which has been welcomed.
    pub(crate) socket: Option<SocketId>,
    /// A new socket that has not been welcomed yet.
    pending_socket: Option<SocketId>,
    /// The previous socket, on which the server may still send.
    replaced_socket: Option<SocketId>,
    /// The network of its next socket.
    pub(crate) network: usize,
    /// How the socket in use behaves.
    pub(crate) wire: Wire,
    delivery: Delivery<ToServer>,
    /// Everything that the page has observed, except on its previous socket.
    pub(crate) events: Vec<ClientEvent>,
    /// The ticket to show in the next hello.
    pub(crate) ticket_to_send: Option<String>,
    /// How many of the messages that it has received its hellos do not acknowledge.
    pub(crate) withheld_acks: u64,
    /// The signed device name.
    pub(crate) device: Option<String>,
    /// The last proof of its place.
    pub(crate) proof: Option<Box<str>>,
    /// The proof to show in the next hello.
    pub(crate) proof_to_send: Option<Box<str>>,
    /// The statement about the age of its person.
    pub(crate) age: Option<String>,
    /// How often the server asked for a prepared offer.
    pub(crate) offer_requests: usize,
    /// The last occupancy message since the page began to wait.
    pub(crate) occupancy: Option<Occupancy>,
    /// Everything that arrived on the previous socket.
    pub(crate) events_on_replaced: Vec<ClientEvent>,
    /// How many of the events [`Scene::take_events`] has returned.
    events_taken: usize,
}

/// A matchmaker with its pages.
///
/// A replica gets the same inputs and must give the same outputs. So every test also shows that the matchmaker takes
/// time and randomness from its arguments only.
pub(crate) struct Scene {
    /// The matchmaker under test.
    pub(crate) machine: Matchmaker,
    replica: Matchmaker,
    /// The virtual time.
    pub(crate) now: Moment,
    /// How far the wall clock was set forward, in milliseconds; negative if it was set back.
    pub(crate) wall_clock_is_ahead_ms: i64,
    /// Whether the wall clock also jumps by up to an hour before each input.
    pub(crate) has_unsteady_clock: bool,
    /// Inputs so far.
    inputs: u64,
    /// All pages that ever opened a socket.
    pub(crate) pages: Vec<Page>,
    /// Whether each socket comes from its own network; otherwise `networks` counts.
    pub(crate) separate_networks: bool,
    /// From how many networks new pages come, in turn.
    pub(crate) networks: usize,
    /// How many prepared offers a history has sent.
    pub(crate) offers: u32,
    config: MatchmakerConfig,
    /// All notes of the matchmaker so far.
    pub(crate) notes: Vec<Note>,
    /// The number of the newest socket.
    last_socket: u64,
    open_sockets: Vec<SocketId>,
    /// Matches in the order in which they were first described; `#1` is the first.
    numbered_matches: Vec<MatchId>,
    /// Pages that have to acknowledge messages.
    owing_acks: Vec<usize>,
    /// Whether pages acknowledge when they have received many messages without sending one.
    pub(crate) acknowledges_many: bool,
    /// When each socket last sent something.
    last_sent: HashMap<SocketId, Moment>,
    /// What each device stores, by its signed name.
    devices: HashMap<String, StoredPairs>,
    /// The server's store for reports.
    pub(crate) store: ReportStore,
}

/// A store that keeps one report of each end of a match, as the server's does.
#[derive(Debug, Default)]
pub(crate) struct ReportStore {
    /// Whether it does not answer.
    pub(crate) is_silent: bool,
    /// Whether it cannot store anything.
    pub(crate) fails: bool,
    /// What it was asked and has not answered.
    pub(crate) requests: Vec<(ReportRequest, GenuineReport)>,
    /// What it keeps.
    pub(crate) kept: Vec<GenuineReport>,
}

impl ReportStore {
    fn keep(&mut self, report: GenuineReport) -> StoreAnswer {
        let is_same = |it: &GenuineReport| {
            (it.match_id, it.reporter.device) == (report.match_id, report.reporter.device)
        };
        let before = self.kept.iter().position(is_same);
        let outcome = |at: usize| format!("code {at}");
        match before {
            _ if self.fails => StoreAnswer::Failed,
            Some(at) => StoreAnswer::StoredBefore { outcome: Some(outcome(at)) },
            None => {
                self.kept.push(report);
                StoreAnswer::Stored { outcome: outcome(self.kept.len() - 1) }
            }
        }
    }
}

/// A decision of a person, with an appeal, until this time.
pub(crate) fn sanction(kind: NoticeKind, until: u64) -> SanctionNotice {
    let (reason, appeal) = (ReportReason::Nudity, Some("K7QP".to_owned()));
    SanctionNotice { kind, reason, until, automatic: false, appeal }
}

/// One hour in milliseconds.
pub(crate) const HOUR_MS: u64 = 3_600_000;

/// Pairs that are remembered as met: few, so that random histories reach the limit.
pub(crate) const MAX_MET: usize = 3;

/// Pairs that are remembered as blocked.
pub(crate) const MAX_BLOCKED: usize = 2;

/// The past pairs that a device stores.
#[derive(Debug, Default)]
struct StoredPairs {
    met: Vec<(Moment, PairId)>,
    blocked: Vec<PairId>,
}

/// A hello with nothing but an optional resume secret.
pub(crate) fn hello(resume: Option<Resume>) -> ToServer {
    ToServer::Hello {
        resume,
        ticket: None,
        device: None,
        age: None,
        past: PastPairs::default(),
        place: None,
        features: Features::all(),
    }
}

/// The edge that serves the pages of a network.
pub(crate) const fn edge_of(network: usize) -> EdgeId {
    EdgeId(network as u64)
}

/// A short form of [`Duration::from_secs`].
pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The media of the page of this index. Even and odd pages differ, so that a mix-up is noticed.
pub(crate) const fn media_of(page: usize) -> Media {
    Media { audio: true, video: page.is_multiple_of(2) }
}

/// An offer with this text as its description.
pub(crate) fn offer(text: &str) -> Signal {
    Signal::Offer { sdp: Sdp(text.to_owned()) }
}

/// A host candidate with a public address.
pub(crate) fn candidate() -> Signal {
    candidate_of("candidate:1 1 udp 1 192.0.2.1 9 typ host")
}

/// A candidate with this text.
pub(crate) fn candidate_of(text: &str) -> Signal {
    let candidate = Sdp(text.to_owned());
    Signal::Candidate(Candidate { candidate, sdp_mid: None, sdp_m_line_index: None, username_fragment: None })
}

impl StoredPairs {
    fn to_past_pairs(&self, now: Moment) -> PastPairs {
        let met = self.met.iter().filter(|(at, _)| now - *at < MET_FOR);
        let met = met.map(|(at, pair)| Met { pair: *pair, minutes_ago: ((now - *at).as_secs() / 60) as u8 });
        PastPairs { met: met.collect(), blocked: self.blocked.clone() }
    }

    fn record_met(&mut self, now: Moment, pair: PairId) {
        self.met.retain(|(_, it)| *it != pair);
        self.met.push((now, pair));
        self.met.drain(..self.met.len().saturating_sub(MAX_MET));
    }

    fn record_blocked(&mut self, pair: PairId) {
        self.blocked.retain(|it| *it != pair);
        self.blocked.push(pair);
        self.blocked.drain(..self.blocked.len().saturating_sub(MAX_BLOCKED));
    }
}

impl Scene {
    /// A scene without pages whose server admits `max_connections` peers.
    pub(crate) fn with_capacity(max_connections: usize) -> Self {
        Self::with_config(MatchmakerConfig {
            max_connections,
            max_met: MAX_MET,
            max_blocked: MAX_BLOCKED,
            ..MatchmakerConfig::for_tests(7)
        })
    }

    /// A scene without pages and with this configuration.
    pub(crate) fn with_config(config: MatchmakerConfig) -> Self {
        Self {
            machine: Matchmaker::new(config.clone()),
            replica: Matchmaker::new(config.clone()),
            separate_networks: false,
            networks: 1,
            offers: 0,
            config,
            now: Moment::from_millis(0),
            wall_clock_is_ahead_ms: 0,
            has_unsteady_clock: false,
            inputs: 0,
            pages: Vec::new(),
            notes: Vec::new(),
            last_socket: 0,
            open_sockets: Vec::new(),
            numbered_matches: Vec::new(),
            owing_acks: Vec::new(),
            acknowledges_many: true,
            last_sent: HashMap::new(),
            devices: HashMap::new(),
            store: ReportStore::default(),
        }
    }

    /// A scene without pages whose server admits any number of peers.
    pub(crate) fn new() -> Self {
        Self::with_capacity(usize::MAX)
    }

    /// The same scene, whose new pages come from so many networks in turn.
    pub(crate) fn with_networks(self, networks: usize) -> Self {
        Self { networks, ..self }
    }

    /// Adds `N` pages that have been welcomed; their events are taken.
    pub(crate) fn add_pages<const N: usize>(&mut self) -> [usize; N] {
        std::array::from_fn(|_| {
            let page = self.open_page();
            self.send_hello(page, None);
            self.take_events(page);
            page
        })
    }

    /// Adds two matched pages, the impolite one first, and returns them with their match; their events are taken.
    pub(crate) fn add_matched_pair(&mut self) -> (usize, usize, MatchId) {
        let [one, other] = self.add_pages();
        self.join(one);
        self.join(other);
        self.take_events(one);
        self.take_events(other);
        (one, other, self.last_match(one))
    }

    /// Adds a page whose socket is open and which has not said hello.
    pub(crate) fn open_page(&mut self) -> usize {
        let page = self.push_page();
        self.open_socket(page);
        page
    }

    /// Sends hello on the newest socket of a page.
    pub(crate) fn send_hello(&mut self, page: usize, resume: Option<Resume>) {
        let it = &mut self.pages[page];
        let Some(socket) = it.pending_socket.or(it.socket) else { return };
        let past = it.device.as_ref().map(|it| self.devices[it].to_past_pairs(self.now)).unwrap_or_default();
        let (ticket, device) = (it.ticket_to_send.clone(), it.device.clone());
        let age = it.age.clone().map(String::into_boxed_str);
        let hello = ToServer::Hello {
            resume,
            ticket,
            device,
            age,
            past,
            place: it.proof_to_send.clone(),
            features: Features::all(),
        };
        let mut frame = it.delivery.send(hello).unwrap();
        frame.ack -= it.withheld_acks;
        self.feed(Input::Message { socket, frame });
    }

    /// Opens a new socket for a page and shows its resume secret there.
    ///
    /// Returns the index of the page afterwards: the same, or a new one if the server made it a new peer.
    pub(crate) fn resume(&mut self, page: usize) -> usize {
        let Some(index) = self.show_secret(page, Wire::Working) else { return page };
        if index == page && self.pages[page].socket.is_some() {
            for frame in self.pages[page].delivery.replay() {
                let Some(socket) = self.pages[page].socket else { break };
                self.feed(Input::Message { socket, frame });
            }
        }
        index
    }

    /// Opens a new socket for a page and shows its resume secret there; the wire is cut before the welcome arrives.
    ///
    /// Returns the index of the page afterwards: the same, or a new one if the server made it a new peer.
    pub(crate) fn lose_welcome(&mut self, page: usize) -> usize {
        self.show_secret(page, Wire::Cut).unwrap_or(page)
    }

    /// Opens a new socket for a page and says hello there, over a wire in this state.
    ///
    /// Returns the index of the page afterwards; `None` if the server rejects the socket.
    fn show_secret(&mut self, page: usize, wire: Wire) -> Option<usize> {
        let resume = self.pages[page].identity;
        self.open_socket(page);
        let it = &mut self.pages[page];
        it.pending_socket?;
        it.replaced_socket = it.socket.take();
        (it.wire, it.loses_welcome) = (wire, wire == Wire::Cut);
        let count = self.pages.len();
        self.send_hello(page, resume);
        Some(if self.pages.len() > count { count } else { page })
    }

    /// Adds a page whose first welcome is lost, so that its peer stays behind; on the device of `tab_of`, or a new one.
    pub(crate) fn add_ghost(&mut self, tab_of: Option<usize>) -> usize {
        let device = tab_of.and_then(|it| self.pages[it].device.clone());
        let page = self.open_page();
        let it = &mut self.pages[page];
        it.device = device;
        if it.pending_socket.is_some() {
            (it.wire, it.loses_welcome) = (Wire::Cut, true);
            self.send_hello(page, None);
        }
        page
    }

    /// Replaces the server by a new one with the same key; every socket is gone.
    pub(crate) fn restart_server(&mut self) {
        self.machine = Matchmaker::new(self.config.clone());
        self.replica = Matchmaker::new(self.config.clone());
        self.open_sockets.clear();
        self.numbered_matches.clear();
        for page in &mut self.pages {
            (page.socket, page.pending_socket, page.wire) = (None, None, Wire::Working);
        }
    }

    /// Opens a new socket for a page and shows there the ticket of its last match.
    pub(crate) fn resume_with_ticket(&mut self, page: usize) {
        let ticket = self.last_ticket(page);
        self.show_ticket(page, ticket);
    }

    /// Opens a new socket for a page and shows this ticket there.
    pub(crate) fn show_ticket(&mut self, page: usize, ticket: Option<String>) {
        self.pages[page].ticket_to_send = ticket;
        let resume = self.pages[page].identity;
        self.open_socket(page);
        let it = &mut self.pages[page];
        (it.replaced_socket, it.wire) = (it.socket.take(), Wire::Working);
        self.send_hello(page, resume);
    }

    /// The ticket of the last match of a page.
    pub(crate) fn last_ticket(&self, page: usize) -> Option<String> {
        self.pages[page].events.iter().rev().find_map(|it| match it {
            ClientEvent::Received(ToBrowser::Matched { ticket, .. }) => ticket.clone(),
            ClientEvent::Received(_) | ClientEvent::Closed(_) => None,
        })
    }

    /// The ticket of this match that a page was told of.
    pub(crate) fn ticket_of(&self, page: usize, match_id: MatchId) -> Option<String> {
        self.pages[page].events.iter().find_map(|it| match it {
            ClientEvent::Received(ToBrowser::Matched { match_id: it, ticket, .. }) if *it == match_id => {
                ticket.clone()
            }
            ClientEvent::Received(_) | ClientEvent::Closed(_) => None,
        })
    }

    /// The last `matched` message of a page.
    pub(crate) fn last_matched(&self, page: usize) -> &ToBrowser {
        let is_match = |it: &&ClientEvent| matches!(it, ClientEvent::Received(ToBrowser::Matched { .. }));
        let Some(ClientEvent::Received(msg)) = self.pages[page].events.iter().rfind(is_match) else {
            panic!("page {page} was never matched")
        };
        msg
    }

    /// Adds another page that shows this peer id and resume secret.
    pub(crate) fn add_impostor(&mut self, resume: Resume) -> usize {
        let page = self.open_page();
        self.send_hello(page, Some(resume));
        page
    }

    /// Sends a message; if the wire is cut, it only enters the outbox of the page.
    pub(crate) fn send(&mut self, page: usize, msg: ToServer) {
        let it = &mut self.pages[page];
        let frame = it.delivery.send(msg).unwrap();
        if let (Some(socket), false) = (it.socket.or(it.pending_socket), it.wire == Wire::Cut) {
            self.feed(Input::Message { socket, frame });
        }
    }

    /// Sends a frame with these sequence and acknowledgement numbers.
    pub(crate) fn send_raw(&mut self, page: usize, seq: u64, ack: u64, msg: ToServer) {
        let socket = self.socket(page);
        self.feed(Input::Message { socket, frame: Frame { seq, ack, msg } });
    }

    /// Joins the queue.
    pub(crate) fn join(&mut self, page: usize) {
        self.join_with(page, Tastes::default());
    }

    /// Joins the queue with interests and languages.
    pub(crate) fn join_with(&mut self, page: usize, tastes: Tastes) {
        self.send(page, ToServer::Join { media: media_of(page), hide: false, soft: false, tastes });
    }

    /// Blocks the partner of a match; an invented pair if the page was not told of the match.
    pub(crate) fn block(&mut self, page: usize, match_id: MatchId) {
        let pair = self.pair_of(page, match_id);
        if let Some(device) = &self.pages[page].device {
            self.devices.get_mut(device).unwrap().record_blocked(pair);
        }
        self.send(page, ToServer::Block { pair });
    }

    /// Clears all blocks.
    pub(crate) fn unblock(&mut self, page: usize) {
        if let Some(device) = &self.pages[page].device {
            self.devices.get_mut(device).unwrap().blocked.clear();
        }
        self.send(page, ToServer::Unblock { pair: None });
    }

    /// Unblocks the partner of a match.
    pub(crate) fn unblock_one(&mut self, page: usize, match_id: MatchId) {
        let pair = self.pair_of(page, match_id);
        if let Some(device) = &self.pages[page].device {
            self.devices.get_mut(device).unwrap().blocked.retain(|it| *it != pair);
        }
        self.send(page, ToServer::Unblock { pair: Some(pair) });
    }

    /// The pair of a match; an invented one if the page was not told of the match.
    fn pair_of(&self, page: usize, match_id: MatchId) -> PairId {
        let pair_of = |it: &ClientEvent| match it {
            ClientEvent::Received(ToBrowser::Matched { match_id: id, pair, .. }) if *id == match_id => *pair,
            ClientEvent::Received(_) | ClientEvent::Closed(_) => None,
        };
        self.pages[page].events.iter().find_map(pair_of).unwrap_or(PairId(Uuid::max()))
    }

    /// Adds a page on the same device as this one.
    pub(crate) fn reload(&mut self, page: usize) -> usize {
        let (new, device) = (self.open_page(), self.pages[page].device.clone());
        self.pages[new].device = device;
        self.send_hello(new, None);
        new
    }

    /// Adds a page on the same device as this one, with the proof that a peer of that device had waited for so long at
    /// another server, so many milliseconds ago.
    pub(crate) fn reload_with_proof(&mut self, page: usize, proof: DrawnProof) -> usize {
        let (new, device) = (self.open_page(), self.pages[page].device.clone());
        let keys = self.config.keys.clone();
        let name = device.as_deref().and_then(|it| keys.device(it));
        if let Some((id, _)) = name {
            let proof = PlaceProof {
                device: id,
                peer: PeerId(Uuid::from_u128(proof.peer as u128)),
                waited: Duration::from_millis(proof.waited_ms),
                at_unix_ms: self.unix_ms(self.inputs + 1) - proof.age_ms,
            };
            self.pages[new].proof_to_send = Some(proof.seal(&keys, [0; 24]).into());
        }
        self.pages[new].device = device;
        self.send_hello(new, None);
        new
    }

    /// Sends a signal about a match.
    pub(crate) fn send_signal(&mut self, page: usize, match_id: MatchId, epoch: u32, signal: Signal) {
        self.send(page, ToServer::Signal { match_id, epoch: Epoch(epoch), signal });
    }

    /// Lets the first end make an offer, and the second one answer it.
    pub(crate) fn negotiate(&mut self, match_id: MatchId, ends: [usize; 2]) {
        self.send_signal(ends[0], match_id, 1, offer("offer"));
        self.send_signal(ends[1], match_id, 1, Signal::Answer { sdp: Sdp("answer".into()) });
        ends.into_iter().for_each(|it| _ = self.take_events(it));
    }

    /// Lets both ends report that media arrives.
    pub(crate) fn report_connected(&mut self, match_id: MatchId, ends: [usize; 2]) {
        for page in ends {
            self.send(page, ToServer::Connected { match_id });
        }
    }

    /// Sends a text that the codec refuses with `code`; `numbered` tells whether its frame could be read.
    pub(crate) fn send_invalid(&mut self, page: usize, code: ErrorCode, numbered: bool) {
        let socket = self.socket(page);
        let msg =
            ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch::FIRST, signal: offer("bad") };
        let numbers = numbered.then(|| {
            let frame = self.pages[page].delivery.send(msg).unwrap();
            (frame.seq, frame.ack)
        });
        self.feed(Input::Refused { socket, code, numbers });
    }

    /// Sends a message sooner than the rate limit allows.
    pub(crate) fn send_too_soon(&mut self, page: usize) {
        let socket = self.socket(page);
        let frame = self.pages[page].delivery.send(ToServer::Leave {}).unwrap();
        self.feed(Input::RateLimited {
            socket,
            numbers: (frame.seq, frame.ack),
            retry: Duration::from_millis(1_234),
        });
    }

    /// A page loses its socket, and the server notices.
    pub(crate) fn lose_socket(&mut self, page: usize) {
        self.close_socket(page, Closing::Lost);
    }

    /// A page closes its socket on purpose.
    pub(crate) fn close_page(&mut self, page: usize) {
        self.close_socket(page, Closing::Goodbye);
    }

    fn close_socket(&mut self, page: usize, closing: Closing) {
        let Some(socket) = self.pages[page].socket else { return };
        // Messages that the server sends before it handles the input do not arrive.
        self.pages[page].wire = Wire::Cut;
        self.feed(Input::Closed { socket, closing });
        self.pages[page].socket = None;
        self.open_sockets.retain(|it| *it != socket);
    }

    /// The edge of a network is lost.
    pub(crate) fn lose_edge(&mut self, network: usize) {
        let edge = edge_of(network);
        let is_lost = |it: Option<SocketId>| it.is_some_and(|it| it.edge == edge);
        // Messages that the server sends before it handles the input do not arrive.
        for page in &mut self.pages {
            if is_lost(page.socket) {
                page.wire = Wire::Cut;
            }
            page.loses_welcome |= is_lost(page.pending_socket);
        }
        self.feed(Input::EdgeLost(edge));
        for page in &mut self.pages {
            page.socket.take_if(|it| it.edge == edge);
            if page.pending_socket.take_if(|it| it.edge == edge).is_some() {
                page.loses_welcome = false;
            }
        }
        self.open_sockets.retain(|it| it.edge != edge);
    }

    /// The edge of a network is about to stop.
    pub(crate) fn drain_edge(&mut self, network: usize) {
        self.feed(Input::EdgeDrains(edge_of(network)));
    }

    /// The edge of a network has a relay.
    pub(crate) fn add_relay(&mut self, network: usize) {
        let edge = edge_of(network);
        self.feed(Input::EdgeRelay { edge, relay: relay_of(edge) });
    }

    /// Advances the time; each deadline on the way is handled at its time.
    pub(crate) fn advance(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.machine.deadline().filter(|at| *at <= until) {
            self.now = at;
            self.feed(Input::Tick);
        }
        self.now = until;
    }

    /// Tells the server to stop after this time at the latest.
    pub(crate) fn drain(&mut self, grace: Duration) {
        self.feed(Input::Drain { until: self.now + grace });
    }

    /// When the page was last told to come back.
    pub(crate) fn come_back_after(&self, page: usize) -> Duration {
        let after = |it: &ClientEvent| match it {
            ClientEvent::Received(ToBrowser::ComeBack { after_ms }) => Some(u64::from(*after_ms)),
            ClientEvent::Received(_) | ClientEvent::Closed(_) => None,
        };
        Duration::from_millis(self.pages[page].events.iter().rev().find_map(after).unwrap())
    }

    /// Other randomness for each input, and the wall clock.
    fn read_system(&mut self) -> Readings {
        self.inputs += 1;
        let mut random = [0; 32];
        random.chunks_mut(8).for_each(|it| it.copy_from_slice(&self.inputs.to_le_bytes()));
        Readings { unix_ms: self.unix_ms(self.inputs), random }
    }

    /// The wall clock at the input of this number.
    fn unix_ms(&self, input: u64) -> u64 {
        let unix_ms = Readings::for_tests(self.now).unix_ms;
        let unsteady_ms = if self.has_unsteady_clock { input.wrapping_mul(7_919_000) % HOUR_MS } else { 0 };
        unix_ms.saturating_add_signed(self.wall_clock_is_ahead_ms) - unsteady_ms
    }

    /// Passes an input to the matchmaker and to its replica, and the outputs to the pages.
    pub(crate) fn feed(&mut self, input: Input) {
        if let Input::Message { socket, .. }
        | Input::Refused { socket, .. }
        | Input::RateLimited { socket, .. } = &input
        {
            self.last_sent.insert(*socket, self.now);
        }
        let readings = self.read_system();
        let outputs = self.machine.handle(self.now, readings, input.clone());
        let again = self.replica.handle(self.now, readings, input);
        assert_eq!(format!("{outputs:?}"), format!("{again:?}"), "the same inputs give the same outputs");
        assert!(
            self.machine.deadline().is_none_or(|at| at > self.now),
            "no deadline is overdue after an input"
        );
        for output in outputs {
            match output {
                Output::Send { socket, frame } => self.on_frame(socket, frame.seq, frame.ack, &frame.msg),
                Output::Close { socket, code } => self.on_closed(socket, code),
                Output::StoreReport { request, report } => self.store.requests.push((request, *report)),
                Output::Note(note) => self.notes.push(note),
            }
        }
        while let Some(page) = self.owing_acks.pop() {
            self.send(page, ToServer::Ping {});
        }
        self.answer_reports();
    }

    /// Lets the store answer, if it does.
    fn answer_reports(&mut self) {
        if self.store.is_silent {
            return;
        }
        for (request, report) in std::mem::take(&mut self.store.requests) {
            let answer = self.store.keep(report);
            self.feed(Input::ReportStored { request, answer });
        }
    }

    /// Lets the store answer what it was asked while it was silent.
    pub(crate) fn wake_store(&mut self) {
        self.store.is_silent = false;
        self.answer_reports();
    }

    /// Reports with this ticket, because of nudity and without words.
    pub(crate) fn report(&mut self, page: usize, ticket: String) {
        let (reason, words) = (ReportReason::Nudity, ReportWords::default());
        self.send(page, ToServer::Report { ticket, reason, words });
    }

    /// Decides something about the device of a page until the end of time; `None` withdraws it.
    pub(crate) fn sanction(&mut self, page: usize, kind: Option<NoticeKind>) {
        self.sanction_until(page, kind, u64::MAX);
    }

    /// Decides something about the device of a page until this time, in seconds since the Unix epoch.
    pub(crate) fn sanction_until(&mut self, page: usize, kind: Option<NoticeKind>, until: u64) {
        let device = self.device_of(page);
        let sanction = kind.map(|it| sanction(it, until));
        self.feed(Input::Sanction(SanctionUpdate::Device(device, sanction)));
    }

    /// Lets the pages of a network wait apart until the end of time, or no longer.
    pub(crate) fn set_apart(&mut self, network: usize, is_apart: bool) {
        let tag = NetworkTag([network as u8; 16]);
        let sanction = is_apart.then_some(NetworkSanction { refused_until: 0, apart_until: u64::MAX });
        self.feed(Input::Sanction(SanctionUpdate::Network(tag, sanction)));
    }

    /// The device of a page that has been welcomed.
    pub(crate) fn device_of(&self, page: usize) -> DeviceId {
        let name = self.pages[page].device.as_deref().unwrap();
        self.config.keys.device(name).unwrap().0
    }

    fn on_frame(&mut self, socket: SocketId, seq: u64, ack: u64, msg: &ToBrowser) {
        let index = self.page_of(socket);
        let page = &mut self.pages[index];
        if page.replaced_socket == Some(socket) {
            return page.events_on_replaced.push(ClientEvent::Received(msg.clone()));
        }
        if page.socket == Some(socket) && page.wire != Wire::Working {
            return;
        }
        if page.pending_socket == Some(socket) && page.loses_welcome {
            if let ToBrowser::Welcome { peer, .. } = msg {
                self.on_lost_welcome(index, *peer);
            }
            return;
        }
        let index = if let ToBrowser::Welcome { peer, secret, resumed, device, .. } = msg {
            let own = self.pages[index].device.clone();
            let index = self.on_welcome(index, Resume { peer: *peer, secret: *secret }, *resumed);
            self.pages[index].device = device.clone().or(own);
            self.devices.entry(self.pages[index].device.clone().unwrap()).or_default();
            index
        } else {
            index
        };
        let page = &mut self.pages[index];
        if let ToBrowser::Waiting {} = msg {
            page.occupancy = None;
        }
        match (page.delivery.receive(seq, ack, msg.is_numbered()), msg) {
            // Recorded apart from the events, so that the expected events in tests stay short.
            (Receipt::Fresh, ToBrowser::Prepare { .. }) => page.offer_requests += 1,
            (Receipt::Fresh, ToBrowser::Here(it)) => page.occupancy = Some(*it),
            (Receipt::Fresh, ToBrowser::Place { proof }) => page.proof = Some(proof.clone()),
            (Receipt::Fresh, _) => {
                page.events.push(ClientEvent::Received(msg.clone()));
                if let (ToBrowser::Matched { pair: Some(pair), .. }, Some(device)) = (msg, &page.device) {
                    self.devices.get_mut(device).unwrap().record_met(self.now, *pair);
                }
            }
            (Receipt::Duplicate, _) => {}
            (Receipt::Broken, _) => {
                panic!("page {index} received {msg:?} with the wrong numbers {seq}, {ack}")
            }
        }
        let owes_ack = self.acknowledges_many && page.delivery.owes_ack();
        // Such a page missed its own ping: its timers are late, as those of a page in the background are.
        let is_late = self.last_sent.get(&socket).is_some_and(|at| self.now - *at >= HEARTBEAT);
        if owes_ack || is_late && *msg == (ToBrowser::Pong {}) {
            self.owing_acks.push(index);
        }
    }

    /// The server has put the pending socket into use, and the page does not know. A new peer gets a new page, unless
    /// the page had no peer yet.
    fn on_lost_welcome(&mut self, page: usize, peer: PeerId) {
        let it = &mut self.pages[page];
        let (socket, device) = (it.pending_socket.take(), it.device.clone());
        it.loses_welcome = false;
        let is_same = it.peer.is_none_or(|it| it == peer);
        let index = if is_same { page } else { self.push_page() };
        let it = &mut self.pages[index];
        (it.peer, it.socket, it.wire, it.device) = (Some(peer), socket, Wire::Cut, device);
    }

    /// Puts the pending socket into use. A new peer gets a new page, unless the page had no peer yet.
    fn on_welcome(&mut self, page: usize, identity: Resume, resumed: bool) -> usize {
        let socket = self.pages[page].pending_socket.take();
        let before = self.pages[page].identity;
        let is_same = resumed || before.is_none_or(|it| it.peer == identity.peer);
        let index = if is_same { page } else { self.push_page() };
        self.pages[index].network = self.pages[page].network;
        let it = &mut self.pages[index];
        (it.identity, it.peer, it.socket) = (Some(identity), Some(identity.peer), socket);
        if !resumed {
            it.delivery = Delivery::default();
        }
        index
    }

    fn on_closed(&mut self, socket: SocketId, code: ErrorCode) {
        let index = self.page_of(socket);
        self.open_sockets.retain(|it| *it != socket);
        let page = &mut self.pages[index];
        if page.replaced_socket == Some(socket) {
            page.events_on_replaced.push(ClientEvent::Closed(code));
        } else if page.pending_socket == Some(socket) {
            page.pending_socket = None;
            if !std::mem::take(&mut page.loses_welcome) {
                page.events.push(ClientEvent::Closed(code));
            }
        } else {
            page.socket = None;
            if page.wire != Wire::Cut {
                page.events.push(ClientEvent::Closed(code));
            }
        }
    }

    fn page_of(&self, socket: SocketId) -> usize {
        assert!(self.open_sockets.contains(&socket), "the matchmaker sends nothing on a closed socket");
        let is_its = |it: &Page| [it.socket, it.pending_socket, it.replaced_socket].contains(&Some(socket));
        self.pages.iter().rposition(is_its).unwrap()
    }

    fn push_page(&mut self) -> usize {
        self.pages.push(Page {
            identity: None,
            peer: None,
            loses_welcome: false,
            socket: None,
            pending_socket: None,
            replaced_socket: None,
            network: self.pages.len() % self.networks,
            wire: Wire::Working,
            delivery: Delivery::default(),
            events: Vec::new(),
            ticket_to_send: None,
            withheld_acks: 0,
            device: None,
            proof: None,
            proof_to_send: None,
            age: None,
            offer_requests: 0,
            occupancy: None,
            events_on_replaced: Vec::new(),
            events_taken: 0,
        });
        self.pages.len() - 1
    }

    fn open_socket(&mut self, page: usize) {
        self.last_socket += 1;
        let socket = SocketId { edge: edge_of(self.pages[page].network), number: self.last_socket };
        self.pages[page].pending_socket = Some(socket);
        self.open_sockets.push(socket);
        let number =
            if self.separate_networks { socket.number as u8 } else { self.pages[page].network as u8 };
        let network = Network::of([192, 0, 2, number].into());
        let network_tags = [number, 0xff - number].map(|it| Some(NetworkTag([it; 16])));
        self.feed(Input::Opened(Visit { socket, network, network_tags, site: SiteIndex::default() }));
    }

    /// The socket in use, or else the pending one.
    pub(crate) fn socket(&self, page: usize) -> SocketId {
        self.pages[page].socket.or(self.pages[page].pending_socket).unwrap()
    }

    /// The last match that a page was told of.
    pub(crate) fn last_match(&self, page: usize) -> MatchId {
        let matched = |it: &ClientEvent| match it {
            ClientEvent::Received(ToBrowser::Matched { match_id, .. }) => Some(*match_id),
            ClientEvent::Received(_) | ClientEvent::Closed(_) => None,
        };
        self.pages[page].events.iter().rev().find_map(matched).unwrap()
    }

    /// The events of a page since the last call, one line each, without pongs. Matches are numbered as they come up.
    pub(crate) fn take_events(&mut self, page: usize) -> Vec<String> {
        let it = &mut self.pages[page];
        let from = std::mem::replace(&mut it.events_taken, it.events.len());
        let new = it.events[from..].iter().filter(|it| **it != ClientEvent::Received(ToBrowser::Pong {}));
        new.map(|it| describe(&mut self.numbered_matches, it)).collect()
    }

    /// How many pongs a page received.
    pub(crate) fn pong_count(&self, page: usize) -> usize {
        self.pages[page].events.iter().filter(|it| **it == ClientEvent::Received(ToBrowser::Pong {})).count()
    }

    /// All events on the previous socket of a page, one line each.
    pub(crate) fn events_on_replaced_socket(&mut self, page: usize) -> Vec<String> {
        self.pages[page]
            .events_on_replaced
            .iter()
            .map(|it| describe(&mut self.numbered_matches, it))
            .collect()
    }

    /// [`take_events`](Self::take_events) for several pages.
    pub(crate) fn take_all_events(&mut self, pages: Range<usize>) -> Vec<Vec<String>> {
        pages.map(|page| self.take_events(page)).collect()
    }
}

/// The same peer id with a secret that was never issued.
pub(crate) const fn with_wrong_secret(identity: Resume) -> Resume {
    Resume { peer: identity.peer, secret: Secret(Uuid::nil()) }
}

fn describe(matches: &mut Vec<MatchId>, event: &ClientEvent) -> String {
    let mut number = |match_id: &MatchId| {
        let position = matches.iter().position(|it| it == match_id);
        position.map_or_else(
            || {
                matches.push(*match_id);
                matches.len()
            },
            |at| at + 1,
        )
    };
    match event {
        ClientEvent::Closed(code) => format!("closed {}", wire_name(code)),
        ClientEvent::Received(msg) => match msg {
            ToBrowser::Welcome { resumed: false, .. } => "welcome".to_owned(),
            ToBrowser::Welcome { resumed: true, .. } => "welcome back".to_owned(),
            ToBrowser::Waiting {} => "waiting".to_owned(),
            ToBrowser::Seeking { wants, widens_in_ms: None } => format!("seeking {}", wire_name(wants)),
            ToBrowser::Seeking { wants, widens_in_ms: Some(ms) } => {
                format!("seeking {} for {ms} ms", wire_name(wants))
            }
            ToBrowser::Prepare { .. } => "prepare".to_owned(),
            ToBrowser::Check { ice } => format!("check with {} servers", ice.len()),
            ToBrowser::Here(Occupancy { around, .. }) => format!("here {around}"),
            ToBrowser::Place { .. } => "place".to_owned(),
            ToBrowser::Ice { match_id, .. } => format!("ice #{}", number(match_id)),
            ToBrowser::Matched { match_id, role, .. } => {
                format!("matched #{} {}", number(match_id), wire_name(role))
            }
            ToBrowser::Signal { match_id, epoch, signal } => {
                format!("signal #{} {} {}", number(match_id), epoch.0, signal_text(signal))
            }
            ToBrowser::Partner { match_id, signalling, signals_lost } => {
                let lost = if *signals_lost { ", signals lost" } else { "" };
                format!("partner #{} {}{lost}", number(match_id), wire_name(signalling))
            }
            ToBrowser::Ended { match_id, reason } => {
                format!("ended #{} {}", number(match_id), wire_name(reason))
            }
            ToBrowser::Reported { match_id, result, outcome } => {
                let about = match_id.map(|it| format!(" #{}", number(&it))).unwrap_or_default();
                let outcome = outcome.as_ref().map(|it| format!(", {it}")).unwrap_or_default();
                format!("reported{about} {}{outcome}", wire_name(result))
            }
            ToBrowser::Sanctioned(it) => format!("sanctioned {}", wire_name(it.kind)),
            ToBrowser::Error { code, about, retry_ms: None } => {
                format!("error {} about {about}", wire_name(code))
            }
            ToBrowser::Error { code: ErrorCode::ServerFull, retry_ms: Some(10_000..20_000), .. } => {
                "error server-full, come back".to_owned()
            }
            ToBrowser::Error { code, about, retry_ms: Some(retry_ms) } => {
                format!("error {} about {about}, again after {retry_ms} ms", wire_name(code))
            }
            ToBrowser::ComeBack { .. } => "come back".to_owned(),
            ToBrowser::Again {} => "again".to_owned(),
            ToBrowser::Pong {} => "pong".to_owned(),
        },
    }
}

/// The description or candidate of a signal.
pub(crate) fn signal_text(signal: &Signal) -> &str {
    match signal {
        Signal::Offer { sdp } | Signal::Answer { sdp } => &sdp.0,
        Signal::Candidate(it) => &it.candidate.0,
        Signal::EndOfCandidates { .. } => "",
    }
}

fn wire_name(it: impl serde::Serialize) -> String {
    serde_json::to_value(it).unwrap().as_str().unwrap().to_owned()
}
