//! The core or an edge of a cluster is killed.

use std::time::Duration;

use tokio::time::Instant;

use super::Cluster;
use crate::{
    Row,
    bot::Order,
    crowd::{Crowd, Totals},
    support::tastes::own_tastes,
};

/// Bots at each of the two edges.
const HALF: usize = 5_000;

/// Calls between the first bots of the one edge and those of the other one.
const CALLS: usize = 2_000;

/// Bots of each edge that wait, behind those in calls.
const WAITING: usize = 500;

/// Pairs across the edges that want to be matched while the core is away: one of each so many bots that are idle.
const PAIRS: usize = 100;

/// How long a step without a bound of its own may take.
const TIMEOUT: Duration = Duration::from_secs(120);

fn deadline() -> Instant {
    Instant::now() + TIMEOUT
}

/// Connects a crowd: 4,000 bots are in calls across the edges, 1,000 wait, and the others are idle.
async fn busy_crowd(cluster: &Cluster) -> Crowd {
    let mut crowd = cluster.crowd();
    for edge in 0..2 {
        crowd.add_at(edge, HALF, TIMEOUT).await;
    }
    let both = |bots: std::ops::Range<usize>| bots.clone().chain(bots.start + HALF..bots.end + HALF);
    crowd.order(both(0..CALLS), |bot| Order::Join(own_tastes((bot % HALF) as u64)));
    crowd.until("2,000 pairs are in calls", deadline(), |it| it.talking == 2 * CALLS).await;
    crowd.order(both(CALLS..CALLS + WAITING), |bot| Order::Join(own_tastes((HALF + bot) as u64)));
    crowd.until("the others wait", deadline(), |it| it.waiting == 2 * WAITING).await;
    crowd
}

/// The idle bots of the first edge that want to be matched.
fn newcomers() -> impl Iterator<Item = usize> {
    let first = CALLS + WAITING;
    (0..PAIRS).map(move |it| first + it * (HALF - first) / PAIRS)
}

/// Kills the core while another one stands by.
pub(crate) async fn core_killed() -> Vec<Row> {
    let mut cluster = Cluster::start(2, 2).await;
    let mut crowd = busy_crowd(&cluster).await;
    let logged = crowd.matched.len();
    let welcomes = crowd.totals.welcomes;

    cluster.cores[0].kill();
    let killed_at = Instant::now();
    crowd.order(newcomers().flat_map(|it| [it, it + HALF]), |bot| {
        Order::Join(own_tastes((3 * HALF + bot % HALF) as u64))
    });
    let asked_at = crowd.until("a bot is asked for another hello", deadline(), |it| it.again > 0).await;
    let are_welcome = |it: &Totals| it.welcomes >= welcomes + 2 * HALF;
    let welcome_at = crowd.until("all are with the next core", deadline(), are_welcome).await;
    let is_matched =
        |it: &Crowd| newcomers().all(|bot| it.bots[bot].is_talking && it.bots[bot + HALF].is_talking);
    let is_over = |it: &Crowd| it.totals.waiting == 2 * WAITING && is_matched(it);
    crowd.until_all("all newcomers are in calls", deadline(), is_over).await;
    cluster.cores[1].wait_for_count("passerby_matches", CALLS + PAIRS).await;

    let mut next: Vec<_> = crowd.matched[logged..].iter().map(|(_, it)| it.at - killed_at).collect();
    next.sort();
    let seconds = |it: Option<&Duration>| it.expect("all newcomers are matched").as_secs_f64();
    println!(
        "the first is asked for another hello after {:.2} s, all are welcomed after {:.2} s, the last of {PAIRS} pairs \
         is matched after {:.2} s; {} were asked",
        (asked_at - killed_at).as_secs_f64(),
        (welcome_at - killed_at).as_secs_f64(),
        seconds(next.last()),
        crowd.totals.again
    );
    vec![
        // The second bot to know of a match is the other end of the first match, or comes after it.
        Row::new("time from a kill of the core to the next match", seconds(next.get(1)), 4.0, "s"),
        Row::new("of 10,000 sockets, closed meanwhile", crowd.totals.lost as f64, 0.0, "sockets"),
        Row::new(
            "of 4,000 bots in calls, not restored",
            (2 * CALLS - crowd.totals.restored) as f64,
            0.0,
            "bots",
        ),
        Row::new("of 4,000 bots in calls, told that it ended", crowd.totals.ended as f64, 0.0, "bots"),
    ]
}

/// Kills one of two edges. Its bots dial the other one.
pub(crate) async fn edge_killed() -> Vec<Row> {
    let mut cluster = Cluster::start(1, 2).await;
    let mut crowd = busy_crowd(&cluster).await;

    cluster.edges[0].kill();
    let killed_at = Instant::now();
    let are_back = |it: &Totals| it.lost == HALF && it.up == 2 * HALF;
    let back_at = crowd.until("all are back", deadline(), are_back).await;
    cluster.cores[0].wait_for_count("passerby_cluster_edges", 1).await;
    cluster.cores[0].wait_for_count("passerby_matches", CALLS).await;
    cluster.cores[0].wait_for_count("passerby_connections", 2 * HALF).await;
    crowd.during(tokio::time::sleep(Duration::from_secs(1))).await;
    vec![
        Row::new(
            "time from a kill of an edge until its 5,000 are back",
            (back_at - killed_at).as_secs_f64(),
            5.0,
            "s",
        ),
        Row::new("of them, sessions not resumed", (HALF - crowd.totals.resumed) as f64, 0.0, "bots"),
        Row::new("of 4,000 bots in calls, told that it ended", crowd.totals.ended as f64, 0.0, "bots"),
        Row::new("of 5,000 at the other edge, disconnected", (crowd.totals.lost - HALF) as f64, 0.0, "bots"),
    ]
}
