//! How the modelled server sends its pages away before it stops.

use super::ReferenceModel;
use crate::{
    matchmaker::tests::vocabulary::{ModelEvent, PageState},
    protocol::ErrorCode,
};

impl ReferenceModel {
    /// The server stops at `until` (ms) at the latest.
    pub(crate) fn drain(&mut self, until: u64) {
        self.catch_up();
        if self.draining.is_some() {
            return;
        }
        self.draining = Some(until);
        if until <= self.now {
            return self.stop();
        }
        self.dismiss_unmatched();
    }

    /// When the server stops, if that is still to come (ms).
    pub(crate) fn stops_at(&self) -> Option<u64> {
        self.draining.filter(|_| !self.has_stopped)
    }

    /// The server stops and forgets its matches, which go on without it.
    pub(crate) fn stop(&mut self) {
        self.has_stopped = true;
        for it in self.matches.iter_mut().filter(|it| it.ended_at.is_none()) {
            it.ended_at = Some(self.now);
        }
        for page in self.pages.iter_mut().filter(|it| matches!(it.state, PageState::Matched(_))) {
            page.state = PageState::Idle;
        }
        self.dismiss_unmatched();
    }

    fn dismiss_unmatched(&mut self) {
        for page in 0..self.pages.len() {
            if let PageState::Idle | PageState::Waiting(..) = self.pages[page].state {
                self.dismiss_if_draining(page);
            }
        }
    }

    /// Sends a page away that is not in a match.
    pub(crate) fn dismiss_if_draining(&mut self, page: usize) {
        if self.draining.is_some() {
            self.send_to_page(page, ModelEvent::ComeBack);
            self.dismiss(page, ErrorCode::ServerStops);
        }
    }
}
