//! [`CheckedMatchmaker`]: a matchmaker with the reference model beside it, as the core of a cluster in one term.
//!
//! Each input goes to both. What the matchmaker sends on each socket, and its state, must be what the model says.

mod compare;
mod page_record;

pub(crate) use crate::matchmaker::tests::vocabulary::{relay_among, relay_of};

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    fmt,
    rc::Rc,
    sync::Arc,
};

use super::{
    ReferenceModel,
    sockets::{ModelHello, ModelTicket},
};
use crate::{
    matchmaker::{
        Closing, EdgeId, Input, Matchmaker, MatchmakerConfig, Output, Readings, SocketId,
        matches::ticket::Ticket,
        tests::vocabulary::{MatchAction, PageAction, PageState, WireState},
    },
    protocol::{
        Frame, MatchId, Message, PairId, PastPairs, PeerId, Resume, Role, Signal, ToBrowser, ToServer,
    },
    time::Moment,
};
use page_record::PageRecord;

/// Pairs that the model remembers as met, and as blocked.
const MEMORY: (usize, usize) = (3, 2);

/// The devices of each pair that has met, by their names, whichever core has made the match.
pub(crate) type Acquaintances = Rc<RefCell<HashMap<PairId, [String; 2]>>>;

/// What the cores of one history know together, because pages tell each what they have of another one.
#[derive(Clone, Default)]
pub(crate) struct Shared {
    /// All pairs that have met.
    acquaintances: Acquaintances,
}

/// A matchmaker whose every output is compared with what the model says.
pub(crate) struct CheckedMatchmaker {
    machine: Matchmaker,
    model: ReferenceModel,
    config: MatchmakerConfig,
    shared: Shared,
    /// The page of each socket that the core knows.
    sockets: BTreeMap<SocketId, usize>,
    records: BTreeMap<usize, PageRecord>,
    /// The ids of the matches of the model.
    matches: Vec<MatchId>,
    /// The devices of the model, by their names.
    devices: HashMap<String, usize>,
    /// All inputs, for the message of an assertion that fails.
    trail: Trail,
}

/// Inputs and their times, a line each.
#[derive(Default)]
struct Trail(Vec<(Moment, Input)>);

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(now, it)| writeln!(f, "{:>8} {it:?}", now.as_millis()))
    }
}

impl CheckedMatchmaker {
    /// A core without sockets.
    pub(crate) fn new(seed: u64, shared: Shared) -> Self {
        let (max_met, max_blocked) = MEMORY;
        let config = MatchmakerConfig { max_met, max_blocked, ..MatchmakerConfig::for_tests(seed) };
        Self {
            machine: Matchmaker::new(config.clone()),
            model: ReferenceModel::starting_at(0, usize::MAX),
            config,
            shared,
            sockets: BTreeMap::new(),
            records: BTreeMap::new(),
            matches: Vec::new(),
            devices: HashMap::new(),
            trail: Trail::default(),
        }
    }

    /// When the matchmaker has something to do without an input.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        self.machine.deadline()
    }

    /// The edges of all sockets that are open, as far as the core knows.
    pub(crate) fn edges(&self) -> impl Iterator<Item = EdgeId> {
        self.sockets.keys().map(|it| it.edge)
    }

    /// Handles an input as the matchmaker does, and compares both.
    pub(crate) fn handle(&mut self, now: Moment, readings: Readings, input: Input) -> Vec<Output> {
        self.trail.0.push((now, input.clone()));
        self.model.now = now.as_millis();
        let ending = self.apply(readings, &input);
        self.model.settle();
        let outputs = self.machine.handle(now, readings, input);
        self.compare(now, &ending, &outputs);
        outputs
    }

    /// Applies an input to the model. Returns the sockets that end with it. What is due before is still sent on them.
    fn apply(&mut self, readings: Readings, input: &Input) -> Vec<SocketId> {
        match input {
            Input::Opened(visit) => {
                let network = usize::from(visit.network.address().to_string().ends_with(".1"));
                let page = self.model.on_opened((network, visit.socket.edge));
                let before = self.sockets.insert(visit.socket, page);
                assert_eq!(before, None, "a socket is opened once\n{}", self.trail);
            }
            Input::Message { socket, frame } => match (self.sockets.get(socket), &frame.msg) {
                (None, _) => self.model.catch_up(),
                (Some(page), ToServer::Hello { .. }) => {
                    return self.on_hello(readings, *page, *socket, frame);
                }
                (Some(page), _) => self.on_frame(*page, frame),
            },
            Input::Closed { socket, closing } => match self.sockets.get(socket) {
                Some(page) => {
                    self.model.on_closed(*page, *closing == Closing::Goodbye);
                    return vec![*socket];
                }
                None => self.model.catch_up(),
            },
            Input::EdgeLost(edge) => {
                let pages = self.pages_of(*edge);
                self.model.on_edge_lost(*edge, &pages);
                return self.sockets.keys().copied().filter(|it| it.edge == *edge).collect();
            }
            Input::EdgeDrains(edge) => {
                let pages = self.pages_of(*edge);
                self.model.on_edge_drains(*edge, &pages);
            }
            Input::EdgeRelay { edge, .. } => self.model.add_relay(*edge),
            Input::Tick => self.model.catch_up(),
            Input::Refused { .. }
            | Input::RateLimited { .. }
            | Input::ReportStored { .. }
            | Input::Sanction(_)
            | Input::Drain { .. } => panic!("not modelled: {input:?}"),
        }
        Vec::new()
    }

    fn pages_of(&self, edge: EdgeId) -> Vec<usize> {
        self.sockets.iter().filter(|(it, _)| it.edge == edge).map(|(_, page)| *page).collect()
    }

    fn on_hello(
        &mut self,
        readings: Readings,
        page: usize,
        socket: SocketId,
        frame: &Frame<ToServer>,
    ) -> Vec<SocketId> {
        let ToServer::Hello { resume, ticket, device, past, .. } = &frame.msg else { return Vec::new() };
        // Secrets are valid as long as their page is there, which depends on the time.
        self.model.catch_up();
        let known = resume.and_then(|it| self.page_with(it));
        if let Some(known) = known.filter(|it| frame.ack as usize > self.records[it].log.len()) {
            panic!("page {known} acknowledges more than it was sent\n{}", self.trail);
        }
        let hello = ModelHello {
            resume: known.map(|it| (it, self.acknowledge(it, frame.ack))),
            ticket: ticket.as_ref().and_then(|it| self.open(readings, it)),
            is_engaged: resume.is_some() || ticket.is_some(),
            device: device.as_ref().map(|it| self.device(it)),
            met: self.met(device.as_deref(), past),
        };
        let ticket = hello.ticket.clone().filter(|it| known.is_none() && self.model.accepts(it));
        if let Some(holder) = ticket.as_ref().and_then(|it| it.ends[it.holder])
            && let PageState::AwaitingHello { .. } = self.model.pages[page].state
            && !matches!(self.model.pages[holder].wire, WireState::Lost { .. })
            && let PageRecord { secrets: [Some(_), _], former, .. } = &self.records[&holder]
            && resume.is_some_and(|it| former.contains(&it.secret))
        {
            self.model.on_closed(page, false);
            return vec![socket];
        }
        let loses_signals = ticket.as_ref().is_some_and(|it| self.model.loses_signals(it));
        let is_by_ticket = ticket.is_some();
        let owner = self.model.on_hello(page, hello);
        if owner == page {
            return Vec::new();
        }
        let former = self.sockets.iter().filter(|(_, it)| **it == owner).map(|it| *it.0).collect();
        self.sockets.insert(socket, owner);
        if loses_signals {
            self.forget_session(owner);
        } else if let Some(ticket) = ticket {
            self.name_ends(owner, ticket, readings, &frame.msg);
        }
        let record = self.records.entry(owner).or_default();
        record.device = record.device.take().or(device.clone());
        match resume.map(|it| it.secret) {
            shown if is_by_ticket => record.add_former(shown),
            shown if known.is_some() && shown == record.secrets[1] => record.on_welcome_received(),
            _ => {}
        }
        former
    }

    /// A page begins a new session without the messages of its former one, and its partner is told so.
    fn forget_session(&mut self, page: usize) {
        let record = self.records.entry(page).or_default();
        let [held, sent] = std::mem::take(&mut record.secrets);
        [held, sent].into_iter().for_each(|it| record.add_former(it));
        let PageRecord { peer, device, former, compared, media, .. } = std::mem::take(record);
        *record = PageRecord { peer, device, former, compared, media, ..PageRecord::default() };
        if let Some(index) = self.model.match_of(page) {
            let [one, other] = self.model.matches[index].ends;
            let partner = if one == page { other } else { one };
            self.records.entry(partner).or_default().sends_lost_signals = true;
        }
    }

    /// The page whose secret this is, if it is valid.
    fn page_with(&self, resume: Resume) -> Option<usize> {
        let is_it = |(page, it): &(&usize, &PageRecord)| {
            it.peer == Some(resume.peer)
                && it.secrets.contains(&Some(resume.secret))
                && self.model.is_there(**page)
        };
        self.records.iter().find(is_it).map(|(page, _)| *page)
    }

    /// The page acknowledges everything up to this number. Returns how many more messages of the model these are.
    fn acknowledge(&mut self, page: usize, ack: u64) -> usize {
        let record = self.records.entry(page).or_default();
        let before = record.acknowledged;
        record.acknowledged = before.max(ack as usize).min(record.log.len());
        // The model does not count requests for offers.
        let counts = |it: &&Arc<ToBrowser>| !matches!(***it, ToBrowser::Prepare { .. });
        record.log[before..record.acknowledged].iter().filter(counts).count()
    }

    /// The device of this name.
    fn device(&mut self, name: &str) -> usize {
        let model = &mut self.model;
        *self.devices.entry(name.to_owned()).or_insert_with(|| model.add_device())
    }

    fn met(&mut self, own: Option<&str>, past: &PastPairs) -> Vec<(usize, u64)> {
        let acquaintances = Rc::clone(&self.shared.acquaintances);
        let other = |pair: &PairId| {
            let names = acquaintances.borrow()[pair].clone();
            names.into_iter().find(|it| Some(&**it) != own)
        };
        let met = past.met.iter().filter_map(|it| Some((other(&it.pair)?, it.minutes_ago)));
        met.map(|(name, minutes)| (self.device(&name), minutes.into())).collect()
    }

    /// What a ticket says to the model; `None` if it is not valid.
    fn open(&self, readings: Readings, text: &str) -> Option<ModelTicket> {
        let ticket = Ticket::open(text, &self.config.keys, readings.unix_ms / 1_000)?;
        let page_of = |peer: PeerId| {
            let is_it =
                |(page, it): &(&usize, &PageRecord)| it.peer == Some(peer) && self.model.is_there(**page);
            self.records.iter().find(is_it).map(|(page, _)| *page)
        };
        let ends = ticket.peers().map(page_of);
        let is_newer = |it: Option<usize>| {
            let current = it.and_then(|it| self.model.match_of(it));
            current.is_some_and(|it| self.matches[it] < ticket.match_id)
        };
        Some(ModelTicket {
            match_index: self.matches.iter().rposition(|it| *it == ticket.match_id),
            ends,
            holder: usize::from(ticket.role == Role::Polite),
            is_newer: ends.map(is_newer),
            has_session: ends[usize::from(ticket.role == Role::Polite)]
                .is_some_and(|it| self.records[&it].secrets[0].is_some()),
        })
    }

    /// Names the peers of a match that a ticket has rebuilt.
    fn name_ends(&mut self, page: usize, ticket: ModelTicket, readings: Readings, hello: &ToServer) {
        let ToServer::Hello { ticket: Some(text), .. } = hello else { return };
        let (Some(index), Some(it)) =
            (self.model.match_of(page), Ticket::open(text, &self.config.keys, readings.unix_ms / 1_000))
        else {
            return;
        };
        if ticket.match_index == Some(index) || self.model.matches[index].ends[ticket.holder] != page {
            return;
        }
        for (page, peer) in self.model.matches[index].ends.into_iter().zip(it.peers()) {
            self.records.insert(page, PageRecord { peer: Some(peer), ..PageRecord::default() });
        }
    }

    fn on_frame(&mut self, page: usize, frame: &Frame<ToServer>) {
        let Frame { seq, ack, msg } = frame;
        let record = self.records.entry(page).or_default();
        let is_numbered = msg.is_numbered();
        let is_broken = *ack as usize > record.log.len() || is_numbered && *seq > record.received + 1;
        if is_broken && self.model.is_there(page) {
            return self.model.on_broken(page);
        }
        record.on_welcome_received();
        let is_fresh = is_numbered && *seq > record.received;
        if is_fresh {
            record.received = *seq;
        }
        if let (true, ToServer::Join { media, .. }) = (is_fresh, msg) {
            record.media = *media;
        }
        let action = if is_fresh { self.action(msg) } else { None };
        let acknowledged = self.acknowledge(page, *ack);
        let action = action.filter(|_| msg.signal().is_none() || !self.sends_lost_signals(page));
        self.model.on_frame(page, acknowledged, action);
    }

    fn sends_lost_signals(&mut self, page: usize) -> bool {
        let record = self.records.entry(page).or_default();
        let tells = |it: &Arc<ToBrowser>| matches!(**it, ToBrowser::Partner { signals_lost: true, .. });
        record.sends_lost_signals &= record.log[record.acknowledged..].iter().any(tells);
        record.sends_lost_signals
    }

    fn action(&self, msg: &ToServer) -> Option<PageAction> {
        let index = |id: &MatchId| self.matches.iter().rposition(|it| it == id);
        Some(match msg {
            ToServer::Join { .. } => PageAction::Join(0),
            ToServer::Prepared { .. } => PageAction::Prepare,
            ToServer::Leave {} => PageAction::Leave,
            ToServer::Next { match_id } => PageAction::About(index(match_id), MatchAction::Next),
            ToServer::Connected { match_id } => PageAction::About(index(match_id), MatchAction::Connected),
            ToServer::Signal { match_id, epoch, signal } => {
                let text = text_of(signal);
                PageAction::About(index(match_id), MatchAction::Signal { epoch: epoch.0, text })
            }
            ToServer::Hello { .. }
            | ToServer::Failed { .. }
            | ToServer::Block { .. }
            | ToServer::Unblock { .. }
            | ToServer::Report { .. }
            | ToServer::Check {}
            | ToServer::Ping {} => panic!("not modelled: {msg:?}"),
        })
    }
}

/// The number that an offer of a history consists of.
pub(crate) fn text_of(signal: &Signal) -> usize {
    match signal {
        Signal::Offer { sdp } => sdp.0.parse().unwrap(),
        Signal::Answer { .. } | Signal::Candidate(_) | Signal::EndOfCandidates { .. } => {
            panic!("histories have only offers")
        }
    }
}
