//! The latency of well-behaved pairs while other clients attack the server.
//!
//! Measures how long it takes until two peers that look for each other are matched, and how long a candidate takes to
//! the partner and back: without an attack and under each attack, in the same run. Fails if a median under an attack is
//! more than [`MAX_GROWTH`] times the one without, or if a silent joiner was matched with a peer of a pair.
//!
//! Without arguments, or with `only` and the names of attacks, it starts the server, and then itself again as the
//! pairs and as the attackers. The server and the pairs run on the first core, the attackers on the second with a low
//! priority. On a network the attackers would bring their own machines, so only their cost to the server should count.
//! All attackers connect from 127.0.0.2, except silent joiners; the two peers of each pair connect from two addresses
//! of their own.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a table for people, and an error is one for developers"
)]

#[path = "support/hello.rs"]
mod hello;

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
    Candidate, Epoch, Frame, Interest, Language, MatchId, Media, Sdp, Signal, Tastes, ToBrowser, ToServer,
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

use hello::hello;

/// Pairs measured in each stage.
const PAIRS: usize = 300;

/// The time between two pairs.
const PAIR_INTERVAL: Duration = Duration::from_millis(20);

/// Round trips of a candidate, for each pair.
const ROUND_TRIPS: usize = 5;

/// How many times as long a median may be under an attack.
const MAX_GROWTH: f64 = 2.0;

/// The address of every attacker.
const ATTACKER_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// How long any single step may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a pair may take to be matched before it counts as mispaired.
///
/// A peer that accepts any partner and was passed by often enough is given one of the pair.
const MISPAIRED_AFTER: Duration = Duration::from_secs(1);

/// How long an attack runs before the measurement, so that its initial burst is over.
const WARM_UP: Duration = Duration::from_secs(3);

/// The same for silent joiners: the server asks the first 64 for an offer, and five seconds later the others.
const SILENT_WARM_UP: Duration = Duration::from_secs(12);

/// How long silent joiners wait before they join again.
///
/// After ten seconds they would accept everybody. Then they would be matched with each other and harm nobody.
const REJOIN_AFTER: Duration = Duration::from_secs(8);

const CANDIDATE: &str = "candidate:1 1 udp 2113937151 192.0.2.7 45407 typ host generation 0 ufrag I+IT";

type Socket = WebSocketStream<TcpStream>;

/// A way to attack the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attack {
    /// Endless `join` and `leave` from 64 sockets.
    Joins,
    /// Endless `next` from 64 sockets.
    Nexts,
    /// Endless candidates for the partner from 64 sockets.
    Candidates,
    /// 5,000 sockets from one address, reopened as soon as they are refused.
    Sockets,
    /// 5,000 HTTP requests that are never completed.
    HalfOpen,
    /// 100 sockets that send and never read.
    NotReading,
    /// 128 sockets from one address that join, each with a language of its own, and do nothing in a match.
    Silent,
    /// The same from 128 addresses.
    SilentEverywhere,
}

impl Attack {
    const ALL: [Self; 8] = [
        Self::Joins,
        Self::Nexts,
        Self::Candidates,
        Self::Sockets,
        Self::HalfOpen,
        Self::NotReading,
        Self::Silent,
        Self::SilentEverywhere,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Joins => "joins",
            Self::Nexts => "nexts",
            Self::Candidates => "candidates",
            Self::Sockets => "sockets",
            Self::HalfOpen => "half-open",
            Self::NotReading => "deaf",
            Self::Silent => "silent",
            Self::SilentEverywhere => "silent-128",
        }
    }

    const fn sockets(self) -> usize {
        match self {
            Self::Joins | Self::Nexts | Self::Candidates => 64,
            Self::Sockets | Self::HalfOpen => 5_000,
            Self::NotReading => 100,
            Self::Silent | Self::SilentEverywhere => 128,
        }
    }

    /// Whether the attackers wait in the queue like anybody else.
    const fn waits(self) -> bool {
        match self {
            Self::Silent | Self::SilentEverywhere => true,
            Self::Joins
            | Self::Nexts
            | Self::Candidates
            | Self::Sockets
            | Self::HalfOpen
            | Self::NotReading => false,
        }
    }

    /// The address of the attacker with this number.
    fn address(self, number: usize) -> Ipv4Addr {
        match self {
            // Not the address whose limits the other attacks use up.
            Self::Silent => Ipv4Addr::new(127, 0, 0, 3),
            Self::SilentEverywhere => Ipv4Addr::new(127, 3, 0, u8::try_from(number).unwrap()),
            Self::Joins
            | Self::Nexts
            | Self::Candidates
            | Self::Sockets
            | Self::HalfOpen
            | Self::NotReading => ATTACKER_ADDRESS,
        }
    }
}

impl FromStr for Attack {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or_else(|| format!("there is no attack {name}"))
    }
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match words[..] {
        [] => table(&Attack::ALL),
        ["only", ref names @ ..] => {
            table(&names.iter().map(|it| it.parse().unwrap()).collect::<Vec<Attack>>())
        }
        ["pairs", stage, server, attack] => {
            let attack = attack.parse().ok();
            runtime().block_on(pairs(stage.parse().unwrap(), server.parse().unwrap(), attack))
        }
        ["attack", name, server] => {
            runtime().block_on(attack(name.parse().unwrap(), server.parse().unwrap()))
        }
        _ => panic!("usage: pairs STAGE SERVER ATTACK, attack NAME SERVER, only NAME..., or no arguments"),
    }
}

// The table.

/// The results of a stage: sorted times in microseconds.
struct Stage {
    /// From the join of the second peer until both are matched.
    matched: Vec<u64>,
    /// Round trips of a candidate.
    round_trips: Vec<u64>,
    /// From connecting to the welcome.
    welcomed: Vec<u64>,
    /// Pairs that were not matched with each other.
    mispaired: usize,
}

fn table(attacks: &[Attack]) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    assert!(cores >= 2, "the attackers need their own core, but there is only {cores}");
    let server = Server::start();
    println!("microseconds: median and 99th percentile, each with its ratio to the quiet figure");
    println!(
        "{:<12}{:>24}{:>24}{:>16}{:>10}  requests over a limit",
        "", "until matched", "round trip", "until welcomed", "mispaired"
    );
    let quiet = measure(&server, 0, None);
    show("quiet", &quiet, &quiet, "");
    let mut fits = true;
    for (number, attack) in attacks.iter().copied().enumerate() {
        let before = server.limited();
        let stage = measure(&server, number + 1, Some(attack));
        let growth = |of: fn(&Stage) -> &Vec<u64>| {
            percentile(of(&stage), 50) as f64 / percentile(of(&quiet), 50) as f64
        };
        fits &= growth(|it| &it.matched) <= MAX_GROWTH && growth(|it| &it.round_trips) <= MAX_GROWTH;
        fits &= !attack.waits() || stage.mispaired == 0;
        show(attack.name(), &stage, &quiet, &increases(&before, &server.limited()));
        server.wait_until_empty();
    }
    let again = measure(&server, attacks.len() + 1, None);
    show("quiet again", &again, &quiet, "");
    drop(server);
    assert!(
        fits,
        "a median under an attack is more than {MAX_GROWTH} times the quiet one, or a peer was caught"
    );
}

fn show(name: &str, stage: &Stage, quiet: &Stage, limited: &str) {
    let cell = |all: &[u64], quiet: &[u64]| {
        [50, 99].map(|percent| {
            let (value, quiet) = (percentile(all, percent), percentile(quiet, percent));
            format!("{value} ({:.2})", value as f64 / quiet as f64)
        })
    };
    let ([match_50, match_99], [trip_50, trip_99]) =
        (cell(&stage.matched, &quiet.matched), cell(&stage.round_trips, &quiet.round_trips));
    println!(
        "{name:<12}{match_50:>12}{match_99:>12}{trip_50:>12}{trip_99:>12}{:>8}{:>8}{:>10}  {limited}",
        percentile(&stage.welcomed, 50),
        percentile(&stage.welcomed, 99),
        stage.mispaired
    );
}

/// The value that this percentage of the sorted values does not exceed.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    sorted[(sorted.len() - 1) * percent / 100]
}

/// The limits that rejected more requests than before, with the difference.
fn increases(before: &[(String, u64)], after: &[(String, u64)]) -> String {
    let increased = after.iter().zip(before).filter(|(now, then)| now.1 > then.1);
    increased.map(|(now, then)| format!("{} {}", now.0, now.1 - then.1)).collect::<Vec<_>>().join(", ")
}

/// This program with other arguments, on this core; on core 1 with a low priority.
fn own_program(core: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]);
    if core == "1" {
        command.args(["nice", "-n", "19"]);
    }
    command.arg(env::current_exe().unwrap()).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

fn measure(server: &Server, stage: usize, attack: Option<Attack>) -> Stage {
    let address = server.address.to_string();
    let attackers = attack.map(|it| {
        let mut child = own_program("1", &["attack", it.name(), &address]).spawn().expect("taskset and nice");
        // The attacker prints a line when all its sockets have been tried.
        let started = BufReader::new(child.stdout.take().unwrap()).lines().next();
        assert!(started.is_some_and(|it| it.is_ok()), "the attack has not started");
        KillOnDrop(child)
    });
    let name = attack.map_or("none", Attack::name);
    let output = own_program("0", &["pairs", &stage.to_string(), &address, name]).output().unwrap();
    assert!(output.status.success(), "the pairs failed: {}", String::from_utf8_lossy(&output.stderr));
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
        round_trips: all("round-trip"),
        welcomed: all("welcomed"),
        mispaired: all("mispaired").len(),
    };
    assert!(stage.matched.len() >= 200, "only {} pairs were matched with each other", stage.matched.len());
    stage
}

/// A process that is killed when it is dropped.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running server.
struct Server {
    address: SocketAddr,
    metrics: SocketAddr,
    _process: KillOnDrop,
}

impl Server {
    /// Starts the program that was built with this benchmark, with the limits of `Leptos.toml`.
    ///
    /// A proxy is configured, since without one the server does not limit loopback addresses like other networks.
    fn start() -> Self {
        let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut process = Command::new("taskset")
            .args(["-c", "0", env!("CARGO_BIN_EXE_passerby")])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
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
        // Read the rest, so that the pipe does not fill up.
        thread::spawn(move || lines.for_each(drop));
        Self { address: address.expect("the log names the address"), metrics, _process: KillOnDrop(process) }
    }

    fn metrics_text(&self) -> String {
        let mut stream = PlainStream::connect(self.metrics).expect("the metrics listener accepts");
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// The number of rejected requests for each limit.
    fn limited(&self) -> Vec<(String, u64)> {
        let text = self.metrics_text();
        let lines = text.lines().filter_map(|it| it.strip_prefix("passerby_limited_total{limit=\""));
        lines
            .map(|it| it.split_once("\"} ").unwrap())
            .map(|(a, b)| (a.to_owned(), b.parse().unwrap()))
            .collect()
    }

    /// Waits until all peers and connections are gone.
    fn wait_until_empty(&self) {
        for _ in 0..TIMEOUT.as_millis() / 50 {
            let text = self.metrics_text();
            let left =
                text.lines().filter(|it| it.starts_with("passerby_peers{") && !it.ends_with(" 0")).count();
            if left == 0 && text.lines().any(|it| it == "passerby_connections 0") {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("some peers or connections remain");
    }
}

// A client.

/// A client with one socket.
struct Page {
    socket: Socket,
    seq: u64,
}

/// Connects from this address; `receives` is the size of the receive buffer in bytes.
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
    /// Connects and says hello; `None` if the server refuses.
    async fn open(from: Ipv4Addr, server: SocketAddr, receives: Option<u32>) -> Option<Self> {
        let mut request = format!("ws://{server}/ws").into_client_request().ok()?;
        let origin = format!("http://localhost:{}", server.port());
        request.headers_mut().insert("Origin", HeaderValue::from_str(&origin).ok()?);
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        let stream = connect(from, server, receives).await.ok()?;
        let (socket, _) = client_async(request, stream).await.ok()?;
        let mut page = Self { socket, seq: 0 };
        page.send(hello(None)).await?;
        Some(page)
    }

    fn frame(&mut self, msg: ToServer) -> Message {
        let is_numbered = !matches!(msg, ToServer::Hello { .. } | ToServer::Ping {});
        self.seq += u64::from(is_numbered);
        let seq = if is_numbered { self.seq } else { 0 };
        Message::text(encode(&Frame { seq, ack: 0, msg }))
    }

    async fn send(&mut self, msg: ToServer) -> Option<()> {
        let frame = self.frame(msg);
        self.socket.send(frame).await.ok()
    }

    /// Sends many messages as fast as possible.
    async fn flood(&mut self, messages: impl IntoIterator<Item = ToServer>) -> Option<()> {
        for msg in messages {
            let frame = self.frame(msg);
            self.socket.feed(frame).await.ok()?;
        }
        self.socket.flush().await.ok()
    }

    async fn receive(&mut self) -> Option<ToBrowser> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => return decode_lenient(&text).map(|it: Frame<ToBrowser>| it.msg),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    async fn wait_for_welcome(&mut self) -> Option<()> {
        matches!(self.receive().await?, ToBrowser::Welcome { .. }).then_some(())
    }

    async fn wait_for_match(&mut self) -> Option<MatchId> {
        loop {
            if let ToBrowser::Matched { match_id, .. } = self.receive().await? {
                return Some(match_id);
            }
        }
    }

    async fn wait_for_signal(&mut self) -> Option<()> {
        while !matches!(self.receive().await?, ToBrowser::Signal { .. }) {}
        Some(())
    }
}

fn join(interest: &str) -> ToServer {
    let tastes = Tastes { interests: Interest::all_in(interest), languages: Vec::new() };
    ToServer::Join { media: Media { audio: true, video: true }, hide: false, soft: false, tastes }
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

async fn pairs(stage: u8, server: SocketAddr, attack: Option<Attack>) {
    let waits = attack.is_some_and(Attack::waits);
    sleep(if waits { SILENT_WARM_UP } else { WARM_UP }).await;
    for number in 0..PAIRS {
        let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
        let addresses = [100, 200].map(|side| Ipv4Addr::new(127, side + stage, high, low.max(1)));
        // An interest protects from attackers that wait. This is about pairs that have none.
        let interest = if waits { String::new() } else { format!("abuse {number}") };
        let pair = timeout(TIMEOUT, pair(addresses, server, &interest));
        match pair.await.expect("no step takes longer than the timeout") {
            Some(()) => {}
            None => println!("mispaired 1"),
        }
        sleep(PAIR_INTERVAL).await;
    }
}

/// One pair, from connecting to closing; `None` if the two are not matched with each other.
async fn pair(addresses: [Ipv4Addr; 2], server: SocketAddr, interest: &str) -> Option<()> {
    let start = Instant::now();
    let mut one = Page::open(addresses[0], server, None).await.expect("the server accepts the socket");
    one.wait_for_welcome().await.expect("the server sends a welcome");
    println!("welcomed {}", start.elapsed().as_micros());
    let mut other = Page::open(addresses[1], server, None).await.expect("the server accepts the socket");
    other.wait_for_welcome().await.expect("the server sends a welcome");
    one.send(join(interest)).await.expect("the socket is open");
    while one.receive().await.expect("the socket is open") != (ToBrowser::Waiting {}) {}

    let start = Instant::now();
    other.send(join(interest)).await.expect("the socket is open");
    // If one is matched with another peer, the other may keep waiting.
    let both = async { tokio::join!(one.wait_for_match(), other.wait_for_match()) };
    let (first, second) = timeout(MISPAIRED_AFTER, both).await.ok()?;
    let took = start.elapsed();
    let match_id = first.filter(|_| first == second)?;
    println!("matched {}", took.as_micros());
    for _ in 0..ROUND_TRIPS {
        let start = Instant::now();
        one.send(candidate(match_id)).await.expect("the socket is open");
        other.wait_for_signal().await.expect("the signal is forwarded");
        other.send(candidate(match_id)).await.expect("the socket is open");
        one.wait_for_signal().await.expect("the signal is forwarded");
        println!("round-trip {}", start.elapsed().as_micros());
    }
    for mut page in [one, other] {
        let _ = page.socket.close(None).await;
    }
    Some(())
}

// The attackers.

async fn attack(attack: Attack, server: SocketAddr) {
    let started = Arc::new(AtomicUsize::new(0));
    for number in 0..attack.sockets() {
        let started = Arc::clone(&started);
        tokio::spawn(async move {
            loop {
                let attempt = async {
                    started.fetch_add(1, Ordering::Relaxed);
                    if attack == Attack::HalfOpen {
                        open_request(server).await
                    } else {
                        attack_once(attack, number, server).await
                    }
                };
                let _ = attempt.await;
                // Without a pause, one task that is refused at once would starve the others.
                sleep(Duration::from_millis(100)).await;
            }
        });
    }
    while started.load(Ordering::Relaxed) < attack.sockets() {
        sleep(Duration::from_millis(10)).await;
    }
    println!("started");
    // Run until the parent process closes the pipe or dies.
    let parent_gone = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let _ = parent_gone.await;
}

/// Sends half a request and waits until the server closes the connection.
async fn open_request(server: SocketAddr) -> Option<()> {
    let mut stream = connect(ATTACKER_ADDRESS, server, None).await.ok()?;
    stream.write_all(b"GET /ws HTTP/1.1\r\nHost: localhost\r\n").await.ok()?;
    let mut rest = [0; 256];
    while stream.read(&mut rest).await.ok()? > 0 {}
    Some(())
}

/// Attacks through one WebSocket until the server closes it.
async fn attack_once(attack: Attack, number: usize, server: SocketAddr) -> Option<()> {
    let receives = (attack == Attack::NotReading).then_some(4 * 1024);
    let mut page = Page::open(attack.address(number), server, receives).await?;
    match attack {
        Attack::Joins => loop {
            page.flood([join(""), ToServer::Leave {}].into_iter().cycle().take(32)).await?;
        },
        Attack::Nexts => {
            page.send(join("")).await?;
            let match_id = page.wait_for_match().await?;
            loop {
                page.flood(std::iter::repeat_n(ToServer::Next { match_id }, 32)).await?;
            }
        }
        Attack::Candidates => {
            page.send(join("")).await?;
            let match_id = page.wait_for_match().await?;
            loop {
                page.flood(std::iter::repeat_n(candidate(match_id), 32)).await?;
            }
        }
        // Occupies the socket after hello.
        Attack::Sockets => {
            while page.receive().await.is_some() {}
            None
        }
        Attack::HalfOpen => None,
        Attack::NotReading => loop {
            page.flood([join(""), ToServer::Ping {}, ToServer::Leave {}, ToServer::Ping {}]).await?;
            sleep(Duration::from_millis(500)).await;
        },
        Attack::Silent | Attack::SilentEverywhere => loop {
            page.send(join_speaking(number)).await?;
            match timeout(REJOIN_AFTER, page.wait_for_match()).await {
                // Holds its partner as long as the server lets it.
                Ok(matched) => {
                    matched?;
                    while !matches!(page.receive().await?, ToBrowser::Ended { .. }) {}
                }
                Err(_) => page.send(ToServer::Leave {}).await?,
            }
        },
    }
}

/// Joins the queue with a language that no other attacker names.
fn join_speaking(number: usize) -> ToServer {
    let letters: String =
        [26, 1].map(|it| char::from(b'a' + u8::try_from(number / it % 26).unwrap())).iter().collect();
    let tastes = Tastes { interests: Vec::new(), languages: Language::new(&letters).into_iter().collect() };
    ToServer::Join { media: Media { audio: true, video: true }, hide: false, soft: false, tastes }
}
