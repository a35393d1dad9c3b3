//! [`PendingReports`]: reports on their way to the store.

use super::{allowance::Allowance, types::ReportRequest};
use crate::{
    matchmaker::id_map::IdMap,
    protocol::{MatchId, PeerId},
    time::Moment,
};

/// The most reports that wait for the store at a time: as many as it commits in a second.
const MAX_PENDING: usize = 256;

/// The peer that has sent a report, and until when it waits for the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingReport {
    /// The peer.
    pub(crate) peer: PeerId,
    /// The match of its ticket.
    pub(crate) match_id: MatchId,
    /// When the store should have answered.
    pub(crate) until: Moment,
}

/// Reports on their way to the store, and how many each device has sent.
#[derive(Debug, Default)]
pub(crate) struct PendingReports {
    /// How many reports each device has sent.
    pub(crate) allowance: Allowance,
    pending: IdMap<ReportRequest, PendingReport>,
    /// The number of the last request.
    last: u64,
}

impl PendingReports {
    /// Whether no further report fits.
    pub(crate) fn are_full(&self) -> bool {
        self.pending.len() >= MAX_PENDING
    }

    /// Adds a report and gives it a number.
    pub(crate) fn add(&mut self, report: PendingReport) -> ReportRequest {
        self.last += 1;
        let request = ReportRequest(self.last);
        self.pending.insert(request, report);
        request
    }

    /// Removes a report; `None` if its time was over.
    pub(crate) fn remove(&mut self, request: ReportRequest) -> Option<PendingReport> {
        self.pending.remove(&request)
    }
}
