//! A load test of the real program with many bots: memory and CPU time per peer, memory at its limit, mass reconnects,
//! and a shutdown during calls; and the same of several processes as one server: how long a match across them takes,
//! what it costs each, and what happens when one of them is killed.
//!
//! Prints what was measured and fails if a figure exceeds its bound. Without arguments it runs all scenarios, otherwise
//! those that are named. Each scenario has its own server and its own runtime.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a table for people, and an error is one for developers"
)]

mod bot;
mod cluster;
mod crowd;
mod other_bots;
mod scenarios;
mod server;
mod signals;
#[path = "../support/mod.rs"]
mod support;

use std::env;

/// A measured figure and its upper bound.
pub(crate) struct Row {
    label: &'static str,
    measured: f64,
    bound: f64,
    unit: &'static str,
}

impl Row {
    /// `measured` may be at most `bound`, both in `unit`.
    pub(crate) fn new(label: &'static str, measured: f64, bound: f64, unit: &'static str) -> Self {
        Self { label, measured, bound, unit }
    }

    fn fits(&self) -> bool {
        self.measured <= self.bound
    }
}

/// A part of the load test.
#[derive(Clone, Copy)]
enum Scenario {
    /// Memory and CPU time of an idle peer.
    Idle,
    /// Memory of a peer after a call.
    Calls,
    /// Memory while all peers acknowledge nothing.
    Unacknowledged,
    /// The server is killed and replaced.
    Killed,
    /// All connections are lost at once.
    Cut,
    /// The server is told to stop during calls.
    Drain,
    /// Matches across the edges of a cluster.
    ClusterMatch,
    /// The core of a cluster is killed.
    ClusterCoreKilled,
    /// An edge of a cluster is killed.
    ClusterEdgeKilled,
    /// Memory of the processes of a cluster for an idle peer.
    ClusterIdle,
    /// More peers than one process can have.
    ClusterCrowd,
}

impl Scenario {
    const ALL: [(&'static str, Self); 11] = [
        ("idle", Self::Idle),
        ("calls", Self::Calls),
        ("unacknowledged", Self::Unacknowledged),
        ("killed", Self::Killed),
        ("cut", Self::Cut),
        ("drain", Self::Drain),
        ("cluster-match", Self::ClusterMatch),
        ("cluster-core-killed", Self::ClusterCoreKilled),
        ("cluster-edge-killed", Self::ClusterEdgeKilled),
        ("cluster-idle", Self::ClusterIdle),
        ("cluster-crowd", Self::ClusterCrowd),
    ];

    fn run(self) -> Vec<Row> {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        match self {
            Self::Idle => runtime.block_on(scenarios::idle()),
            Self::Calls => runtime.block_on(scenarios::calls()),
            Self::Unacknowledged => runtime.block_on(scenarios::unacknowledged()),
            Self::Killed => runtime.block_on(scenarios::killed()),
            Self::Cut => runtime.block_on(scenarios::cut()),
            Self::Drain => runtime.block_on(scenarios::drain()),
            Self::ClusterMatch => runtime.block_on(cluster::matches()),
            Self::ClusterCoreKilled => runtime.block_on(cluster::core_killed()),
            Self::ClusterEdgeKilled => runtime.block_on(cluster::edge_killed()),
            Self::ClusterIdle => runtime.block_on(cluster::idle()),
            Self::ClusterCrowd => runtime.block_on(cluster::crowd()),
        }
    }
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [name, server, bots] = &arguments[..]
        && name == other_bots::NAME
    {
        let (server, bots) = (server.parse().expect("an address"), bots.parse().expect("a number"));
        rlimit::increase_nofile_limit(u64::MAX).expect("the limit of open files can be raised");
        return tokio::runtime::Runtime::new().expect("a runtime").block_on(other_bots::run(server, bots));
    }
    let named: Vec<_> = arguments.into_iter().filter(|it| it != "--bench").collect();
    let unknown = named.iter().find(|name| Scenario::ALL.iter().all(|it| it.0 != **name));
    assert!(unknown.is_none(), "there is no scenario {unknown:?}");
    let files = rlimit::increase_nofile_limit(u64::MAX).expect("the limit of open files can be raised");
    println!("up to {files} open files per process");
    let mut fits = true;
    for (name, scenario) in Scenario::ALL {
        if named.is_empty() || named.iter().any(|it| it == name) {
            for row in scenario.run() {
                fits &= row.fits();
                let Row { label, measured, bound, unit } = &row;
                let verdict = if row.fits() { "" } else { "  TOO HIGH" };
                println!("{name:<20}{label:<52}{measured:>9.2} of {bound:>8.2} {unit}{verdict}");
            }
        }
    }
    assert!(fits, "a figure exceeds its bound");
}
