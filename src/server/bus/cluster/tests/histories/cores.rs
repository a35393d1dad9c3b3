//! [`CoreProcess`]: a process that may be the core, as `core_driver` runs it.

use std::{collections::BTreeMap, time::Duration};

use super::{Order, checks::Checks, redis::Redis, world::Command};
use crate::{
    matchmaker::{
        EdgeId, Input, Note, Output, Readings, SocketId, Visit,
        reference::checked::{CheckedMatchmaker, Shared},
    },
    server::bus::cluster::{
        core_link::{CoreLink, EntryVerdict},
        lease::{Holder, Lease, LeaseEvent, VALID_FOR},
    },
    time::Moment,
};

/// How long an edge may be silent, of the time in which the core could hear it: 3 s, and until the core looks.
const MUST_HEAR_WITHIN: Duration = Duration::from_secs(4);

pub(super) struct CoreProcess {
    lease: Lease,
    term: Option<Term>,
    /// How far its wall clock is ahead, in milliseconds.
    pub(super) ahead: u64,
}

/// What the core has in one term.
struct Term {
    holder: Holder,
    link: CoreLink<Order>,
    /// The edges that it knows, and when it heard them last, but for times when it could not.
    edges: BTreeMap<EdgeId, Moment>,
    matchmaker: CheckedMatchmaker,
    /// How long it could not act.
    put_off: Duration,
    /// The id up to which it has read.
    read: u64,
    inputs: u64,
}

impl CoreProcess {
    /// A process that does not hold the lease.
    pub(super) fn new(number: u64, ahead: u64) -> Self {
        Self { lease: Lease::new(number), term: None, ahead }
    }

    pub(super) fn is_active(&self, now: Moment) -> bool {
        self.lease.is_active(now)
    }

    /// When it has something to do without hearing anything.
    pub(super) fn next_due(&self, now: Moment) -> Option<Moment> {
        let term = self.term.as_ref().filter(|_| self.lease.is_active(now));
        let of_core = |it: &Term| it.matchmaker.deadline().map(|at| at + it.put_off);
        let of_term = term.map(|it| it.link.next_due().into_iter().chain(of_core(it)).min());
        self.lease.next_due().into_iter().chain(of_term.flatten()).min()
    }

    /// When it can read something more.
    pub(super) fn next_entry(&self, redis: &Redis) -> Option<Moment> {
        let term = self.term.as_ref()?;
        redis.for_core(term.holder.term, term.read).map(|it| it.at)
    }

    pub(super) fn on_holder(&mut self, now: Moment, holder: Option<Holder>, shared: &Shared) {
        let event = self.lease.on_answer(now, holder);
        self.on_lease_event(now, event, shared);
    }

    pub(super) fn on_written(&mut self, now: Moment, holder: Holder, is_done: bool) {
        if let Some(term) = self.term.as_mut().filter(|it| it.holder == holder) {
            term.link.on_written(now, is_done);
        }
    }

    /// Does what is due, and reads what was appended until this time. Returns what it asks of Redis.
    pub(super) fn run(
        &mut self,
        now: Moment,
        (redis, until): (&Redis, Option<Moment>),
        (shared, checks): (&Shared, &mut Checks),
    ) -> Vec<Command> {
        let (event, ask) = self.lease.on_time(now);
        self.on_lease_event(now, event, shared);
        let mut commands: Vec<_> = ask.into_iter().map(Command::Ask).collect();
        if let Some(term) = self.term.as_mut().filter(|_| self.lease.is_active(now)) {
            if let Some(until) = until {
                term.read(now, self.ahead, (redis, until), checks);
            }
            let batch = term.link.next_batch(now);
            commands.extend(batch.map(|it| Command::Write(term.holder, it)));
            assert!(term.link.next_due().is_none_or(|it| now < it), "all that is due is done");
        }
        commands
    }

    fn on_lease_event(&mut self, now: Moment, event: Option<LeaseEvent>, shared: &Shared) {
        match event {
            Some(LeaseEvent::Began(holder)) => {
                let seed = holder.term.wrapping_mul(31).wrapping_add(holder.process);
                self.term = Some(Term {
                    holder,
                    link: CoreLink::new(now),
                    edges: BTreeMap::new(),
                    matchmaker: CheckedMatchmaker::new(seed, shared.clone()),
                    put_off: Duration::ZERO,
                    read: 0,
                    inputs: 0,
                });
            }
            Some(LeaseEvent::Resumed { paused }) => {
                if let Some(term) = &mut self.term {
                    term.link.forgive_silence(now, paused);
                    term.put_off += paused;
                    if paused >= VALID_FOR {
                        let heard_at = now - term.put_off;
                        term.edges.values_mut().for_each(|it| *it = heard_at);
                    }
                }
            }
            Some(LeaseEvent::Lost) => self.term = None,
            Some(LeaseEvent::Suspended) | None => {}
        }
    }
}

impl Term {
    fn read(&mut self, now: Moment, ahead: u64, (redis, until): (&Redis, Moment), checks: &mut Checks) {
        while let Some(kept) = redis.for_core(self.holder.term, self.read).filter(|it| it.at <= until) {
            self.read = kept.id;
            let (edge, entry) = &kept.entry;
            match self.link.on_entry(now, *edge, entry.number) {
                EntryVerdict::Accept => {
                    self.edges.insert(*edge, now - self.put_off);
                    let inputs = entry.items.iter().cloned();
                    inputs.for_each(|it| self.handle((now, ahead), of_edge(it, *edge), checks));
                }
                EntryVerdict::Ignore => {
                    self.edges.entry(*edge).and_modify(|it| *it = now - self.put_off);
                }
                EntryVerdict::Lost => self.lose((now, ahead), *edge, checks),
            }
        }
        for edge in self.link.take_silent(now) {
            self.lose((now, ahead), edge, checks);
        }
        let are_heard = self.edges.values().all(|it| (now - self.put_off) - *it < MUST_HEAR_WITHIN);
        assert!(are_heard, "the core does not notice that an edge is silent: {:?}", self.edges);
        if self.matchmaker.deadline().is_some_and(|at| at + self.put_off <= now) {
            self.handle((now, ahead), Input::Tick, checks);
        }
    }

    fn lose(&mut self, times: (Moment, u64), edge: EdgeId, checks: &mut Checks) {
        self.edges.remove(&edge);
        self.handle(times, Input::EdgeLost(edge), checks);
    }

    fn handle(&mut self, (now, ahead): (Moment, u64), input: Input, checks: &mut Checks) {
        self.inputs += 1;
        let mut random = [0; 32];
        random[..8].copy_from_slice(&self.inputs.to_le_bytes());
        let readings = Readings { unix_ms: Readings::for_tests(now).unix_ms + ahead, random };
        for output in self.matchmaker.handle(now - self.put_off, readings, input) {
            match output {
                Output::Send { socket: SocketId { edge, number }, frame } => {
                    self.link.push(edge, Order::Send(number, frame));
                }
                Output::Close { socket: SocketId { edge, number }, code } => {
                    self.link.push(edge, Order::Close(number, code));
                }
                Output::Note(Note::Ended { match_id, .. }) => checks.on_ended_by_core(match_id),
                Output::Note(_) | Output::StoreReport { .. } => {}
            }
        }
        let has_all = self.matchmaker.edges().all(|it| self.edges.contains_key(&it));
        assert!(has_all, "the core has sockets of an edge that it has lost");
    }
}

/// The core names sockets by the id of the edge that has appended the entry.
fn of_edge(input: Input, edge: EdgeId) -> Input {
    let of_edge = |it: SocketId| SocketId { edge, ..it };
    match input {
        Input::Opened(it) => Input::Opened(Visit { socket: of_edge(it.socket), ..it }),
        Input::Message { socket, frame } => Input::Message { socket: of_edge(socket), frame },
        Input::Closed { socket, closing } => Input::Closed { socket: of_edge(socket), closing },
        Input::EdgeDrains(_) => Input::EdgeDrains(edge),
        Input::EdgeRelay { relay, .. } => Input::EdgeRelay { edge, relay },
        Input::Refused { .. }
        | Input::RateLimited { .. }
        | Input::EdgeLost(_)
        | Input::ReportStored { .. }
        | Input::Sanction(_)
        | Input::Drain { .. }
        | Input::Tick => panic!("edges do not report {input:?}"),
    }
}
