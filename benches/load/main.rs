//! The real program under many bots: memory and processor time of a peer, storms of them, and a stop in the middle of calls;
//! prints what was seen, and fails past a bound.
//!
//! Without arguments all scenes are played, with some those that are named. A scene has a server and a runtime of its own.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a table for people, and an error is one for developers"
)]

mod bot;
mod crowd;
mod scenes;
mod server;

use std::env;

/// One number and what it may be.
pub(crate) struct Row {
    what: &'static str,
    seen: f64,
    bound: f64,
    unit: &'static str,
}

impl Row {
    /// `seen` may be at most `bound`.
    pub(crate) fn new(what: &'static str, seen: f64, bound: f64, unit: &'static str) -> Self {
        Self { what, seen, bound, unit }
    }

    fn fits(&self) -> bool {
        self.seen <= self.bound
    }
}

/// What is played.
#[derive(Clone, Copy)]
enum Scene {
    Memory,
    Killed,
    Cut,
    Drain,
}

impl Scene {
    const ALL: [(&'static str, Self); 4] =
        [("memory", Self::Memory), ("killed", Self::Killed), ("cut", Self::Cut), ("drain", Self::Drain)];

    fn play(self) -> Vec<Row> {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        match self {
            Self::Memory => runtime.block_on(scenes::memory()),
            Self::Killed => runtime.block_on(scenes::killed()),
            Self::Cut => runtime.block_on(scenes::cut()),
            Self::Drain => runtime.block_on(scenes::drain()),
        }
    }
}

fn main() {
    let named: Vec<_> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let unknown = named.iter().find(|name| Scene::ALL.iter().all(|it| it.0 != **name));
    assert!(unknown.is_none(), "no scene is called {unknown:?}");
    let files = rlimit::increase_nofile_limit(u64::MAX).expect("a limit of open files");
    println!("{files} open files a process");
    let mut fits = true;
    for (name, scene) in Scene::ALL {
        if named.is_empty() || named.iter().any(|it| it == name) {
            for row in scene.play() {
                fits &= row.fits();
                let Row { what, seen, bound, unit } = &row;
                let verdict = if row.fits() { "" } else { "  TOO MUCH" };
                println!("{name:<8}{what:<52}{seen:>9.2} of {bound:>8.2} {unit}{verdict}");
            }
        }
    }
    assert!(fits, "a bound is passed");
}
