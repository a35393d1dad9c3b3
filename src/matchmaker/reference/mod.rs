//! A slow and simple model of the matchmaker, with which random histories compare the real one.
//!
//! All state is in lists and every query scans them. After each input the model looks through the whole queue: it makes
//! the best of all possible pairs, then the next best, until no pair is left.

mod acknowledgements;
mod queueing;
mod past_partners;
mod queries;

use super::tests::vocabulary::{MatchAction, ModelEvent, PageAction, PageState, WireState};
use crate::protocol::{Affinity, EndReason, ErrorCode, Media, Signalling};
use acknowledgements::ModelAcks;

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
    /// Messages for the page that are replayed when it resumes.
    missed_events: Vec<ModelEvent>,
    /// Index of the page's device.
    pub(crate) device: usize,
    /// Devices that the page has met, and until when the search prefers others (ms).
    pub(crate) met: Vec<(usize, u64)>,
    /// Devices that the page has blocked; `None` for an invented pair.
    pub(crate) blocked: Vec<Option<usize>>,
    /// Messages of the page that reach the server when the page resumes.
    unsent: Vec<PageAction>,
    refusals: usize,
    acks: ModelAcks,
}

/// A match, whether or not it is over.
#[derive(Clone, Debug)]
pub(crate) struct ModelMatch {
    /// The two pages; the one that waited longer comes first.
    pub(crate) ends: [usize; 2],
    places: [(u64, usize); 2],
    connected: [bool; 2],
    epochs: [u32; 2],
    connect_by: u64,
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
    pub(crate) draining: bool,
    capacity: usize,
    devices: Vec<ModelDevice>,
}

/// What a device remembers about past partners.
#[derive(Clone, Debug, Default)]
struct ModelDevice {
    /// Devices that it has met, and when its page was told of the match (ms).
    met: Vec<(usize, u64)>,
    blocked: Vec<Option<usize>>,
}

impl ReferenceModel {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            now: 0,
            caught_up_at: 0,
            pages: Vec::new(),
            matches: Vec::new(),
            kept_apart: Vec::new(),
            last_turn: 0,
            draining: false,
            capacity,
            devices: Vec::new(),
        }
    }

    /// The media that the page of this index sends.
    pub(crate) fn media_of(page: usize) -> Media {
        Media { audio: true, video: page.is_multiple_of(2) }
    }

    /// A new page on a new device opens a socket.
    pub(crate) fn open_page(&mut self) {
        self.catch_up();
        self.pages.push(ModelPage {
            state: PageState::AwaitingHello { until: self.now + 5_000 },
            wire: WireState::Working,
            events: Vec::new(),
            taste: 0,
            wants: (Affinity::Anybody, None),
            times_passed_by: 0,
            device: self.devices.len(),
            met: Vec::new(),
            blocked: Vec::new(),
            missed_events: Vec::new(),
            unsent: Vec::new(),
            refusals: 0,
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
        match self.pages[page].state {
            PageState::AwaitingHello { .. } if self.draining => self.dismiss(page, ErrorCode::ServerStops),
            PageState::AwaitingHello { .. } if self.peer_count() >= self.capacity => {
                self.dismiss(page, ErrorCode::ServerFull);
            }
            PageState::AwaitingHello { .. } => {
                self.pages[page].state = PageState::Idle;
                self.set_engaged_by_hello(page, false);
                self.load_past_partners(page);
                self.send_to_page(page, ModelEvent::Welcome { resumed: false });
            }
            PageState::Gone => {}
            PageState::Idle | PageState::Waiting(..) | PageState::Matched(_) => {
                self.dismiss(page, ErrorCode::HelloTwice);
            }
        }
    }

    /// A page opens another socket and shows its resume secret there.
    pub(crate) fn resume(&mut self, page: usize) {
        self.catch_up();
        if let Some(code) = self.admission_error(self.open_sockets()) {
            return self.pages[page].events.extend([ModelEvent::Error(code), ModelEvent::Closed(code)]);
        }
        if self.pages[page].state == PageState::Gone {
            self.reload(page);
            return self.set_engaged_by_hello(self.pages.len() - 1, true);
        }
        let before = self.pages[page].wire;
        (self.pages[page].wire, self.pages[page].refusals) = (WireState::Working, 0);
        self.set_engaged_by_hello(page, true);
        self.resend_unacknowledged(page);
        self.send_to_page(page, ModelEvent::Welcome { resumed: true });
        for event in std::mem::take(&mut self.pages[page].missed_events) {
            self.deliver(page, event);
        }
        if let WireState::Lost { .. } = before {
            self.pages[page].times_passed_by = 0;
            self.notify_partner(page, Signalling::Back);
        }
        self.pair_all();
        let received = self.received(page);
        for (n, action) in std::mem::take(&mut self.pages[page].unsent).into_iter().enumerate() {
            self.acknowledge(page, if n == 0 { received } else { 0 });
            self.on_message(page, action);
        }
    }

    /// A page sends a message; the server receives it now if the wire works.
    pub(crate) fn send(&mut self, page: usize, action: PageAction) {
        self.store_on_device(page, action);
        if self.pages[page].wire != WireState::Working {
            return self.pages[page].unsent.push(action);
        }
        let received = self.received(page);
        self.catch_up();
        self.acknowledge(page, received);
        self.on_message(page, action);
    }

    fn on_message(&mut self, page: usize, action: PageAction) {
        let state = self.pages[page].state;
        match (action, state) {
            (_, PageState::Gone) => {}
            (_, PageState::AwaitingHello { .. }) => self.dismiss(page, ErrorCode::HelloFirst),
            (PageAction::Join(taste), PageState::Idle) => {
                self.pages[page].taste = taste;
                self.enqueue(page);
            }
            (PageAction::Join(taste), PageState::Waiting(..)) if taste != self.pages[page].taste => {
                self.pages[page].taste = taste;
                self.widen(page);
            }
            (PageAction::Join(_), _) => {}
            (PageAction::Leave, PageState::Matched(match_index)) => {
                self.end_match(match_index, page, EndReason::Left, EndReason::PartnerLeft);
                self.dismiss_if_draining(page);
            }
            (PageAction::Leave, _) => self.pages[page].state = PageState::Idle,
            (PageAction::Block(match_index), _) => {
                let partner = match_index.map(|it| self.partner_device(page, it));
                past_partners::record_blocked(&mut self.pages[page].blocked, partner);
            }
            (PageAction::Unblock, _) => self.pages[page].blocked.clear(),
            (PageAction::About(match_index, action), _) => match self.current_match(page, match_index) {
                Ok(Some(current)) => self.on_match_action(page, current, action),
                Ok(None) if matches!((action, state), (MatchAction::Next, PageState::Idle)) => {
                    self.enqueue(page);
                }
                Ok(None) => {}
                Err(code) => self.refuse(page, code),
            },
        }
        self.set_engaged_by(page, action);
        self.pair_all();
    }

    fn on_match_action(&mut self, page: usize, match_index: usize, action: MatchAction) {
        let end = self.end_index(match_index, page);
        match action {
            MatchAction::Next => {
                self.end_match(match_index, page, EndReason::Next, EndReason::PartnerNext);
                self.enqueue(page);
            }
            MatchAction::Failed => self.end_unconnected(match_index),
            MatchAction::Connected => self.matches[match_index].connected[end] = true,
            MatchAction::Signal { epoch, .. } if epoch > 6 => self.refuse(page, ErrorCode::BadEpoch),
            MatchAction::Signal { epoch, .. } if epoch < self.matches[match_index].epochs[end] => {}
            MatchAction::Signal { epoch, text } => {
                self.matches[match_index].epochs[end] = epoch;
                let partner = self.matches[match_index].ends[1 - end];
                self.send_to_page(partner, ModelEvent::Signal { match_index, epoch, text });
            }
        }
    }

    /// A page sends something that the server refuses with `code`.
    pub(crate) fn send_invalid(&mut self, page: usize, code: ErrorCode) {
        let received = self.received(page);
        self.catch_up();
        self.acknowledge(page, received);
        if self.pages[page].state != PageState::Gone {
            self.refuse(page, code);
        }
    }

    /// A page sends something sooner than the rate limit allows.
    pub(crate) fn send_too_soon(&mut self, page: usize) {
        let received = self.received(page);
        self.catch_up();
        self.acknowledge(page, received);
        match self.pages[page].state {
            PageState::Gone => {}
            PageState::AwaitingHello { .. } => self.dismiss(page, ErrorCode::HelloFirst),
            PageState::Idle | PageState::Waiting(..) | PageState::Matched(_) => {
                self.send_to_page(page, ModelEvent::Error(ErrorCode::RateLimited));
            }
        }
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
    }

    pub(crate) fn drain(&mut self) {
        self.catch_up();
        self.draining = true;
        for page in 0..self.pages.len() {
            if let PageState::Idle | PageState::Waiting(..) = self.pages[page].state {
                self.dismiss_if_draining(page);
            }
        }
    }

    /// Handles all deadlines up to now, earliest first, and then makes all possible pairs.
    pub(crate) fn catch_up(&mut self) {
        self.caught_up_at = self.now;
        while let Some(due) = self.deadlines().into_iter().min().filter(|(at, ..)| *at <= self.now) {
            match due {
                (_, 0, page) => self.dismiss(page, ErrorCode::HelloFirst),
                (_, 1, page) => self.forget(page, EndReason::PartnerLost),
                (_, 3, page) => self.widen(page),
                (_, 4, page) => self.check_acknowledgements(page),
                (_, _, match_index) if self.matches[match_index].ends.iter().any(|it| self.is_lost(*it)) => {
                    self.matches[match_index].connect_by = self.now + 20_000;
                }
                (_, _, match_index) => self.end_unconnected(match_index),
            }
        }
        self.pair_all();
    }

    /// Ends a match. `page` caused it and is given the reason `own`; `usize::MAX` means that neither page did.
    fn end_match(&mut self, match_index: usize, page: usize, own: EndReason, partners: EndReason) {
        let (now, ends) = (self.now, self.matches[match_index].ends);
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

    fn dismiss_if_draining(&mut self, page: usize) {
        if self.draining {
            self.send_to_page(page, ModelEvent::ComeBack);
            self.dismiss(page, ErrorCode::ServerStops);
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
