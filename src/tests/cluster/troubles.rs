//! A Redis that is there but does not do what it should.

use std::time::Duration;

use passerby::call::Intent;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{
    Cluster, WITHIN, all_talk, find_others, let_all_go_on, let_all_talk, pairs, pass, press_next, tell,
};
use crate::{
    closes::world::World,
    support::{RedisServer, TestClient, TestSocket, try_run},
};

/// How long each trouble lasts: longer than the lease.
const LASTS_SECONDS: u64 = 4;

/// How long an edge may take for what it does without Redis.
const AT_ONCE: Duration = Duration::from_millis(500);

/// How often an edge may try to read while Redis is in trouble. It waits 100 ms before it tries again.
const MAX_READS: u64 = 15 * LASTS_SECONDS;

/// What is wrong with Redis.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trouble {
    /// It has no memory for what is written.
    NoMemory,
    /// It is a replica of nothing.
    ReadOnly,
    /// A script runs; other commands are refused at once.
    Busy,
}

impl Trouble {
    /// Begins it. The task ends with it.
    pub(super) async fn begin(self, redis: &RedisServer, lasts: Duration) -> JoinHandle<()> {
        let (first, last): (&[&str], &'static [&str]) = match self {
            Self::NoMemory => (&["CONFIG", "SET", "maxmemory", "1"], &["CONFIG", "SET", "maxmemory", "0"]),
            Self::ReadOnly => (&["REPLICAOF", "127.0.0.1", "1"], &["REPLICAOF", "NO", "ONE"]),
            Self::Busy => (&["CONFIG", "SET", "busy-reply-threshold", "50"], &["SCRIPT", "KILL"]),
        };
        redis.run::<()>(first).await;
        let url = redis.url();
        if let Self::Busy = self {
            let url = url.clone();
            tokio::spawn(async move { try_run::<()>(&url, &["EVAL", "while true do end", "0"]).await });
        }
        tokio::spawn(async move {
            sleep(lasts).await;
            // A failover may have ended it before.
            let _ = try_run::<()>(&url, last).await;
        })
    }
}

/// Edges answer what they can without a core.
async fn edges_answer(cluster: &Cluster, visitor: &mut TestClient) -> Result<(), String> {
    let late = |what| move |_| format!("not at once: {what}");
    timeout(AT_ONCE, visitor.receives_nothing()).await.map_err(late("the answer to a ping"))?;
    for edge in &cluster.edges {
        timeout(AT_ONCE, TestSocket::open(edge.address)).await.map_err(late("a new socket"))?;
        timeout(AT_ONCE, edge.readiness()).await.map_err(late("the readiness"))?;
    }
    Ok(())
}

/// Calls go on while Redis is in trouble, and people who come meanwhile are matched afterwards.
async fn survive_troubles(cluster: &mut Cluster, world: &mut World) -> Result<(), String> {
    let_all_talk(world, 8).await?;
    let mut visitor = TestClient::open(cluster.edges[0].address).await;
    // The first ping goes to the core.
    visitor.receives_nothing().await;
    for trouble in [Trouble::NoMemory, Trouble::ReadOnly, Trouble::Busy] {
        let before = pairs(world);
        let reads = "passerby_cluster_commands_total{kind=\"read\"}";
        let reads_before = cluster.edges[0].metric(reads).await;
        let lasts = Duration::from_secs(LASTS_SECONDS);
        let ends = trouble.begin(cluster.store.primary().await, lasts).await;
        for _ in 0..2 {
            let page = world.add_page(world.pages.len() as u64, "", &[]);
            world.press(page, Intent::Start);
        }
        pass(world, 1).await;
        edges_answer(cluster, &mut visitor).await.map_err(|error| format!("{trouble:?}: {error}"))?;
        pass(world, LASTS_SECONDS - 1).await;
        if pairs(world)[..before.len()] != before {
            return Err(format!("calls have ended: {trouble:?}"));
        }
        let more = cluster.edges[0].metric(reads).await - reads_before;
        if more > MAX_READS {
            return Err(format!("an edge has asked {more} times: {trouble:?}"));
        }
        ends.await.expect("it ends");
        world.wait_for("all have found somebody", WITHIN, all_talk).await?;
        if pairs(world)[..before.len()] != before {
            return Err(format!("calls have ended after {trouble:?}"));
        }
    }
    let_all_go_on(world).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_survive_a_redis_that_cannot_write() {
    tell(Cluster::start(1, 2).await, survive_troubles).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_evicts_is_reported() {
    let cluster = Cluster::start(0, 1).await;
    let said = cluster.edges[0].check_config();
    assert!(said.contains("it evicts nothing"), "{said}");
    cluster.redis::<()>(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
    let said = cluster.edges[0].check_config();
    assert!(said.contains("`maxmemory-policy` is allkeys-lru") && said.contains("noeviction"), "{said}");
}

/// What Redis loses before it is read is noticed.
async fn survive_losses(cluster: &mut Cluster, world: &mut World) -> Result<(), String> {
    let_all_talk(world, 8).await?;
    for node in [&cluster.cores[0], &cluster.edges[0]] {
        let before = pairs(world);
        // Shorter than the lease: the core goes on where it was.
        node.signal("-STOP");
        press_next(world);
        pass(world, 1).await;
        cluster.redis::<()>(&["FLUSHALL"]).await;
        node.signal("-CONT");
        find_others(world, &before).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_redis_loses_is_noticed() {
    tell(Cluster::start(1, 2).await, survive_losses).await;
}
