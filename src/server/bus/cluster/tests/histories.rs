//! Random histories of edges, cores and a Redis that fails in every way that it can: what reaches a socket is complete
//! and in order, or the socket is closed.
//!
//! The core of these histories echoes each message. Time passes in steps of 10 ms.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use proptest::prelude::*;

use super::{lease_keys::LeaseKeys, loss::Loss};
use crate::server::bus::cluster::{
    core_link::{CoreLink, EdgeBatch, EntryVerdict},
    edge_link::{Appended, EdgeEvent, EdgeLink, Entry, FromCore},
    lease::{Ask, Holder, Lease, LeaseEvent},
};
use crate::{matchmaker::EdgeId, time::Moment};

const EDGES: usize = 2;
const PROCESSES: usize = 4;
const STEP: Duration = Duration::from_millis(10);

/// The first or a later message of a socket: the number of the socket, and of the message.
type Item = (u64, u64);

/// An entry of an edge for the core.
type FromEdge = (EdgeId, Arc<Entry<Item>>);

/// A stream: its entries by their ids, which are times, and which rise.
#[derive(Clone, Debug)]
struct Stream<T>(Vec<(u64, T)>);

impl<T> Default for Stream<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Stream<T> {
    fn append(&mut self, now: Moment, entry: T) {
        let last = self.0.last().map_or(0, |(id, _)| *id);
        self.0.push((now.as_millis().max(last + 1), entry));
    }

    fn next_after(&self, id: u64) -> Option<(u64, T)> {
        self.0.get(self.0.partition_point(|it| it.0 <= id)).cloned()
    }
}

/// Everything that Redis holds.
#[derive(Clone, Debug, Default)]
struct Contents {
    lease: LeaseKeys,
    to_core: BTreeMap<u64, Stream<FromEdge>>,
    to_edge: BTreeMap<(u64, EdgeId), Stream<FromCore<Item>>>,
}

impl Contents {
    /// As the script does it.
    fn append(&mut self, now: Moment, edge: EdgeId, to: Option<Holder>, entry: Arc<Entry<Item>>) -> Appended {
        let holder = self.lease.holder(now);
        self.lease.hear_of(to.map_or(0, |it| it.term));
        match to {
            Some(to) if holder == Some(to) => {
                self.to_core.entry(to.term).or_default().append(now, (edge, entry));
                Appended::Done
            }
            Some(_) | None => Appended::Elsewhere(holder),
        }
    }

    /// As the script does it.
    fn write(&mut self, now: Moment, from: Holder, batch: &EdgeBatch<Item>) -> bool {
        let is_holder = self.lease.holder(now) == Some(from);
        if is_holder {
            for (edge, it) in batch.iter() {
                self.to_edge.entry((from.term, *edge)).or_default().append(now, it.clone());
            }
        }
        is_holder
    }
}

/// A command under way, or its answer.
#[derive(Clone, Debug)]
enum Command {
    Ask(Ask),
    Append(EdgeId, Option<Holder>, Arc<Entry<Item>>),
    Write(Holder, EdgeBatch<Item>),
}

#[derive(Clone, Debug)]
enum Answer {
    Holder(Option<Holder>),
    Appended(Appended),
    /// For the batch of this term.
    Written(u64, bool),
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(u64),
    Delay(u64),
    Freeze(usize, u64),
    Lose(usize, Loss),
    Open(usize),
    Say(usize, usize),
    Kill(usize),
    Flush,
    /// Another Redis takes over, which has not seen the last milliseconds, and whose clock is behind by as many as the
    /// second number says.
    FailOver(u64, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let process = 0..PROCESSES;
    let loss = prop_oneof![2 => Just(Loss::Nothing), 1 => Just(Loss::Commands), 1 => Just(Loss::Answers)];
    prop_oneof![
        8 => (1..1_500_u64).prop_map(Step::Wait),
        1 => (0..1_500_u64).prop_map(Step::Delay),
        2 => (process.clone(), 1..12_000_u64).prop_map(|(it, ms)| Step::Freeze(it, ms)),
        2 => (process.clone(), loss).prop_map(|(it, loss)| Step::Lose(it, loss)),
        4 => (0..EDGES).prop_map(Step::Open),
        12 => (0..EDGES, 0..8_usize).prop_map(|(it, socket)| Step::Say(it, socket)),
        1 => process.prop_map(Step::Kill),
        1 => Just(Step::Flush),
        1 => (0..2_000_u64, 0..4_000_u64).prop_map(|(lost, behind)| Step::FailOver(lost, behind)),
    ]
}

/// A socket of an edge: how many messages it has sent, and how many echoes it has received.
#[derive(Clone, Copy, Debug, Default)]
struct EchoSocket {
    sent: u64,
    received: u64,
}

struct EdgeProcess {
    link: EdgeLink<Item>,
    sockets: BTreeMap<u64, EchoSocket>,
    /// The id up to which it has read, in the stream of this term and edge.
    read: ((u64, EdgeId), u64),
}

struct CoreProcess {
    lease: Lease,
    core: Option<(Holder, CoreLink<Item>)>,
    /// The number of the next message of each socket.
    awaited: BTreeMap<(EdgeId, u64), u64>,
    /// The id up to which it has read.
    read: u64,
}

struct World {
    now: Moment,
    redis: Contents,
    /// How far the clock of Redis is behind.
    behind: Duration,
    /// What Redis held at each step, for a while.
    past: VecDeque<Contents>,
    edges: Vec<EdgeProcess>,
    cores: Vec<CoreProcess>,
    frozen: [Moment; PROCESSES],
    loss: [Loss; PROCESSES],
    delay: Duration,
    commands: Vec<(Moment, usize, Command)>,
    answers: Vec<(Moment, usize, Answer)>,
    next_id: u64,
    resets: usize,
}

impl World {
    fn new() -> Self {
        let now = Moment::from_millis(1_000_000);
        let mut world = Self {
            now,
            redis: Contents::default(),
            behind: Duration::ZERO,
            past: VecDeque::new(),
            edges: Vec::new(),
            cores: Vec::new(),
            frozen: [now; PROCESSES],
            loss: [Loss::Nothing; PROCESSES],
            delay: STEP,
            commands: Vec::new(),
            answers: Vec::new(),
            next_id: 0,
            resets: 0,
        };
        world.edges = (0..EDGES).map(|_| world.new_edge()).collect();
        world.cores = (EDGES..PROCESSES).map(|_| world.new_core()).collect();
        world
    }

    fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn new_edge(&mut self) -> EdgeProcess {
        let edge = EdgeId(self.next_id());
        EdgeProcess { link: EdgeLink::new(edge, self.now), sockets: BTreeMap::new(), read: ((0, edge), 0) }
    }

    fn new_core(&mut self) -> CoreProcess {
        CoreProcess { lease: Lease::new(self.next_id()), core: None, awaited: BTreeMap::new(), read: 0 }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Wait(ms) => (0..ms / 10 + 1).for_each(|_| self.tick()),
            Step::Delay(ms) => self.delay = Duration::from_millis(ms),
            Step::Freeze(it, ms) => self.frozen[it] = self.now + Duration::from_millis(ms),
            Step::Lose(it, loss) => self.loss[it] = loss,
            Step::Open(it) => {
                let socket = self.next_id();
                self.edges[it].sockets.insert(socket, EchoSocket::default());
                self.say(it, socket);
            }
            Step::Say(it, index) => {
                let socket = self.edges[it].sockets.keys().nth(index).copied();
                if let Some(socket) = socket {
                    self.say(it, socket);
                }
            }
            Step::Kill(it) => {
                self.commands.retain(|(_, process, _)| *process != it);
                self.answers.retain(|(_, process, _)| *process != it);
                if it < EDGES {
                    self.edges[it] = self.new_edge();
                } else {
                    self.cores[it - EDGES] = self.new_core();
                }
            }
            Step::Flush => self.redis = Contents::default(),
            Step::FailOver(lost, behind) => {
                self.behind = Duration::from_millis(behind);
                let ago = (lost / 10) as usize;
                if let Some(it) = self.past.iter().rev().nth(ago) {
                    self.redis = it.clone();
                }
            }
        }
    }

    fn say(&mut self, edge: usize, socket: u64) {
        let it = &mut self.edges[edge];
        let state = it.sockets.get_mut(&socket).unwrap();
        it.link.push((socket, state.sent));
        state.sent += 1;
    }

    fn tick(&mut self) {
        self.now = self.now + STEP;
        self.past.push_back(self.redis.clone());
        if self.past.len() > 200 {
            self.past.pop_front();
        }
        self.execute();
        for (at, process, answer) in std::mem::take(&mut self.answers) {
            if at.max(self.frozen[process]) > self.now {
                self.answers.push((at, process, answer));
            } else if process < EDGES {
                self.on_edge_answer(process, answer);
            } else {
                self.on_core_answer(process - EDGES, answer);
            }
        }
        for process in 0..PROCESSES {
            if self.frozen[process] <= self.now {
                if process < EDGES {
                    self.run_edge(process);
                } else {
                    self.run_core(process - EDGES);
                }
            }
        }
    }

    /// Redis does what has arrived.
    fn execute(&mut self) {
        let (due, later) = std::mem::take(&mut self.commands).into_iter().partition(|it| it.0 <= self.now);
        self.commands = later;
        for (_, process, command) in due {
            let does = self.loss[process] != Loss::Commands;
            let hears = self.loss[process] == Loss::Nothing;
            let now = self.now - self.behind;
            let answer = match command {
                Command::Ask(ask) => {
                    let holder = does.then(|| self.redis.lease.ask(now, ask));
                    Answer::Holder(holder.filter(|_| hears))
                }
                Command::Append(edge, to, entry) => {
                    let result =
                        if does { self.redis.append(now, edge, to, entry) } else { Appended::Unknown };
                    Answer::Appended(if hears { result } else { Appended::Unknown })
                }
                Command::Write(holder, batch) => {
                    let is_done = does && self.redis.write(now, holder, &batch);
                    Answer::Written(holder.term, is_done && hears)
                }
            };
            self.answers.push((self.now + self.delay, process, answer));
        }
    }

    fn send(&mut self, process: usize, command: Command) {
        self.commands.push((self.now + self.delay, process, command));
    }

    fn reset(&mut self, it: usize) {
        self.resets += 1;
        let id = EdgeId(self.next_id());
        self.edges[it].link.reset(self.now, id);
        self.edges[it].sockets.clear();
    }

    fn on_edge_event(&mut self, it: usize, event: Option<EdgeEvent<Item>>) {
        match event {
            Some(EdgeEvent::Deliver(entry)) => {
                for (socket, number) in &entry.items {
                    if let Some(state) = self.edges[it].sockets.get_mut(socket) {
                        assert_eq!(*number, state.received, "echoes come once and in order");
                        state.received += 1;
                    }
                }
            }
            Some(EdgeEvent::NewCore { is_first: true }) | None => {}
            Some(EdgeEvent::NewCore { is_first: false }) => self.edges[it].sockets.clear(),
            Some(EdgeEvent::Reset) => self.reset(it),
        }
    }

    fn on_edge_answer(&mut self, it: usize, answer: Answer) {
        let Answer::Appended(result) = answer else { panic!("{answer:?}") };
        let event = self.edges[it].link.on_appended(self.now, result);
        self.on_edge_event(it, event);
    }

    fn run_edge(&mut self, it: usize) {
        if self.loss[it] == Loss::Nothing {
            self.read_edge(it);
        }
        let EdgeProcess { link, .. } = &mut self.edges[it];
        let append = link.next_append(self.now).map(|(to, entry)| Command::Append(link.edge(), to, entry));
        assert!(link.next_due().is_none_or(|it| self.now < it), "all that is due is done");
        if let Some(command) = append {
            self.send(it, command);
        }
    }

    fn read_edge(&mut self, it: usize) {
        loop {
            let EdgeProcess { link, read, .. } = &mut self.edges[it];
            let Some(Holder { term, .. }) = link.holder() else { return };
            let key = (term, link.edge());
            if read.0 != key {
                *read = (key, 0);
            }
            let next = self.redis.to_edge.get(&key).and_then(|it| it.next_after(read.1));
            let Some((id, from)) = next else { break };
            read.1 = id;
            let event = link.on_received(self.now, term, from);
            self.on_edge_event(it, event);
        }
        if self.edges[it].link.is_gap() {
            self.reset(it);
        }
    }

    fn on_lease_event(&mut self, it: usize, event: Option<LeaseEvent>) {
        let core = &mut self.cores[it];
        match event {
            Some(LeaseEvent::Began(holder)) => {
                core.core = Some((holder, CoreLink::new(self.now)));
                (core.awaited, core.read) = (BTreeMap::new(), 0);
            }
            Some(LeaseEvent::Resumed { paused }) => {
                if let Some((_, link)) = &mut core.core {
                    link.forgive_silence(self.now, paused);
                }
            }
            Some(LeaseEvent::Lost) => core.core = None,
            Some(LeaseEvent::Suspended) | None => {}
        }
    }

    fn on_core_answer(&mut self, it: usize, answer: Answer) {
        match answer {
            Answer::Holder(holder) => {
                let event = self.cores[it].lease.on_answer(self.now, holder);
                self.on_lease_event(it, event);
            }
            Answer::Written(term, is_done) => {
                if let Some((holder, link)) = &mut self.cores[it].core
                    && holder.term == term
                {
                    link.on_written(self.now, is_done);
                }
            }
            Answer::Appended(_) => panic!("{answer:?}"),
        }
    }

    fn run_core(&mut self, it: usize) {
        let (event, ask) = self.cores[it].lease.on_time(self.now);
        self.on_lease_event(it, event);
        let process = it + EDGES;
        if let Some(ask) = ask {
            self.send(process, Command::Ask(ask));
        }
        if !self.cores[it].lease.is_active(self.now) {
            return;
        }
        if self.loss[process] == Loss::Nothing {
            self.read_core(it);
        }
        if let Some((holder, link)) = &mut self.cores[it].core {
            let write = link.next_batch(self.now).map(|it| Command::Write(*holder, it));
            assert!(link.next_due().is_none_or(|it| self.now < it), "all that is due is done");
            if let Some(command) = write {
                self.send(process, command);
            }
        }
    }

    fn read_core(&mut self, it: usize) {
        let CoreProcess { core: Some((holder, link)), awaited, read, .. } = &mut self.cores[it] else {
            return;
        };
        while let Some((id, (edge, entry))) =
            self.redis.to_core.get(&holder.term).and_then(|it| it.next_after(*read))
        {
            *read = id;
            match link.on_entry(self.now, edge, entry.number) {
                EntryVerdict::Accept => {
                    for &(socket, number) in &entry.items {
                        let next = awaited.entry((edge, socket)).or_default();
                        assert_eq!(number, *next, "messages come once and in order");
                        *next += 1;
                        link.push(edge, (socket, number));
                    }
                }
                EntryVerdict::Ignore | EntryVerdict::Lost => {}
            }
        }
        link.take_silent(self.now);
    }

    /// All faults end, and some time passes.
    fn heal(&mut self) {
        (self.frozen, self.loss) = ([self.now; PROCESSES], [Loss::Nothing; PROCESSES]);
        self.delay = STEP;
        self.take(Step::Wait(25_000));
        for it in 0..EDGES {
            self.take(Step::Open(it));
        }
        self.take(Step::Wait(2_000));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_reaches_a_socket_is_complete_or_the_socket_is_closed(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        steps.into_iter().for_each(|it| world.take(it));
        world.heal();
        for edge in &world.edges {
            prop_assert!(edge.link.has_core(world.now));
            prop_assert!(!edge.sockets.is_empty());
            for (number, socket) in &edge.sockets {
                prop_assert_eq!(socket.received, socket.sent, "socket {}", number);
            }
        }
    }
}
