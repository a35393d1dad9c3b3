//! The model's edges: each serves the pages of one network.

use super::ReferenceModel;
use crate::{
    matchmaker::tests::vocabulary::{ModelEvent, PageState},
    protocol::{ErrorCode, Signalling},
};

impl ReferenceModel {
    /// The edge of a network is gone with all its sockets.
    pub(crate) fn lose_edge(&mut self, network: usize) {
        let pages = self.pages_on_edge(network);
        pages.iter().for_each(|it| self.cut_wire(*it));
        self.catch_up();
        self.detach_all(&pages, None);
    }

    /// The edge of a network is about to stop; its pages are told to come back through another one.
    pub(crate) fn drain_edge(&mut self, network: usize) {
        self.catch_up();
        let pages = self.pages_on_edge(network);
        self.send_to_other_edges(&pages);
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
}
