//! Several processes of the real program with a real Redis between them, and real calls of many pages.
//!
//! `CLUSTER_LOG` lets the processes write their logs.

mod chaos;
mod dump;
mod failover;
mod metrics;
mod moderation;
mod network;
mod node;
mod proxy;
mod store;
mod tls;
mod troubles;

use std::time::Duration;

use passerby::{
    call::Intent,
    protocol::{IceServer, Signalling, ToBrowser, ToServer, limits::WIDEN_AFTER},
};
use redis::FromRedisValue;
use tokio::time::{sleep, timeout};

use crate::{
    closes::world::World,
    relay::{RelayClient, exchange, free_address},
    support::{TestClient, candidate},
};
use node::Node;
use store::Store;

/// How long anything may take: a process that has ended is noticed after 3 s, and pages come back within seconds.
const WITHIN: Duration = Duration::from_secs(30);

/// A Redis, cores and edges.
struct Cluster {
    store: Store,
    cores: Vec<Node>,
    edges: Vec<Node>,
}

impl Cluster {
    /// Starts one with a Redis alone.
    async fn start(cores: usize, edges: usize) -> Self {
        Self::start_with(Store::alone().await, cores, edges, |_| Vec::new()).await
    }

    /// Starts one whose processes have further variables; edges are told apart by their numbers.
    async fn start_with(
        store: Store,
        cores: usize,
        edges: usize,
        more: impl Fn(Option<usize>) -> Vec<(&'static str, String)>,
    ) -> Self {
        let mut all = Self { store, cores: Vec::new(), edges: Vec::new() };
        for _ in 0..cores {
            all.cores.push(Node::start(&all.store, "core", more(None)).await);
        }
        for it in 0..edges {
            all.edges.push(Node::start(&all.store, "edge", more(Some(it))).await);
        }
        all
    }

    /// Runs a command in Redis.
    async fn redis<T: FromRedisValue>(&self, command: &[&str]) -> T {
        self.store.primary().await.run(command).await
    }

    fn pages(&self) -> World {
        World::at(self.edges.iter().map(|it| it.address).collect())
    }
}

/// Adds this many pages, which all start, and waits until everybody talks.
async fn let_all_talk(world: &mut World, pages: usize) -> Result<(), String> {
    for seed in 0..pages as u64 {
        let page = world.add_page(seed + 1_000 * world.pages.len() as u64, "", &[]);
        world.press(page, Intent::Start);
    }
    world.wait_for("everybody talks", WITHIN, all_talk).await
}

/// Whether everybody talks with somebody, and has a session.
fn all_talk(world: &World) -> bool {
    (0..world.pages.len()).all(|it| world.partner(it).is_some_and(|other| world.talk(it, other)))
}

/// Each page and its partner.
fn pairs(world: &World) -> Vec<Option<usize>> {
    (0..world.pages.len()).map(|it| world.partner(it)).collect()
}

/// Waits until everybody talks with the partner that they had.
async fn expect_the_same(world: &mut World, before: &[Option<usize>], what: &str) -> Result<(), String> {
    let is_same = |world: &World| {
        let is_back = |it: usize| before[it].map_or(world.is_waiting(it), |other| world.talk(it, other));
        pairs(world) == before && (0..before.len()).all(is_back)
    };
    world.wait_for(what, WITHIN, is_same).await
}

/// Lets so many seconds pass.
async fn pass(world: &mut World, seconds: u64) {
    let never = |_: &World| false;
    let _ = world.wait_for("never", Duration::from_secs(seconds), never).await;
}

/// Everybody presses Next and finds somebody else. The last two may wait: those who have just parted do not meet again.
async fn let_all_go_on(world: &mut World) -> Result<(), String> {
    let before = pairs(world);
    press_next(world);
    find_others(world, &before).await
}

/// Everybody presses Next.
fn press_next(world: &mut World) {
    for page in 0..world.pages.len() {
        world.press(page, Intent::Next);
    }
}

/// Waits until everybody talks with another partner than before; two may wait.
async fn find_others(world: &mut World, before: &[Option<usize>]) -> Result<(), String> {
    let has_gone_on = |world: &World| {
        let now = pairs(world);
        let talks =
            |it: usize| now[it].is_some_and(|other| world.talk(it, other) && before[it] != Some(other));
        let waiting = (0..now.len()).filter(|it| !talks(*it)).collect::<Vec<_>>();
        waiting.len() <= 2 && waiting.into_iter().all(|it| world.is_waiting(it))
    };
    world.wait_for("everybody talks with somebody else", WITHIN, has_gone_on).await
}

/// Tells a story of a cluster and of pages that use all its edges.
async fn tell(mut cluster: Cluster, story: impl AsyncFnOnce(&mut Cluster, &mut World) -> Result<(), String>) {
    let mut world = cluster.pages();
    let result = story(&mut cluster, &mut world).await;
    check(&world, result);
    world.finish().await;
}

/// Shows the log of the pages if a story fails.
fn check(world: &World, result: Result<(), String>) {
    if let Err(error) = result {
        panic!("{}\n{error}", world.log.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_of_two_edges_meet() {
    let cluster = Cluster::start(1, 2).await;
    let mut one = TestClient::open(cluster.edges[0].address).await;
    let mut other = TestClient::open(cluster.edges[1].address).await;
    for client in [&mut one, &mut other] {
        client.join().await;
    }
    for client in [&mut one, &mut other] {
        client.receive_match().await;
    }
    assert_eq!(one.match_id, other.match_id);
    let signal = candidate(crate::support::CANDIDATE);
    one.send_signal(signal.clone()).await;
    assert_eq!(other.receive_signal().await, signal);
    assert_eq!(cluster.edges[0].readiness().await, (200, "ready".to_owned()));
}

/// The servers that a client is given next for its match.
async fn receive_servers(client: &mut TestClient) -> Vec<IceServer> {
    let next = async {
        loop {
            match client.receive().await {
                ToBrowser::Matched { ice, .. } | ToBrowser::Ice { ice, .. } => return ice,
                _ => {}
            }
        }
    };
    timeout(WITHIN, next).await.expect("servers for a match")
}

/// The URLs of the relay among these servers.
fn relay_urls(ice: &[IceServer]) -> Vec<String> {
    ice.last().expect("a relay").urls.clone()
}

/// Both ends of a match reach each other through the relay that they were given.
async fn exchange_through_relay([one, other]: [&[IceServer]; 2]) {
    assert_eq!(relay_urls(one), relay_urls(other), "both are given the same relay");
    exchange([RelayClient::over_udp(one).await, RelayClient::over_udp(other).await]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_match_uses_the_relay_of_one_edge_and_another_one_when_that_is_lost() {
    let relays = [free_address(), free_address()];
    let mut cluster = Cluster::start_with(Store::alone().await, 1, 2, |edge| {
        let address = edge.map(|it| ("PASSERBY__RELAY__ADDR", relays[it].to_string()));
        address.into_iter().chain([("PASSERBY__RELAY__HOST", "127.0.0.1".to_owned())]).collect()
    })
    .await;
    let urls = relays.map(|it| ["udp", "tcp"].map(|transport| format!("turn:{it}?transport={transport}")));
    let own = cluster.edges[0].check_config();
    assert!(own.contains(&urls[0].join(" ")) && !own.contains(&urls[1][0]), "{own}");
    let core = cluster.cores[0].check_config();
    assert!(core.contains("relays: those of the edges"), "{core}");

    let addresses = [cluster.edges[0].address, cluster.edges[1].address];
    let mut one = TestClient::open(addresses[0]).await;
    one.join().await;
    assert_eq!(one.receive().await, ToBrowser::Waiting {});
    let mut other = TestClient::open(addresses[1]).await;
    other.join().await;
    let servers = [receive_servers(&mut one).await, receive_servers(&mut other).await];
    assert_eq!(relay_urls(&servers[0]), urls[0], "that of the edge of the one who waited");
    exchange_through_relay(servers.each_ref().map(|it| &**it)).await;
    assert_eq!(cluster.edges[0].metric("passerby_relay_packets_total").await, 2);

    cluster.edges[0].kill();
    let (others, mut one) = tokio::join!(receive_servers(&mut other), one.resume(addresses[1]));
    let servers = [receive_servers(&mut one).await, others];
    assert_eq!(relay_urls(&servers[0]), urls[1]);
    exchange_through_relay(servers.each_ref().map(|it| &**it)).await;
    assert_eq!(cluster.edges[1].metric("passerby_relay_packets_total").await, 2);

    cluster.cores[0].replace().await;
    for client in [&mut one, &mut other] {
        while client.receive().await != (ToBrowser::Again {}) {}
    }
    let (mut one, mut other) = (one.show_ticket(addresses[1]).await, other.show_ticket(addresses[1]).await);
    let servers = [receive_servers(&mut one).await, receive_servers(&mut other).await];
    assert_eq!(relay_urls(&servers[0]), urls[1]);
    exchange_through_relay(servers.each_ref().map(|it| &**it)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_match_uses_a_relay_that_is_apart() {
    let relay = free_address();
    let variables = |_| {
        let (host, apart) = ("127.0.0.1".to_owned(), "true".to_owned());
        let address = ("PASSERBY__RELAY__ADDR", relay.to_string());
        vec![address, ("PASSERBY__RELAY__HOST", host), ("PASSERBY__RELAY__APART", apart)]
    };
    let cluster = Cluster::start_with(Store::alone().await, 1, 2, variables).await;
    let mut clients = Vec::new();
    for edge in &cluster.edges {
        clients.push(TestClient::open(edge.address).await);
    }
    for client in &mut clients {
        client.join().await;
    }
    for client in &mut clients {
        let urls = relay_urls(&receive_servers(client).await);
        assert_eq!(urls, ["udp", "tcp"].map(|it| format!("turn:{relay}?transport={it}")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_meets_people_who_are_gone_with_their_edge() {
    let mut cluster = Cluster::start(1, 2).await;
    let (home, away) = (cluster.edges[0].address, cluster.edges[1].address);
    let (mut one, mut other) = (TestClient::open(home).await, TestClient::open(away).await);
    tokio::join!(one.join(), other.join());
    tokio::join!(one.receive_match(), other.receive_match());
    let mut waiting = TestClient::open(away).await;
    waiting.join().await;
    assert_eq!(waiting.receive().await, ToBrowser::Waiting {});
    cluster.edges[1].kill();
    drop((other, waiting));
    let hears = async {
        while !matches!(one.receive().await, ToBrowser::Partner { signalling: Signalling::Lost, .. }) {}
    };
    timeout(Duration::from_secs(6), hears).await.expect("the partner's edge is lost");
    assert_eq!(cluster.cores[0].metric("passerby_cluster_edges_lost_total").await, 1);
    let mut late = TestClient::open(home).await;
    late.join().await;
    assert_eq!(late.receive().await, ToBrowser::Waiting {});
    sleep(Duration::from_secs(2)).await;
    late.send(ToServer::Ping {}).await;
    loop {
        match late.receive().await {
            ToBrowser::Pong {} => break,
            msg => assert!(!matches!(msg, ToBrowser::Matched { .. }), "{msg:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_without_a_core_is_not_ready() {
    let mut cluster = Cluster::start(1, 1).await;
    let _client = TestClient::open(cluster.edges[0].address).await;
    cluster.cores[0].kill();
    let is_away = async {
        while cluster.edges[0].readiness().await != (503, "no-core".to_owned()) {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(WITHIN, is_away).await.expect("it is not ready");
    assert_eq!(cluster.edges[0].metric("passerby_cluster_core_heard").await, 0);
    cluster.cores[0].replace().await;
    let is_back = async {
        while cluster.edges[0].readiness().await.0 != 200 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(WITHIN, is_back).await.expect("it is ready again");
}

/// Calls survive the death of the core, of an edge and of Redis, and people find others afterwards.
async fn survive_deaths(cluster: &mut Cluster, world: &mut World) -> Result<(), String> {
    let_all_talk(world, 16).await?;
    let (before, sockets) = (pairs(world), world.sockets_opened());

    cluster.cores[0].kill();
    // Long enough that the sockets know of the other core.
    pass(world, 5).await;
    expect_the_same(world, &before, "everybody still talks after the death of the core").await?;
    if world.sockets_opened() != sockets {
        return Err("the death of the core has closed sockets".to_owned());
    }
    let_all_go_on(world).await?;

    let before = pairs(world);
    cluster.edges[0].replace().await;
    expect_the_same(world, &before, "everybody still talks after the death of an edge").await?;

    cluster.store.kill_primary().await;
    expect_the_same(world, &before, "everybody still talks after the death of Redis").await?;
    let_all_go_on(world).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_survive_the_death_of_the_core_of_an_edge_and_of_redis() {
    tell(Cluster::start(2, 2).await, survive_deaths).await;
}

/// Two who have no interest in common wait, and the core dies. They accept each other once each has waited for
/// [`WIDEN_AFTER`], which is before they would have with a new core that does not know for how long they have waited.
async fn keep_ages(cluster: &mut Cluster, world: &mut World) -> Result<(), String> {
    for (seed, interest) in [(1, "chess"), (2, "gardens")] {
        let page = world.add_page(seed, interest, &[]);
        world.press(page, Intent::Start);
    }
    world.wait_for("both wait", WITHIN, |it| it.is_waiting(0) && it.is_waiting(1)).await?;
    let since = world.elapsed();
    let killed_after = WIDEN_AFTER - Duration::from_secs(3);
    pass(world, killed_after.as_secs()).await;
    cluster.cores[0].kill();
    let left = (since + killed_after + WIDEN_AFTER).saturating_sub(world.elapsed());
    world.wait_for("they talk", left, all_talk).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_goes_on_with_a_new_core() {
    tell(Cluster::start(2, 2).await, keep_ages).await;
}

/// Calls survive whatever stands still for a while, and a Redis that loses everything.
async fn survive_pauses(cluster: &mut Cluster, world: &mut World) -> Result<(), String> {
    let_all_talk(world, 12).await?;
    let before = pairs(world);

    cluster.store.primary().await.signal("-STOP");
    pass(world, 4).await;
    cluster.store.primary().await.signal("-CONT");
    expect_the_same(world, &before, "everybody still talks after Redis stood still").await?;

    cluster.cores[0].signal("-STOP");
    pass(world, 6).await;
    cluster.cores[0].signal("-CONT");
    expect_the_same(world, &before, "everybody still talks after the core stood still").await?;
    let_all_go_on(world).await?;

    let before = pairs(world);
    cluster.edges[0].signal("-STOP");
    pass(world, 6).await;
    cluster.edges[0].signal("-CONT");
    expect_the_same(world, &before, "everybody still talks after an edge stood still").await?;

    cluster.redis::<()>(&["FLUSHALL"]).await;
    pass(world, 6).await;
    expect_the_same(world, &before, "everybody still talks after Redis has lost everything").await?;
    let_all_go_on(world).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_survive_whatever_stands_still() {
    tell(Cluster::start(2, 2).await, survive_pauses).await;
}

/// Calls survive an update: one process after the other is stopped and replaced.
async fn survive_update(cluster: &mut Cluster, world: &mut World) -> Result<(), String> {
    let_all_talk(world, 12).await?;
    let before = pairs(world);
    for it in 0..2 {
        cluster.edges[it].stop().await;
        pass(world, 3).await;
        cluster.edges[it].replace().await;
        expect_the_same(world, &before, "everybody still talks after an edge was replaced").await?;
    }
    for it in 0..2 {
        cluster.cores[it].stop().await;
        pass(world, 3).await;
        cluster.cores[it].replace().await;
        expect_the_same(world, &before, "everybody still talks after a core was replaced").await?;
    }
    let_all_go_on(world).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_survive_an_update_of_all_processes() {
    tell(Cluster::start(2, 2).await, survive_update).await;
}
