//! The cost of the matchmaker's operations in instructions, with few and with many waiting peers.
//!
//! Fails if an operation among many costs more than [`MAX_GROWTH`] times as much as among few, or `hello` more than
//! [`MAX_GROWTH_BY_SANCTIONS`] times as much with many sanctions as without.
//!
//! Without arguments it runs itself under callgrind, for each operation and each number of waiting peers, with and
//! without the operation, and prints the difference. It counts instructions because, unlike time, they are the same in
//! every run. With the arguments `WAITING SANCTIONS OPERATION TIMES` it performs the operation.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a table for people, and an error is one for developers"
)]

#[path = "support/hello.rs"]
mod hello;
#[path = "support/tastes.rs"]
mod tastes;

use std::{env, process::Command, str::FromStr};

use passerby::{
    matchmaker::{
        Input, Matchmaker, MatchmakerConfig, Network, NetworkSanction, Readings, SanctionUpdate, SiteIndex,
        SocketId, Visit,
    },
    protocol::{
        DeviceId, Frame, Media, NetworkTag, NoticeKind, ReportReason, SanctionNotice, Tastes, ToServer,
    },
    time::Moment,
};
use uuid::Uuid;

use hello::hello;
use tastes::own_tastes;

/// Numbers of waiting peers: few and many.
const CROWD_SIZES: [usize; 2] = [1_000, 100_000];

/// Numbers of sanctioned devices, and of sanctioned networks: none and many.
const SANCTIONS: [u64; 2] = [0, 100_000];

/// How many times as much `hello` may cost with many sanctions as without.
const MAX_GROWTH_BY_SANCTIONS: f64 = 1.05;

/// How many times as much an operation may cost among many waiting peers as among few.
const MAX_GROWTH: f64 = 1.10;

/// How often an operation is performed, so that occasional work such as growing a table is averaged: with 500 the same
/// program gave 5 % more or less from run to run.
const REPETITIONS: usize = 4_000;

/// An operation to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    /// A peer that finds no partner joins the queue and leaves it.
    JoinAndLeave,
    /// Two peers are paired and part.
    Match,
    /// A waiting peer widens its search.
    Widen,
    /// A peer opens a socket and says hello.
    Hello,
}

impl Operation {
    const ALL: [Self; 4] = [Self::JoinAndLeave, Self::Match, Self::Widen, Self::Hello];

    const fn name(self) -> &'static str {
        match self {
            Self::JoinAndLeave => "join-and-leave",
            Self::Match => "match",
            Self::Widen => "widen",
            Self::Hello => "hello",
        }
    }
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|it| it.name() == name)
            .ok_or_else(|| format!("there is no operation {name}"))
    }
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).filter(|it| it != "--bench").collect();
    match arguments.as_slice() {
        [] => table(),
        [waiting, sanctions, operation, times] => {
            CrowdedMatchmaker::with(waiting.parse().unwrap(), sanctions.parse().unwrap())
                .perform(operation.parse().unwrap(), times.parse().unwrap());
        }
        _ => panic!("usage: WAITING SANCTIONS OPERATION TIMES, or no arguments"),
    }
}

fn table() {
    println!("{:<16}{:>14}{:>14}{:>9}", "instructions", CROWD_SIZES[0], CROWD_SIZES[1], "growth");
    let mut fits = true;
    for operation in Operation::ALL {
        let [few, many] = CROWD_SIZES.map(|waiting| cost(waiting, 0, operation));
        let growth = many / few;
        fits &= growth <= MAX_GROWTH;
        println!("{:<16}{few:>14.0}{many:>14.0}{growth:>9.3}", operation.name());
    }
    assert!(
        fits,
        "an operation among {} peers may cost at most {MAX_GROWTH} times as much as among {}",
        CROWD_SIZES[1], CROWD_SIZES[0]
    );
    let [none, many] = SANCTIONS.map(|sanctions| cost(CROWD_SIZES[0], sanctions, Operation::Hello));
    let growth = many / none;
    println!("hello without sanctions {none:.0}, with {} {many:.0}, growth {growth:.3}", SANCTIONS[1]);
    assert!(growth <= MAX_GROWTH_BY_SANCTIONS, "a hello may cost at most that much more with sanctions");
}

/// Instructions of one operation.
fn cost(waiting: usize, sanctions: u64, operation: Operation) -> f64 {
    let total = |times| instructions(waiting, sanctions, operation, times);
    (total(REPETITIONS) - total(0)) / REPETITIONS as f64
}

/// Instructions of a whole run, including the set-up.
fn instructions(waiting: usize, sanctions: u64, operation: Operation, times: usize) -> f64 {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().unwrap())
        .args([waiting.to_string(), sanctions.to_string(), operation.name().to_owned(), times.to_string()])
        .output()
        .expect("valgrind");
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{stderr}");
    let count = stderr.lines().find_map(|it| it.split_once("Collected : ")).expect("a count");
    count.1.trim().parse().unwrap()
}

/// A matchmaker with many peers in its queue, none of which are paired, since each speaks a language of its own.
struct CrowdedMatchmaker {
    matchmaker: Matchmaker,
    now: Moment,
    peers: u64,
}

impl CrowdedMatchmaker {
    fn with(waiting: usize, sanctions: u64) -> Self {
        let matchmaker = Matchmaker::new(MatchmakerConfig {
            max_passed_by: 16,
            // As on a real server, no peer keeps more than its share of the memory for messages.
            max_connections: 2 * CROWD_SIZES[1],
            ..MatchmakerConfig::for_tests(7)
        });
        let mut crowded = Self { matchmaker, now: Moment::from_millis(0), peers: 0 };
        // Before there are peers: each decision looks at all of them.
        for number in 0..sanctions {
            crowded.sanction(number.into());
        }
        for _ in 0..waiting {
            let peer = crowded.connect();
            crowded.join(peer, own_tastes(peer));
        }
        crowded
    }

    fn perform(mut self, operation: Operation, times: usize) {
        // These connect with every number of repetitions, so that their cost cancels out.
        let peers: Vec<_> = (0..2 * REPETITIONS).map(|_| self.connect()).collect();
        match operation {
            Operation::JoinAndLeave => {
                for peer in &peers[..times] {
                    self.join(*peer, own_tastes(*peer));
                    self.send(*peer, 2, ToServer::Leave {});
                }
            }
            Operation::Match => {
                for pair in peers[..2 * times].chunks(2) {
                    for peer in pair {
                        self.join(*peer, own_tastes(pair[0]));
                    }
                    self.send(pair[0], 2, ToServer::Leave {});
                }
            }
            Operation::Hello => (0..times).for_each(|_| _ = self.connect()),
            Operation::Widen => {
                for peer in &peers[..times] {
                    self.join(*peer, own_tastes(*peer));
                    // A second join widens the search as the deadline does, but of this peer only.
                    self.send(
                        *peer,
                        2,
                        ToServer::Join {
                            media: Media::default(),
                            hide: false,
                            soft: false,
                            tastes: own_tastes(*peer + (1 << 32)),
                        },
                    );
                }
            }
        }
    }

    /// Opens a socket and says hello; returns the number of the new peer.
    fn connect(&mut self) -> u64 {
        self.peers += 1;
        let socket = SocketId(self.peers);
        let network = Network::of([127, 0, 0, 1].into());
        let visit = Visit {
            socket,
            network,
            network_tags: [Some(NetworkTag([255; 16])); 2],
            site: SiteIndex::default(),
        };
        self.handle(Input::Opened(visit));
        self.send(self.peers, 0, hello(None));
        self.peers
    }

    /// Bans a device and sets a network apart. Nobody here is concerned.
    fn sanction(&mut self, number: u128) {
        let (kind, reason, until) = (NoticeKind::Banned, ReportReason::Spam, u64::MAX);
        let ban = SanctionNotice { kind, reason, until, automatic: false, appeal: None };
        let device = DeviceId(Uuid::from_u128(number));
        self.handle(Input::Sanction(SanctionUpdate::Device(device, Some(ban))));
        let (tag, apart) =
            (NetworkTag(number.to_le_bytes()), NetworkSanction { refused_until: 0, apart_until: until });
        self.handle(Input::Sanction(SanctionUpdate::Network(tag, Some(apart))));
    }

    fn join(&mut self, peer: u64, tastes: Tastes) {
        self.send(peer, 1, ToServer::Join { media: Media::default(), hide: false, soft: false, tastes });
    }

    fn send(&mut self, peer: u64, seq: u64, msg: ToServer) {
        let frame = Frame { seq, ack: 0, msg };
        self.handle(Input::Message { socket: SocketId(peer), frame });
    }

    fn handle(&mut self, input: Input) {
        self.matchmaker.handle(self.now, Readings::for_tests(self.now), input);
    }
}
