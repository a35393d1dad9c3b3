//! The relay against coturn, in one run: packets per second of processor time, and the time that a packet takes. Then
//! the relay alone: its memory with 500 calls, and a call in a flood of requests from a million addresses.
//!
//! Both run on this machine with the same calls, from the relayed address of one end to that of the other, in turns.
//! Prints what was measured, and fails if a figure exceeds its bound. Needs `turnserver` (scripts/coturn installs it).

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "it measures time and prints a table for people, and an error is one for developers"
)]

use std::{
    fs,
    net::{SocketAddr, UdpSocket},
    process::{self, Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use passerby::{
    matchmaker::{Keys, RelayAccount},
    protocol::MatchId,
};
use sha1::Sha1;
use turn_client_proto::{
    api::{Transmit, TurnClientApi, TurnConfig},
    types::{Instant as TurnInstant, TransportType, TurnCredentials},
    udp::TurnClientUdp,
};
use uuid::Uuid;

/// Calls at a time. Each has one socket at each end.
const CALLS: usize = 4;

/// Payload of a packet, in bytes: that of a video packet.
const PAYLOAD: usize = 1_000;

/// The number of turns of each relay.
const ROUNDS: usize = 5;

/// How long a turn lasts.
const TURN: Duration = Duration::from_secs(2);

/// Packets per second of all calls together.
const RATE: u32 = 20_000;

/// Addresses from which the flood comes.
const FLOOD: u32 = 1_000_000;

const KEY: [u8; 32] = [0x5a; 32];
const SECRET: &str = "a secret of this benchmark";

/// What carries a packet between a client and the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `ChannelData`, as Chromium uses it.
    Channels,
    /// `Send` and `Data` indications, as Firefox uses them.
    Indications,
}

/// A relay in a process of its own.
struct RelayProcess {
    name: &'static str,
    process: Child,
    address: SocketAddr,
}

impl RelayProcess {
    fn ours() -> Self {
        let address = free_address();
        let process = Command::new(env!("CARGO_BIN_EXE_passerby"))
            .arg("relay")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("LEPTOS_SITE_ROOT", "src/tests/support/site")
            .env("PASSERBY__STATE__KEY", "5a".repeat(32))
            .env("PASSERBY__RELAY__ADDR", address.to_string())
            .env("PASSERBY__RELAY__APART", "true")
            .env("PASSERBY__RELAY__CALL_KIB", "65536")
            .env("PASSERBY__METRICS__ADDR", "")
            .env("PASSERBY__LOG__FILTER", "warn")
            .spawn();
        Self { name: "ours", process: process.expect("the program starts"), address }
    }

    fn coturn() -> Self {
        let address = free_address();
        let database = format!("{}/relay-bench-{}.db", env!("CARGO_TARGET_TMPDIR"), process::id());
        let process = Command::new("turnserver")
            .args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--use-auth-secret", "--realm=passerby.test"])
            .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers"])
            .args([
                "--log-file=/dev/null".to_owned(),
                format!("--userdb={database}"),
                "--pidfile=".to_owned(),
            ])
            .args([format!("--listening-port={}", address.port()), format!("--static-auth-secret={SECRET}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self { name: "coturn", process: process.expect("turnserver starts (scripts/coturn)"), address }
    }

    /// The user name and the password of one end of a call.
    fn credentials(&self, call: usize, end: u8) -> (String, String) {
        let now = SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
        if self.name == "coturn" {
            let name = format!("{}:{call}-{end}", now + 3_600);
            let mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).expect("any length");
            let password = BASE64_STANDARD.encode(mac.chain_update(&name).finalize().into_bytes());
            return (name, password);
        }
        let match_id = MatchId(Uuid::from_u128(call as u128));
        let password = Uuid::from_u128(fastrand::u128(..));
        let account = RelayAccount { match_id, end, expires_at: now + 3_600, max_bytes: None, password };
        let mut nonce = [0; 24];
        fastrand::fill(&mut nonce);
        (account.user_name(&Keys::from(KEY), nonce), password.to_string())
    }

    /// Processor time, in user and kernel mode.
    fn processor_time(&self) -> Duration {
        // In nanoseconds, for each thread (Documentation/scheduler/sched-stats.rst).
        let threads = fs::read_dir(format!("/proc/{}/task", self.process.id())).expect("a process");
        let time = |thread: fs::DirEntry| {
            let text = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|it| it.parse::<u64>().ok()).unwrap_or_default()
        };
        Duration::from_nanos(threads.filter_map(Result::ok).map(time).sum())
    }

    /// Memory in use, in KiB.
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("a process");
        let value = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).expect("a size");
        value.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    fn calls(&self, form: Form) -> Vec<Call> {
        (0..CALLS).map(|number| Call::connect(self, number, form)).collect()
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One end of a call: a client of the relay.
struct End {
    socket: UdpSocket,
    turn: TurnClientUdp,
    started: Instant,
}

impl End {
    fn new(relay: &RelayProcess, call: usize, end: u8) -> Self {
        // From an address of its own: the relay bounds the allocations of one network.
        let [_, _, b, c] = u32::try_from(call).unwrap_or_default().to_be_bytes();
        let socket = UdpSocket::bind(SocketAddr::from(([127, 1, b, c], 0))).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
        let (name, password) = relay.credentials(call, end);
        let config = TurnConfig::new(TurnCredentials::new(&name, &password));
        let local = socket.local_addr().expect("an address");
        let turn = TurnClientUdp::allocate(local, relay.address, config);
        Self { socket, turn, started: Instant::now() }
    }

    fn now(&self) -> TurnInstant {
        TurnInstant::from_std(self.started)
    }

    fn run(&mut self) {
        let now = self.now();
        self.turn.poll(now);
        while let Some(it) = self.turn.poll_transmit(now) {
            self.socket.send_to(&it.data, it.to).expect("the relay is there");
        }
        while self.turn.poll_event().is_some() {}
        let mut buffer = [0; 2_048];
        if let Ok((len, from)) = self.socket.recv_from(&mut buffer) {
            let to = self.turn.local_addr();
            let _ = self.turn.recv(Transmit::new(buffer[..len].to_vec(), TransportType::Udp, from, to), now);
        }
    }

    fn name(&self) -> Option<SocketAddr> {
        self.turn.relayed_addresses().next().map(|(_, it)| it)
    }
}

/// A call through a relay; one end sends, the other one receives.
struct Call {
    sender: UdpSocket,
    receiver: UdpSocket,
    relay: SocketAddr,
    /// What the sender sends, and where the payload begins in it.
    packet: Vec<u8>,
    payload_at: usize,
}

impl Call {
    fn connect(relay: &RelayProcess, number: usize, form: Form) -> Self {
        let mut ends = [End::new(relay, number, 0), End::new(relay, number, 1)];
        let what = format!("{}: both have a name", relay.name);
        until(&mut ends, &what, |it| it.iter().all(|it| it.name().is_some()));
        let names = ends.each_ref().map(|it| it.name().expect("a name"));
        for (end, peer) in ends.iter_mut().zip([names[1], names[0]]) {
            let now = end.now();
            end.turn.create_permission(TransportType::Udp, peer.ip(), now).expect("a permission");
            if form == Form::Channels {
                end.turn.bind_channel(TransportType::Udp, peer, now).expect("a channel");
            }
        }
        let permits = |it: &End| it.turn.have_permission(TransportType::Udp, names[0].ip());
        until(&mut ends, "both have a permission", |it| it.iter().all(permits));
        // Bound channels are not announced; answers take milliseconds.
        let bound_at = Instant::now() + Duration::from_millis(100);
        until(&mut ends, "both have a channel", |_| Instant::now() > bound_at);
        let [mut sender, receiver] = ends;
        let (payload, now) = (vec![0x80; PAYLOAD], sender.now());
        let sent = sender.turn.send_to(TransportType::Udp, names[1], payload, now).expect("a packet");
        let packet = sent.expect("bytes").build().data;
        assert_eq!(packet[0] & 0xC0 == 0x40, form == Form::Channels, "the form of the packet");
        let payload_at = packet.windows(8).position(|it| it == [0x80; 8]).expect("the payload");
        Self { sender: sender.socket, receiver: receiver.socket, relay: relay.address, packet, payload_at }
    }
}

fn until(ends: &mut [End; 2], what: &str, done: impl Fn(&[End; 2]) -> bool) {
    let started = Instant::now();
    while !done(ends) {
        assert!(started.elapsed() < Duration::from_secs(10), "{what}");
        ends.iter_mut().for_each(End::run);
    }
}

fn free_address() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port")
}

/// What one turn showed.
struct Figures {
    /// Packets that arrived per second of the relay's processor time.
    efficiency: f64,
    /// The median time from one end to the other.
    latency: Duration,
    /// The part of the packets that arrived.
    arrived: f64,
}

/// Sends packets of all calls for one turn.
fn measure(relay: &RelayProcess, calls: &[Call]) -> Figures {
    let (started, stop) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let receivers: Vec<_> = calls.iter().map(|it| receive(it, started, Arc::clone(&stop))).collect();
    let before = relay.processor_time();
    let mut sent = 0;
    let mut packets: Vec<_> = calls.iter().map(|it| it.packet.clone()).collect();
    while started.elapsed() < TURN {
        // As many as are due, one of each call in turn.
        while f64::from(sent) < started.elapsed().as_secs_f64() * f64::from(RATE) {
            let index = sent as usize % calls.len();
            let (call, packet) = (&calls[index], &mut packets[index]);
            let stamp = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX).to_be_bytes();
            packet[call.payload_at..call.payload_at + 8].copy_from_slice(&stamp);
            let _ = call.sender.send_to(packet, call.relay);
            sent += 1;
        }
        thread::sleep(Duration::from_micros(500));
    }
    thread::sleep(Duration::from_millis(100));
    let used = relay.processor_time() - before;
    stop.store(true, Ordering::Relaxed);
    let mut times: Vec<_> = receivers.into_iter().flat_map(|it| it.join().expect("a receiver")).collect();
    times.sort_unstable();
    let count = times.len() as f64;
    Figures {
        efficiency: count / used.as_secs_f64(),
        latency: times.get(times.len() / 2).copied().unwrap_or_default(),
        arrived: count / f64::from(sent),
    }
}

/// Receives the packets of a call, and how long each of them took.
fn receive(call: &Call, started: Instant, stop: Arc<AtomicBool>) -> thread::JoinHandle<Vec<Duration>> {
    let socket = call.receiver.try_clone().expect("a socket");
    thread::spawn(move || {
        let (mut times, mut buffer) = (Vec::new(), [0; 2_048]);
        while !stop.load(Ordering::Relaxed) {
            let Ok(len) = socket.recv(&mut buffer) else { continue };
            // The stamp is before the first of the constant bytes.
            let at = buffer[..len].windows(8).position(|it| it == [0x80; 8]).and_then(|it| it.checked_sub(8));
            let Some(stamp) = at.and_then(|at| buffer.get(at..at + 8)) else { continue };
            let sent = Duration::from_nanos(u64::from_be_bytes(stamp.try_into().expect("eight bytes")));
            times.push(started.elapsed().saturating_sub(sent));
        }
        times
    })
}

/// Sends a request without credentials from each of [`FLOOD`] addresses of this machine.
fn flood(to: SocketAddr) {
    // An Allocate request without attributes (RFC 8656, 7.1).
    let request = [&[0, 3, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
    for number in 0..FLOOD {
        let [_, a, b, c] = number.to_be_bytes();
        // 127.16.0.0 and up: never the addresses of the calls.
        let Ok(socket) = UdpSocket::bind(SocketAddr::from(([127, 16 + a, b, c], 0))) else { continue };
        let _ = socket.send_to(&request, to);
    }
}

/// A call in a flood: the growth of the relay's memory in KiB, and the part of the packets that arrived.
fn measure_flood(relay: &RelayProcess) -> (u64, f64) {
    let calls = relay.calls(Form::Channels);
    measure(relay, &calls);
    let (before, address) = (relay.memory(), relay.address);
    let flood = thread::spawn(move || flood(address));
    let mut arrived = Vec::new();
    while !flood.is_finished() {
        arrived.push(measure(relay, &calls).arrived);
    }
    flood.join().expect("a flood");
    (relay.memory().saturating_sub(before), arrived.iter().sum::<f64>() / arrived.len() as f64)
}

/// How much memory a call takes in the relay, in KiB.
fn measure_memory(relay: &RelayProcess) -> f64 {
    const CALLS: usize = 500;
    let before = relay.memory();
    let calls: Vec<_> = (0..CALLS).map(|it| Call::connect(relay, 1_000 + it, Form::Channels)).collect();
    let grown = relay.memory().saturating_sub(before);
    grown as f64 / calls.len() as f64
}

/// Prints a figure with its upper bound, and returns whether it fits.
fn report(label: &str, measured: f64, bound: f64, unit: &str) -> bool {
    println!("{label}: {measured:.2} {unit} (at most {bound})");
    measured <= bound
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let relays = [RelayProcess::ours(), RelayProcess::coturn()];
    thread::sleep(Duration::from_secs(1));
    let mut fits = true;
    for form in [Form::Channels, Form::Indications] {
        let calls = relays.each_ref().map(|it| it.calls(form));
        let mut ratios = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            let [ours, theirs] = [0, 1].map(|it| measure(&relays[it], &calls[it]));
            for (relay, figures) in relays.iter().zip([&ours, &theirs]) {
                println!(
                    "{form:?} {round} {:6}: {:8.0} packets per second of processor time, {:5.0} us, {:.2} % arrived",
                    relay.name,
                    figures.efficiency,
                    figures.latency.as_secs_f64() * 1e6,
                    figures.arrived * 100.0
                );
            }
            ratios[0].push(ours.efficiency / theirs.efficiency);
            ratios[1].push(ours.latency.as_secs_f64() / theirs.latency.as_secs_f64());
        }
        let [efficiency, latency] = ratios.map(median);
        let ok = efficiency >= 1.3 && latency <= 1.2;
        println!(
            "{form:?}: {efficiency:.2} times coturn's packets (at least 1.3), {latency:.2} times its delay (at most 1.2)"
        );
        fits &= ok;
    }
    let [ours, _] = &relays;
    let (grown, arrived) = measure_flood(ours);
    fits &= report("memory after a flood of a million addresses", grown as f64 / 1_024.0, 8.0, "MiB more");
    fits &= report("packets of a call lost in the flood", (1.0 - arrived) * 100.0, 1.0, "%");
    fits &= report("memory of a call", measure_memory(ours), 6.0, "KiB");
    assert!(fits, "a figure exceeds its bound");
}
