//! What may be known of a match from outside; it must not change anything.

use std::time::Duration;

use super::{Meeting, SILENT_FOR, SLOW_AFTER};
use crate::{
    call::{Details, Flow, Marks, Phase},
    protocol::{MatchId, Presence},
    time::Moment,
};

/// How long nothing may arrive before the page says that the picture stands.
const INTERRUPTED_AFTER: Duration = Duration::from_secs(2);

impl Meeting {
    /// The match, if it is one to the server.
    pub(crate) fn open(&self) -> Option<MatchId> {
        self.known.then_some(self.terms.match_id)
    }

    /// Whether it is a call, and something still comes.
    pub(crate) fn is_alive(&self, now: Moment) -> bool {
        self.evidence.is_proven() && self.evidence.silence(now) < SILENT_FOR
    }

    /// Whether a new path is looked for.
    pub(crate) fn is_restoring(&self) -> bool {
        self.recovery.is_at_work()
    }

    /// What takes the match up again at a server that has forgotten it: worth something for a call only.
    pub(crate) fn ticket(&self) -> Option<&str> {
        self.terms.ticket.as_deref().filter(|_| self.evidence.is_proven())
    }

    /// What people see of it.
    pub(crate) fn phase(&self, now: Moment) -> Phase {
        if self.evidence.is_proven() {
            Phase::Talking { partner: self.evidence.promised, flow: self.flow(now) }
        } else {
            Phase::Connecting { slow: now - self.since >= SLOW_AFTER }
        }
    }

    /// What people see of it who look closer.
    pub(crate) fn details(&self, open: bool) -> Details {
        // Each mark would have the whole page drawn anew, while the first picture is on its way.
        let marks = if open { self.marks } else { Marks::default() };
        Details {
            marks,
            path: self.evidence.last().path,
            code: self.verification.code(),
            strength: self.record.strength(),
            // Nobody needs the page drawn anew each second who does not look.
            samples: if open { self.record.revision() } else { 0 },
            codecs: self.evidence.last().codecs,
        }
    }

    /// What the partner sends, and whether it is there.
    pub(crate) const fn stranger(&self) -> Presence {
        self.stranger
    }

    fn flow(&self, now: Moment) -> Flow {
        let silence = self.evidence.silence(now);
        if self.recovery.is_at_work() {
            Flow::Reconnecting { seconds: u32::try_from(silence.as_secs()).unwrap_or(u32::MAX) }
        } else if silence >= INTERRUPTED_AFTER {
            Flow::Interrupted
        } else {
            Flow::Steady
        }
    }
}
