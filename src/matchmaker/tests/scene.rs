//! Pages with sockets, numbers and inboxes on a virtual clock; it must not know what the matchmaker ought to do.

use std::{collections::HashMap, ops::Range, time::Duration};

use uuid::Uuid;

use crate::{
    matchmaker::{Closing, Config, Input, Matchmaker, Network, Note, Output, SocketId},
    protocol::{
        Candidate, Delivery, Epoch, ErrorCode, Frame, MatchId, Media, Message, Met, Occupancy, PairId,
        PastPairs, Receipt, Resume, Sdp, Secret, Signal, Tastes, ToBrowser, ToServer, limits::MET_FOR,
    },
    time::Moment,
};

/// What the wire of a page does with what is said on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// All arrives.
    Whole,
    /// The page speaks, and reads nothing.
    Deaf,
    /// Nothing arrives, either way, and nobody knows.
    Cut,
}

/// What a page notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The server has said something new.
    Said(ToBrowser),
    /// The server has closed the socket.
    Closed(ErrorCode),
}

/// One page.
#[derive(Debug)]
pub(crate) struct Page {
    /// From the last welcome.
    pub(crate) name: Option<Resume>,
    /// The socket it speaks on.
    pub(crate) socket: Option<SocketId>,
    /// The socket on which it tries to come back.
    trying: Option<SocketId>,
    /// A former socket, should anything be said on it still.
    fenced: Option<SocketId>,
    /// How its socket behaves.
    pub(crate) wire: Wire,
    delivery: Delivery<ToServer>,
    /// All it has noticed.
    pub(crate) events: Vec<Event>,
    /// The ticket that its hello shows.
    pub(crate) shows: Option<String>,
    /// The signed name of its device.
    pub(crate) device: Option<String>,
    /// How often it was asked for an offer ahead.
    pub(crate) asked: usize,
    /// How busy it was when it was told so last, in this wait.
    pub(crate) here: Option<Occupancy>,
    /// All that was said on a former socket.
    pub(crate) on_fenced: Vec<Event>,
    read: usize,
}

/// A matchmaker with its pages. A twin is told the same, so that every scene proves that chance and time are arguments.
pub(crate) struct Scene {
    /// The one under test.
    pub(crate) machine: Matchmaker,
    twin: Matchmaker,
    /// The time.
    pub(crate) now: Moment,
    /// Everybody who ever opened a socket.
    pub(crate) pages: Vec<Page>,
    /// Whether every socket comes from a network of its own.
    pub(crate) apart: bool,
    config: Config,
    /// All notes so far.
    pub(crate) notes: Vec<Note>,
    sockets: u64,
    open: Vec<SocketId>,
    matches: Vec<MatchId>,
    owing: Vec<usize>,
    /// What each device remembers, by its signed name.
    memories: HashMap<String, Memory>,
}

/// Pairs that are remembered as met: few, so that histories come to the end of them.
pub(crate) const MAX_MET: usize = 3;

/// Pairs that are remembered as blocked.
pub(crate) const MAX_BLOCKED: usize = 2;

/// What a device remembers.
#[derive(Debug, Default)]
struct Memory {
    met: Vec<(Moment, PairId)>,
    blocked: Vec<PairId>,
}

/// A hello that shows nothing but, perhaps, a secret.
pub(crate) fn hello(resume: Option<Resume>) -> ToServer {
    ToServer::Hello { resume, ticket: None, device: None, past: PastPairs::default() }
}

/// Seconds, for short.
pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What the page of this index sends; not all alike, so that mixing two up shows.
pub(crate) const fn media_of(page: usize) -> Media {
    Media { audio: true, video: page.is_multiple_of(2) }
}

/// An offer with a text of its own.
pub(crate) fn offer(text: &str) -> Signal {
    Signal::Offer { sdp: Sdp(text.to_owned()) }
}

/// Some candidate.
pub(crate) fn candidate() -> Signal {
    let candidate = Sdp("candidate:1 1 udp 1 192.0.2.1 9 typ host".to_owned());
    Signal::Candidate(Candidate { candidate, sdp_mid: None, sdp_m_line_index: None, username_fragment: None })
}

impl Memory {
    fn past(&self, now: Moment) -> PastPairs {
        let met = self.met.iter().filter(|(at, _)| now - *at < MET_FOR);
        let met = met.map(|(at, pair)| Met { pair: *pair, minutes_ago: ((now - *at).as_secs() / 60) as u8 });
        PastPairs { met: met.collect(), blocked: self.blocked.clone() }
    }

    fn meet(&mut self, now: Moment, pair: PairId) {
        self.met.retain(|(_, it)| *it != pair);
        self.met.push((now, pair));
        self.met.drain(..self.met.len().saturating_sub(MAX_MET));
    }

    fn block(&mut self, pair: PairId) {
        self.blocked.retain(|it| *it != pair);
        self.blocked.push(pair);
        self.blocked.drain(..self.blocked.len().saturating_sub(MAX_BLOCKED));
    }
}

impl Scene {
    /// An empty house with room for `max_connections` sockets.
    pub(crate) fn with_room_for(max_connections: usize) -> Self {
        Self::with(Config {
            max_connections,
            max_met: MAX_MET,
            max_blocked: MAX_BLOCKED,
            ..Config::for_tests(7)
        })
    }

    /// An empty house with this configuration.
    pub(crate) fn with(config: Config) -> Self {
        Self {
            machine: Matchmaker::new(config.clone()),
            twin: Matchmaker::new(config.clone()),
            apart: false,
            config,
            now: Moment::from_millis(0),
            pages: Vec::new(),
            notes: Vec::new(),
            sockets: 0,
            open: Vec::new(),
            matches: Vec::new(),
            owing: Vec::new(),
            memories: HashMap::new(),
        }
    }

    /// An empty house with room for all.
    pub(crate) fn new() -> Self {
        Self::with_room_for(usize::MAX)
    }

    /// `N` pages that have said hello, and whose inbox is read.
    pub(crate) fn arrive<const N: usize>(&mut self) -> [usize; N] {
        std::array::from_fn(|_| {
            let page = self.open();
            self.hello(page, None);
            self.news(page);
            page
        })
    }

    /// Two who talk to each other, the first of them impolite, and their match; all news are read.
    pub(crate) fn pair(&mut self) -> (usize, usize, MatchId) {
        let [one, other] = self.arrive();
        self.join(one);
        self.join(other);
        self.news(one);
        self.news(other);
        (one, other, self.current(one))
    }

    /// A page whose handshake has succeeded.
    pub(crate) fn open(&mut self) -> usize {
        let page = self.new_page();
        self.try_socket(page);
        page
    }

    /// Says hello on a page's newest socket.
    pub(crate) fn hello(&mut self, page: usize, resume: Option<Resume>) {
        let it = &mut self.pages[page];
        let Some(socket) = it.trying.or(it.socket) else { return };
        let past = it.device.as_ref().map(|it| self.memories[it].past(self.now)).unwrap_or_default();
        let (ticket, device) = (it.shows.clone(), it.device.clone());
        let hello = ToServer::Hello { resume, ticket, device, past };
        let frame = it.delivery.send(hello).unwrap();
        self.feed(Input::Message { socket, frame });
    }

    /// Opens a new socket for a page and shows its secret; who holds the page then: itself, or a new peer's page.
    pub(crate) fn resume(&mut self, page: usize) -> usize {
        let resume = self.pages[page].name;
        self.try_socket(page);
        let it = &mut self.pages[page];
        if it.trying.is_none() {
            return page;
        }
        it.fenced = it.socket.take();
        it.wire = Wire::Whole;
        let count = self.pages.len();
        self.hello(page, resume);
        if self.pages.len() > count {
            return count;
        }
        if self.pages[page].socket.is_some() {
            for frame in self.pages[page].delivery.replay() {
                let Some(socket) = self.pages[page].socket else { break };
                self.feed(Input::Message { socket, frame });
            }
        }
        page
    }

    /// The server is killed, and another one with the same key stands in its place; every socket is gone.
    pub(crate) fn restart(&mut self) {
        self.machine = Matchmaker::new(self.config.clone());
        self.twin = Matchmaker::new(self.config.clone());
        self.open.clear();
        self.matches.clear();
        for page in &mut self.pages {
            (page.socket, page.trying, page.wire) = (None, None, Wire::Whole);
        }
    }

    /// Opens a new socket for a page and shows the ticket of its last match.
    pub(crate) fn take_up(&mut self, page: usize) {
        self.pages[page].shows = self.ticket(page);
        let resume = self.pages[page].name;
        self.try_socket(page);
        self.pages[page].fenced = self.pages[page].socket.take();
        self.hello(page, resume);
    }

    /// The ticket of a page's last match.
    pub(crate) fn ticket(&self, page: usize) -> Option<String> {
        self.pages[page].events.iter().rev().find_map(|it| match it {
            Event::Said(ToBrowser::Matched { ticket, .. }) => ticket.clone(),
            Event::Said(_) | Event::Closed(_) => None,
        })
    }

    /// What the page was told when it was matched last.
    pub(crate) fn terms(&self, page: usize) -> &ToBrowser {
        let is_match = |it: &&Event| matches!(it, Event::Said(ToBrowser::Matched { .. }));
        let Some(Event::Said(msg)) = self.pages[page].events.iter().rfind(is_match) else {
            panic!("page {page} was never matched")
        };
        msg
    }

    /// Somebody else's page shows this name and secret.
    pub(crate) fn impostor(&mut self, resume: Resume) -> usize {
        let page = self.open();
        self.hello(page, Some(resume));
        page
    }

    /// A page says something; with its wire cut it goes into its outbox only.
    pub(crate) fn say(&mut self, page: usize, msg: ToServer) {
        let it = &mut self.pages[page];
        let frame = it.delivery.send(msg).unwrap();
        if let (Some(socket), false) = (it.socket.or(it.trying), it.wire == Wire::Cut) {
            self.feed(Input::Message { socket, frame });
        }
    }

    /// A page says something in a frame with these numbers.
    pub(crate) fn say_raw(&mut self, page: usize, seq: u64, ack: u64, msg: ToServer) {
        let socket = self.socket(page);
        self.feed(Input::Message { socket, frame: Frame { seq, ack, msg } });
    }

    /// Wants a partner.
    pub(crate) fn join(&mut self, page: usize) {
        self.join_with(page, Tastes::default());
    }

    /// Wants a partner with whom it shares something.
    pub(crate) fn join_with(&mut self, page: usize, tastes: Tastes) {
        self.say(page, ToServer::Join { media: media_of(page), hide: false, tastes });
    }

    /// Never again the partner of this match, as far as this page has heard of it.
    pub(crate) fn block(&mut self, page: usize, match_id: MatchId) {
        let pair_of = |it: &Event| match it {
            Event::Said(ToBrowser::Matched { match_id: id, pair, .. }) if *id == match_id => *pair,
            Event::Said(_) | Event::Closed(_) => None,
        };
        let pair = self.pages[page].events.iter().find_map(pair_of).unwrap_or(PairId(Uuid::max()));
        if let Some(device) = &self.pages[page].device {
            self.memories.get_mut(device).unwrap().block(pair);
        }
        self.say(page, ToServer::Block { pair });
    }

    /// Blocks nobody any more.
    pub(crate) fn unblock(&mut self, page: usize) {
        if let Some(device) = &self.pages[page].device {
            self.memories.get_mut(device).unwrap().blocked.clear();
        }
        self.say(page, ToServer::Unblock {});
    }

    /// Somebody opens the page anew on the device of this one.
    pub(crate) fn reload(&mut self, page: usize) -> usize {
        let (new, device) = (self.open(), self.pages[page].device.clone());
        self.pages[new].device = device;
        self.hello(new, None);
        new
    }

    /// Sends a signal for a match.
    pub(crate) fn signal(&mut self, page: usize, match_id: MatchId, epoch: u32, signal: Signal) {
        self.say(page, ToServer::Signal { match_id, epoch: Epoch(epoch), signal });
    }

    /// Both ends say that what was promised arrives.
    pub(crate) fn connect(&mut self, match_id: MatchId, ends: [usize; 2]) {
        for page in ends {
            self.say(page, ToServer::Connected { match_id });
        }
    }

    /// A text comes that the server's codec refuses; with numbers if its frame was in order.
    pub(crate) fn refused(&mut self, page: usize, code: ErrorCode, numbered: bool) {
        let socket = self.socket(page);
        let msg =
            ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch::FIRST, signal: offer("bad") };
        let numbers = numbered.then(|| {
            let frame = self.pages[page].delivery.send(msg).unwrap();
            (frame.seq, frame.ack)
        });
        self.feed(Input::Refused { socket, code, numbers });
    }

    /// A text comes sooner than the server allows.
    pub(crate) fn too_soon(&mut self, page: usize) {
        let socket = self.socket(page);
        let frame = self.pages[page].delivery.send(ToServer::Leave {}).unwrap();
        self.feed(Input::RateLimited {
            socket,
            numbers: (frame.seq, frame.ack),
            retry: Duration::from_millis(1_234),
        });
    }

    /// The socket of a page is gone, and the server learns of it.
    pub(crate) fn lose(&mut self, page: usize) {
        self.close(page, Closing::Lost);
    }

    /// A page closes its socket.
    pub(crate) fn goodbye(&mut self, page: usize) {
        self.close(page, Closing::Goodbye);
    }

    fn close(&mut self, page: usize, closing: Closing) {
        let Some(socket) = self.pages[page].socket else { return };
        // What is still said before the fact is known is said to nobody.
        self.pages[page].wire = Wire::Cut;
        self.feed(Input::Closed { socket, closing });
        self.pages[page].socket = None;
        self.open.retain(|it| *it != socket);
    }

    /// Time passes, and all that is due is done when it is due.
    pub(crate) fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.machine.deadline().filter(|at| *at <= until) {
            self.now = at;
            self.feed(Input::Tick);
        }
        self.now = until;
    }

    /// Hands a fact to the machine and to its twin, and what they answer to the pages.
    pub(crate) fn feed(&mut self, input: Input) {
        let outputs = self.machine.handle(self.now, input.clone());
        let again = self.twin.handle(self.now, input);
        assert_eq!(format!("{outputs:?}"), format!("{again:?}"), "the same history gives the same outputs");
        assert!(self.machine.deadline().is_none_or(|at| at > self.now), "nothing overdue is left undone");
        for output in outputs {
            match output {
                Output::Send { socket, frame } => self.deliver(socket, frame.seq, frame.ack, &frame.msg),
                Output::Close { socket, code } => self.shut(socket, code),
                Output::Note(note) => self.notes.push(note),
            }
        }
        while let Some(page) = self.owing.pop() {
            self.say(page, ToServer::Ping {});
        }
    }

    fn deliver(&mut self, socket: SocketId, seq: u64, ack: u64, msg: &ToBrowser) {
        let index = self.owner(socket);
        let page = &mut self.pages[index];
        if page.fenced == Some(socket) {
            return page.on_fenced.push(Event::Said(msg.clone()));
        }
        if page.socket == Some(socket) && page.wire != Wire::Whole {
            return;
        }
        let index = match msg {
            ToBrowser::Welcome { peer, secret, resumed, device, .. } => {
                let shown = self.pages[index].device.clone();
                let index = self.welcome(index, Resume { peer: *peer, secret: *secret }, *resumed);
                self.pages[index].device = device.clone().or(shown);
                self.memories.entry(self.pages[index].device.clone().unwrap()).or_default();
                index
            }
            ToBrowser::Waiting {}
            | ToBrowser::Seeking { .. }
            | ToBrowser::Here(_)
            | ToBrowser::Prepare { .. }
            | ToBrowser::Ice { .. }
            | ToBrowser::Matched { .. }
            | ToBrowser::Signal { .. }
            | ToBrowser::Partner { .. }
            | ToBrowser::Ended { .. }
            | ToBrowser::Error { .. }
            | ToBrowser::ComeBack { .. }
            | ToBrowser::Pong {} => index,
        };
        let page = &mut self.pages[index];
        if let ToBrowser::Waiting {} = msg {
            page.here = None;
        }
        match (page.delivery.receive(seq, ack, msg.is_numbered()), msg) {
            // They concern nobody but the page, and a scene is easier to read without them.
            (Receipt::Fresh, ToBrowser::Prepare { .. }) => page.asked += 1,
            (Receipt::Fresh, ToBrowser::Here(it)) => page.here = Some(*it),
            (Receipt::Fresh, _) => {
                page.events.push(Event::Said(msg.clone()));
                if let (ToBrowser::Matched { pair: Some(pair), .. }, Some(device)) = (msg, &page.device) {
                    self.memories.get_mut(device).unwrap().meet(self.now, *pair);
                }
            }
            (Receipt::Duplicate, _) => {}
            (Receipt::Broken, _) => {
                panic!("page {index} was told {msg:?} with the wrong numbers {seq}, {ack}")
            }
        }
        if page.delivery.owes_ack() {
            self.owing.push(index);
        }
    }

    /// Takes the socket that was tried into use; a peer that is new has a page of its own.
    fn welcome(&mut self, page: usize, name: Resume, resumed: bool) -> usize {
        let socket = self.pages[page].trying.take();
        let before = self.pages[page].name;
        let is_same = resumed || before.is_none_or(|it| it.peer == name.peer);
        let index = if is_same { page } else { self.new_page() };
        let it = &mut self.pages[index];
        (it.name, it.socket) = (Some(name), socket);
        if !resumed {
            it.delivery = Delivery::default();
        }
        index
    }

    fn shut(&mut self, socket: SocketId, code: ErrorCode) {
        let index = self.owner(socket);
        self.open.retain(|it| *it != socket);
        let page = &mut self.pages[index];
        if page.fenced == Some(socket) {
            page.on_fenced.push(Event::Closed(code));
        } else if page.trying == Some(socket) {
            page.trying = None;
            page.events.push(Event::Closed(code));
        } else {
            page.socket = None;
            if page.wire != Wire::Cut {
                page.events.push(Event::Closed(code));
            }
        }
    }

    fn owner(&self, socket: SocketId) -> usize {
        assert!(self.open.contains(&socket), "nothing is said on a socket that is closed");
        let is_its = |it: &Page| [it.socket, it.trying, it.fenced].contains(&Some(socket));
        self.pages.iter().rposition(is_its).unwrap()
    }

    fn new_page(&mut self) -> usize {
        self.pages.push(Page {
            name: None,
            socket: None,
            trying: None,
            fenced: None,
            wire: Wire::Whole,
            delivery: Delivery::default(),
            events: Vec::new(),
            shows: None,
            device: None,
            asked: 0,
            here: None,
            on_fenced: Vec::new(),
            read: 0,
        });
        self.pages.len() - 1
    }

    fn try_socket(&mut self, page: usize) {
        self.sockets += 1;
        let socket = SocketId(self.sockets);
        self.pages[page].trying = Some(socket);
        self.open.push(socket);
        let network = Network::of([192, 0, 2, if self.apart { socket.0 as u8 } else { 0 }].into());
        self.feed(Input::Opened { socket, network });
    }

    /// The socket a page has.
    pub(crate) fn socket(&self, page: usize) -> SocketId {
        self.pages[page].socket.or(self.pages[page].trying).unwrap()
    }

    /// The match a page heard of last.
    pub(crate) fn current(&self, page: usize) -> MatchId {
        let matched = |it: &Event| match it {
            Event::Said(ToBrowser::Matched { match_id, .. }) => Some(*match_id),
            Event::Said(_) | Event::Closed(_) => None,
        };
        self.pages[page].events.iter().rev().find_map(matched).unwrap()
    }

    /// What a page has noticed since it was last asked, one line each, proofs of life left out; matches are numbered
    /// as they come up.
    pub(crate) fn news(&mut self, page: usize) -> Vec<String> {
        let it = &mut self.pages[page];
        let from = std::mem::replace(&mut it.read, it.events.len());
        let news = it.events[from..].iter().filter(|it| **it != Event::Said(ToBrowser::Pong {}));
        news.map(|it| headline(&mut self.matches, it)).collect()
    }

    /// How many proofs of life a page was given.
    pub(crate) fn pongs(&self, page: usize) -> usize {
        self.pages[page].events.iter().filter(|it| **it == Event::Said(ToBrowser::Pong {})).count()
    }

    /// The same for what was said on a socket the page has given up.
    pub(crate) fn news_on_the_old_socket(&mut self, page: usize) -> Vec<String> {
        self.pages[page].on_fenced.iter().map(|it| headline(&mut self.matches, it)).collect()
    }

    /// The news of several pages at once.
    pub(crate) fn all_news(&mut self, pages: Range<usize>) -> Vec<Vec<String>> {
        pages.map(|page| self.news(page)).collect()
    }
}

/// A secret that nobody was given.
pub(crate) const fn wrong(name: Resume) -> Resume {
    Resume { peer: name.peer, secret: Secret(Uuid::nil()) }
}

fn headline(matches: &mut Vec<MatchId>, event: &Event) -> String {
    let mut number = |match_id: &MatchId| {
        let known = matches.iter().position(|it| it == match_id);
        known.map_or_else(
            || {
                matches.push(*match_id);
                matches.len()
            },
            |at| at + 1,
        )
    };
    match event {
        Event::Closed(code) => format!("closed {}", kebab(code)),
        Event::Said(msg) => match msg {
            ToBrowser::Welcome { resumed: false, .. } => "welcome".to_owned(),
            ToBrowser::Welcome { resumed: true, .. } => "welcome back".to_owned(),
            ToBrowser::Waiting {} => "waiting".to_owned(),
            ToBrowser::Seeking { wants, widens_in_ms: None } => format!("seeking {}", kebab(wants)),
            ToBrowser::Seeking { wants, widens_in_ms: Some(ms) } => {
                format!("seeking {} for {ms} ms", kebab(wants))
            }
            ToBrowser::Prepare { .. } => "prepare".to_owned(),
            ToBrowser::Here(Occupancy { around, .. }) => format!("here {around}"),
            ToBrowser::Ice { match_id, .. } => format!("ice #{}", number(match_id)),
            ToBrowser::Matched { match_id, role, .. } => {
                format!("matched #{} {}", number(match_id), kebab(role))
            }
            ToBrowser::Signal { match_id, epoch, signal } => {
                format!("signal #{} {} {}", number(match_id), epoch.0, text_of(signal))
            }
            ToBrowser::Partner { match_id, signalling } => {
                format!("partner #{} {}", number(match_id), kebab(signalling))
            }
            ToBrowser::Ended { match_id, reason } => format!("ended #{} {}", number(match_id), kebab(reason)),
            ToBrowser::Error { code, about, retry_ms: None } => {
                format!("error {} about {about}", kebab(code))
            }
            ToBrowser::Error { code: ErrorCode::ServerFull, retry_ms: Some(10_000..20_000), .. } => {
                "error server-full, come back".to_owned()
            }
            ToBrowser::Error { code, about, retry_ms: Some(retry_ms) } => {
                format!("error {} about {about}, again after {retry_ms} ms", kebab(code))
            }
            ToBrowser::ComeBack { .. } => "come back".to_owned(),
            ToBrowser::Pong {} => "pong".to_owned(),
        },
    }
}

/// The text of a signal.
pub(crate) fn text_of(signal: &Signal) -> &str {
    match signal {
        Signal::Offer { sdp } | Signal::Answer { sdp } => &sdp.0,
        Signal::Candidate(it) => &it.candidate.0,
        Signal::EndOfCandidates { .. } => "",
    }
}

fn kebab(it: impl serde::Serialize) -> String {
    serde_json::to_value(it).unwrap().as_str().unwrap().to_owned()
}
