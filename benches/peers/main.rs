//! Passerby beside what people would run instead, at the same work in one run: processor time, latency, memory, bytes.
//!
//! Four servers take turns, A-B-C-D-D-C-B-A in each round: the floor (`floor.rs`, what the sockets alone cost),
//! Passerby, `matchbox_server`, and the stack that Passerby replaces (`replaced/server.js`). They share one core; this
//! program has another one. Medians of all turns count, and of those the ratios to the floor: absolute figures differ
//! by a factor of two between two runs on the same machine.
//!
//! People come by a schedule, whether or not the server keeps up, and a latency begins when it should have begun. Each
//! text that arrives is compared with what was sent, or with what Passerby's checks let through.
//!
//! Arguments: the parts to run (`fresh`, `next`, `idle`, `load`, `crowd`), all if there are none; `--rounds N`, 5 by
//! default; `--seconds N` for a turn, 5 by default. A run of all parts writes `benches/RESULTS.md` and charts in
//! `benches/plots`; any run writes them into `FOLDER` with `--into FOLDER`.

#![expect(
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "it measures time and prints a table for people, and an error is one for developers"
)]

mod clients;
mod crowd;
mod desk;
mod floor;
mod parts;
mod person;
mod plot;
mod report;
mod script;
mod servers;
mod socket;
#[path = "../support/mod.rs"]
mod support;
mod work;

use std::{env, path::PathBuf};

use parts::{Part, Run};

/// Where a run of all parts leaves its table and its charts.
const BENCHES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches");

fn main() {
    let mut arguments = env::args().skip(1).filter(|it| it != "--bench").peekable();
    if arguments.next_if(|it| it == "floor").is_some() {
        let address = arguments.next().and_then(|it| it.parse().ok()).expect("an address");
        return floor::serve(address);
    }
    let (mut named, mut rounds, mut seconds, mut folder) = (Vec::new(), 5, 5, None);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|it| it.parse().ok()).expect("a number");
        match argument.as_str() {
            "--rounds" => rounds = number(),
            "--seconds" => seconds = number() as u64,
            "--into" => folder = Some(arguments.next().map(PathBuf::from).expect("a folder")),
            name => named.push(Part::named(name).unwrap_or_else(|| panic!("there is no part {name}"))),
        }
    }
    servers::pin_generator();
    let files = rlimit::increase_nofile_limit(u64::MAX).expect("the limit of open files can be raised");
    work::watch_for_panics();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let mut run = Run::new(rounds, seconds, files as usize).await;
        for part in Part::ALL.into_iter().filter(|it| named.is_empty() || named.contains(it)) {
            run.part(part).await;
        }
        let folder = folder.or_else(|| named.is_empty().then(|| BENCHES.into()));
        run.table.print(rounds, seconds, folder.as_deref());
    });
}
