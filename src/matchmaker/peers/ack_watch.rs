//! [`AckWatch`]: when a peer must have acknowledged its oldest message, and what follows if it has not.

use std::time::Duration;

use crate::{matchmaker::outboxes::OutboxLoad, protocol::Heartbeat, time::Moment};

/// How long after its heartbeat a page counts as late: the time for the way there and back.
const SLACK: Duration = Duration::from_secs(2);

/// How often in a row a peer may resume without having acknowledged a message that was already sent again. A page
/// acknowledges what it has received in its `hello`, so even on a very bad network it gets further than that.
const MAX_FRUITLESS_RESUMES: u8 = 8;

/// Watches over the acknowledgements of one peer.
///
/// A page acknowledges with every message, and sends one in each heartbeat. The timers of a page in the background may
/// be late by a minute, but it still handles what arrives. So one that is late is asked to acknowledge, and its socket
/// counts as lost only if the answer does not come either.
#[derive(Debug, Default)]
pub(crate) struct AckWatch {
    /// What the totals of all outboxes include for this peer.
    pub(crate) counted: OutboxLoad,
    /// How often the page sends a sign of life.
    pub(crate) heartbeat: Heartbeat,
    /// What comes next. It may concern a message that has been acknowledged meanwhile.
    check: AckCheck,
    /// When the peer got its current socket. Older messages were sent again at that time.
    attached_at: Moment,
    /// How often in a row it resumed without having acknowledged what was already sent again.
    fruitless_resumes: u8,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum AckCheck {
    /// Nothing: its socket is lost, or everything was acknowledged.
    #[default]
    Nothing,
    /// At this time the page is asked.
    Ask(Moment),
    /// The page was asked.
    Close {
        /// When.
        asked_at: Moment,
        /// When it must have answered.
        until: Moment,
    },
}

/// What to do when a check is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AckVerdict {
    /// Nothing yet.
    Wait,
    /// Ask the page.
    Ask,
    /// Its socket counts as lost.
    Lost,
}

impl AckWatch {
    /// When the next check is due.
    pub(crate) const fn deadline(&self) -> Option<Moment> {
        match self.check {
            AckCheck::Nothing => None,
            AckCheck::Ask(at) | AckCheck::Close { until: at, .. } => Some(at),
        }
    }

    /// Begins to watch over a message, if no other one is watched. Returns the time of the check.
    pub(crate) fn watch(&mut self, now: Moment, oldest: Moment) -> Option<Moment> {
        if self.check != AckCheck::Nothing {
            return None;
        }
        // Not at once, not even if the page is late already: the current input may hold its acknowledgement.
        let at = self.late_at(oldest).max(now + Duration::from_millis(1));
        self.check = AckCheck::Ask(at);
        Some(at)
    }

    /// Stops watching. Returns the time of the check that is not needed any more.
    pub(crate) fn stop(&mut self) -> Option<Moment> {
        let at = self.deadline();
        self.check = AckCheck::Nothing;
        at
    }

    /// The peer got a new socket. Returns whether it may go on: `false` if it has resumed too often without having
    /// acknowledged anything.
    pub(crate) fn on_attached(&mut self, now: Moment, oldest: Option<Moment>) -> bool {
        let is_fruitless = oldest.is_some_and(|it| it < self.attached_at);
        self.fruitless_resumes = if is_fruitless { self.fruitless_resumes + 1 } else { 0 };
        self.attached_at = now;
        self.fruitless_resumes <= MAX_FRUITLESS_RESUMES
    }

    /// Does what is due, given when the oldest message was first sent, and sets the next check.
    pub(crate) fn on_due(&mut self, now: Moment, oldest: Moment) -> AckVerdict {
        let (late_at, lost_at) = (self.late_at(oldest), self.resent_at(oldest) + self.heartbeat.silence());
        match self.check {
            // A message that was sent after the page was asked proves nothing, even if this check is late.
            AckCheck::Close { asked_at, .. } if late_at <= asked_at && lost_at <= now => {
                self.check = AckCheck::Nothing;
                AckVerdict::Lost
            }
            AckCheck::Nothing | AckCheck::Ask(_) | AckCheck::Close { .. } if late_at <= now => {
                let answer_within = self.heartbeat.silence() - self.heartbeat.interval() - SLACK;
                self.check = AckCheck::Close { asked_at: now, until: now + answer_within };
                AckVerdict::Ask
            }
            AckCheck::Nothing | AckCheck::Ask(_) | AckCheck::Close { .. } => {
                self.check = AckCheck::Ask(late_at);
                AckVerdict::Wait
            }
        }
    }

    /// From when on a page is late that has not acknowledged this message.
    fn late_at(&self, sent_at: Moment) -> Moment {
        self.resent_at(sent_at) + self.heartbeat.interval() + SLACK
    }

    /// When a message was last sent.
    fn resent_at(&self, sent_at: Moment) -> Moment {
        sent_at.max(self.attached_at)
    }
}
