//! What the matchmaker's deeds cost, in instructions, with few and with many waiting; fails where a crowd makes them dearer
//! than it may.
//!
//! Without arguments it runs itself under callgrind, once for each deed and each crowd with and without the deed, and takes
//! the difference: instructions are the same in every run, time is not. With arguments, `CROWD DEED TIMES`, it does the deed.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a table for people, and an error is one for developers"
)]

use std::{env, process::Command, str::FromStr};

use passerby::{
    matchmaker::{Config, Input, Matchmaker, Network, SocketId},
    protocol::{Frame, Interest, Language, Media, PastPairs, Tastes, ToServer},
    time::Moment,
};

/// Few and many.
const CROWDS: [usize; 2] = [1_000, 100_000];

/// How much dearer a deed may be among many.
const MAX_GROWTH: f64 = 1.10;

/// How often a deed is done, so that what is done once in a while has its share in it.
const TIMES: usize = 500;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    /// One who finds nobody comes into the queue and leaves it.
    JoinAndLeave,
    /// Two find each other, and part.
    Match,
    /// One who waits makes do with less.
    Widen,
}

impl Deed {
    const ALL: [Self; 3] = [Self::JoinAndLeave, Self::Match, Self::Widen];

    const fn name(self) -> &'static str {
        match self {
            Self::JoinAndLeave => "join-and-leave",
            Self::Match => "match",
            Self::Widen => "widen",
        }
    }
}

impl FromStr for Deed {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or_else(|| format!("no deed is called {name}"))
    }
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).filter(|it| it != "--bench").collect();
    match arguments.as_slice() {
        [] => table(),
        [crowd, deed, times] => {
            House::with(crowd.parse().unwrap()).does(deed.parse().unwrap(), times.parse().unwrap());
        }
        _ => panic!("CROWD DEED TIMES, or nothing"),
    }
}

fn table() {
    println!("{:<16}{:>14}{:>14}{:>9}", "instructions", CROWDS[0], CROWDS[1], "growth");
    let mut fits = true;
    for deed in Deed::ALL {
        let [few, many] = CROWDS
            .map(|crowd| (instructions(crowd, deed, TIMES) - instructions(crowd, deed, 0)) / TIMES as f64);
        let growth = many / few;
        fits &= growth <= MAX_GROWTH;
        println!("{:<16}{few:>14.0}{many:>14.0}{growth:>9.3}", deed.name());
    }
    assert!(fits, "a deed among {} may cost {MAX_GROWTH} times as much as among {}", CROWDS[1], CROWDS[0]);
}

/// Instructions of a whole run.
fn instructions(crowd: usize, deed: Deed, times: usize) -> f64 {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().unwrap())
        .args([crowd.to_string(), deed.name().to_owned(), times.to_string()])
        .output()
        .expect("valgrind");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let count = said.lines().find_map(|it| it.split_once("Collected : ")).expect("a count");
    count.1.trim().parse().unwrap()
}

/// A server's matchmaker with a crowd in its queue that is kept apart by languages nobody else speaks.
struct House {
    matchmaker: Matchmaker,
    now: Moment,
    peers: u64,
}

impl House {
    fn with(crowd: usize) -> Self {
        let matchmaker = Matchmaker::new(Config { max_passed_by: 16, ..Config::for_tests(7) });
        let mut house = Self { matchmaker, now: Moment::from_millis(0), peers: 0 };
        for _ in 0..crowd {
            let peer = house.arrive();
            house.join(peer, own_tastes(peer));
        }
        house
    }

    fn does(mut self, deed: Deed, times: usize) {
        // Those with whom it is done come in any case.
        let peers: Vec<_> = (0..2 * TIMES).map(|_| self.arrive()).collect();
        match deed {
            Deed::JoinAndLeave => {
                for peer in &peers[..times] {
                    self.join(*peer, own_tastes(*peer));
                    self.say(*peer, 2, ToServer::Leave {});
                }
            }
            Deed::Match => {
                for pair in peers[..2 * times].chunks(2) {
                    for peer in pair {
                        self.join(*peer, own_tastes(pair[0]));
                    }
                    self.say(pair[0], 2, ToServer::Leave {});
                }
            }
            Deed::Widen => {
                for peer in &peers[..times] {
                    self.join(*peer, own_tastes(*peer));
                    // What happens when its time is over, which is not the crowd's.
                    self.say(
                        *peer,
                        2,
                        ToServer::Join {
                            media: Media::default(),
                            hide: false,
                            tastes: own_tastes(*peer + (1 << 32)),
                        },
                    );
                }
            }
        }
    }

    /// Somebody opens a socket and says hello.
    fn arrive(&mut self) -> u64 {
        self.peers += 1;
        let socket = SocketId(self.peers);
        let network = Network::of([127, 0, 0, 1].into());
        self.matchmaker.handle(self.now, Input::Opened { socket, network });
        let hello = ToServer::Hello { resume: None, ticket: None, device: None, past: PastPairs::default() };
        self.say(self.peers, 0, hello);
        self.peers
    }

    fn join(&mut self, peer: u64, tastes: Tastes) {
        self.say(peer, 1, ToServer::Join { media: Media::default(), hide: false, tastes });
    }

    fn say(&mut self, peer: u64, seq: u64, msg: ToServer) {
        let frame = Frame { seq, ack: 0, msg };
        self.matchmaker.handle(self.now, Input::Message { socket: SocketId(peer), frame });
    }
}

/// An interest and a language that nobody else has.
fn own_tastes(number: u64) -> Tastes {
    let letters: String = (0..8).map(|at| char::from(b'a' + (number / 26_u64.pow(at) % 26) as u8)).collect();
    Tastes {
        interests: vec![Interest::new(&letters).unwrap()],
        languages: vec![Language::new(&letters).unwrap()],
    }
}
