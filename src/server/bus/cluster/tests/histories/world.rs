//! [`World`]: two edges, two processes that may be the core, the network between them and Redis, and pages.
//!
//! Time passes in steps of 10 ms, but for those in which nothing can happen.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    Act, EDGES, Order, PAGES, PROCESSES, Step,
    checks::Checks,
    cores::CoreProcess,
    edges::{Around, EdgeProcess},
    pages::{Doing, Page},
    redis::Redis,
};
use crate::{
    matchmaker::{EdgeId, Input, reference::checked::Shared},
    server::bus::cluster::{
        core_link::EdgeBatch,
        edge_link::{Appended, Entry},
        lease::{Ask, Holder},
        tests::loss::Loss,
    },
    time::Moment,
};

const STEP: Duration = Duration::from_millis(10);

/// How long it takes from a page to its edge.
const WAY: Duration = Duration::from_millis(50);

/// How long an edge may take to stop.
const DRAINED_WITHIN: Duration = Duration::from_secs(15);

/// A command to Redis under way.
#[derive(Clone, Debug)]
pub(super) enum Command {
    Ask(Ask),
    Append(EdgeId, Option<Holder>, Arc<Entry<Input>>),
    Write(Holder, EdgeBatch<Order>),
}

/// The answer under way.
#[derive(Clone, Debug)]
enum Answer {
    Holder(Option<Holder>),
    Appended(Appended),
    Written(Holder, bool),
}

/// What travels between a process and Redis, and when it arrives.
struct Travelling<T>(Moment, usize, T);

pub(super) struct World {
    now: Moment,
    redis: Redis,
    edges: Vec<EdgeProcess>,
    cores: Vec<CoreProcess>,
    pages: Vec<Page>,
    pub(super) checks: Checks,
    shared: Shared,
    frozen: [Moment; PROCESSES],
    loss: [Loss; PROCESSES],
    lag: [Duration; PROCESSES],
    delay: Duration,
    commands: Vec<Travelling<Command>>,
    answers: Vec<Travelling<Answer>>,
    processes: u64,
}

impl World {
    pub(super) fn new() -> Self {
        let now = Moment::from_millis(1_000_000);
        let mut world = Self {
            now,
            redis: Redis::default(),
            edges: Vec::new(),
            cores: Vec::new(),
            pages: (0..PAGES).map(|it| Page::new(it, now)).collect(),
            checks: Checks::default(),
            shared: Shared::default(),
            frozen: [now; PROCESSES],
            loss: [Loss::Nothing; PROCESSES],
            lag: [Duration::ZERO; PROCESSES],
            delay: STEP,
            commands: Vec::new(),
            answers: Vec::new(),
            processes: 0,
        };
        world.edges = (0..EDGES).map(|it| EdgeProcess::new(it, world.next_process(), now)).collect();
        world.cores = (EDGES..PROCESSES).map(|_| CoreProcess::new(world.next_process(), 0)).collect();
        world
    }

    fn next_process(&mut self) -> u64 {
        self.processes += 1;
        self.processes
    }

    pub(super) fn take(&mut self, step: Step) {
        let ms = Duration::from_millis;
        match step {
            Step::Wait(time) => self.wait(ms(time)),
            Step::Delay(time) => self.delay = ms(time).max(STEP),
            Step::Lag(it, time) => self.lag[it] = ms(time),
            Step::Freeze(it, time) => self.frozen[it] = self.now + ms(time),
            Step::Lose(it, loss) => self.loss[it] = loss,
            Step::Kill(it) => self.kill(it),
            Step::Drain(it) => self.edges[it].drain(self.now),
            Step::SetClock(it, time) => self.cores[it - EDGES].ahead = time,
            Step::Empty => self.redis.empty(),
            Step::FailOver(lost, behind) => self.redis.fail_over(ms(lost), ms(behind)),
            Step::Page(it, act) => {
                let (page, checks) = (&mut self.pages[it], &mut self.checks);
                match act {
                    Act::Join => page.join(),
                    Act::Leave => page.leave(checks),
                    Act::Next => page.next(checks),
                    Act::Signal => page.signal(checks),
                    Act::Cut => page.close(false),
                    Act::Reload(goodbye) => page.reload(goodbye, checks),
                }
                self.post();
            }
        }
    }

    fn kill(&mut self, it: usize) {
        self.commands.retain(|other| other.1 != it);
        self.answers.retain(|other| other.1 != it);
        let number = self.next_process();
        if it >= EDGES {
            let ahead = self.cores[it - EDGES].ahead;
            self.cores[it - EDGES] = CoreProcess::new(number, ahead);
            return;
        }
        self.edges[it] = EdgeProcess::new(it, number, self.now);
        for page in &mut self.pages {
            if page.address().is_some_and(|(edge, _)| edge == it) {
                page.on_lost();
            }
        }
    }

    /// Time passes, step by step, but only those in which something may happen.
    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            let next = self.next_event().unwrap_or(until).max(self.now + STEP);
            // Up to a whole step.
            let next = Moment::from_millis(next.as_millis().div_ceil(10) * 10);
            self.now = next;
            self.tick();
        }
    }

    /// When something can happen at the earliest.
    fn next_event(&self) -> Option<Moment> {
        let awake = |it: usize, at: Option<Moment>| at.map(|at| at.max(self.frozen[it]));
        let readable = |it: usize, at: Option<Moment>| {
            at.filter(|_| self.loss[it] == Loss::Nothing).map(|at| at + self.lag[it])
        };
        let commands = self.commands.iter().map(|it| it.0);
        let answers = self.answers.iter().map(|it| it.0.max(self.frozen[it.1]));
        let edges = self.edges.iter().enumerate().flat_map(|(n, it)| {
            let waits = it.inbox.front().map(|it| it.0);
            let drained = it.draining.map(|at| if it.is_drained() { self.now } else { at + DRAINED_WITHIN });
            [it.next_due(), waits, drained, readable(n, it.next_entry(&self.redis))].map(|at| awake(n, at))
        });
        let cores = self.cores.iter().enumerate().flat_map(|(n, it)| {
            let n = n + EDGES;
            let entry = it.next_entry(&self.redis).filter(|_| it.is_active(self.now));
            [it.next_due(self.now), readable(n, entry)].map(|at| awake(n, at))
        });
        let processes = edges.chain(cores).flatten();
        let pages = self.pages.iter().map(Page::next_due);
        commands.chain(answers).chain(processes).chain(pages).min()
    }

    fn tick(&mut self) {
        let now = self.now;
        self.redis.set_now(now);
        self.checks.set_now(now);
        self.pages.iter_mut().for_each(|it| it.now = now);
        self.pages.iter_mut().for_each(Page::on_time);
        self.post();
        self.execute();
        self.checks.restored_at = self.redis.restored_at;
        self.hear();
        for it in 0..EDGES {
            if self.edges[it].draining.is_some_and(|at| at + DRAINED_WITHIN <= now)
                || self.edges[it].is_drained()
            {
                self.kill(it);
            }
        }
        for process in 0..PROCESSES {
            if self.frozen[process] <= now {
                self.run(process);
            }
        }
        self.post();
    }

    /// What pages have sent reaches their edges.
    fn post(&mut self) {
        for page in &mut self.pages {
            for ((edge, number), sent) in std::mem::take(&mut page.sent) {
                self.edges[edge].inbox.push_back((self.now + WAY, number, sent));
            }
        }
    }

    /// Redis does what has arrived.
    fn execute(&mut self) {
        let (due, later) = std::mem::take(&mut self.commands).into_iter().partition(|it| it.0 <= self.now);
        self.commands = later;
        for Travelling(_, process, command) in due {
            let does = self.loss[process] != Loss::Commands;
            let hears = self.loss[process] == Loss::Nothing;
            let answer = match command {
                Command::Ask(ask) => {
                    let holder = does.then(|| self.redis.ask(ask));
                    Answer::Holder(holder.filter(|_| hears))
                }
                Command::Append(edge, to, entry) => {
                    let result = if does { self.redis.append(edge, to, entry) } else { Appended::Unknown };
                    Answer::Appended(if hears { result } else { Appended::Unknown })
                }
                Command::Write(holder, batch) => {
                    let is_done = does && self.redis.write(holder, &batch);
                    Answer::Written(holder, is_done && hears)
                }
            };
            self.answers.push(Travelling(self.now + self.delay, process, answer));
        }
    }

    /// Processes get the answers that have arrived.
    fn hear(&mut self) {
        let now = self.now;
        let is_due = |it: &Travelling<Answer>| it.0.max(self.frozen[it.1]) <= now;
        let (due, later) = std::mem::take(&mut self.answers).into_iter().partition(is_due);
        self.answers = later;
        for Travelling(_, process, answer) in due {
            let mut around = Around { now, pages: &mut self.pages, checks: &mut self.checks };
            match answer {
                Answer::Appended(result) => self.edges[process].on_appended(result, &mut around),
                Answer::Holder(holder) => self.cores[process - EDGES].on_holder(now, holder, &self.shared),
                Answer::Written(holder, is_done) => {
                    self.cores[process - EDGES].on_written(now, holder, is_done);
                }
            }
        }
    }

    fn run(&mut self, process: usize) {
        let now = self.now;
        let until = (self.loss[process] == Loss::Nothing).then_some(now - self.lag[process]);
        let commands: Vec<_> = if process < EDGES {
            let mut around = Around { now, pages: &mut self.pages, checks: &mut self.checks };
            self.edges[process].run(&self.redis, until, &mut around).into_iter().collect()
        } else {
            let core = &mut self.cores[process - EDGES];
            core.run(now, (&self.redis, until), (&self.shared, &mut self.checks))
        };
        let at = now + self.delay;
        self.commands.extend(commands.into_iter().map(|it| Travelling(at, process, it)));
    }

    /// All faults end, and everybody has time to find somebody, and to send a last signal.
    pub(super) fn check_end(&mut self) {
        (self.frozen, self.loss) = ([self.now; PROCESSES], [Loss::Nothing; PROCESSES]);
        (self.lag, self.delay) = ([Duration::ZERO; PROCESSES], STEP);
        self.wait(Duration::from_secs(80));
        for page in 0..PAGES {
            self.take(Step::Page(page, Act::Signal));
        }
        self.wait(Duration::from_secs(2));
        let active = self.cores.iter().filter(|it| it.is_active(self.now)).count();
        assert_eq!(active, 1, "one process is the core");
        assert!(self.edges.iter().all(|it| it.has_core(self.now)), "every edge has a core");
        let wanting = self.pages.iter().filter(|it| it.wants).count();
        let doing: BTreeMap<_, _> = self.pages.iter().map(|it| (it.index, (it.wants, &it.doing))).collect();
        let talking = self.pages.iter().filter(|it| it.call().is_some()).count();
        let waiting = self.pages.iter().filter(|it| it.doing == Doing::Waiting).count();
        assert_eq!(
            (talking, waiting),
            (wanting / 2 * 2, wanting % 2),
            "who wants a partner has one: {doing:?}"
        );
        assert!(self.pages.iter().all(Page::is_open), "every page has a session");
        self.check_relays();
        let calls = std::array::from_fn(|it| self.pages[it].call().map(|it| (it.id, it.received)));
        self.checks.check_end(calls);
    }

    /// Both ends of each call use the relay of the same edge, which is there.
    fn check_relays(&self) {
        let mut relays = BTreeMap::new();
        for call in self.pages.iter().filter_map(Page::call) {
            let relay = *relays.entry(call.id).or_insert(call.relay);
            assert_eq!(call.relay, relay, "both ends have the same relay");
            assert!(self.edges.iter().any(|it| Some(it.id()) == relay), "{relay:?} is the relay of no edge");
        }
    }
}
