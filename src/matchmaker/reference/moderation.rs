//! The model's reports and sanctions.

use super::ReferenceModel;
use crate::{
    matchmaker::tests::vocabulary::{ModelEvent, PageState, WireState},
    protocol::{ErrorCode, NoticeKind, ReportResult},
};

/// Reports of one device that are taken. A history does not last a day.
const MAX_REPORTS: usize = 10;

/// What the model knows of reports and decisions.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModelModeration {
    /// Whether the store cannot store anything.
    pub(crate) store_fails: bool,
    /// The device that reports and the match, for each report that counts.
    counted: Vec<(usize, usize)>,
    /// The same for those that are stored.
    pub(crate) stored: Vec<(usize, usize)>,
    /// What was decided about devices; the last decision about a device counts.
    sanctions: Vec<(usize, Option<NoticeKind>)>,
    /// The networks that wait apart.
    pub(crate) apart: Vec<usize>,
}

impl ReferenceModel {
    /// A page reports with the ticket of this match that `holder` was told of, or with one that no server has made.
    pub(crate) fn receive_report(&mut self, page: usize, ticket: Option<(usize, usize)>) {
        let device = self.pages[page].device;
        let own = ticket.filter(|(_, holder)| self.pages[*holder].device == device);
        let match_index = own.map(|(match_index, _)| match_index);
        let result = match_index.map_or(ReportResult::InvalidTicket, |it| self.store_report(device, it));
        self.send_to_page(page, ModelEvent::Reported { match_index, result });
    }

    fn store_report(&mut self, device: usize, match_index: usize) -> ReportResult {
        let (it, report) = (&mut self.moderation, (device, match_index));
        if !it.counted.contains(&report) {
            if it.counted.iter().filter(|it| it.0 == device).count() >= MAX_REPORTS {
                return ReportResult::TooMany;
            }
            it.counted.push(report);
        }
        if it.store_fails {
            ReportResult::NotNow
        } else if it.stored.contains(&report) {
            ReportResult::AlreadyReported
        } else {
            it.stored.push(report);
            ReportResult::Accepted
        }
    }

    /// Something is decided about the device of a page.
    pub(crate) fn sanction(&mut self, page: usize, kind: Option<NoticeKind>) {
        self.catch_up();
        let device = self.pages[page].device;
        self.moderation.sanctions.push((device, kind));
        for it in 0..self.pages.len() {
            let is_peer = !matches!(self.pages[it].state, PageState::AwaitingHello { .. } | PageState::Gone);
            if !is_peer || self.pages[it].device != device {
                continue;
            }
            match kind {
                Some(NoticeKind::Warned) => self.tell_warning(it),
                Some(NoticeKind::Paused | NoticeKind::Banned) => self.dismiss_sanctioned(it),
                None => {}
            }
        }
        self.pair_all();
    }

    /// The pages of a network wait apart from now on, or no longer.
    pub(crate) fn set_apart(&mut self, network: usize, is_apart: bool) {
        self.catch_up();
        self.moderation.apart.retain(|it| *it != network);
        self.moderation.apart.extend(is_apart.then_some(network));
        self.pair_all();
    }

    /// Warns the person of a page, if there is a warning.
    pub(crate) fn tell_warning(&mut self, page: usize) {
        let device = self.pages[page].device;
        let is_lost = matches!(self.pages[page].wire, WireState::Lost { .. });
        if self.sanction_of(device) == Some(NoticeKind::Warned) && !is_lost {
            self.send_to_page(page, ModelEvent::Sanctioned(NoticeKind::Warned));
        }
    }

    /// Refuses the hello of a page whose device may not take part. Returns whether it did.
    pub(crate) fn refuse_sanctioned(&mut self, page: usize) -> bool {
        let kind = self.sanction_of(self.pages[page].device);
        let is_refused = kind.is_some_and(NoticeKind::is_refusal);
        if is_refused {
            self.dismiss_sanctioned(page);
        }
        is_refused
    }

    fn dismiss_sanctioned(&mut self, page: usize) {
        if let Some(kind) = self.sanction_of(self.pages[page].device) {
            self.send_to_page(page, ModelEvent::Sanctioned(kind));
            self.dismiss(page, ErrorCode::Sanctioned);
        }
    }

    fn sanction_of(&self, device: usize) -> Option<NoticeKind> {
        self.moderation.sanctions.iter().rev().find(|it| it.0 == device)?.1
    }
}
