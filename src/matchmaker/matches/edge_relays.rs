//! [`EdgeRelays`]: the relays inside the edges of a cluster. Where a server has one relay for everybody, there are none
//! of these.

use std::collections::BTreeMap;

use super::own_relay::OwnRelay;
use crate::matchmaker::input::EdgeId;

/// The relays of all edges that have one. An edge that is lost has none.
#[derive(Debug, Default)]
pub(crate) struct EdgeRelays(BTreeMap<EdgeId, EdgeRelay>);

/// The relay of an edge.
#[derive(Debug)]
struct EdgeRelay {
    relay: OwnRelay,
    /// Whether matches that have the choice use another one, because the edge is about to stop.
    drains: bool,
}

impl EdgeRelays {
    /// An edge has a relay.
    pub(crate) fn add(&mut self, edge: EdgeId, relay: OwnRelay) {
        self.0.insert(edge, EdgeRelay { relay, drains: false });
    }

    /// An edge is gone. Returns whether it had a relay.
    pub(crate) fn remove(&mut self, edge: EdgeId) -> bool {
        self.0.remove(&edge).is_some()
    }

    /// An edge is about to stop. Returns whether it has a relay.
    pub(crate) fn avoid(&mut self, edge: EdgeId) -> bool {
        let Some(it) = self.0.get_mut(&edge) else { return false };
        it.drains = true;
        true
    }

    /// The relay of an edge.
    pub(crate) fn get(&self, edge: EdgeId) -> Option<&OwnRelay> {
        self.0.get(&edge).map(|it| &it.relay)
    }

    /// Whether no edge has a relay.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is a relay that another match may use.
    pub(crate) fn has_open(&self) -> bool {
        self.0.values().any(|it| !it.drains)
    }

    /// Whether an edge has a relay that another match may use.
    pub(crate) fn is_open(&self, edge: EdgeId) -> bool {
        self.0.get(&edge).is_some_and(|it| !it.drains)
    }

    /// The edge whose relay is used by those who are at these edges: the first of them with one that is open, or else
    /// the next edge in the circle of all ids after the first of them. `None` if no relay is open.
    pub(crate) fn choose(&self, edges: impl IntoIterator<Item = EdgeId>) -> Option<EdgeId> {
        if self.0.is_empty() {
            return None;
        }
        let mut first = None;
        for edge in edges {
            if self.is_open(edge) {
                return Some(edge);
            }
            first = first.or(Some(edge));
        }
        let first = first.unwrap_or_default();
        self.0.range(first..).chain(self.0.range(..first)).find(|(_, it)| !it.drains).map(|(edge, _)| *edge)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_first_edge_with_an_open_relay_counts_or_else_the_next_one_in_the_circle() {
        let relay = OwnRelay { sites: Vec::new(), lifetime: Duration::from_secs(600) };
        let mut relays = EdgeRelays::default();
        assert_eq!(relays.choose([EdgeId(5)]), None);
        for edge in [3, 5, 8] {
            relays.add(EdgeId(edge), relay.clone());
        }
        let choose = |relays: &EdgeRelays, edges: &[u64]| {
            relays.choose(edges.iter().copied().map(EdgeId)).map(|it| it.0)
        };
        assert_eq!(choose(&relays, &[8, 3]), Some(8));
        assert_eq!(choose(&relays, &[7, 3]), Some(3), "one of the two edges");
        assert_eq!(choose(&relays, &[6, 7]), Some(8));
        assert_eq!(choose(&relays, &[9]), Some(3));
        assert_eq!(choose(&relays, &[]), Some(3));
        assert!(relays.avoid(EdgeId(8)) && !relays.avoid(EdgeId(9)));
        assert_eq!(choose(&relays, &[8, 5]), Some(5));
        assert_eq!(choose(&relays, &[8]), Some(3));
        assert!(relays.avoid(EdgeId(3)) && relays.remove(EdgeId(5)) && !relays.remove(EdgeId(5)));
        assert_eq!(choose(&relays, &[8, 5]), None);
        assert!(!relays.has_open() && !relays.is_empty());
    }
}
