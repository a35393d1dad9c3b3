//! What all people of a run report: who has met whom, whether both say the same, and how long it took.

use std::{cell::RefCell, time::Instant};

use hdrhistogram::Histogram;
use tokio::sync::mpsc::UnboundedSender;

use crate::script::Script;

/// A command to a person.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    /// Ask for a partner. It should have happened at this time.
    Join(Instant),
    /// End the match and ask for another partner. It should have happened at this time.
    Next(Instant),
    /// End the match.
    Leave,
    /// Close the connection.
    Close,
}

/// What happens when the two of a match have exchanged everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The one that made the offer leaves.
    Leave,
    /// They stay in the call.
    Stay,
}

/// Times in nanoseconds, up to a minute.
pub(crate) type Times = Histogram<u64>;

/// No times yet.
pub(crate) fn times() -> Times {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("bounds of a histogram")
}

/// What was measured since the last [`Desk::start`].
pub(crate) struct Record {
    /// Matches in which both ends have everything.
    pub(crate) matches: u64,
    /// From when the later of the two should have asked to when the one that waited heard of it.
    pub(crate) matching: Times,
    /// From the offer to the answer, where the offer is made.
    pub(crate) answering: Times,
}

impl Record {
    fn new() -> Self {
        Self { matches: 0, matching: times(), answering: times() }
    }
}

struct Person {
    commands: UnboundedSender<Command>,
    should_join_at: Instant,
    matched_at: Option<Instant>,
    partner: Option<usize>,
    is_ready: bool,
    is_waiting: bool,
}

/// The two of a call; the first one made the offer.
type Call = (usize, usize);

struct State {
    people: Vec<Person>,
    record: Record,
    calls: Vec<Call>,
    /// How many of `people` are connected.
    connected: usize,
    /// How many have gone again.
    gone: usize,
}

/// Where people report. It panics when something arrives that was not sent.
pub(crate) struct Desk {
    then: Then,
    pub(crate) script: Script,
    state: RefCell<State>,
}

impl Desk {
    pub(crate) fn new(then: Then, script: Script) -> Self {
        let state =
            State { people: Vec::new(), record: Record::new(), calls: Vec::new(), connected: 0, gone: 0 };
        Self { then, script, state: RefCell::new(state) }
    }

    /// Forgets what was measured and returns it.
    pub(crate) fn start(&self) -> Record {
        std::mem::replace(&mut self.state.borrow_mut().record, Record::new())
    }

    /// A new person.
    pub(crate) fn add(&self, commands: UnboundedSender<Command>) -> usize {
        let mut state = self.state.borrow_mut();
        let (should_join_at, matched_at) = (Instant::now(), None);
        state.people.push(Person {
            commands,
            should_join_at,
            matched_at,
            partner: None,
            is_ready: false,
            is_waiting: false,
        });
        state.people.len() - 1
    }

    /// Gives a command to a person, who may have gone.
    pub(crate) fn order(&self, person: usize, command: Command) {
        let _ = self.state.borrow().people[person].commands.send(command);
    }

    pub(crate) fn people(&self) -> usize {
        self.state.borrow().people.len()
    }

    pub(crate) fn connected(&self) -> usize {
        self.state.borrow().connected
    }

    pub(crate) fn gone(&self) -> usize {
        self.state.borrow().gone
    }

    pub(crate) fn calls(&self) -> usize {
        self.state.borrow().calls.len()
    }

    /// Those that have asked for a partner and have not heard of one.
    pub(crate) fn waiting(&self) -> Vec<usize> {
        let people = &self.state.borrow().people;
        (0..people.len()).filter(|it| people[*it].is_waiting).collect()
    }

    /// Takes a call by chance out of the list.
    pub(crate) fn take_call(&self) -> Option<Call> {
        let calls = &mut self.state.borrow_mut().calls;
        (!calls.is_empty()).then(|| calls.swap_remove(fastrand::usize(..calls.len())))
    }

    pub(crate) fn on_connected(&self) {
        self.state.borrow_mut().connected += 1;
    }

    pub(crate) fn on_gone(&self) {
        self.state.borrow_mut().gone += 1;
    }

    /// A person asks for a partner, as it should have at this time.
    pub(crate) fn on_join(&self, person: usize, should_join_at: Instant) {
        let it = &mut self.state.borrow_mut().people[person];
        (it.should_join_at, it.matched_at, it.partner) = (should_join_at, None, None);
        (it.is_ready, it.is_waiting) = (false, true);
    }

    /// A person has heard that it has a partner.
    pub(crate) fn on_matched(&self, person: usize, at: Instant) {
        let it = &mut self.state.borrow_mut().people[person];
        it.matched_at.get_or_insert(at);
        it.is_waiting = false;
    }

    /// A person has received something from another.
    pub(crate) fn on_received(&self, person: usize, from: usize) {
        let partner = *self.state.borrow_mut().people[person].partner.get_or_insert(from);
        assert_eq!(partner, from, "person {person} has two partners");
    }

    pub(crate) fn on_answer(&self, offered_at: Instant, answered_at: Instant) {
        let nanos = (answered_at - offered_at).as_nanos() as u64;
        self.state.borrow_mut().record.answering.saturating_record(nanos);
    }

    /// A person has received everything.
    pub(crate) fn on_ready(&self, person: usize, offers: bool) {
        let mut state = self.state.borrow_mut();
        let State { people, record, calls, .. } = &mut *state;
        people[person].is_ready = true;
        let partner = people[person].partner.expect("somebody has sent it");
        let (me, other) = (&people[person], &people[partner]);
        if !other.is_ready {
            return;
        }
        assert_eq!(other.partner, Some(person), "the partner of {person} has another partner");
        let (earlier, later) =
            if me.should_join_at <= other.should_join_at { (me, other) } else { (other, me) };
        if let Some(matched_at) = earlier.matched_at {
            let took = matched_at.saturating_duration_since(later.should_join_at);
            record.matching.saturating_record(took.as_nanos() as u64);
        }
        record.matches += 1;
        let call = if offers { (person, partner) } else { (partner, person) };
        match self.then {
            Then::Leave => {
                let _ = people[call.0].commands.send(Command::Leave);
            }
            Then::Stay => calls.push(call),
        }
    }
}
