//! The model's sessions: pages that resume, and welcomes that are lost.

use super::{ReferenceModel, standing::ModelOffer};
use crate::{
    matchmaker::{
        EdgeId,
        tests::vocabulary::{ModelEvent, PageState, WireState},
    },
    protocol::{ErrorCode, Signalling},
};

impl ReferenceModel {
    /// A page says its first hello, and the wire is cut before the welcome arrives, so that its peer stays behind.
    ///
    /// It is on the device of `tab_of`, or on a new one.
    pub(crate) fn add_ghost(&mut self, tab_of: Option<usize>) {
        self.open_page();
        let new = self.pages.len() - 1;
        if let Some(page) = tab_of {
            self.pages[new].device = self.pages[page].device;
        }
        if self.pages[new].state != PageState::Gone {
            self.cut_wire(new);
            self.send_hello(new);
        }
    }

    /// A page opens another socket and shows its resume secret there; the wire is cut before the welcome arrives.
    pub(crate) fn lose_welcome(&mut self, page: usize) {
        self.catch_up();
        if let Some(code) = self.admission_error(self.open_sockets()) {
            return self.pages[page].events.extend([ModelEvent::Error(code), ModelEvent::Closed(code)]);
        }
        if self.pages[page].state == PageState::Gone {
            self.add_ghost(Some(page));
            return self.move_newest_page(page);
        }
        let before = self.pages[page].wire;
        self.enter_next_network(page);
        (self.pages[page].wire, self.pages[page].refusals) = (WireState::Cut, 0);
        self.set_engaged_by_hello(page, true);
        self.resend_unacknowledged(page);
        self.tell_warning(page);
        self.return_to_match(page, before);
        self.pair_all();
    }

    /// A page opens another socket and shows its resume secret there.
    pub(crate) fn resume(&mut self, page: usize) {
        self.catch_up();
        if let Some(code) = self.admission_error(self.open_sockets()) {
            return self.pages[page].events.extend([ModelEvent::Error(code), ModelEvent::Closed(code)]);
        }
        if self.pages[page].state == PageState::Gone {
            self.reload(page);
            return self.move_newest_page(page);
        }
        let before = self.pages[page].wire;
        self.enter_next_network(page);
        (self.pages[page].wire, self.pages[page].refusals) = (WireState::Working, 0);
        self.pages[page].is_confirmed = false;
        self.set_engaged_by_hello(page, true);
        self.resend_unacknowledged(page);
        self.send_to_page(page, ModelEvent::Welcome { resumed: true });
        for event in std::mem::take(&mut self.pages[page].missed_events) {
            self.deliver(page, event);
        }
        self.tell_warning(page);
        self.return_to_match(page, before);
        self.pair_all();
        let received = self.received(page);
        for (n, action) in std::mem::take(&mut self.pages[page].unsent).into_iter().enumerate() {
            self.ask_for_offers();
            self.acknowledge(page, if n == 0 { received } else { 0 });
            self.on_message(page, action);
        }
    }

    /// The server has a new socket of a page; its partner is told if the former one was known to be lost.
    pub(super) fn return_to_match(&mut self, page: usize, before: WireState) {
        if let WireState::Lost { .. } = before {
            self.pages[page].times_passed_by = 0;
            self.notify_partner(page, Signalling::Back);
        }
        if let (PageState::Waiting(..), ModelOffer::Asked { until }) =
            (self.pages[page].state, self.pages[page].offer)
            && until <= self.now
        {
            self.give_up_on_offer(page);
        }
        if self.resumes_in_vain(page) {
            self.dismiss(page, ErrorCode::TooSlow);
        }
    }

    /// A page has a socket in the network that it was to use next, at the edge of that network.
    fn enter_next_network(&mut self, page: usize) {
        let network = self.pages[page].next_network;
        (self.pages[page].network, self.pages[page].edge) = (network, EdgeId(network as u64));
    }

    /// The newest page is in the network to which `page` has moved.
    fn move_newest_page(&mut self, page: usize) {
        let (network, newest) = (self.pages[page].next_network, self.pages.len() - 1);
        self.pages[newest].next_network = network;
        self.enter_next_network(newest);
        // Its hello shows a secret that is no longer valid.
        self.set_engaged_by_hello(newest, true);
    }
}
