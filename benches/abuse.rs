//! What a pair that behaves notices of others that do not: how long until two who look for each other are matched, and how
//! long a candidate takes to the other and back, in quiet and under each attack, in the same run. Fails where a median under
//! an attack is more than twice the quiet one.
//!
//! Without arguments it starts the server and then itself again, as the pair and as the attackers. The server and the pair
//! have the first core, the attackers the second and a low priority: on a network they would bring machines of their own, so
//! what counts is what they cost the server and not what it costs to be them. They come from one address, 127.0.0.2; the two
//! of each pair from two of their own.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a table for people, and an error is one for developers"
)]

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream as PlainStream},
    process::{Child, Command, Stdio},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use futures::{SinkExt, StreamExt};
use passerby::protocol::{
    Candidate, Epoch, Frame, Interest, MatchId, Media, PastPairs, Sdp, Signal, Tastes, ToBrowser, ToServer,
    decode_lenient, encode, limits::SUBPROTOCOL,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

/// Pairs that are measured in each stage.
const PAIRS: usize = 300;

/// Between two pairs.
const EVERY: Duration = Duration::from_millis(20);

/// Times that a candidate goes to the other and back, for each pair.
const ROUNDS: usize = 5;

/// How much longer the median of anything may be under an attack.
const MAX_GROWTH: f64 = 2.0;

/// Where every attacker comes from.
const ATTACKERS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// How long anything at all may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long two who look for each other may take to be matched, before they have met others: for whom anybody is good
/// enough is given one of them once in a while.
const STRAYS_AFTER: Duration = Duration::from_secs(1);

/// How long an attack goes on before anything is measured: it has done what it can do at once by then.
const RAGES_FOR: Duration = Duration::from_secs(3);

const CANDIDATE: &str = "candidate:1 1 udp 2113937151 192.0.2.7 45407 typ host generation 0 ufrag I+IT";

type Socket = WebSocketStream<TcpStream>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attack {
    /// `join` and `leave` without end, from 64 sockets.
    Joins,
    /// `next` without end, from 64 sockets.
    Nexts,
    /// Candidates for the partner without end, from 64 sockets.
    Candidates,
    /// 5,000 sockets from one address, tried again as soon as they are refused.
    Sockets,
    /// 5,000 requests that are never finished.
    HalfOpen,
    /// 100 sockets that speak and never read.
    Deaf,
}

impl Attack {
    const ALL: [Self; 6] =
        [Self::Joins, Self::Nexts, Self::Candidates, Self::Sockets, Self::HalfOpen, Self::Deaf];

    const fn name(self) -> &'static str {
        match self {
            Self::Joins => "joins",
            Self::Nexts => "nexts",
            Self::Candidates => "candidates",
            Self::Sockets => "sockets",
            Self::HalfOpen => "half-open",
            Self::Deaf => "deaf",
        }
    }

    const fn sockets(self) -> usize {
        match self {
            Self::Joins | Self::Nexts | Self::Candidates => 64,
            Self::Sockets | Self::HalfOpen => 5_000,
            Self::Deaf => 100,
        }
    }
}

impl FromStr for Attack {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|it| it.name() == name)
            .ok_or_else(|| format!("no attack is called {name}"))
    }
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match words[..] {
        [] => table(),
        ["pairs", stage, server] => {
            runtime().block_on(pairs(stage.parse().unwrap(), server.parse().unwrap()))
        }
        ["attack", name, server] => {
            runtime().block_on(attack(name.parse().unwrap(), server.parse().unwrap()))
        }
        _ => panic!("pairs STAGE SERVER, attack NAME SERVER, or nothing"),
    }
}

// All of it.

/// What was measured in a stage, in microseconds, sorted.
struct Stage {
    matched: Vec<u64>,
    passed: Vec<u64>,
    arrived: Vec<u64>,
    strays: usize,
}

fn table() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    assert!(cores >= 2, "the attackers need a core of their own, and there is {cores}");
    let server = Server::start();
    println!("microseconds; half of all, and 99 of 100, each with its share of the quiet figure");
    println!(
        "{:<12}{:>24}{:>24}{:>16}{:>8}  what was too much",
        "", "two are matched", "there and back", "welcomed", "strays"
    );
    let quiet = measure(&server, 0, None);
    show("quiet", &quiet, &quiet, "");
    let mut holds = true;
    for (number, attack) in Attack::ALL.into_iter().enumerate() {
        let before = server.limited();
        let stage = measure(&server, number + 1, Some(attack));
        let growth = |of: fn(&Stage) -> &Vec<u64>| at(of(&stage), 50) as f64 / at(of(&quiet), 50) as f64;
        holds &= growth(|it| &it.matched) <= MAX_GROWTH && growth(|it| &it.passed) <= MAX_GROWTH;
        show(attack.name(), &stage, &quiet, &more(&before, &server.limited()));
        server.settles();
    }
    let again = measure(&server, Attack::ALL.len() + 1, None);
    show("quiet again", &again, &quiet, "");
    drop(server);
    assert!(holds, "a median is more than {MAX_GROWTH} times the quiet one");
}

fn show(name: &str, stage: &Stage, quiet: &Stage, limited: &str) {
    let cell = |all: &[u64], quiet: &[u64]| {
        [50, 99].map(|part| {
            let (here, there) = (at(all, part), at(quiet, part));
            format!("{here} ({:.2})", here as f64 / there as f64)
        })
    };
    let ([match_50, match_99], [pass_50, pass_99]) =
        (cell(&stage.matched, &quiet.matched), cell(&stage.passed, &quiet.passed));
    println!(
        "{name:<12}{match_50:>12}{match_99:>12}{pass_50:>12}{pass_99:>12}{:>8}{:>8}{:>8}  {limited}",
        at(&stage.arrived, 50),
        at(&stage.arrived, 99),
        stage.strays
    );
}

/// The value that so many of a hundred do not exceed.
fn at(sorted: &[u64], part: usize) -> u64 {
    sorted[(sorted.len() - 1) * part / 100]
}

fn more(before: &[(String, u64)], after: &[(String, u64)]) -> String {
    let grown = after.iter().zip(before).filter(|(now, then)| now.1 > then.1);
    grown.map(|(now, then)| format!("{} {}", now.0, now.1 - then.1)).collect::<Vec<_>>().join(", ")
}

/// One of ours on a core; `again` is how it is called.
fn ourselves(core: &str, again: &[&str]) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]);
    if core == "1" {
        command.args(["nice", "-n", "19"]);
    }
    command.arg(env::current_exe().unwrap()).args(again).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

fn measure(server: &Server, stage: usize, attack: Option<Attack>) -> Stage {
    let address = server.address.to_string();
    let attackers = attack.map(|it| {
        let mut child = ourselves("1", &["attack", it.name(), &address]).spawn().expect("taskset and nice");
        // It says so when it has begun.
        let begun = BufReader::new(child.stdout.take().unwrap()).lines().next();
        assert!(begun.is_some_and(|it| it.is_ok()), "the attack has not begun");
        Killed(child)
    });
    let output = ourselves("0", &["pairs", &stage.to_string(), &address]).output().unwrap();
    assert!(output.status.success(), "the pair has failed: {}", String::from_utf8_lossy(&output.stderr));
    drop(attackers);
    let text = String::from_utf8(output.stdout).unwrap();
    let all = |name: &str| {
        let values = text.lines().filter_map(|it| it.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        let mut values: Vec<u64> = values.collect();
        values.sort_unstable();
        values
    };
    let stage = Stage {
        matched: all("matched"),
        passed: all("passed"),
        arrived: all("arrived"),
        strays: all("stray").len(),
    };
    assert!(stage.matched.len() >= 200, "only {} pairs have found each other", stage.matched.len());
    stage
}

/// A process that does not outlive its owner.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Server {
    address: SocketAddr,
    metrics: SocketAddr,
    _process: Killed,
}

impl Server {
    /// The one that was built with this, with the limits of `Leptos.toml`. That it has a proxy makes loopback a network
    /// like any other.
    fn start() -> Self {
        let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut process = Command::new("taskset")
            .args(["-c", "0", env!("CARGO_BIN_EXE_passerby")])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
            .env("LEPTOS_HASH_FILES", "false")
            .env("LEPTOS_SITE_ROOT", "src/tests/support/site")
            .env("PASSERBY__METRICS__ADDR", metrics.to_string())
            .env("PASSERBY__SERVER__PROXIES", "192.0.2.1")
            .env("PASSERBY__STATE__DIR", "")
            .env("PASSERBY__LOG__FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .expect("taskset");
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("\"address\":\"")?;
            rest.split('"').next()?.parse().ok()
        });
        // Somebody must read the rest.
        thread::spawn(move || lines.for_each(drop));
        Self { address: address.expect("an address"), metrics, _process: Killed(process) }
    }

    fn numbers(&self) -> String {
        let mut stream = PlainStream::connect(self.metrics).expect("metrics");
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    fn limited(&self) -> Vec<(String, u64)> {
        let text = self.numbers();
        let lines = text.lines().filter_map(|it| it.strip_prefix("passerby_limited_total{limit=\""));
        lines
            .map(|it| it.split_once("\"} ").unwrap())
            .map(|(a, b)| (a.to_owned(), b.parse().unwrap()))
            .collect()
    }

    /// Waits until nobody is left.
    fn settles(&self) {
        for _ in 0..PATIENCE.as_millis() / 50 {
            let text = self.numbers();
            let left =
                text.lines().filter(|it| it.starts_with("passerby_peers{") && !it.ends_with(" 0")).count();
            if left == 0 && text.lines().any(|it| it == "passerby_connections 0") {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("somebody stays");
    }
}

// A page.

struct Page {
    socket: Socket,
    seq: u64,
}

/// Connects from an address of this machine.
async fn connect(from: Ipv4Addr, server: SocketAddr, receives: Option<u32>) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = receives {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.bind((IpAddr::from(from), 0).into())?;
    let stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Page {
    /// Connects and says hello; `None` if it is not let in.
    async fn open(from: Ipv4Addr, server: SocketAddr, receives: Option<u32>) -> Option<Self> {
        let mut request = format!("ws://{server}/ws").into_client_request().ok()?;
        let origin = format!("http://localhost:{}", server.port());
        request.headers_mut().insert("Origin", HeaderValue::from_str(&origin).ok()?);
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        let stream = connect(from, server, receives).await.ok()?;
        let (socket, _) = client_async(request, stream).await.ok()?;
        let mut page = Self { socket, seq: 0 };
        page.say(ToServer::Hello { resume: None, ticket: None, device: None, past: PastPairs::default() })
            .await?;
        Some(page)
    }

    fn frame(&mut self, msg: ToServer) -> Message {
        let counted = !matches!(msg, ToServer::Hello { .. } | ToServer::Ping {});
        self.seq += u64::from(counted);
        let seq = if counted { self.seq } else { 0 };
        Message::text(encode(&Frame { seq, ack: 0, msg }))
    }

    async fn say(&mut self, msg: ToServer) -> Option<()> {
        let frame = self.frame(msg);
        self.socket.send(frame).await.ok()
    }

    /// Says the same thing many times, as fast as it can.
    async fn flood(&mut self, all: impl IntoIterator<Item = ToServer>) -> Option<()> {
        for msg in all {
            let frame = self.frame(msg);
            self.socket.feed(frame).await.ok()?;
        }
        self.socket.flush().await.ok()
    }

    async fn hear(&mut self) -> Option<ToBrowser> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => return decode_lenient(&text).map(|it: Frame<ToBrowser>| it.msg),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    async fn is_welcomed(&mut self) -> Option<()> {
        matches!(self.hear().await?, ToBrowser::Welcome { .. }).then_some(())
    }

    async fn is_matched(&mut self) -> Option<MatchId> {
        loop {
            if let ToBrowser::Matched { match_id, .. } = self.hear().await? {
                return Some(match_id);
            }
        }
    }

    async fn is_signalled(&mut self) -> Option<()> {
        while !matches!(self.hear().await?, ToBrowser::Signal { .. }) {}
        Some(())
    }
}

fn join(interest: &str) -> ToServer {
    let tastes = Tastes { interests: Interest::all_in(interest), languages: Vec::new() };
    ToServer::Join { media: Media { audio: true, video: true }, hide: false, tastes }
}

fn candidate(match_id: MatchId) -> ToServer {
    let signal = Signal::Candidate(Candidate {
        candidate: Sdp(CANDIDATE.into()),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: Some("I+IT".into()),
    });
    ToServer::Signal { match_id, epoch: Epoch::FIRST, signal }
}

// The pairs.

async fn pairs(stage: u8, server: SocketAddr) {
    sleep(RAGES_FOR).await;
    for number in 0..PAIRS {
        let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
        let homes = [100, 200].map(|side| Ipv4Addr::new(127, side + stage, high, low.max(1)));
        let interest = format!("abuse {number}");
        let pair = timeout(PATIENCE, pair(homes, server, &interest));
        match pair.await.expect("in time") {
            Some(()) => {}
            None => println!("stray 1"),
        }
        sleep(EVERY).await;
    }
}

/// One pair, from its arrival to its end; `None` if one of them has met somebody else.
async fn pair(homes: [Ipv4Addr; 2], server: SocketAddr, interest: &str) -> Option<()> {
    let begun = Instant::now();
    let mut one = Page::open(homes[0], server, None).await.expect("let in");
    one.is_welcomed().await.expect("welcomed");
    println!("arrived {}", begun.elapsed().as_micros());
    let mut other = Page::open(homes[1], server, None).await.expect("let in");
    other.is_welcomed().await.expect("welcomed");
    one.say(join(interest)).await.expect("heard");
    while one.hear().await.expect("heard") != (ToBrowser::Waiting {}) {}

    let begun = Instant::now();
    other.say(join(interest)).await.expect("heard");
    // Who has met somebody else leaves the other waiting.
    let both = async { tokio::join!(one.is_matched(), other.is_matched()) };
    let (mine, theirs) = timeout(STRAYS_AFTER, both).await.ok()?;
    let took = begun.elapsed();
    let match_id = mine.filter(|_| mine == theirs)?;
    println!("matched {}", took.as_micros());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        one.say(candidate(match_id)).await.expect("heard");
        other.is_signalled().await.expect("passed on");
        other.say(candidate(match_id)).await.expect("heard");
        one.is_signalled().await.expect("passed on");
        println!("passed {}", begun.elapsed().as_micros());
    }
    for mut page in [one, other] {
        let _ = page.socket.close(None).await;
    }
    Some(())
}

// The attackers.

async fn attack(attack: Attack, server: SocketAddr) {
    let begun = Arc::new(AtomicUsize::new(0));
    for _ in 0..attack.sockets() {
        let begun = Arc::clone(&begun);
        tokio::spawn(async move {
            loop {
                let harm = async {
                    begun.fetch_add(1, Ordering::Relaxed);
                    if attack == Attack::HalfOpen { half(server).await } else { rage(attack, server).await }
                };
                let _ = harm.await;
                // Else one that is refused would keep all others from trying.
                sleep(Duration::from_millis(100)).await;
            }
        });
    }
    while begun.load(Ordering::Relaxed) < attack.sockets() {
        sleep(Duration::from_millis(10)).await;
    }
    println!("begun");
    // Until whoever has started it is gone, in whatever way.
    let gone = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let _ = gone.await;
}

async fn half(server: SocketAddr) -> Option<()> {
    let mut stream = connect(ATTACKERS, server, None).await.ok()?;
    stream.write_all(b"GET /ws HTTP/1.1\r\nHost: localhost\r\n").await.ok()?;
    // Until the server has had enough of it.
    let mut rest = [0; 256];
    while stream.read(&mut rest).await.ok()? > 0 {}
    Some(())
}

async fn rage(attack: Attack, server: SocketAddr) -> Option<()> {
    let receives = (attack == Attack::Deaf).then_some(4 * 1024);
    let mut page = Page::open(ATTACKERS, server, receives).await?;
    match attack {
        Attack::Joins => loop {
            page.flood([join(""), ToServer::Leave {}].into_iter().cycle().take(32)).await?;
        },
        Attack::Nexts => {
            page.say(join("")).await?;
            let match_id = page.is_matched().await?;
            loop {
                page.flood(std::iter::repeat_n(ToServer::Next { match_id }, 32)).await?;
            }
        }
        Attack::Candidates => {
            page.say(join("")).await?;
            let match_id = page.is_matched().await?;
            loop {
                page.flood(std::iter::repeat_n(candidate(match_id), 32)).await?;
            }
        }
        // Says hello, and is there.
        Attack::Sockets => {
            while page.hear().await.is_some() {}
            None
        }
        Attack::HalfOpen => None,
        Attack::Deaf => loop {
            page.flood([join(""), ToServer::Ping {}, ToServer::Leave {}, ToServer::Ping {}]).await?;
            sleep(Duration::from_millis(500)).await;
        },
    }
}
