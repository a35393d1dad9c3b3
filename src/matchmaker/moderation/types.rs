//! What the matchmaker and the driver's store tell each other: reports, answers and decisions.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    matchmaker::matches::ticket::Participant,
    protocol::{DeviceId, MatchId, NetworkTag, ReportReason, ReportWords, SanctionNotice},
};

/// One request to store a report. The matchmaker numbers them from 1 and never reuses a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReportRequest(pub u64);

/// A report that is genuine: its ticket proves that the two have met.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenuineReport {
    /// The match. Of each of its ends one report is kept.
    pub match_id: MatchId,
    /// When the match began, in seconds since the Unix epoch.
    pub started: u64,
    /// The one who reports.
    pub reporter: Participant,
    /// The one who is reported.
    pub subject: Participant,
    /// Why.
    pub reason: ReportReason,
    /// What the reporter writes about it.
    pub words: ReportWords,
}

impl fmt::Debug for GenuineReport {
    /// Hides who has met, and what one says about the other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenuineReport").field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// What the store says about a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreAnswer {
    /// It is stored for good; the code is for the reporter, who can ask with it what was decided.
    Stored {
        /// That code.
        outcome: String,
    },
    /// A report of this end of the match was stored before.
    StoredBefore {
        /// The code that the reporter got then, if it is still known.
        outcome: Option<String>,
    },
    /// It could not be stored.
    Failed,
}

/// Whom a decision is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SanctionUpdate {
    /// A device, and what was decided; `None` if it may take part again.
    Device(DeviceId, Option<SanctionNotice>),
    /// A network, and what was decided; `None` if nothing speaks against it any more.
    Network(NetworkTag, Option<NetworkSanction>),
}

/// What the bans of its devices mean for a network. Many people may share one, so nothing here ends a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSanction {
    /// Until when it may start no new sessions, in seconds since the Unix epoch; 0 if it may.
    pub refused_until: u64,
    /// Until when its peers wait apart and start softly, in seconds since the Unix epoch.
    pub apart_until: u64,
}
