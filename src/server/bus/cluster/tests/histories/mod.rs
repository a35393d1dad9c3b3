//! Random histories of pages, edges, cores and a Redis that fails in every way that it can.
//!
//! Edges and cores run the same machines as the server. Each core has a matchmaker of its own for each term, which is
//! compared with the reference model (`CheckedMatchmaker`). `checks` says what pages must see whatever happens.

mod checks;
mod cores;
mod edges;
mod pages;
mod redis;
mod world;

use std::sync::Arc;

use proptest::{prelude::*, test_runner::Config};

use super::loss::Loss;
use crate::protocol::{ErrorCode, Frame, ToBrowser};
use world::World;

const EDGES: usize = 2;
const PROCESSES: usize = 4;
const PAGES: usize = 5;

/// What a core wants of an edge.
#[derive(Clone, Debug)]
enum Order {
    Send(u64, Frame<Arc<ToBrowser>>),
    Close(u64, ErrorCode),
}

/// What happens next. Processes are numbered, the edges first. Times are in milliseconds.
#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(u64),
    /// Commands and answers take this long from now on.
    Delay(u64),
    /// What a process reads is so old from now on.
    Lag(usize, u64),
    /// A process does nothing for this long.
    Freeze(usize, u64),
    /// What is lost between a process and Redis from now on.
    Lose(usize, Loss),
    Kill(usize),
    /// An edge is about to stop.
    Drain(usize),
    /// The wall clock of a core is ahead by this.
    SetClock(usize, u64),
    /// Redis loses everything.
    Empty,
    /// Another Redis takes over, which has not seen the last milliseconds, and whose clock is behind by as many as the
    /// second number says.
    FailOver(u64, u64),
    Page(usize, Act),
}

/// What happens to a page.
#[derive(Clone, Copy, Debug)]
enum Act {
    Join,
    Leave,
    Next,
    Signal,
    /// Its socket is lost.
    Cut,
    /// The person leaves the page and comes again. The page may say goodbye.
    Reload(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let process = 0..PROCESSES;
    let loss = prop_oneof![2 => Just(Loss::Nothing), 1 => Just(Loss::Commands), 1 => Just(Loss::Answers)];
    let act = prop_oneof![
        2 => Just(Act::Join),
        1 => Just(Act::Leave),
        4 => Just(Act::Next),
        8 => Just(Act::Signal),
        2 => Just(Act::Cut),
        1 => any::<bool>().prop_map(Act::Reload),
    ];
    let behind = prop_oneof![0..12_000_u64, 12_000..600_000_u64];
    prop_oneof![
        9 => (1..1_500_u64).prop_map(Step::Wait),
        3 => (1_500..8_000_u64).prop_map(Step::Wait),
        1 => (0..1_500_u64).prop_map(Step::Delay),
        1 => (process.clone(), 0..1_500_u64).prop_map(|(it, ms)| Step::Lag(it, ms)),
        2 => (process.clone(), 1..12_000_u64).prop_map(|(it, ms)| Step::Freeze(it, ms)),
        2 => (process.clone(), loss).prop_map(|(it, loss)| Step::Lose(it, loss)),
        1 => process.prop_map(Step::Kill),
        1 => (0..EDGES).prop_map(Step::Drain),
        1 => (EDGES..PROCESSES, 0..10_000_u64).prop_map(|(it, ms)| Step::SetClock(it, ms)),
        1 => Just(Step::Empty),
        1 => (0..2_000_u64, behind).prop_map(|(lost, behind)| Step::FailOver(lost, behind)),
        16 => (0..PAGES, act).prop_map(|(it, act)| Step::Page(it, act)),
    ]
}

/// 1,000 histories, or as many as the soak asks for.
fn config() -> Config {
    let config = Config::default();
    Config { cases: config.cases.max(1_000), ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn pages_meet_and_lose_nothing_whatever_fails(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        steps.into_iter().for_each(|it| world.take(it));
        world.check_end();
    }
}

#[test]
fn calls_go_on_after_their_core_has_died() {
    let mut world = World::new();
    world.take(Step::Wait(2_000));
    let before = world.checks.signals_received;
    (EDGES..PROCESSES).for_each(|it| world.take(Step::Kill(it)));
    world.check_end();
    assert_eq!((before, world.checks.calls_restored), (4, 4), "two calls of two pages");
    assert_eq!(world.checks.signals_received, before + 4, "each page sends one more at the end");
}
