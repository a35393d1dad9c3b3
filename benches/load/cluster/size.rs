//! How many people a cluster can have, and what each of them needs.

use std::time::Duration;

use passerby::protocol::limits::IDLE_HEARTBEAT;
use tokio::time::{Instant, sleep};

use super::Cluster;
use crate::{
    Row,
    bot::Order,
    crowd::Crowd,
    other_bots::OtherBots,
    scenarios::{MANY, failed, kib_each, stable_memory},
    server::Server,
    support::tastes::own_tastes,
};

/// How long a step without a bound of its own may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Bots of each edge in the largest crowd.
const AT_EACH_EDGE: usize = 15_000;

/// Of them, those that are matched.
const MATCHED: usize = 1_000;

/// Memory of the processes for an idle peer: all peers are at one edge.
pub(crate) async fn idle() -> Vec<Row> {
    let cluster = Cluster::start(1, 1).await;
    let (edge, core) = (&cluster.edges[0], &cluster.cores[0]);
    let empty = [stable_memory(edge).await, stable_memory(core).await];
    let mut crowd = cluster.crowd();
    crowd.add(MANY, TIMEOUT).await;
    crowd.order(0..MANY, |bot| Order::PingIn(IDLE_HEARTBEAT.mul_f64(bot as f64 / MANY as f64)));
    crowd.during(sleep(IDLE_HEARTBEAT)).await;
    let cpu = || async { [edge.cpu(), core.cpu(), cluster.redis.work().await.cpu] };
    let (before, since) = (cpu().await, Instant::now());
    crowd.during(sleep(IDLE_HEARTBEAT)).await;
    let (after, time) = (cpu().await, since.elapsed().as_secs_f64());
    let [of_edge, of_core, of_redis] =
        [0, 1, 2].map(|it| (after[it] - before[it]).as_secs_f64() * 1e6 / time / MANY as f64);
    let welcomed = [crowd.during(stable_memory(edge)).await, crowd.during(stable_memory(core)).await];
    core.wait_for_count("passerby_peers{phase=\"idle\"}", MANY).await;
    println!(
        "the core takes {:.2} KiB per peer; processor time in us/s per peer: edge {of_edge:.2}, core {of_core:.2}, \
         Redis {of_redis:.2}",
        kib_each(welcomed[1] - empty[1])
    );
    vec![
        Row::new("of 19,000 bots, disconnected or given an error", failed(&crowd), 0.0, "bots"),
        Row::new(
            "memory of the edge per peer, 19,000 welcomed",
            kib_each(welcomed[0] - empty[0]),
            4.5,
            "KiB",
        ),
    ]
}

/// Resident memory of a process for each of the largest crowd, in KiB.
fn kib_of(server: &Server, empty: u64, bots: usize) -> f64 {
    server.resident().saturating_sub(empty) as f64 / 1024.0 / bots as f64
}

/// A crowd that is larger than one process may have open files: half of the bots are in another process.
pub(crate) async fn crowd() -> Vec<Row> {
    let cluster = Cluster::start(1, 2).await;
    let core = &cluster.cores[0];
    let empty = core.resident();
    let mut others = OtherBots::start(cluster.edges[1].address, AT_EACH_EDGE);
    let mut crowd = Crowd::new(cluster.edges[0].address);
    crowd.add(AT_EACH_EDGE, TIMEOUT).await;
    crowd.during(others.wait_for("up")).await;
    core.wait_for_count("passerby_peers{phase=\"idle\"}", 2 * AT_EACH_EDGE).await;

    others.join(MATCHED);
    crowd.order(0..MATCHED, |bot| Order::Join(own_tastes(bot as u64)));
    let deadline = Instant::now() + TIMEOUT;
    crowd.until("the bots are in calls", deadline, |it| it.talking == MATCHED).await;
    crowd.during(others.wait_for("talking")).await;
    core.wait_for_count("passerby_matches", MATCHED).await;
    // Everybody has pinged since.
    crowd.during(sleep(IDLE_HEARTBEAT)).await;
    core.wait_for_count("passerby_connections", 2 * AT_EACH_EDGE).await;
    println!("the core takes {:.2} KiB per peer", kib_of(core, empty, 2 * AT_EACH_EDGE));
    let failed = failed(&crowd) + crowd.during(others.failed()).await;
    vec![
        Row::new("of 30,000 bots at two edges, failed", failed, 0.0, "bots"),
        Row::new(
            "of 1,000 pairs across the edges, not in a call",
            (MATCHED - crowd.totals.talking) as f64,
            0.0,
            "pairs",
        ),
    ]
}
