//! What is played with the bots, and what it must come to.

use std::{collections::BTreeMap, time::Duration};

use passerby::protocol::{Affinity, EndReason, Interest, Language, MatchId, Tastes, limits::IDLE_HEARTBEAT};
use tokio::time::{Instant, sleep};

use crate::{
    Row,
    bot::Order,
    crowd::{Crowd, Totals},
    server::Server,
};

/// Connected at once: what a process may open, without what the program needs for itself.
const MANY: usize = 19_000;

/// Those who come back at once.
const STORM: usize = 10_000;

/// Of those, the ones that wait.
const WAITING: usize = STORM / 2;

/// How long everything that has no bound of its own may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long an idle crowd is watched: each of it gives just one sign of life. They have come within seconds, and so do
/// these: had they come by and by, each would wake the server and the bots alone, which on two virtual processors costs
/// about three times as much, most of it for the waking.
const WATCHED: Duration = IDLE_HEARTBEAT;

fn soon() -> Instant {
    Instant::now() + PATIENCE
}

/// An interest and a language that nobody else has.
fn own_tastes(number: usize) -> Tastes {
    let letters: String =
        (0..8).map(|at| char::from(b'a' + (number / 26_usize.pow(at) % 26) as u8)).collect();
    Tastes {
        interests: vec![Interest::new(&letters).expect("an interest")],
        languages: vec![Language::new(&letters).expect("a language")],
    }
}

/// Processor time in some time, in microseconds a second.
async fn load(server: &Server, during: Duration) -> f64 {
    let (before, since) = (server.cpu(), Instant::now());
    sleep(during).await;
    (server.cpu() - before).as_secs_f64() * 1e6 / since.elapsed().as_secs_f64()
}

/// Resident memory once it no longer changes, in bytes.
async fn settled(server: &Server) -> f64 {
    let mut last = server.resident();
    let mut same = 0;
    let deadline = soon();
    while same < 5 && Instant::now() < deadline {
        sleep(Duration::from_secs(2)).await;
        let now = server.resident();
        same = if now.abs_diff(last) < 256 * 1024 { same + 1 } else { 0 };
        last = now;
    }
    last as f64
}

/// What a peer costs: welcomed, idle for a while, and after a call.
pub(crate) async fn memory() -> Vec<Row> {
    let server = Server::start().await;
    let empty = settled(&server).await;
    let quiet = load(&server, Duration::from_secs(10)).await;
    let kib = |bytes: f64| (bytes - empty) / 1024.0 / MANY as f64;

    let mut crowd = Crowd::new(server.address);
    crowd.come(MANY, PATIENCE).await;
    crowd.during(sleep(Duration::from_secs(15))).await;
    let busy = crowd.during(load(&server, WATCHED)).await;
    let welcomed = crowd.during(settled(&server)).await;
    server.counts("passerby_peers{phase=\"idle\"}", MANY).await;

    crowd.order(0..MANY, |_| Order::Join(Tastes::default()));
    crowd.until("all talk", soon(), |it| it.talking == MANY).await;
    server.counts("passerby_peers{phase=\"talking\"}", MANY).await;
    crowd.order(0..MANY, |_| Order::Leave);
    crowd.until("all have left", soon(), |it| it.ended == MANY).await;
    let after = crowd.during(settled(&server)).await;
    server.counts("passerby_peers{phase=\"idle\"}", MANY).await;
    let troubled: Vec<_> =
        crowd.seen.iter().filter(|it| !it.errors.is_empty() || it.lost_at.is_some()).collect();
    if let Some(one) = troubled.first() {
        println!("trouble, for example: {one:?}");
    }
    vec![
        Row::new("19,000, of them lost or refused something", troubled.len() as f64, 0.0, "bots"),
        Row::new("the empty server", empty / 1024.0 / 1024.0, 64.0, "MiB"),
        Row::new("19,000 welcomed, each", kib(welcomed), 6.0, "KiB"),
        Row::new("19,000 after a call, each", kib(after), 12.0, "KiB"),
        Row::new("19,000 idle, each, of a processor", (busy - quiet) / MANY as f64, 2.0, "us/s"),
    ]
}

/// A crowd of which half waits, each for somebody who is not there. The first hundred have come one after the other.
async fn storm(server: &Server) -> Crowd {
    let mut crowd = Crowd::new(server.address);
    crowd.come(STORM, PATIENCE).await;
    for bot in 0..NEWCOMERS {
        crowd.order([bot], |it| Order::Join(own_tastes(it)));
        crowd.until("one waits", soon(), |it| it.waiting == bot + 1).await;
    }
    crowd.order(NEWCOMERS..WAITING, |it| Order::Join(own_tastes(it)));
    crowd.until("half of them wait", soon(), |it| it.waiting == WAITING).await;
    crowd
}

/// The server is killed, and another one stands in its place at once.
pub(crate) async fn killed() -> Vec<Row> {
    let mut server = Server::start().await;
    let mut crowd = storm(&server).await;
    let killed_at = Instant::now();
    server.replace();
    let are_back = |it: &Totals| it.lost == STORM && it.up == STORM && it.waiting == WAITING;
    let back_at = crowd.until("all are back", soon(), are_back).await;
    server.counts("passerby_peers{phase=\"waiting\"}", WAITING).await;
    vec![Row::new("10,000 back after a kill", (back_at - killed_at).as_secs_f64(), 10.0, "s")]
}

/// Who comes one after the other to see who is met first.
const NEWCOMERS: usize = 100;

/// All lines fall at once, and the server lives.
pub(crate) async fn cut() -> Vec<Row> {
    let server = Server::start().await;
    let mut crowd = storm(&server).await;
    let cut_at = Instant::now();
    crowd.order(0..STORM, |_| Order::Cut);
    let are_back = |it: &Totals| it.lost == STORM && it.up == STORM;
    let back_at = crowd.until("all are back", soon(), are_back).await;
    let forgotten = STORM - crowd.totals.resumed;

    // Those who wait for a language make do with whoever speaks all, in the order in which they came before the cut.
    let wants_language =
        |it: &Crowd| it.seen[..WAITING].iter().all(|it| it.seeks == Some(Affinity::Language));
    crowd.until_seen("they make do with less", soon(), wants_language).await;
    crowd.come(NEWCOMERS, PATIENCE).await;
    let mut out_of_turn = 0;
    for expected in 0..NEWCOMERS {
        let newcomer = STORM + expected;
        crowd.order([newcomer], |_| Order::Join(Tastes::default()));
        crowd.until_seen("a match", soon(), |it| it.seen[newcomer].match_id.is_some()).await;
        let match_id = crowd.seen[newcomer].match_id;
        let is_met = |it: &Crowd| it.seen[..WAITING].iter().filter(|it| it.match_id == match_id).count() == 1;
        crowd.until_seen("its partner", soon(), is_met).await;
        out_of_turn += usize::from(crowd.seen[expected].match_id != match_id);
    }
    vec![
        Row::new("10,000 back after a cut", (back_at - cut_at).as_secs_f64(), 10.0, "s"),
        Row::new("of them without what they had", forgotten as f64, 0.0, "bots"),
        Row::new("of 100 met out of their turn", out_of_turn as f64, 0.0, "bots"),
    ]
}

/// Pairs in a call when the server is told to stop.
const PAIRS: usize = 1_000;

/// Those who wait then.
const LONELY: usize = 2_000;

/// What the server gives calls, as it is configured by default.
const GRACE: Duration = Duration::from_secs(8);

/// What the end may take besides.
const END_WITHIN: Duration = Duration::from_millis(1500);

/// What is said so shortly before the end may be lost with the server.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The server is told to stop in the middle of everything, and a second one twice.
pub(crate) async fn drain() -> Vec<Row> {
    let mut server = Server::start().await;
    let mut crowd = Crowd::new(server.address);
    let (talkers, lonely) = (0..2 * PAIRS, 2 * PAIRS..2 * PAIRS + LONELY);
    crowd.come(2 * PAIRS + LONELY, PATIENCE).await;
    crowd.order(talkers.clone(), |_| Order::Join(Tastes::default()));
    crowd.until("all talk", soon(), |it| it.talking == 2 * PAIRS).await;
    crowd.order(lonely.clone(), |it| Order::Join(own_tastes(it)));
    crowd.until("the others wait", soon(), |it| it.waiting == LONELY).await;
    crowd.order(talkers.clone(), |_| Order::Chatter);
    crowd.during(sleep(Duration::from_secs(1))).await;
    assert_eq!(server.status("/readyz").await, 200);

    server.terminate();
    let told_at = Instant::now();
    let is_told = |it: &Crowd| it.seen[2 * PAIRS..].iter().all(|it| it.come_back_ms.is_some());
    let sent_away = crowd.until_seen("who waits is sent away", soon(), is_told).await;
    assert_eq!(server.status("/readyz").await, 503);
    let status = crowd.during(server.ended(GRACE * 2)).await.expect("an end");
    let ended_at = Instant::now();
    assert_eq!(status.code(), Some(0), "{status}");
    crowd.until_seen("all lines are lost", soon(), |it| it.seen.iter().all(|it| it.lost_at.is_some())).await;

    let first_lost = crowd.seen[talkers.clone()].iter().filter_map(|it| it.lost_at).min().expect("one");
    let ended: Vec<EndReason> = crowd.seen[talkers].iter().filter_map(|it| it.ended).collect();
    let mut after: Vec<_> = crowd.seen[lonely].iter().filter_map(|it| it.come_back_ms).collect();
    after.sort_unstable();
    let share = |of: std::ops::Range<u32>| after.iter().filter(|it| of.contains(*it)).count() as f64;
    let fullest = (1..10).map(|half| share(half * 500..half * 500 + 500)).fold(0.0, f64::max);
    let second = second_signal().await;
    vec![
        Row::new("2,000 who wait are sent away", (sent_away - told_at).as_secs_f64(), 1.0, "s"),
        Row::new("of them back in the fullest half second", fullest / LONELY as f64 * 100.0, 15.0, "%"),
        Row::new("of 2,000 in calls told that it is over", ended.len() as f64, 0.0, "bots"),
        Row::new(
            "signals lost, of all before the last half second",
            lost(&crowd, told_at + GRACE - LAST_WORDS),
            0.0,
            "signals",
        ),
        Row::new(
            "the first line in a call closed too early",
            (told_at + GRACE).saturating_duration_since(first_lost).as_secs_f64(),
            0.02,
            "s",
        ),
        Row::new(
            "from the signal to the end",
            (ended_at - told_at).as_secs_f64(),
            (GRACE + END_WITHIN).as_secs_f64(),
            "s",
        ),
        Row::new("from a second signal to the end", second, 0.1, "s"),
    ]
}

/// Signals that were said by then and not heard by the partner, or heard twice or out of turn.
fn lost(crowd: &Crowd, by: Instant) -> f64 {
    let mut couples = BTreeMap::<MatchId, Vec<usize>>::new();
    for (bot, it) in crowd.seen.iter().enumerate() {
        if let Some(match_id) = it.match_id {
            couples.entry(match_id).or_default().push(bot);
        }
    }
    let mut lost = 0;
    for couple in couples.values() {
        let [one, other] = couple[..] else { panic!("{couple:?}") };
        for (sender, receiver) in [(one, other), (other, one)] {
            let heard = &crowd.seen[receiver].heard;
            assert!(heard.iter().zip(1..).all(|(number, turn)| *number == turn), "{heard:?}");
            let said = crowd.seen[sender].said.iter().filter(|it| it.1 < by).count();
            assert!(said > 20, "they chatter");
            lost += said.saturating_sub(heard.len());
        }
    }
    lost as f64
}

/// Seconds from a second signal to the end of a server that has a call.
async fn second_signal() -> f64 {
    let mut server = Server::start().await;
    let mut crowd = Crowd::new(server.address);
    crowd.come(2, PATIENCE).await;
    crowd.order(0..2, |_| Order::Join(Tastes::default()));
    crowd.until("both talk", soon(), |it| it.talking == 2).await;
    server.terminate();
    while server.status("/readyz").await != 503 {}
    let told_at = Instant::now();
    server.terminate();
    server.ended(GRACE).await.expect("an end");
    told_at.elapsed().as_secs_f64()
}
