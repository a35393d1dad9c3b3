//! The server's state machine; it must not know sockets, clocks, randomness, or the browser's half.

mod input;
mod output;

pub use input::{Closing, Connection, Input};
pub use output::{Census, Note, Output};

use crate::time::Moment;

/// What a matchmaker is given at birth.
#[derive(Clone, Debug)]
pub struct Config {
    /// The source of all ids and secrets: from the operating system, except in tests.
    pub seed: [u8; 32],
    /// Milliseconds from the Unix epoch to [`Moment`]'s origin; ids of version 7 tell when they were made.
    pub unix_origin_ms: u64,
    /// Open sockets at most; one more is told `server-full`.
    pub max_connections: usize,
}

/// Pairs peers, and passes on what the two of a pair say.
#[derive(Debug)]
pub struct Matchmaker {}

impl Matchmaker {
    /// One with nobody in it.
    pub fn new(_config: Config) -> Self {
        Self {}
    }

    /// Takes in one fact and says what must now be done. Total: never fails, never waits.
    pub fn handle(&mut self, _now: Moment, _input: Input) -> Vec<Output> {
        Vec::new()
    }

    /// When `handle(now, Input::Tick)` next has something to do.
    pub fn next_deadline(&self) -> Option<Moment> {
        None
    }

    /// How many there are of each.
    pub fn census(&self) -> Census {
        Census::default()
    }

    /// After [`Input::Drain`]: nobody is left whose call needs this server.
    pub fn is_drained(&self) -> bool {
        true
    }
}
