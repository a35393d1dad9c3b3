//! The model of one core of a cluster: it gets what sockets report, one input after the other, and does not know what
//! has arrived at their pages but by their acknowledgements.
//!
//! Elsewhere a page and its socket are one. Here a page that has not said hello is a page of its own until it does.

use super::{ModelDevice, ModelMatch, ReferenceModel};
use crate::{
    matchmaker::{
        EdgeId,
        tests::vocabulary::{ModelEvent, PageAction, PageState, RENEW_EVERY_MS, WireState},
    },
    protocol::{EndReason, ErrorCode, Signalling},
};

/// The network of a socket, and its edge.
pub(crate) type ModelPlace = (usize, EdgeId);

/// What a page shows in its hello.
#[derive(Clone, Debug)]
pub(crate) struct ModelHello {
    /// The page whose secret it shows, if that is valid, and how many more messages to that page it acknowledges.
    pub(crate) resume: Option<(usize, usize)>,
    /// The ticket.
    pub(crate) ticket: Option<ModelTicket>,
    /// Whether it shows a secret or a ticket, valid or not.
    pub(crate) is_engaged: bool,
    /// Its device; `None` if that has no name.
    pub(crate) device: Option<usize>,
    /// The devices that it has met, and how many minutes ago.
    pub(crate) met: Vec<(usize, u64)>,
}

/// A valid ticket, as far as the core knows what it is about.
#[derive(Clone, Debug)]
pub(crate) struct ModelTicket {
    /// The match.
    pub(crate) match_index: Option<usize>,
    /// The pages of the impolite and the polite end.
    pub(crate) ends: [Option<usize>; 2],
    /// The end that holds it.
    pub(crate) holder: usize,
    /// Whether the match that each of the two is in now is older.
    pub(crate) is_newer: [bool; 2],
    /// Whether the page of its holder has a session, in which messages may be lost when another one begins.
    pub(crate) has_session: bool,
}

impl ReferenceModel {
    /// A socket is open. Returns its page.
    pub(crate) fn on_opened(&mut self, place: ModelPlace) -> usize {
        self.catch_up();
        self.add_page(place)
    }

    /// A device that the core has not seen.
    pub(crate) fn add_device(&mut self) -> usize {
        self.devices.push(ModelDevice::default());
        self.devices.len() - 1
    }

    fn add_page(&mut self, (network, edge): ModelPlace) -> usize {
        self.open_page();
        let page = self.pages.len() - 1;
        (self.pages[page].network, self.pages[page].next_network) = (network, network);
        self.pages[page].edge = edge;
        page
    }

    /// A page says hello on a socket. Returns the page to which the socket belongs from now on.
    pub(crate) fn on_hello(&mut self, socket: usize, hello: ModelHello) -> usize {
        self.catch_up();
        let page = match self.pages[socket].state {
            PageState::Gone => socket,
            PageState::Idle | PageState::Waiting(..) | PageState::Matched(_) => {
                self.dismiss(socket, ErrorCode::HelloTwice);
                socket
            }
            PageState::AwaitingHello { .. } => {
                self.pages[socket].state = PageState::Gone;
                self.greet((self.pages[socket].network, self.pages[socket].edge), hello)
            }
        };
        self.pair_all();
        page
    }

    fn greet(&mut self, place: ModelPlace, hello: ModelHello) -> usize {
        if let Some((page, acknowledged)) = hello.resume {
            self.reattach(page, place, acknowledged, true);
            return page;
        }
        if let Some(ticket) = hello.ticket.clone().filter(|it| self.accepts(it)) {
            return self.resume_by_ticket(place, ticket, hello);
        }
        // A page of its own, since peers are ordered by when they say hello.
        let page = self.add_page(place);
        self.pages[page].state = PageState::Idle;
        self.set_engaged_by_hello(page, hello.is_engaged);
        self.introduce(page, hello);
        self.send_to_page(page, ModelEvent::Welcome { resumed: false });
        page
    }

    fn introduce(&mut self, page: usize, hello: ModelHello) {
        let now = self.now;
        if let Some(device) = hello.device {
            self.pages[page].device = device;
        }
        let until = |minutes: u64| now + 1_800_000_u64.saturating_sub(60_000 * minutes);
        self.pages[page].met = hello.met.into_iter().map(|(it, minutes)| (it, until(minutes))).collect();
    }

    /// Whether the core resumes or rebuilds the match of a ticket.
    pub(crate) fn accepts(&self, ticket: &ModelTicket) -> bool {
        let is_current = |it| ticket.ends[ticket.holder].map(|page| self.pages[page].state) == Some(it);
        match self.known_match(ticket) {
            Some(index) => is_current(PageState::Matched(index)),
            None => (0..2).all(|end| self.is_available(ticket, end)),
        }
    }

    /// Whether an end of a ticket is free for its match: unknown, or expected in an older match that waits for an end,
    /// or lost there by the holder of the ticket.
    fn is_available(&self, ticket: &ModelTicket, end: usize) -> bool {
        let Some(page) = ticket.ends[end].filter(|it| self.pages[*it].state != PageState::Gone) else {
            return true;
        };
        let has_come = self.was_welcomed(page);
        let is_absent = self.is_lost(page) && (end == ticket.holder || !has_come);
        let waits_for_end = |it: usize| self.matches[it].ends.iter().any(|it| !self.was_welcomed(*it));
        let is_free = match self.pages[page].state {
            PageState::Matched(index) => ticket.is_newer[end] && waits_for_end(index),
            PageState::AwaitingHello { .. } | PageState::Idle | PageState::Waiting(..) | PageState::Gone => {
                !has_come
            }
        };
        is_absent && is_free
    }

    fn resume_by_ticket(&mut self, place: ModelPlace, ticket: ModelTicket, hello: ModelHello) -> usize {
        let current = self.known_match(&ticket);
        let index = current.unwrap_or_else(|| self.rebuild(place, &ticket));
        let page = self.matches[index].ends[ticket.holder];
        let before = self.pages[page].wire;
        let loses_signals = self.loses_signals(&ticket);
        if loses_signals {
            self.pages[page].missed_events.clear();
            self.pages[page].acks.forget();
        }
        self.introduce(page, hello);
        self.reattach(page, place, 0, false);
        if let Some(relay) = self.matches[index].relay {
            self.send_to_page(page, ModelEvent::Ice { match_index: index, relay: Some(relay) });
        }
        if loses_signals && before == WireState::Working {
            self.notify_partner(page, Signalling::Back);
        }
        page
    }

    /// The match of a ticket, if the core has it or remembers it.
    fn known_match(&self, ticket: &ModelTicket) -> Option<usize> {
        ticket.match_index.filter(|it| !self.matches[*it].forgotten)
    }

    /// Whether a page whose ticket is accepted begins a new session instead of one that the core knows.
    pub(crate) fn loses_signals(&self, ticket: &ModelTicket) -> bool {
        self.known_match(ticket).is_some() && ticket.has_session
    }

    /// Makes the match of a ticket, whose ends are expected.
    fn rebuild(&mut self, place: ModelPlace, ticket: &ModelTicket) -> usize {
        for page in ticket.ends.into_iter().flatten() {
            if self.pages[page].state != PageState::Gone {
                self.forget(page, EndReason::PartnerLost);
            }
        }
        let (now, index) = (self.now, self.matches.len());
        let ends = [0, 1].map(|_| self.add_page(place));
        for page in ends {
            self.pages[page].state = PageState::Matched(index);
            self.pages[page].wire = WireState::Lost { until: now + 20_000 };
        }
        let places = ends.map(|_| {
            self.last_turn += 1;
            (now, self.last_turn)
        });
        let relay = self.choose_relay(&[place.1]);
        self.matches.push(ModelMatch {
            ends,
            places,
            were_given_back: [false; 2],
            since: now,
            origins: ends.map(|it| (self.pages[it].device, place.0)),
            connected: [true; 2],
            acted: [false; 2],
            asked_at: [None; 2],
            epochs: [0; 2],
            connect_by: now,
            relay,
            renew_at: relay.map(|_| now + RENEW_EVERY_MS),
            ended_at: None,
            forgotten: false,
        });
        index
    }

    /// A page has another socket.
    fn reattach(&mut self, page: usize, (network, edge): ModelPlace, acknowledged: usize, resumed: bool) {
        let before = self.pages[page].wire;
        (self.pages[page].network, self.pages[page].next_network) = (network, network);
        self.pages[page].edge = edge;
        (self.pages[page].wire, self.pages[page].refusals) = (WireState::Working, 0);
        self.set_engaged_by_hello(page, true);
        self.pages[page].acks.mark_received(acknowledged);
        self.resend_unacknowledged(page);
        self.send_to_page(page, ModelEvent::Welcome { resumed });
        for event in std::mem::take(&mut self.pages[page].missed_events) {
            self.deliver(page, event);
        }
        self.return_to_match(page, before);
    }

    /// A frame has arrived on the socket of a page; it acknowledges so many more messages. There is no action in a sign
    /// of life, nor in a message that has arrived before.
    pub(crate) fn on_frame(&mut self, page: usize, acknowledged: usize, action: Option<PageAction>) {
        self.catch_up();
        if self.pages[page].state == PageState::Gone || self.is_lost(page) {
            return;
        }
        self.acknowledge(page, acknowledged);
        match (action, self.pages[page].state) {
            (Some(action), _) => self.on_message(page, action),
            (None, PageState::AwaitingHello { .. }) => self.dismiss(page, ErrorCode::HelloFirst),
            (None, _) => {}
        }
        self.pair_all();
    }

    /// The numbers on the socket of a page are wrong.
    pub(crate) fn on_broken(&mut self, page: usize) {
        self.catch_up();
        if self.pages[page].state != PageState::Gone && !self.is_lost(page) {
            self.dismiss(page, ErrorCode::BadSequence);
        }
        self.pair_all();
    }

    /// The socket of a page is gone.
    pub(crate) fn on_closed(&mut self, page: usize, is_goodbye: bool) {
        self.catch_up();
        match self.pages[page].state {
            PageState::AwaitingHello { .. } => self.pages[page].state = PageState::Gone,
            PageState::Gone => {}
            _ if self.is_lost(page) => {}
            _ if is_goodbye => self.forget(page, EndReason::PartnerLeft),
            PageState::Idle | PageState::Waiting(..) | PageState::Matched(_) => self.start_grace(page),
        }
        self.pair_all();
    }

    /// An edge is gone, which had the sockets of these pages.
    pub(crate) fn on_edge_lost(&mut self, edge: EdgeId, pages: &[usize]) {
        self.catch_up();
        let pages = self.with_sockets(pages);
        self.detach_all(&pages, None);
        self.forget_relay(edge);
    }

    /// An edge is about to stop, which has the sockets of these pages.
    pub(crate) fn on_edge_drains(&mut self, edge: EdgeId, pages: &[usize]) {
        self.catch_up();
        let pages = self.with_sockets(pages);
        self.send_to_other_edges(&pages);
        self.avoid_relay(edge);
    }

    /// Those of these pages whose sockets the core has not closed.
    fn with_sockets(&self, pages: &[usize]) -> Vec<usize> {
        let has_one = |it: &usize| self.pages[*it].state != PageState::Gone && !self.is_lost(*it);
        pages.iter().copied().filter(has_one).collect()
    }

    /// Whether the core has a peer for this page.
    pub(crate) fn is_there(&self, page: usize) -> bool {
        !matches!(self.pages[page].state, PageState::AwaitingHello { .. } | PageState::Gone)
    }

    /// The match that a page is in.
    pub(crate) fn match_of(&self, page: usize) -> Option<usize> {
        if let PageState::Matched(index) = self.pages[page].state { Some(index) } else { None }
    }

    /// What the core does after every input.
    pub(crate) fn settle(&mut self) {
        self.ask_for_offers();
        self.watch_acknowledgements();
    }
}
