//! The parts of a run: which work the servers do in turns.

use std::time::Duration;

use crate::{
    clients::{self, Client, Floor, Matchbox, Passerby, Replaced},
    crowd::{self, Crowd, Others},
    report::{Better, Table},
    script::Script,
    servers::{Kind, Server},
    work::{self, Spacing, Turn},
};

/// Matches a second of [`Part::Fresh`] and [`Part::Next`], the same for all: about a third of what the slowest can do.
const RATE: f64 = 100.0;

/// People of [`Part::Next`], an odd number. So many that Passerby rarely has to keep two apart that have just met.
const KEPT: usize = 1_001;

/// People of [`Part::Idle`].
const IDLE: usize = 9_000;

/// The least time for which idle people are measured: Passerby's give a sign of life each 45 s.
const IDLE_FOR: Duration = Duration::from_secs(45);

/// People at a time that keep a server busy.
const BUSY: usize = 48;

/// People of [`Part::Load`] that wait while others are matched.
const OTHERS: usize = 10_000;

/// Parts of its capacity at which a server is measured.
const LEVELS: [(f64, &str); 3] = [(0.2, "20"), (0.5, "50"), (0.8, "80")];

/// People of [`Part::Crowd`].
const CROWD: usize = 10_000;

/// Open files of this program besides the sockets of those who stay.
const SPARE_FILES: usize = 300;

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// New people connect, are matched, exchange everything and leave.
    Fresh,
    /// The same by Next, with people who stay connected.
    Next,
    /// Many people are idle.
    Idle,
    /// Matches at parts of each server's own capacity, while many others wait.
    Load,
    /// Thousands ask at once.
    Crowd,
}

impl Part {
    pub(crate) const ALL: [Self; 5] = [Self::Fresh, Self::Next, Self::Idle, Self::Load, Self::Crowd];

    /// The part with this name on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .zip(["fresh", "next", "idle", "load", "crowd"])
            .find(|it| it.1 == name)
            .map(|it| it.0)
    }
}

/// Evaluates an expression with the client of a server.
macro_rules! with_client {
    ($kind:expr, $client:ident => $body:expr) => {
        match $kind {
            Kind::Floor => {
                type $client = Floor;
                $body
            }
            Kind::Passerby => {
                type $client = Passerby;
                $body
            }
            Kind::Matchbox => {
                type $client = Matchbox;
                $body
            }
            Kind::Replaced => {
                type $client = Replaced;
                $body
            }
        }
    };
}

/// A run of the benchmark.
pub(crate) struct Run {
    rounds: usize,
    seconds: u64,
    /// Files that this program, and each server, may have open.
    files: usize,
    /// What arrives: from Passerby, and from the others.
    checked: Script,
    unchecked: Script,
    pub(crate) table: Table,
}

impl Run {
    pub(crate) async fn new(rounds: usize, seconds: u64, files: usize) -> Self {
        let mut checked = Script::new();
        let passerby = Server::start(Kind::Passerby).await;
        clients::learn::<Passerby>(passerby.addresses, &mut checked).await;
        Self { rounds, seconds, files, checked, unchecked: Script::new(), table: Table::default() }
    }

    const fn script(&self, kind: Kind) -> &Script {
        match kind {
            Kind::Passerby => &self.checked,
            Kind::Floor | Kind::Matchbox | Kind::Replaced => &self.unchecked,
        }
    }

    pub(crate) async fn part(&mut self, part: Part) {
        match part {
            Part::Fresh => self.fresh().await,
            Part::Next => self.next().await,
            Part::Idle => self.idle().await,
            Part::Load => self.load().await,
            Part::Crowd => self.crowd().await,
        }
    }

    /// The turns of all rounds: A-B-C-D-D-C-B-A.
    fn turns(&self) -> Vec<Kind> {
        let round = || Kind::ALL.into_iter().chain(Kind::ALL.into_iter().rev());
        (0..self.rounds).flat_map(|_| round()).collect()
    }

    /// As many people as there are files for, at most `wanted`; an even number.
    fn people<C: Client>(&self, wanted: usize, spare: usize) -> usize {
        wanted.min(self.files.saturating_sub(spare) / C::SOCKETS) / 2 * 2
    }

    fn add(&mut self, part: &str, kind: Kind, turn: &Turn) {
        let Turn { matches, processor, bytes, matching, answering, .. } = turn;
        let table = &mut self.table;
        let label = |it: &str| format!("{part}: {it}");
        table.add(&label("server time a match"), "us", Better::Less, kind, processor * 1e6 / matches);
        table.add_times(&label("match"), kind, matching);
        table.add_times(&label("offer to answer"), kind, answering);
        if let Some(bytes) = bytes {
            table.add(&label("wire bytes a match"), "B", Better::Less, kind, bytes / matches);
        }
        println!("{part}, {}: {matches} matches, {:.0} us each", kind.name(), processor * 1e6 / matches);
    }

    async fn fresh(&mut self) {
        let servers = start_all().await;
        for kind in self.turns() {
            let (server, script) = (&servers[kind as usize], self.script(kind));
            let turn = with_client!(
                kind, C => work::fresh::<C>(server, script, RATE, Spacing::Even, self.seconds).await
            );
            self.add("(a) fresh", kind, &turn);
        }
    }

    async fn next(&mut self) {
        let servers = start_all().await;
        let mut crowds = Vec::new();
        for server in &servers {
            let script = self.script(server.kind);
            crowds.push(with_client!(server.kind, C => if C::KEEPS_SOCKETS {
                let crowd = Crowd::connect::<C>(server, script, KEPT, true).await;
                crowd.join().await;
                Some(crowd)
            } else {
                None
            }));
        }
        for kind in self.turns() {
            let Some(crowd) = &crowds[kind as usize] else { continue };
            let turn = crowd.press_next(&servers[kind as usize], RATE, self.seconds).await;
            self.add("(b) Next", kind, &turn);
        }
        for crowd in crowds.into_iter().flatten() {
            crowd.close().await;
        }
    }

    async fn idle(&mut self) {
        for kind in Kind::ALL {
            let server = Server::start(kind).await;
            let script = self.script(kind);
            let idle = with_client!(kind, C => {
                let people = self.people::<C>(IDLE, SPARE_FILES);
                crowd::idle::<C>(&server, script, people, IDLE_FOR).await
            });
            let kib = |bytes: f64| bytes / 1024.0;
            for (label, unit, value) in [
                ("(c) idle: memory of a person", "KiB", kib(idle.idle)),
                ("(c) idle: memory of a person after a call", "KiB", kib(idle.after_call)),
                ("(c) idle: server time of a person in a second", "us", idle.processor * 1e6),
            ] {
                self.table.add(label, unit, Better::Less, kind, value);
                println!("{label}, {}: {value:.2} {unit}", kind.name());
            }
        }
    }

    async fn load(&mut self) {
        let servers = start_all().await;
        let mut capacities = Kind::ALL.map(|_| Vec::new());
        for kind in self.turns() {
            let (server, script) = (&servers[kind as usize], self.script(kind));
            let turn = with_client!(kind, C => work::saturate::<C>(server, script, BUSY, self.seconds).await);
            let rate = turn.matches / turn.seconds;
            capacities[kind as usize].push(rate);
            self.table.add("(d) capacity: matches a second", "1/s", Better::More, kind, rate);
            let full = turn.matches / turn.processor;
            let label = "(d) capacity: matches for a second of server time";
            self.table.add(label, "1/s", Better::More, kind, full);
            let busy = turn.processor / turn.seconds * 100.0;
            // Far below a hundred, this program was the slower one, and only the line above counts.
            self.table.add("(d) capacity: server's core in use", "%", Better::Neither, kind, busy);
            println!("capacity, {}: {rate:.0} matches a second, {busy:.0} % busy", kind.name());
        }
        let capacities = capacities.map(|it| it.iter().sum::<f64>() / it.len() as f64);
        for kind in self.turns() {
            let server = &servers[kind as usize];
            with_client!(kind, C => self.levels::<C>(server, capacities[kind as usize]).await);
        }
    }

    /// One turn at each part of a capacity, while others wait. Their cost is subtracted.
    async fn levels<C: Client>(&mut self, server: &Server, capacity: f64) {
        let kind = server.kind;
        let count = self.people::<C>(OTHERS, 5 * SPARE_FILES);
        let others = Others::connect::<C>(server, count, self.seconds).await;
        for (level, name) in LEVELS {
            let (rate, script) = (capacity * level, self.script(kind));
            let mut turn = work::fresh::<C>(server, script, rate, Spacing::Random, self.seconds).await;
            turn.processor -= others.processor * turn.seconds;
            // What the others send is not part of a match.
            turn.bytes = None;
            self.add(&format!("(d) at {name} %"), kind, &turn);
        }
    }

    async fn crowd(&mut self) {
        let servers = start_all().await;
        // It is long, and its latencies are those of thousands.
        let turns = Kind::ALL.len() * 2 * self.rounds.div_ceil(2);
        for kind in self.turns().into_iter().take(turns) {
            let (server, script) = (&servers[kind as usize], self.script(kind));
            let turn = with_client!(kind, C => {
                let people = self.people::<C>(CROWD, SPARE_FILES);
                crowd::crowd::<C>(server, script, people).await
            });
            self.add("(e) all at once", kind, &turn);
            let each = turn.seconds * 1e6 / turn.matches;
            self.table.add("(e) all at once: time a match", "us", Better::Less, kind, each);
        }
    }
}

async fn start_all() -> Vec<Server> {
    let mut servers = Vec::new();
    for kind in Kind::ALL {
        servers.push(Server::start(kind).await);
    }
    servers
}
