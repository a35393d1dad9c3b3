//! The scenarios of the load test and the bounds of their figures.

use std::{collections::BTreeMap, time::Duration};

use passerby::protocol::{Affinity, EndReason, MatchId, Tastes, limits::IDLE_HEARTBEAT};
use tokio::time::{Instant, sleep};

use crate::{
    Row,
    bot::Order,
    crowd::{BotRecord, Crowd, Totals},
    server::Server,
    support::tastes::own_tastes,
};

/// Bots connected at once: close to the limit of open files of a process, minus what the program itself needs.
pub(crate) const MANY: usize = 19_000;

/// Bots that reconnect at once.
const STORM: usize = 10_000;

/// Bots among them that wait in the queue.
const WAITING: usize = STORM / 2;

/// How long a step without a bound of its own may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How long idle bots are measured: each of them pings once.
const MEASURED_FOR: Duration = IDLE_HEARTBEAT;

fn default_deadline() -> Instant {
    Instant::now() + TIMEOUT
}

/// CPU time over a period, in microseconds per second.
async fn cpu_load(server: &Server, during: Duration) -> f64 {
    let (before, since) = (server.cpu(), Instant::now());
    sleep(during).await;
    (server.cpu() - before).as_secs_f64() * 1e6 / since.elapsed().as_secs_f64()
}

/// Resident memory in bytes, once it is stable.
pub(crate) async fn stable_memory(server: &Server) -> f64 {
    let mut last = server.resident();
    let mut same = 0;
    let deadline = default_deadline();
    while same < 5 && Instant::now() < deadline {
        sleep(Duration::from_secs(2)).await;
        let now = server.resident();
        same = if now.abs_diff(last) < 256 * 1024 { same + 1 } else { 0 };
        last = now;
    }
    last as f64
}

/// Memory and CPU time of an idle peer.
pub(crate) async fn idle() -> Vec<Row> {
    let server = Server::start().await;
    let empty = stable_memory(&server).await;
    let quiet = cpu_load(&server, Duration::from_secs(10)).await;
    let load = |busy: f64| (busy - quiet) / MANY as f64;

    let mut crowd = Crowd::new(server.address);
    crowd.add(MANY, TIMEOUT).await;
    crowd.during(sleep(Duration::from_secs(15))).await;
    // The bots have connected within seconds, so their pings come within seconds, too.
    let together = crowd.during(cpu_load(&server, MEASURED_FOR)).await;
    crowd.order(0..MANY, |bot| Order::PingIn(IDLE_HEARTBEAT.mul_f64(bot as f64 / MANY as f64)));
    crowd.during(sleep(IDLE_HEARTBEAT)).await;
    // Now almost every ping wakes the server.
    let spread = crowd.during(cpu_load(&server, MEASURED_FOR)).await;
    let welcomed = crowd.during(stable_memory(&server)).await;
    server.wait_for_count("passerby_peers{phase=\"idle\"}", MANY).await;
    vec![
        Row::new("of 19,000 bots, disconnected or given an error", failed(&crowd), 0.0, "bots"),
        Row::new("memory of the server without peers", empty / 1024.0 / 1024.0, 64.0, "MiB"),
        Row::new("memory per peer, 19,000 welcomed", kib_each(welcomed - empty), 4.5, "KiB"),
        Row::new("CPU time per peer, 19,000 idle, pings at once", load(together), 2.0, "us/s"),
        Row::new("CPU time per peer, 19,000 idle, pings spread", load(spread), 2.0, "us/s"),
    ]
}

/// Memory of a peer after a call. All join at the same instant, as after a restart without a soft start.
pub(crate) async fn calls() -> Vec<Row> {
    let server = Server::start().await;
    let empty = stable_memory(&server).await;
    let mut crowd = Crowd::new(server.address);
    crowd.add(MANY, TIMEOUT).await;
    crowd.order(0..MANY, |_| Order::Join(Tastes::default()));
    crowd.until("all are in calls", default_deadline(), |it| it.talking == MANY).await;
    server.wait_for_count("passerby_peers{phase=\"talking\"}", MANY).await;
    crowd.order(0..MANY, |_| Order::Leave);
    crowd.until("all have left their calls", default_deadline(), |it| it.ended == MANY).await;
    let after = crowd.during(stable_memory(&server)).await;
    server.wait_for_count("passerby_peers{phase=\"idle\"}", MANY).await;
    vec![
        Row::new("of 19,000 bots, disconnected or given an error", failed(&crowd), 0.0, "bots"),
        Row::new("memory per peer, 19,000 after a call", kib_each(after - empty), 8.4, "KiB"),
    ]
}

/// A share of memory for each of [`MANY`] bots, in KiB.
pub(crate) fn kib_each(bytes: f64) -> f64 {
    bytes / 1024.0 / MANY as f64
}

/// How many bots were disconnected or given an error. Prints one of them.
pub(crate) fn failed(crowd: &Crowd) -> f64 {
    let failed: Vec<_> =
        crowd.bots.iter().filter(|it| !it.errors.is_empty() || it.lost_at.is_some()).collect();
    if let Some(one) = failed.first() {
        println!("an example of a failed bot: {one:?}");
    }
    failed.len() as f64
}

/// Bots that acknowledge nothing.
const ATTACKERS: usize = 10_000;

/// What unacknowledged messages may take together by default (`limits.outbox_total_mib`), in MiB.
const MESSAGES_MIB: f64 = 144.0;

/// How long they go on after their partners' outboxes are full: several times the age limit, so that they are
/// disconnected, come back and fill them again.
const ATTACK_FOR: Duration = Duration::from_secs(90);

/// Memory of the server while all peers read and ping, acknowledge nothing, and fill each other's outboxes.
pub(crate) async fn unacknowledged() -> Vec<Row> {
    let server = Server::start().await;
    let mut crowd = Crowd::new(server.address);
    crowd.add(ATTACKERS, TIMEOUT).await;
    crowd.order(0..ATTACKERS, |_| Order::Attack);
    crowd.order(0..ATTACKERS, |_| Order::Join(Tastes::default()));
    let until = Instant::now() + ATTACK_FOR;
    let mut most_kept = 0;
    while Instant::now() < until {
        crowd.during(sleep(Duration::from_secs(1))).await;
        most_kept = most_kept.max(crowd.during(server.count("passerby_outbox_bytes")).await);
    }
    let mib = |bytes: f64| bytes / 1024.0 / 1024.0;
    let disconnected = crowd.during(server.count("passerby_closed_total{code=\"too-slow\"}")).await;
    println!("{disconnected} disconnected, at most {:.0} MiB of messages kept", mib(most_kept as f64));
    vec![
        Row::new("peak memory, 10,000 peers that never acknowledge", mib(server.peak() as f64), 400.0, "MiB"),
        Row::new(
            "of what messages may take, unused at the peak",
            MESSAGES_MIB - mib(most_kept as f64),
            32.0,
            "MiB",
        ),
    ]
}

/// Connects a crowd, half of which waits for partners that do not exist. The first hundred join one after the other.
async fn half_waiting(server: &Server) -> Crowd {
    let mut crowd = Crowd::new(server.address);
    crowd.add(STORM, TIMEOUT).await;
    for bot in 0..NEWCOMERS {
        crowd.order([bot], |it| Order::Join(own_tastes(it as u64)));
        crowd.until("another bot waits", default_deadline(), |it| it.waiting == bot + 1).await;
    }
    crowd.order(NEWCOMERS..WAITING, |it| Order::Join(own_tastes(it as u64)));
    crowd.until("half of the bots wait", default_deadline(), |it| it.waiting == WAITING).await;
    crowd
}

/// Kills the server and starts another one in its place at once.
pub(crate) async fn killed() -> Vec<Row> {
    let mut server = Server::start().await;
    let mut crowd = half_waiting(&server).await;
    let killed_at = Instant::now();
    server.replace();
    let are_back = |it: &Totals| it.lost == STORM && it.up == STORM && it.waiting == WAITING;
    let back_at = crowd.until("all are back", default_deadline(), are_back).await;
    server.wait_for_count("passerby_peers{phase=\"waiting\"}", WAITING).await;
    vec![Row::new("time until 10,000 are back after a kill", (back_at - killed_at).as_secs_f64(), 10.0, "s")]
}

/// Bots that join one after the other, to check the order of the queue.
const NEWCOMERS: usize = 100;

/// Cuts all connections at once while the server keeps running.
pub(crate) async fn cut() -> Vec<Row> {
    let server = Server::start().await;
    let mut crowd = half_waiting(&server).await;
    let cut_at = Instant::now();
    crowd.order(0..STORM, |_| Order::Cut);
    let are_back = |it: &Totals| it.lost == STORM && it.up == STORM;
    let back_at = crowd.until("all are back", default_deadline(), are_back).await;
    let not_resumed = STORM - crowd.totals.resumed;

    // The waiting bots require a language of their own, and the newcomers name none. So each newcomer must meet the bot
    // that has waited longest, in the order from before the cut.
    let wants_language =
        |it: &Crowd| it.bots[..WAITING].iter().all(|it| it.seeking == Some(Affinity::Language));
    crowd.until_all("they make do with less", default_deadline(), wants_language).await;
    crowd.add(NEWCOMERS, TIMEOUT).await;
    let mut out_of_turn = 0;
    for expected in 0..NEWCOMERS {
        let newcomer = STORM + expected;
        crowd.order([newcomer], |_| Order::Join(Tastes::default()));
        crowd
            .until_all("the newcomer is matched", default_deadline(), |it| {
                it.bots[newcomer].match_id.is_some()
            })
            .await;
        let match_id = crowd.bots[newcomer].match_id;
        let is_partner_matched =
            |it: &Crowd| it.bots[..WAITING].iter().filter(|it| it.match_id == match_id).count() == 1;
        crowd.until_all("its partner is matched", default_deadline(), is_partner_matched).await;
        out_of_turn += usize::from(crowd.bots[expected].match_id != match_id);
    }
    vec![
        Row::new("time until 10,000 are back after a cut", (back_at - cut_at).as_secs_f64(), 10.0, "s"),
        Row::new("of them, sessions not resumed", not_resumed as f64, 0.0, "bots"),
        Row::new("of 100 newcomers, matched out of turn", out_of_turn as f64, 0.0, "bots"),
    ]
}

/// Pairs in a call when the server is told to stop.
const PAIRS: usize = 1_000;

/// Bots that wait at that time.
const UNMATCHED: usize = 2_000;

/// How long the server keeps calls when it stops, by default.
const GRACE: Duration = Duration::from_secs(8);

/// How long the exit may take after that.
const EXIT_WITHIN: Duration = Duration::from_millis(1500);

/// Signals sent less than this before the end may be lost with the server.
const LOSS_WINDOW: Duration = Duration::from_millis(500);

/// Connects a crowd: 2,000 bots are in calls and send signals all the time, the others wait.
async fn busy_crowd(server: &Server) -> Crowd {
    let mut crowd = Crowd::new(server.address);
    crowd.add(2 * PAIRS + UNMATCHED, TIMEOUT).await;
    crowd.order(0..2 * PAIRS, |_| Order::Join(Tastes::default()));
    crowd.until("all are in calls", default_deadline(), |it| it.talking == 2 * PAIRS).await;
    crowd.order(2 * PAIRS..2 * PAIRS + UNMATCHED, |it| Order::Join(own_tastes(it as u64)));
    crowd.until("the others wait", default_deadline(), |it| it.waiting == UNMATCHED).await;
    crowd.order(0..2 * PAIRS, |_| Order::SendSignals);
    crowd.during(sleep(Duration::from_secs(1))).await;
    crowd
}

/// Tells a server to stop during calls, and sends a second server the signal twice.
pub(crate) async fn drain() -> Vec<Row> {
    let mut server = Server::start().await;
    let mut crowd = busy_crowd(&server).await;
    assert_eq!(server.status("/readyz").await, 200);

    server.terminate();
    let signalled_at = Instant::now();
    let are_dismissed = |it: &Crowd| it.bots[2 * PAIRS..].iter().all(|it| it.come_back_ms.is_some());
    let dismissed_at =
        crowd.until_all("all waiting bots are dismissed", default_deadline(), are_dismissed).await;
    assert_eq!(server.status("/readyz").await, 503);
    let status = crowd.during(server.wait_for_exit(GRACE * 2)).await.expect("the server exits in time");
    let ended_at = Instant::now();
    assert_eq!(status.code(), Some(0), "{status}");
    let are_lost = |it: &Crowd| it.bots.iter().all(|it| it.lost_at.is_some());
    crowd.until_all("all connections are lost", default_deadline(), are_lost).await;

    let (talking, unmatched) = crowd.bots.split_at(2 * PAIRS);
    let first_lost = talking.iter().filter_map(|it| it.lost_at).min().expect("at least one");
    let ended: Vec<EndReason> = talking.iter().filter_map(|it| it.ended).collect();
    let (busiest, at_another_time) = return_times(unmatched);
    let second = exit_after_second_signal().await;
    vec![
        Row::new(
            "time until 2,000 waiting bots are dismissed",
            (dismissed_at - signalled_at).as_secs_f64(),
            1.0,
            "s",
        ),
        Row::new(
            "of them, due back in the busiest half second",
            busiest / UNMATCHED as f64 * 100.0,
            15.0,
            "%",
        ),
        Row::new("of them, due back earlier or later than planned", at_another_time, 0.0, "bots"),
        Row::new("of 2,000 in calls, told that the call ended", ended.len() as f64, 0.0, "bots"),
        Row::new(
            "signals lost before the last half second",
            lost_signals(&crowd, signalled_at + GRACE - LOSS_WINDOW),
            0.0,
            "signals",
        ),
        Row::new(
            "first connection in a call closed too early by",
            (signalled_at + GRACE).saturating_duration_since(first_lost).as_secs_f64(),
            0.02,
            "s",
        ),
        Row::new(
            "time from the signal to the exit",
            (ended_at - signalled_at).as_secs_f64(),
            (GRACE + EXIT_WITHIN).as_secs_f64(),
            "s",
        ),
        Row::new("time from a second signal to the exit", second, 0.1, "s"),
    ]
}

/// How many bots are due back in the busiest half second, and how many at another time than 0.5 to 5 s after the grace
/// period.
fn return_times(bots: &[BotRecord]) -> (f64, f64) {
    let due_in = |half: u32| {
        let from = GRACE.as_millis() as u32 + half * 500;
        let times = bots.iter().filter_map(|it| it.come_back_ms);
        times.filter(|it| (from..from + 500).contains(it)).count() as f64
    };
    let counts: Vec<_> = (1..10).map(due_in).collect();
    (counts.iter().copied().fold(0.0, f64::max), bots.len() as f64 - counts.iter().sum::<f64>())
}

/// Counts signals that were sent before `by` and not received; panics if one was received twice or out of order.
fn lost_signals(crowd: &Crowd, by: Instant) -> f64 {
    let mut pairs = BTreeMap::<MatchId, Vec<usize>>::new();
    for (bot, it) in crowd.bots.iter().enumerate() {
        if let Some(match_id) = it.match_id {
            pairs.entry(match_id).or_default().push(bot);
        }
    }
    let mut lost = 0;
    for pair in pairs.values() {
        let [one, other] = pair[..] else { panic!("{pair:?}") };
        for (sender, receiver) in [(one, other), (other, one)] {
            let received = &crowd.bots[receiver].received;
            assert!(received.iter().zip(1..).all(|(number, expected)| *number == expected), "{received:?}");
            let sent = crowd.bots[sender].sent.iter().filter(|it| it.1 < by).count();
            assert!(sent > 20, "the bots send signals all the time");
            lost += sent.saturating_sub(received.len());
        }
    }
    lost as f64
}

/// Seconds from a second SIGTERM to the exit of a server with a call.
async fn exit_after_second_signal() -> f64 {
    let mut server = Server::start().await;
    let mut crowd = Crowd::new(server.address);
    crowd.add(2, TIMEOUT).await;
    crowd.order(0..2, |_| Order::Join(Tastes::default()));
    crowd.until("both are in a call", default_deadline(), |it| it.talking == 2).await;
    server.terminate();
    while server.status("/readyz").await != 503 {}
    let signalled_at = Instant::now();
    server.terminate();
    server.wait_for_exit(GRACE).await.expect("the server exits in time");
    signalled_at.elapsed().as_secs_f64()
}
