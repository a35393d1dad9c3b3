//! What the model's server does with the messages of pages.

use super::{ReferenceModel, past_partners, standing::ModelEnding};
use crate::{
    matchmaker::tests::vocabulary::{MatchAction, ModelEvent, PageAction, PageState, WireState, is_offer},
    protocol::{EndReason, ErrorCode},
};

impl ReferenceModel {
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

    pub(crate) fn on_message(&mut self, page: usize, action: PageAction) {
        let state = self.pages[page].state;
        self.pages[page].is_confirmed = true;
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
            (PageAction::Join(taste), PageState::Matched(_)) => self.pages[page].taste = taste,
            (PageAction::Join(_), _) => {}
            (PageAction::Prepare, _) => self.receive_offer(page),
            (PageAction::Leave, PageState::Matched(match_index)) => {
                self.end_match(match_index, page, EndReason::Left, EndReason::PartnerLeft);
                self.dismiss_if_draining(page);
            }
            (PageAction::Leave, _) => {
                self.record_departure(page);
                self.pages[page].state = PageState::Idle;
            }
            (PageAction::Block(match_index), _) => {
                let partner = match_index.map(|it| self.partner_device(page, it));
                past_partners::record_blocked(&mut self.pages[page].blocked, partner);
            }
            (PageAction::Unblock, _) => self.pages[page].blocked.clear(),
            (PageAction::UnblockOne(match_index), _) => {
                let partner = self.partner_device(page, match_index);
                self.pages[page].blocked.retain(|it| *it != Some(partner));
            }
            (PageAction::Report(ticket), _) => self.receive_report(page, ticket),
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
            MatchAction::Failed => self.end_unconnected(match_index, ModelEnding::Failed(page)),
            MatchAction::Connected => {
                let before = self.matches[match_index].connected;
                self.matches[match_index].connected[end] = true;
                if before != [true; 2] && self.matches[match_index].connected == [true; 2] {
                    self.record_connection(match_index);
                }
            }
            MatchAction::Signal { epoch, .. } if epoch > 6 => self.refuse(page, ErrorCode::BadEpoch),
            MatchAction::Signal { epoch, .. } if epoch < self.matches[match_index].epochs[end] => {}
            MatchAction::Signal { epoch, text } => {
                self.matches[match_index].epochs[end] = epoch;
                self.matches[match_index].acted[end] = true;
                if is_offer(text) {
                    _ = self.matches[match_index].asked_at[1 - end].get_or_insert(self.now);
                }
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
            self.pages[page].is_confirmed = true;
            self.refuse(page, code);
        }
        self.pair_all();
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
}
