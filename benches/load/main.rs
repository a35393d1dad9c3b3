//! A load test of the real program with many bots: memory and CPU time per peer, memory at its limit, mass reconnects,
//! and a shutdown during calls.
//!
//! Prints what was measured and fails if a figure exceeds its bound. Without arguments it runs all scenarios, otherwise
//! those that are named. Each scenario has its own server and its own runtime.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a table for people, and an error is one for developers"
)]

mod bot;
mod crowd;
mod scenarios;
mod server;
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
}

impl Scenario {
    const ALL: [(&'static str, Self); 6] = [
        ("idle", Self::Idle),
        ("calls", Self::Calls),
        ("unacknowledged", Self::Unacknowledged),
        ("killed", Self::Killed),
        ("cut", Self::Cut),
        ("drain", Self::Drain),
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
        }
    }
}

fn main() {
    let named: Vec<_> = env::args().skip(1).filter(|it| it != "--bench").collect();
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
                println!("{name:<16}{label:<52}{measured:>9.2} of {bound:>8.2} {unit}{verdict}");
            }
        }
    }
    assert!(fits, "a figure exceeds its bound");
}
