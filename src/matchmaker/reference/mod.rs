//! A slow and simple model of the matchmaker, with which random histories compare the real one.
//!
//! All state is in lists and every query scans them. After each input the model looks through the whole queue: it makes
//! the best of all possible pairs, then the next best, until no pair is left.

mod acknowledgements;
mod messages;
mod draining;
mod edges;
mod queueing;
mod sessions;
mod sockets;
mod standing;
mod moderation;
mod past_partners;
mod queries;

pub(crate) mod checked;

use super::tests::vocabulary::{ModelEvent, NETWORKS, PageAction, PageState, WireState};
use crate::{
    matchmaker::EdgeId,
    protocol::{Affinity, EndReason, ErrorCode, Media, Signalling},
};
use acknowledgements::ModelAcks;
use moderation::ModelModeration;
use standing::{ModelConnection, ModelEnding, ModelFailure, ModelLane, ModelOffer};

/// How many pairs may be made past a waiting page that accepts any partner.
const MAX_PASSED_BY: usize = 2;

/// One page, and the server's record of it.
#[derive(Clone, Debug)]
pub(crate) struct ModelPage {
    pub(crate) state: PageState,
    pub(crate) wire: WireState,
    /// Everything that the page has received.
    pub(crate) events: Vec<ModelEvent>,
    /// Index into `TASTES`.
    pub(crate) taste: usize,
    /// The affinity that the page requires now, and when it will require less (ms).
    pub(crate) wants: (Affinity, Option<u64>),
    /// How many pairs were made past this page while it waited and accepted any partner.
    pub(crate) times_passed_by: usize,
    /// The lane in which it waits.
    lane: ModelLane,
    /// Whether it was given its place back after a match that did not connect.
    was_given_back: bool,
    /// Its offer for the next partner.
    pub(crate) offer: ModelOffer,
    /// When it last did nothing although it was asked to (ms), and in which network.
    silent: Option<(u64, usize)>,
    /// For how long it was asked for an offer in waits that it left without sending one, since it last did something
    /// or was recorded as silent (ms).
    unanswered: u64,
    /// The network of its last socket that was welcomed.
    network: usize,
    /// The network of its next socket.
    pub(crate) next_network: usize,
    /// The edge of its last socket that was welcomed.
    edge: EdgeId,
    /// Messages for the page that are replayed when it resumes.
    missed_events: Vec<ModelEvent>,
    /// Since when it waits once it joins (ms), because it had waited at another server.
    waits_since: Option<u64>,
    /// Index of the page's device.
    pub(crate) device: usize,
    /// Devices that the page has met, and until when the search prefers others (ms).
    pub(crate) met: Vec<(usize, u64)>,
    /// Devices that the page has blocked; `None` for an invented pair.
    pub(crate) blocked: Vec<Option<usize>>,
    /// Messages of the page that reach the server when the page resumes.
    unsent: Vec<PageAction>,
    refusals: usize,
    /// Whether a message of the page has arrived since its last welcome: its former secret is no longer valid.
    pub(crate) is_confirmed: bool,
    acks: ModelAcks,
}

/// A match, whether or not it is over.
#[derive(Clone, Debug)]
pub(crate) struct ModelMatch {
    /// The two pages; the one that waited longer comes first.
    pub(crate) ends: [usize; 2],
    places: [(u64, usize); 2],
    were_given_back: [bool; 2],
    since: u64,
    /// The device and the network of each page when the match began.
    origins: [(usize, usize); 2],
    connected: [bool; 2],
    /// Which pages have sent a signal, or made the offer with which the match began.
    acted: [bool; 2],
    /// When it was the turn of each page to send something (ms).
    asked_at: [Option<u64>; 2],
    epochs: [u32; 2],
    connect_by: u64,
    /// The edge whose relay both ends use.
    relay: Option<EdgeId>,
    /// When both ends get new credentials for it (ms).
    renew_at: Option<u64>,
    /// When the match ended (ms); `None` while it lasts.
    pub(crate) ended_at: Option<u64>,
    forgotten: bool,
}

/// The model of a matchmaker and all its pages. Times are in milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct ReferenceModel {
    pub(crate) now: u64,
    /// The time up to which the server has handled its deadlines.
    pub(crate) caught_up_at: u64,
    pub(crate) pages: Vec<ModelPage>,
    pub(crate) matches: Vec<ModelMatch>,
    /// Pairs of pages that have parted, and until when they are not paired again.
    kept_apart: Vec<(usize, usize, u64)>,
    last_turn: usize,
    /// When the server began (ms).
    began_at: u64,
    /// The peers of another server whose proofs were honoured.
    honoured: Vec<usize>,
    /// When each page began to wait whose wait may not be proven yet (ms), the oldest first.
    unproven: Vec<u64>,
    /// Once the server drains, when it stops at the latest (ms).
    pub(crate) draining: Option<u64>,
    has_stopped: bool,
    capacity: usize,
    devices: Vec<ModelDevice>,
    failures: Vec<ModelFailure>,
    connections: Vec<ModelConnection>,
    pub(crate) moderation: ModelModeration,
    /// The edges with a relay, and whether each is about to stop.
    relays: Vec<(EdgeId, bool)>,
}

/// What a device remembers about past partners.
#[derive(Clone, Debug, Default)]
struct ModelDevice {
    /// Devices that it has met, and when its page was told of the match (ms).
    met: Vec<(usize, u64)>,
    blocked: Vec<Option<usize>>,
}

impl ReferenceModel {
    pub(crate) fn starting_at(now: u64, capacity: usize) -> Self {
        Self {
            now,
            caught_up_at: now,
            began_at: now,
            honoured: Vec::new(),
            unproven: Vec::new(),
            pages: Vec::new(),
            matches: Vec::new(),
            kept_apart: Vec::new(),
            last_turn: 0,
            draining: None,
            has_stopped: false,
            capacity,
            devices: Vec::new(),
            failures: Vec::new(),
            connections: Vec::new(),
            moderation: ModelModeration::default(),
            relays: Vec::new(),
        }
    }

    /// The media that the page of this index sends.
    pub(crate) fn media_of(page: usize) -> Media {
        Media { audio: true, video: page.is_multiple_of(2) }
    }

    /// A new page on a new device opens a socket.
    pub(crate) fn open_page(&mut self) {
        self.catch_up();
        let network = self.pages.len() % NETWORKS;
        self.pages.push(ModelPage {
            state: PageState::AwaitingHello { until: self.now + 5_000 },
            wire: WireState::Working,
            events: Vec::new(),
            taste: 0,
            wants: (Affinity::Anybody, None),
            times_passed_by: 0,
            lane: ModelLane::Ordinary,
            was_given_back: false,
            offer: ModelOffer::NotAsked,
            silent: None,
            unanswered: 0,
            network,
            next_network: network,
            edge: EdgeId(network as u64),
            device: self.devices.len(),
            met: Vec::new(),
            blocked: Vec::new(),
            missed_events: Vec::new(),
            waits_since: None,
            unsent: Vec::new(),
            refusals: 0,
            is_confirmed: false,
            acks: ModelAcks::default(),
        });
        self.devices.push(ModelDevice::default());
        if let Some(code) = self.admission_error(self.open_sockets() - 1) {
            self.dismiss(self.pages.len() - 1, code);
        }
    }

    /// A page says hello without a resume secret, or with an invalid one.
    pub(crate) fn send_hello(&mut self, page: usize) {
        self.catch_up();
        if matches!(self.pages[page].state, PageState::AwaitingHello { .. }) && self.refuse_sanctioned(page) {
            return self.pair_all();
        }
        match self.pages[page].state {
            PageState::AwaitingHello { .. } if self.draining.is_some() => {
                self.dismiss(page, ErrorCode::ServerStops)
            }
            PageState::AwaitingHello { .. } if self.peer_count() >= self.capacity => {
                self.dismiss(page, ErrorCode::ServerFull);
            }
            PageState::AwaitingHello { .. } => {
                self.pages[page].state = PageState::Idle;
                self.set_engaged_by_hello(page, false);
                self.load_past_partners(page);
                self.send_to_page(page, ModelEvent::Welcome { resumed: false });
                self.tell_warning(page);
            }
            PageState::Gone => {}
            PageState::Idle | PageState::Waiting(..) | PageState::Matched(_) => {
                self.dismiss(page, ErrorCode::HelloTwice);
            }
        }
        self.pair_all();
    }

    /// A page's wire stops working, and the server does not notice.
    pub(crate) fn cut_wire(&mut self, page: usize) {
        self.pages[page].wire = WireState::Cut;
    }

    /// The server notices that a page's socket is gone.
    pub(crate) fn lose_socket(&mut self, page: usize) {
        self.cut_wire(page);
        self.catch_up();
        if !self.is_lost(page) {
            self.start_grace(page);
        }
    }

    /// A page closes its socket on purpose.
    pub(crate) fn close_page(&mut self, page: usize) {
        self.cut_wire(page);
        self.catch_up();
        self.forget(page, EndReason::PartnerLeft);
        // A match that its silent page has left may have set others apart.
        self.pair_all();
    }

    /// Handles all deadlines up to now, earliest first, and then makes all possible pairs.
    pub(crate) fn catch_up(&mut self) {
        self.caught_up_at = self.now;
        // Of several that are equal, the first one counts.
        let first = |all: Vec<(u64, u8, usize)>| all.into_iter().min_by_key(|(at, kind, _)| (*at, *kind));
        while let Some(due) = first(self.deadlines()).filter(|(at, ..)| *at <= self.now) {
            match due {
                (_, 0, page) => self.dismiss(page, ErrorCode::HelloFirst),
                (_, 1, page) => self.forget(page, EndReason::PartnerLost),
                (_, 3, page) => self.widen(page),
                (_, 4, page) => self.give_up_on_offer(page),
                (_, 5, _) => self.stop(),
                (_, 6, page) => self.check_acknowledgements(page),
                (_, 7, match_index) => self.renew_relay(match_index),
                (_, 8, _) => self.unproven.retain(|since| since + 500 > self.now),
                (_, _, match_index) if self.matches[match_index].ends.iter().any(|it| self.is_lost(*it)) => {
                    self.matches[match_index].connect_by = self.now + 20_000;
                }
                (_, _, match_index) => self.end_unconnected(match_index, ModelEnding::TimedOut),
            }
        }
        self.pair_all();
    }

    /// Ends a match. `page` caused it and is given the reason `own`; `usize::MAX` means that neither page did.
    fn end_match(&mut self, match_index: usize, page: usize, own: EndReason, partners: EndReason) {
        let (now, ends) = (self.now, self.matches[match_index].ends);
        if partners != EndReason::Unconnected {
            let silent = self.silent_ends(match_index, ModelEnding::Left);
            self.record_end(match_index, ModelEnding::Left, silent);
        }
        for it in &mut self.matches {
            it.forgotten |= it.ended_at.is_some_and(|at| now - at >= 600_000);
        }
        self.matches[match_index].ended_at = Some(now);
        self.kept_apart.push((ends[0], ends[1], now + 30_000));
        for end in ends {
            if self.pages[end].state == PageState::Gone {
                continue;
            }
            self.pages[end].state = PageState::Idle;
            let reason = if end == page { own } else { partners };
            self.send_to_page(end, ModelEvent::Ended { match_index, reason });
            if end != page && partners != EndReason::Unconnected {
                self.dismiss_if_draining(end);
            }
        }
    }

    fn notify_partner(&mut self, page: usize, signalling: Signalling) {
        if let PageState::Matched(match_index) = self.pages[page].state {
            let partner = self.matches[match_index].ends[1 - self.end_index(match_index, page)];
            self.send_to_page(partner, ModelEvent::Partner { match_index, signalling });
        }
    }

    fn refuse(&mut self, page: usize, code: ErrorCode) {
        self.pages[page].refusals += 1;
        if code.close_code().is_some() {
            return self.dismiss(page, code);
        }
        self.send_to_page(page, ModelEvent::Error(code));
        if self.pages[page].refusals > 16 {
            self.dismiss(page, ErrorCode::TooManyRefusals);
        }
    }

    fn dismiss(&mut self, page: usize, code: ErrorCode) {
        self.send_to_page(page, ModelEvent::Error(code));
        self.send_to_page(page, ModelEvent::Closed(code));
        self.forget(page, EndReason::PartnerLeft);
    }

    fn forget(&mut self, page: usize, reason: EndReason) {
        let before = std::mem::replace(&mut self.pages[page].state, PageState::Gone);
        if let PageState::Matched(match_index) = before {
            self.end_match(match_index, page, reason, reason);
        }
    }
}
