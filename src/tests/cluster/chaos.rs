//! Random faults of all processes of a cluster and of Redis, while some people talk and others press Next.
//!
//! The faults depend on a seed only; those with an even one have Sentinels. `CLUSTER_SEEDS` says how many seeds are
//! tried, `CLUSTER_SECONDS` how long each lasts, `CLUSTER_PAGES` how many people there are, and `CLUSTER_SEED` which
//! seed is the first.

use std::{collections::BTreeSet, env, net::SocketAddr, pin::pin, time::Duration};

use passerby::{
    call::Intent,
    protocol::{
        Delivery, Features, Frame, Interest, Media, Message, Tastes, ToBrowser, ToServer, encode,
        limits::{AGAIN_AFTER, WIDEN_AFTER},
    },
};

use super::{
    Cluster, Store, WITHIN, check, let_all_talk,
    node::Node,
    pairs, pass,
    proxy::{Proxy, Stall},
    troubles::Trouble,
};
use crate::{closes::world::World, support::TestSocket};

/// How long two who have parted do not meet again, less what messages may take. A core that has seen them part keeps
/// them apart for longer; a new one only knows from their pages that they have met, and for how long they have waited.
const APART_FOR: Duration = AGAIN_AFTER.saturating_sub(Duration::from_secs(2));

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    KillCore(usize),
    KillEdge(usize),
    /// The process stands still for so many seconds.
    FreezeCore(usize, u64),
    FreezeEdge(usize, u64),
    /// Redis is replaced by an empty one, or by its replica.
    KillRedis,
    FreezeRedis(u64),
    Flush,
    /// Redis closes all connections.
    CloseConnections,
    /// Redis answers nobody for so many milliseconds.
    PauseClients(u64),
    /// Redis is busy for so many milliseconds.
    BlockRedis(u64),
    /// Redis does not do what it should for so many milliseconds.
    Suffer(Trouble, u64),
    /// The Sentinel exchanges primary and replica.
    FailOver,
    /// For so many seconds, the network does not carry this between Redis and one process or all of them.
    Stall(Option<usize>, Stall, u64),
    /// The connections between Redis and one process or all of them end.
    Cut(Option<usize>),
}

fn any_fault(rng: &mut fastrand::Rng, has_sentinels: bool) -> Fault {
    match rng.u32(0..28) {
        0..8 => Fault::KillCore(rng.usize(0..2)),
        8..12 => Fault::KillEdge(rng.usize(0..3)),
        12 => Fault::FreezeCore(rng.usize(0..2), rng.u64(1..10)),
        13 => Fault::FreezeEdge(rng.usize(0..3), rng.u64(1..10)),
        14 => Fault::KillRedis,
        15 => Fault::FreezeRedis(rng.u64(1..8)),
        16 => Fault::Flush,
        17 => Fault::CloseConnections,
        18 => Fault::PauseClients(rng.u64(100..5_000)),
        19 => Fault::BlockRedis(rng.u64(100..3_000)),
        20 => Fault::Suffer(Trouble::NoMemory, rng.u64(100..6_000)),
        21 => Fault::Suffer(Trouble::ReadOnly, rng.u64(100..6_000)),
        22 => Fault::Suffer(Trouble::Busy, rng.u64(100..3_000)),
        _ if has_sentinels => Fault::FailOver,
        23..27 => {
            let stall = [Stall::Commands, Stall::Answers, Stall::Both][rng.usize(0..3)];
            Fault::Stall(any_process(rng), stall, rng.u64(1..8))
        }
        _ => Fault::Cut(any_process(rng)),
    }
}

/// One of two cores and three edges, or all.
fn any_process(rng: &mut fastrand::Rng) -> Option<usize> {
    Some(rng.usize(0..6)).filter(|it| *it < 5)
}

/// The networks of one process, or of all.
fn networks(cluster: &Cluster, process: Option<usize>) -> Vec<&Proxy> {
    let all = cluster.cores.iter().chain(&cluster.edges).map(Node::network).enumerate();
    all.filter(|(it, _)| process.is_none_or(|only| only == *it)).map(|(_, network)| network).collect()
}

/// Lets time pass for the pages until something is done.
async fn meanwhile(world: &mut World, work: impl Future<Output = ()>) {
    let mut work = pin!(work);
    tokio::select! {
        () = &mut work => {}
        // It ends at once if something is wrong already.
        () = pass(world, 600) => work.await,
    }
}

/// A device whose pages wait for somebody with an interest that nobody else has.
#[derive(Default)]
struct Device {
    name: Option<String>,
    /// The proof of a place, which its next pages show.
    place: Option<Box<str>>,
}

impl Device {
    /// Waits on a new page at this edge. Returns its socket, and for how long it will accept only the interest.
    async fn wait(&mut self, edge: SocketAddr) -> (TestSocket, Duration) {
        let (mut socket, mut delivery) = (TestSocket::open(edge).await, Delivery::default());
        let (device, place) = (self.name.clone(), self.place.clone());
        let ((resume, ticket, age, past), features) = (Default::default(), Features::all());
        let hello = ToServer::Hello { resume, ticket, device, age, past, place, features };
        let hello = encode(&delivery.send(hello).expect("room"));
        socket.send(hello.as_str()).await;
        loop {
            let Frame { seq, ack, msg } = socket.receive().await.expect("an open socket");
            delivery.receive(seq, ack, msg.is_numbered());
            match msg {
                ToBrowser::Welcome { device, .. } => {
                    self.name = device.or(self.name.take());
                    let tastes = Tastes { interests: Interest::all_in("places"), ..Tastes::default() };
                    let media = Media { audio: true, video: true };
                    let join = ToServer::Join { media, hide: false, soft: false, tastes };
                    socket.send(encode(&delivery.send(join).expect("room"))).await;
                }
                ToBrowser::Again {} => _ = socket.send(hello.as_str()).await,
                ToBrowser::Seeking { widens_in_ms: Some(ms), .. } => {
                    return (socket, Duration::from_millis(ms.into()));
                }
                _ => {}
            }
        }
    }
}

/// A device waits, the core dies, and two new pages of the device show the next core the same proof of its place: only
/// one of them has waited already.
async fn show_place_twice(cluster: &mut Cluster) -> Result<(), String> {
    let mut device = Device::default();
    let (mut page, _) = device.wait(cluster.edges[0].address).await;
    while device.place.is_none() {
        let Frame { msg, .. } = page.receive().await.expect("an open socket");
        device.place = if let ToBrowser::Place { proof } = msg { Some(proof) } else { None };
    }
    page.disconnect();
    cluster.cores[0].replace().await;
    let (_one, left_to_one) = device.wait(cluster.edges[0].address).await;
    let (_other, left_to_other) = device.wait(cluster.edges[1].address).await;
    if left_to_one < WIDEN_AFTER && left_to_other == WIDEN_AFTER {
        Ok(())
    } else {
        Err(format!("of the wait are left {left_to_one:?}, and of its copy {left_to_other:?}"))
    }
}

/// A cluster with its people, half of whom never press Next.
struct Story {
    cluster: Cluster,
    world: World,
    rng: fastrand::Rng,
    /// Two who pressed Next, and when.
    parted: Vec<(BTreeSet<usize>, Duration)>,
    /// The terms of all cores that were seen.
    terms: BTreeSet<u64>,
    lost_edges: usize,
}

impl Story {
    async fn suffer(&mut self, fault: Fault) {
        self.world.log.push(format!("--- {fault:?}"));
        let Self { cluster, world, .. } = self;
        match fault {
            Fault::KillCore(it) => cluster.cores[it].replace().await,
            Fault::KillEdge(it) => {
                self.lost_edges += 1;
                cluster.edges[it].replace().await;
            }
            Fault::FreezeCore(it, seconds) => {
                cluster.cores[it].signal("-STOP");
                pass(world, seconds).await;
                cluster.cores[it].signal("-CONT");
            }
            Fault::FreezeEdge(it, seconds) => {
                self.lost_edges += usize::from(seconds > 4);
                cluster.edges[it].signal("-STOP");
                pass(world, seconds).await;
                cluster.edges[it].signal("-CONT");
            }
            Fault::KillRedis => meanwhile(world, cluster.store.kill_primary()).await,
            Fault::FreezeRedis(seconds) => {
                let redis = cluster.store.primary().await;
                redis.signal("-STOP");
                pass(world, seconds).await;
                redis.signal("-CONT");
            }
            Fault::Flush => cluster.redis(&["FLUSHALL"]).await,
            Fault::CloseConnections => {
                cluster.redis(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await
            }
            Fault::PauseClients(ms) => cluster.redis(&["CLIENT", "PAUSE", &ms.to_string(), "ALL"]).await,
            Fault::BlockRedis(ms) => {
                let seconds = format!("{}", ms as f64 / 1_000.0);
                // A failover ends it, too.
                let _ = cluster.store.primary().await.try_run::<()>(&["DEBUG", "SLEEP", &seconds]).await;
            }
            Fault::Suffer(trouble, ms) => {
                let lasts = Duration::from_millis(ms);
                let ends = trouble.begin(cluster.store.primary().await, lasts).await;
                let _ = world.wait_for("never", lasts, |_| false).await;
                ends.await.expect("it ends");
            }
            Fault::FailOver => meanwhile(world, cluster.store.fail_over()).await,
            Fault::Stall(process, stall, seconds) => {
                self.lost_edges += usize::from(seconds > 4 && process.is_some_and(|it| it >= 2));
                networks(cluster, process).into_iter().for_each(|it| it.stall(stall));
                pass(world, seconds).await;
                networks(cluster, process).into_iter().for_each(|it| it.stall(Stall::Nothing));
            }
            Fault::Cut(process) => networks(cluster, process).into_iter().for_each(Proxy::cut),
        }
        let term =
            cluster.store.primary().await.try_run::<Option<u64>>(&["GET", "{passerby:passerby}:term"]).await;
        self.terms.extend(term.unwrap_or_default());
    }

    /// Some of those who may press Next do.
    fn press_next(&mut self) {
        let pages = self.world.pages.len();
        for page in pages / 2..pages {
            if self.rng.u32(0..3) == 0 {
                if let Some(partner) = self.world.partner(page) {
                    self.parted.push((BTreeSet::from([page, partner]), self.world.elapsed()));
                }
                self.world.press(page, Intent::Next);
            }
        }
    }

    /// Whether what the pages were told is what a server alone would have told them.
    fn check_history(&self) -> Result<(), String> {
        for (id, told) in &self.world.told {
            if told.len() > 2 {
                return Err(format!("match {id:?} was told to {told:?}"));
            }
            let pages: BTreeSet<_> = told.keys().copied().collect();
            let Some(at) = told.values().max().filter(|_| pages.len() == 2) else { continue };
            let mut before = self.parted.iter().filter(|(pair, since)| *pair == pages && since < at);
            if let Some((_, since)) = before.next_back()
                && *at - *since < APART_FOR
            {
                return Err(format!("{pages:?} met at {at:?} again, having parted at {since:?}"));
            }
        }
        Ok(())
    }

    async fn tell(&mut self, pages: usize, time: Duration) -> Result<(), String> {
        show_place_twice(&mut self.cluster).await?;
        let quiet = pages / 2;
        // Those who never press Next meet first, so that their partners do not either.
        let_all_talk(&mut self.world, quiet).await?;
        let calls = pairs(&self.world);
        let_all_talk(&mut self.world, pages - quiet).await?;
        let end = self.world.elapsed() + time;
        while self.world.elapsed() < end {
            let fault = any_fault(&mut self.rng, self.cluster.store.has_sentinels());
            self.suffer(fault).await;
            for _ in 0..4 {
                self.press_next();
                pass(&mut self.world, 2).await;
            }
            if let Some(fault) = self.world.ledger.faults.first() {
                return Err(fault.clone());
            }
        }
        let is_well = |world: &World| {
            let now = pairs(world);
            let talks = |it: usize| now[it].is_some_and(|other| world.talk(it, other));
            let waiting: Vec<_> = (0..pages).filter(|it| !talks(*it)).collect();
            let knows = |it: usize| {
                let ids = [Some(it), now[it]].map(|it| it.and_then(|it| world.pages[it].match_id));
                now[it].is_none()
                    || ids[0] == ids[1] && ids[0].is_some_and(|id| world.ledger.has_heard_all(id))
            };
            now[..quiet] == calls
                && waiting.len() <= 2
                && waiting.into_iter().all(|it| world.is_waiting(it))
                && (0..pages).all(knows)
        };
        let what = "everybody talks, those who never pressed Next with each other, and two wait at most";
        self.world.wait_for(what, WITHIN * 2, is_well).await?;
        self.check_history()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_meet_and_calls_survive_whatever_fails() {
    let number = |name, default| env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(default);
    let (seeds, first) = (number("CLUSTER_SEEDS", 1), number("CLUSTER_SEED", 1));
    let (seconds, pages) = (number("CLUSTER_SECONDS", 40), number("CLUSTER_PAGES", 16));
    for seed in first..first + seeds {
        let store = if seed % 2 == 0 { Store::with_sentinels().await } else { Store::alone().await };
        let cluster = Cluster::start_with(store, 2, 3, |_| Vec::new()).await;
        let world = cluster.pages();
        let rng = fastrand::Rng::with_seed(seed);
        let (parted, terms) = (Vec::new(), BTreeSet::new());
        let mut story = Story { cluster, world, rng, parted, terms, lost_edges: 0 };
        let result = story.tell(pages as usize, Duration::from_secs(seconds)).await;
        let result = result.map_err(|error| format!("seed {seed}: {error}"));
        check(&story.world, result);
        let Story { terms, lost_edges, world, .. } = story;
        println!("seed {seed}: {} cores, {lost_edges} lost edges, {} matches", terms.len(), world.told.len());
        // A long story has enough of each fault to mean something.
        assert!(seconds < 600 || (terms.len() > 5 && lost_edges >= 5), "seed {seed} has too few faults");
        world.finish().await;
    }
}
