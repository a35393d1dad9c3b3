//! The model's edges: each serves the pages of one network.

use super::{ModelMatch, ReferenceModel};
use crate::{
    matchmaker::{
        EdgeId,
        tests::vocabulary::{ModelEvent, PageState, RENEW_EVERY_MS},
    },
    protocol::{ErrorCode, Signalling},
};

impl ReferenceModel {
    /// The edge of a network is gone with all its sockets.
    pub(crate) fn lose_edge(&mut self, network: usize) {
        let pages = self.pages_on_edge(network);
        pages.iter().for_each(|it| self.cut_wire(*it));
        self.catch_up();
        self.detach_all(&pages, None);
        self.forget_relay(EdgeId(network as u64));
    }

    /// The edge of a network is about to stop; its pages are told to come back through another one.
    pub(crate) fn drain_edge(&mut self, network: usize) {
        self.catch_up();
        let pages = self.pages_on_edge(network);
        self.send_to_other_edges(&pages);
        self.avoid_relay(EdgeId(network as u64));
    }

    /// These pages are told to come back through another edge.
    pub(super) fn send_to_other_edges(&mut self, pages: &[usize]) {
        for page in pages {
            if let PageState::AwaitingHello { .. } = self.pages[*page].state {
                self.dismiss(*page, ErrorCode::ServerStops);
            } else {
                self.send_to_page(*page, ModelEvent::ComeBack);
                self.send_to_page(*page, ModelEvent::Error(ErrorCode::ServerStops));
                self.send_to_page(*page, ModelEvent::Closed(ErrorCode::ServerStops));
            }
        }
        self.detach_all(pages, Some(20_000));
    }

    /// The pages whose sockets are open and at the edge of this network, as far as the server knows.
    fn pages_on_edge(&self, network: usize) -> Vec<usize> {
        let is_there = |it: &usize| {
            let page = &self.pages[*it];
            page.network == network && page.state != PageState::Gone && !self.is_lost(*it)
        };
        (0..self.pages.len()).filter(is_there).collect()
    }

    /// The sockets of these pages are gone; `grace` replaces the usual time that they have to come back (ms).
    pub(super) fn detach_all(&mut self, pages: &[usize], grace: Option<u64>) {
        let was_lost: Vec<_> = pages.iter().map(|it| self.is_lost(*it)).collect();
        for (page, was_lost) in pages.iter().zip(&was_lost) {
            if let PageState::AwaitingHello { .. } = self.pages[*page].state {
                self.pages[*page].state = PageState::Gone;
            } else if !was_lost {
                self.detach(*page, grace.unwrap_or(self.grace(*page)));
            }
        }
        for (page, _) in pages.iter().zip(was_lost).filter(|(_, was_lost)| !was_lost) {
            self.notify_partner(*page, Signalling::Lost);
        }
    }

    /// An edge has a relay.
    pub(crate) fn add_relay(&mut self, edge: EdgeId) {
        self.catch_up();
        self.relays.retain(|it| it.0 != edge);
        self.relays.push((edge, false));
        self.replace_relays();
    }

    /// The relay of an edge is gone.
    pub(super) fn forget_relay(&mut self, edge: EdgeId) {
        self.relays.retain(|it| it.0 != edge);
        self.replace_relays();
    }

    /// The relay of an edge will be gone soon.
    pub(super) fn avoid_relay(&mut self, edge: EdgeId) {
        self.relays.iter_mut().filter(|it| it.0 == edge).for_each(|it| it.1 = true);
        self.replace_relays();
    }

    /// Every match whose relay does not last has another one, if there is one that does.
    fn replace_relays(&mut self) {
        for index in 0..self.matches.len() {
            let ModelMatch { relay, ends, ended_at, .. } = self.matches[index];
            if ended_at.is_some() || relay.is_some_and(|it| self.relays.contains(&(it, false))) {
                continue;
            }
            let reachable = ends.into_iter().filter(|it| !self.is_lost(*it)).map(|it| self.pages[it].edge);
            let edges: Vec<_> = reachable.chain(relay).collect();
            if let Some(next) = self.choose_relay(&edges) {
                self.matches[index].relay = Some(next);
                self.renew_relay(index);
            } else if relay.is_some_and(|it| !self.relays.contains(&(it, true))) {
                (self.matches[index].relay, self.matches[index].renew_at) = (None, None);
            }
        }
    }

    /// The edge whose relay serves these edges: one that lasts, best of the first of them that has one, or else the
    /// next one in the circle after the first of them.
    pub(super) fn choose_relay(&self, edges: &[EdgeId]) -> Option<EdgeId> {
        let lasting = || self.relays.iter().filter(|it| !it.1).map(|it| it.0);
        let own = edges.iter().copied().find(|it| lasting().any(|other| other == *it));
        let first = edges.first().map_or(0, |it| it.0);
        own.or_else(|| lasting().min_by_key(|it| it.0.wrapping_sub(first)))
    }

    /// Both ends of a match get new credentials for its relay.
    pub(super) fn renew_relay(&mut self, match_index: usize) {
        let ModelMatch { relay, ends, .. } = self.matches[match_index];
        self.matches[match_index].renew_at = relay.map(|_| self.now + RENEW_EVERY_MS);
        for page in ends {
            self.send_to_page(page, ModelEvent::Ice { match_index, relay });
        }
    }
}
