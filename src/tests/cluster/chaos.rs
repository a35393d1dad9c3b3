//! Random faults of all processes of a cluster and of Redis, while some people talk and others press Next.
//!
//! The faults depend on a seed only. `CLUSTER_SEEDS` says how many seeds are tried, `CLUSTER_SECONDS` how long each
//! lasts, `CLUSTER_PAGES` how many people there are, and `CLUSTER_SEED` which seed is the first.

use std::{collections::BTreeSet, env, time::Duration};

use passerby::call::Intent;

use super::{Cluster, WITHIN, check, let_all_talk, pairs, pass};
use crate::closes::world::World;

/// How long two who have parted do not meet again (the matchmaker's rule), less what messages may take.
const APART_FOR: Duration = Duration::from_secs(28);

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    KillCore(usize),
    KillEdge(usize),
    /// The process stands still for so many seconds.
    FreezeCore(usize, u64),
    FreezeEdge(usize, u64),
    /// Redis is replaced by an empty one.
    KillRedis,
    FreezeRedis(u64),
    Flush,
    /// Redis closes all connections.
    CloseConnections,
    /// Redis answers nobody for so many milliseconds.
    PauseClients(u64),
    /// Redis is busy for so many milliseconds.
    BlockRedis(u64),
}

fn any_fault(rng: &mut fastrand::Rng) -> Fault {
    match rng.u32(0..13) {
        0..3 => Fault::KillCore(rng.usize(0..2)),
        3..5 => Fault::KillEdge(rng.usize(0..3)),
        5 => Fault::FreezeCore(rng.usize(0..2), rng.u64(1..10)),
        6 => Fault::FreezeEdge(rng.usize(0..3), rng.u64(1..10)),
        7 => Fault::KillRedis,
        8 => Fault::FreezeRedis(rng.u64(1..8)),
        9 => Fault::Flush,
        10 => Fault::CloseConnections,
        11 => Fault::PauseClients(rng.u64(100..5_000)),
        _ => Fault::BlockRedis(rng.u64(100..3_000)),
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
            Fault::KillRedis => cluster.store.kill_primary().await,
            Fault::FreezeRedis(seconds) => {
                cluster.store.primary().await.signal("-STOP");
                pass(world, seconds).await;
                cluster.store.primary().await.signal("-CONT");
            }
            Fault::Flush => cluster.redis(&["FLUSHALL"]).await,
            Fault::CloseConnections => {
                cluster.redis(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await
            }
            Fault::PauseClients(ms) => cluster.redis(&["CLIENT", "PAUSE", &ms.to_string(), "ALL"]).await,
            Fault::BlockRedis(ms) => {
                let seconds = format!("{}", ms as f64 / 1_000.0);
                cluster.redis(&["DEBUG", "SLEEP", &seconds]).await
            }
        }
        let term: Option<u64> = cluster.redis(&["GET", "{passerby:passerby}:term"]).await;
        self.terms.extend(term);
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
        let quiet = pages / 2;
        // Those who never press Next meet first, so that their partners do not either.
        let_all_talk(&mut self.world, quiet).await?;
        let calls = pairs(&self.world);
        let_all_talk(&mut self.world, pages - quiet).await?;
        let end = self.world.elapsed() + time;
        while self.world.elapsed() < end {
            let fault = any_fault(&mut self.rng);
            self.suffer(fault).await;
            for _ in 0..4 {
                self.press_next();
                pass(&mut self.world, 2).await;
            }
        }
        let is_well = |world: &World| {
            let now = pairs(world);
            let talks = |it: usize| now[it].is_some_and(|other| world.talk(it, other));
            let waiting: Vec<_> = (0..pages).filter(|it| !talks(*it)).collect();
            now[..quiet] == calls && waiting.len() <= 2 && waiting.into_iter().all(|it| world.is_waiting(it))
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
        let cluster = Cluster::start(2, 3).await;
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
