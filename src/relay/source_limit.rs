//! [`SourceLimit`]: how many answers a network gets before it has proven its address.

use core::hash::{Hash, Hasher};
use std::hash::DefaultHasher;

use super::path::Network;
use crate::time::{Moment, RateLimit, RateState};

/// How many networks are told apart. Those that share an entry share the limit. The table takes 512 KiB.
const ENTRIES: usize = 1 << 16;

/// Ten a second, ten at once. A page asks a dozen times when it gathers candidates, and repeats what is not answered.
const LIMIT: RateLimit = RateLimit::new(600, 10);

/// The limit for unauthenticated requests: a table of fixed size, so that false addresses cost no memory.
#[derive(Debug)]
pub(crate) struct SourceLimit {
    /// Makes unpredictable which networks share an entry.
    salt: u64,
    entries: Box<[RateState]>,
}

impl SourceLimit {
    /// No request yet.
    pub(crate) fn new(salt: u64) -> Self {
        Self { salt, entries: vec![RateState::default(); ENTRIES].into() }
    }

    /// Takes one answer for this network, if the limit allows it.
    pub(crate) fn take(&mut self, now: Moment, network: Network) -> bool {
        let mut hasher = DefaultHasher::new();
        (self.salt, network).hash(&mut hasher);
        let entry = hasher.finish() as usize % ENTRIES;
        LIMIT.take(&mut self.entries[entry], now)
    }
}
