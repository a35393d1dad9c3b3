//! The model's messages to pages: which of them a page has not acknowledged, and when its socket counts as lost for
//! that.
//!
//! Pages acknowledge with everything they send. They send nothing on their own, except an answer if they are asked.

use super::{ModelPage, ReferenceModel, past_partners};
use crate::{
    matchmaker::tests::vocabulary::{MatchAction, ModelEvent, PageAction, PageState, WireState},
    protocol::{ErrorCode, Signalling},
};

/// What the server knows of a page's acknowledgements. Times are in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModelAcks {
    /// When each unacknowledged message was first sent, and whether the page has it.
    messages: Vec<(u64, bool)>,
    /// When the page got its socket.
    attached_at: u64,
    /// Whether the page sends a sign of life every 12 seconds, not every 45.
    is_engaged: bool,
    /// Whether the page was asked to acknowledge, and when it is asked, or when its socket counts as lost.
    check: Option<(bool, u64)>,
    /// The page is asked by the current input.
    is_asked_now: bool,
    /// How often in a row the page has resumed without having acknowledged a message that was already sent again.
    fruitless_resumes: u8,
}

impl ModelAcks {
    /// How long a page may take until it is asked, and until its socket counts as lost.
    fn limits(&self) -> (u64, u64) {
        if self.is_engaged { (14_000, 28_000) } else { (47_000, 94_000) }
    }

    fn oldest(&self) -> Option<u64> {
        self.messages.first().map(|(sent_at, _)| (*sent_at).max(self.attached_at))
    }

    /// How many messages the page has received and not acknowledged.
    fn received(&self) -> usize {
        self.messages.iter().filter(|(_, received)| *received).count()
    }

    /// The page has received its first `count` messages, and no others.
    pub(super) fn mark_received(&mut self, count: usize) {
        self.messages.iter_mut().enumerate().for_each(|(n, (_, received))| *received = n < count);
    }

    /// The page begins a new session.
    pub(super) fn forget(&mut self) {
        self.messages.clear();
    }

    fn acknowledge(&mut self, count: usize) {
        if count > 0 {
            self.messages.drain(..count.min(self.messages.len()));
            // One that was asked, and has not acknowledged all of it, is asked again when it was to have answered.
            self.check.take_if(|(was_asked, _)| !*was_asked || self.messages.is_empty());
        }
    }

    fn set_engaged(&mut self, is_engaged: bool) {
        if std::mem::replace(&mut self.is_engaged, is_engaged) != is_engaged {
            self.check = None;
        }
    }
}

impl ReferenceModel {
    /// How many messages the next frame of a page will acknowledge.
    pub(crate) fn received(&self, page: usize) -> usize {
        self.pages[page].acks.received()
    }

    /// A frame of a page has arrived that acknowledges its first `count` messages.
    pub(crate) fn acknowledge(&mut self, page: usize, count: usize) {
        self.pages[page].acks.acknowledge(count);
        self.pages[page].acks.is_asked_now = false;
    }

    /// A hello has arrived; `resumes` if it shows a secret, even a wrong one.
    pub(crate) fn set_engaged_by_hello(&mut self, page: usize, resumes: bool) {
        self.pages[page].acks.set_engaged(resumes);
    }

    /// A message has arrived that may change how often the page sends a sign of life.
    pub(crate) fn set_engaged_by(&mut self, page: usize, action: PageAction) {
        match action {
            PageAction::Join(_) | PageAction::About(_, MatchAction::Next) => {
                self.pages[page].acks.set_engaged(true);
            }
            PageAction::Leave => self.pages[page].acks.set_engaged(false),
            PageAction::Prepare
            | PageAction::Block(_)
            | PageAction::Unblock
            | PageAction::UnblockOne(_)
            | PageAction::Report(_)
            | PageAction::About(..) => {}
        }
    }

    /// Sends a message to a page.
    pub(crate) fn send_to_page(&mut self, page: usize, event: ModelEvent) {
        if is_numbered(event) {
            let is_received = self.pages[page].wire == WireState::Working;
            self.pages[page].acks.messages.push((self.now, is_received));
        }
        self.deliver(page, event);
    }

    /// Delivers a message to a page; one without a working wire gets it when it resumes, if the message is numbered.
    pub(crate) fn deliver(&mut self, page: usize, event: ModelEvent) {
        match self.pages[page].wire {
            WireState::Working => {
                if let ModelEvent::Matched { match_index, .. } = event {
                    let (device, other) = (self.pages[page].device, self.partner_device(page, match_index));
                    past_partners::record_met(&mut self.devices[device].met, other, self.now);
                }
                self.pages[page].events.push(event);
            }
            WireState::Cut | WireState::Lost { .. } if is_numbered(event) => {
                self.pages[page].missed_events.push(event);
            }
            WireState::Cut | WireState::Lost { .. } => {}
        }
    }

    /// A page has resumed, and is sent everything that it has not acknowledged in its hello. It gets that if its new
    /// wire works.
    pub(crate) fn resend_unacknowledged(&mut self, page: usize) {
        let is_received = self.pages[page].wire == WireState::Working;
        let acks = &mut self.pages[page].acks;
        acks.acknowledge(acks.received());
        acks.messages.iter_mut().for_each(|(_, received)| *received = is_received);
        let is_fruitless = acks.messages.first().is_some_and(|(sent_at, _)| *sent_at < acks.attached_at);
        acks.fruitless_resumes = if is_fruitless { acks.fruitless_resumes + 1 } else { 0 };
        (acks.attached_at, acks.check, acks.is_asked_now) = (self.now, None, false);
    }

    /// Whether a page only ever resumes, and acknowledges nothing.
    pub(crate) fn resumes_in_vain(&self, page: usize) -> bool {
        self.pages[page].acks.fruitless_resumes > 8
    }

    /// The next check of a page's acknowledgements, if its socket is open as far as the server knows.
    pub(crate) fn ack_deadline(page: &ModelPage) -> Option<u64> {
        match (page.state, page.wire) {
            (PageState::Gone | PageState::AwaitingHello { .. }, _) | (_, WireState::Lost { .. }) => None,
            (_, WireState::Working | WireState::Cut) => page.acks.check.map(|(_, at)| at),
        }
    }

    /// A check is due.
    pub(crate) fn check_acknowledgements(&mut self, page: usize) {
        let now = self.now;
        let acks = &mut self.pages[page].acks;
        let (late, lost) = acks.limits();
        acks.check = match (acks.oldest(), acks.check) {
            (None, _) => None,
            // A message that was not late when the page was asked proves nothing, however late this check is.
            (Some(oldest), Some((true, at))) if oldest + lost <= at => return self.lose_late_page(page),
            (Some(oldest), _) if oldest + late <= now => {
                acks.is_asked_now = true;
                Some((true, now + lost - late))
            }
            (Some(oldest), _) => Some((false, oldest + late)),
        };
    }

    fn lose_late_page(&mut self, page: usize) {
        self.send_to_page(page, ModelEvent::Error(ErrorCode::TooSlow));
        self.send_to_page(page, ModelEvent::Closed(ErrorCode::TooSlow));
        self.start_grace(page);
    }

    /// After every input: pages that were asked answer, and the first unacknowledged message of each page is watched.
    pub(crate) fn settle_acknowledgements(&mut self) {
        for page in &mut self.pages {
            let acks = &mut page.acks;
            if std::mem::take(&mut acks.is_asked_now) && page.wire == WireState::Working {
                acks.acknowledge(acks.received());
                page.is_confirmed = true;
            }
        }
        self.watch_acknowledgements();
    }

    /// After every input: the first unacknowledged message of each page is watched.
    pub(crate) fn watch_acknowledgements(&mut self) {
        let now = self.now;
        for page in &mut self.pages {
            let acks = &mut page.acks;
            match (page.state, page.wire, acks.oldest(), acks.check) {
                (PageState::Gone | PageState::AwaitingHello { .. }, ..) | (_, WireState::Lost { .. }, ..) => {
                    acks.check = None;
                }
                (_, _, Some(oldest), None) => {
                    acks.check = Some((false, (oldest + acks.limits().0).max(now + 1)));
                }
                (_, _, Some(_), Some(_)) | (_, _, None, _) => {}
            }
        }
    }

    /// The server considers the socket of a page lost.
    pub(crate) fn start_grace(&mut self, page: usize) {
        if let PageState::Gone | PageState::AwaitingHello { .. } = self.pages[page].state {
            return;
        }
        self.detach(page, self.grace(page));
        self.notify_partner(page, Signalling::Lost);
    }

    /// The server considers the socket of a page lost, which has so long to resume (ms).
    pub(crate) fn detach(&mut self, page: usize, grace: u64) {
        self.pages[page].acks.check = None;
        self.pages[page].wire = WireState::Lost { until: self.now + grace };
    }

    /// How long a page may take to resume after its socket is lost (ms).
    pub(crate) fn grace(&self, page: usize) -> u64 {
        if let PageState::Matched(_) = self.pages[page].state { 20_000 } else { 5_000 }
    }
}

fn is_numbered(event: ModelEvent) -> bool {
    if let ModelEvent::Sanctioned(kind) = event {
        return !kind.is_refusal();
    }
    !matches!(
        event,
        ModelEvent::Welcome { .. } | ModelEvent::Error(_) | ModelEvent::ComeBack | ModelEvent::Closed(_)
    )
}
