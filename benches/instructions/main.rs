//! The cost of what the server does for each message, in instructions, which are the same in every run, unlike time.
//!
//! Fails if an operation costs more than [`MAX_CHANGE`] times what `baseline.txt` says; `--accept` writes that file.
//! It also fails if an operation of the matchmaker costs more than [`MAX_GROWTH`] times as much among many waiting
//! peers as among few, or `hello` more than [`MAX_GROWTH_BY_SANCTIONS`] times as much with many sanctions as without.
//!
//! Without other arguments it runs itself under callgrind for each operation, and prints what [`counted`] costs. With
//! the arguments `OPERATION` or `OPERATION WAITING SANCTIONS` it performs the operation [`REPETITIONS`] times.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a table for people, and an error is one for developers"
)]

mod baseline;
#[path = "../support/hello.rs"]
mod hello;
mod matchmaker;
mod signals;
#[path = "../support/tastes.rs"]
mod tastes;

use std::{env, hint::black_box, process::Command};

use baseline::Baseline;
use matchmaker::{CROWD_SIZES, CrowdedMatchmaker};

/// Numbers of sanctioned devices, and of sanctioned networks: none and many.
const SANCTIONS: [u64; 2] = [0, 100_000];

/// How many times as much `hello` may cost with many sanctions as without.
const MAX_GROWTH_BY_SANCTIONS: f64 = 1.05;

/// How many times as much an operation may cost among many waiting peers as among few. The queue is in trees, which are
/// two levels deeper with a hundred times as many peers.
const MAX_GROWTH: f64 = 1.20;

/// How many times as much an operation may cost as the baseline says.
const MAX_CHANGE: f64 = 1.02;

/// How often an operation is performed, so that occasional work such as growing a table is averaged: with 500 the same
/// program gave 5 % more or less from run to run.
const REPETITIONS: usize = 4_000;

fn main() {
    let arguments: Vec<_> = env::args().skip(1).filter(|it| it != "--bench").collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => table(false),
        ["--accept"] => table(true),
        [operation] => {
            let is_it = |it: &signals::Operation| it.name() == *operation;
            let operation = signals::Operation::ALL.into_iter().find(is_it).expect("an operation");
            operation.perform();
        }
        [operation, waiting, sanctions] => {
            let is_it = |it: &matchmaker::Operation| it.name() == *operation;
            let operation = matchmaker::Operation::ALL.into_iter().find(is_it).expect("an operation");
            CrowdedMatchmaker::with(waiting.parse().unwrap(), sanctions.parse().unwrap()).perform(operation);
        }
        _ => panic!("the first lines of the source explain the arguments"),
    }
}

fn table(accepts: bool) {
    let mut baseline = Baseline::read();
    println!("{:<18}{:>12}{:>12}{:>9}", "instructions", "now", "baseline", "ratio");
    for operation in signals::Operation::ALL {
        baseline.compare(operation.name(), cost(operation.name(), &[]));
    }
    let few = CROWD_SIZES[0];
    let costs = matchmaker::Operation::ALL.map(|it| (it.name(), among(it.name(), few, 0)));
    for (name, cost) in costs {
        baseline.compare(name, cost);
    }
    if accepts {
        baseline.write();
    }
    println!("\n{:<18}{:>12}{:>12}{:>9}", "among", few, CROWD_SIZES[1], "growth");
    let mut fits = true;
    for (name, few) in costs {
        let many = among(name, CROWD_SIZES[1], 0);
        let growth = many / few;
        fits &= growth <= MAX_GROWTH;
        println!("{name:<18}{few:>12.0}{many:>12.0}{growth:>9.3}");
    }
    let [none, many] = SANCTIONS.map(|sanctions| among("hello", few, sanctions));
    let growth = many / none;
    println!("hello without sanctions {none:.0}, with {} {many:.0}, growth {growth:.3}", SANCTIONS[1]);
    assert!(
        fits,
        "an operation among {} peers may cost at most {MAX_GROWTH} times as much as among {few}",
        CROWD_SIZES[1]
    );
    assert!(growth <= MAX_GROWTH_BY_SANCTIONS, "a hello may cost at most that much more with sanctions");
    baseline.assert_kept();
}

/// Instructions of an operation of the matchmaker.
fn among(operation: &str, waiting: usize, sanctions: u64) -> f64 {
    cost(operation, &[waiting.to_string(), sanctions.to_string()])
}

/// Does what is to be counted, and nothing else: the counter runs only within this function.
#[inline(never)]
pub(crate) fn counted(work: impl FnOnce()) {
    work();
    // Otherwise this would be a jump to `work`, and the counter would never be stopped.
    black_box(());
}

/// Instructions of one operation.
fn cost(operation: &str, circumstances: &[String]) -> f64 {
    let run = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--toggle-collect=*instructions*counted*",
        ])
        .arg(env::current_exe().unwrap())
        .arg(operation)
        .args(circumstances)
        .output()
        .expect("valgrind");
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{stderr}");
    let count = stderr.lines().find_map(|it| it.split_once("Collected : ")).expect("a count");
    count.1.trim().parse::<f64>().unwrap() / REPETITIONS as f64
}
