//! [`Counts`]: gauges that are updated with every change, because counting all peers would be slow.

use super::output::Census;

/// Numbers of peers and matches in states that no collection counts by itself.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Peers in their grace period. They count towards the maximum number of peers.
    pub(crate) lost: usize,
    /// Waiting peers, including those in their grace period.
    pub(crate) waiting: usize,
    /// Matches that have connected.
    pub(crate) talking: usize,
}

impl Counts {
    /// The census, given the total numbers of peers, matches and open sockets.
    pub(crate) const fn census(&self, peers: usize, matches: usize, sockets: usize) -> Census {
        Census {
            idle: peers - self.waiting - 2 * matches,
            waiting: self.waiting,
            connecting: 2 * (matches - self.talking),
            talking: 2 * self.talking,
            matches,
            connections: sockets,
        }
    }
}
