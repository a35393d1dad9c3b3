//! [`Reporting`]: the report that a person is making, and how far the sending of those that are made has come.

use std::{collections::VecDeque, mem, time::Duration};

use crate::{
    call::{
        PastCall, ReportStep,
        deadline::{Deadline, DeadlineReason},
        profile::{
            past_matches::{MAX_PAST_MATCHES, PastMatch},
            queued_reports::{MAX_QUEUED_REPORTS, QueuedReports},
        },
    },
    protocol::{MatchId, ReportResult},
    time::Moment,
};

/// How long the server may take to answer. It stores a report within 10 s or says that it cannot.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The pause after a report could not be stored; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause. A ticket is good for a day, so there are more than a hundred attempts.
const MAX_PAUSE: Duration = Duration::from_secs(10 * 60);

/// The state of everything about reports that is not stored.
#[derive(Debug, Default)]
pub(crate) struct Reporting {
    /// What the person is doing.
    pub(crate) dialog: Dialog,
    /// How many dialogs the person has closed.
    pub(crate) closed: u32,
    /// Answers that came while the person did something else, the oldest first.
    unseen: VecDeque<Answer>,
    /// The match that has just ended, until its ticket is kept.
    pub(crate) ended: Option<PastMatch>,
    sending: Sending,
    /// Attempts in a row after which the server could not store a report.
    failures: u32,
}

/// What a person is doing about a report.
#[derive(Debug, Default)]
pub(crate) enum Dialog {
    /// Nothing.
    #[default]
    Closed,
    /// Chooses one of these past calls. They stay as they are, so that no button becomes that of another call.
    Choosing([Option<PastCall>; MAX_PAST_MATCHES]),
    /// The question why this partner is reported.
    Asking(PastMatch),
    /// The report of this match is made.
    Made(MatchId),
    /// Reads what came of the report that they have just made.
    Answered(Answer),
}

/// What came of a report.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What the page says.
    pub(crate) step: ReportStep,
    /// The code with which the person can ask later what was decided; empty without one.
    pub(crate) outcome: String,
}

/// How far the sending of the first queued report has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sending {
    /// It can be sent as soon as there is a session.
    #[default]
    Ready,
    /// It is sent after a pause.
    Pausing {
        /// The end of the pause.
        until: Moment,
    },
    /// It was sent.
    Sent {
        /// Its match.
        id: MatchId,
        /// The number of the message.
        number: Option<u64>,
        /// When to give the answer up.
        until: Moment,
    },
}

impl Reporting {
    /// What the page shows. Where the person `is_busy` with strangers, answers that they do not wait for come later.
    pub(crate) fn step(&self, queued: &QueuedReports, is_busy: bool) -> ReportStep {
        match &self.dialog {
            Dialog::Choosing(_) => ReportStep::Choosing,
            Dialog::Asking(_) => ReportStep::Asking,
            Dialog::Made(id) if queued.contains(*id) => {
                if self.sent() == Some(*id) {
                    ReportStep::Sending
                } else {
                    ReportStep::Kept
                }
            }
            Dialog::Answered(answer) => answer.step,
            // Without its report, another page of this browser has had the answer.
            Dialog::Closed | Dialog::Made(_) => {
                self.unseen.front().filter(|_| !is_busy).map(|it| it.step).unwrap_or_default()
            }
        }
    }

    /// The code in the answer that [`step`](Self::step) shows; empty without one.
    pub(crate) fn outcome(&self) -> &str {
        match &self.dialog {
            Dialog::Answered(answer) => &answer.outcome,
            Dialog::Closed | Dialog::Choosing(_) | Dialog::Asking(_) | Dialog::Made(_) => {
                self.unseen.front().map(|it| &*it.outcome).unwrap_or_default()
            }
        }
    }

    /// The person closes what the page shows, which is `step`.
    pub(crate) fn close(&mut self, step: ReportStep) {
        if step == ReportStep::None {
            return;
        }
        self.closed += 1;
        let is_unseen = match mem::take(&mut self.dialog) {
            Dialog::Closed => true,
            Dialog::Made(_) => !matches!(step, ReportStep::Sending | ReportStep::Kept),
            Dialog::Choosing(_) | Dialog::Asking(_) | Dialog::Answered(_) => false,
        };
        if is_unseen {
            self.unseen.pop_front();
        }
    }

    /// Whether the next report can be sent now.
    pub(crate) fn is_ready(&self) -> bool {
        self.sending == Sending::Ready
    }

    /// The match whose report was sent and not answered.
    pub(crate) const fn sent(&self) -> Option<MatchId> {
        if let Sending::Sent { id, .. } = self.sending { Some(id) } else { None }
    }

    /// Whether the message with this number is the report that was sent.
    pub(crate) fn is_about(&self, about: u64) -> bool {
        matches!(self.sending, Sending::Sent { number: Some(number), .. } if number == about)
    }

    /// The report of this match was sent with this number.
    pub(crate) fn on_sent(&mut self, now: Moment, id: MatchId, number: Option<u64>) {
        self.sending = Sending::Sent { id, number, until: now + ANSWER_WITHIN };
    }

    /// No answer comes any more to the report that was sent: its session is lost, or it is no longer kept.
    pub(crate) fn forget_sent(&mut self) {
        if let Sending::Sent { .. } = self.sending {
            self.sending = Sending::Ready;
        }
    }

    /// The server cannot store the report now: it is sent again after this pause, or after a longer one each time.
    pub(crate) fn postpone(&mut self, now: Moment, pause: Option<Duration>, rng: &mut fastrand::Rng) {
        let bound = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10)).min(MAX_PAUSE);
        // Pages that the same server has refused do not come back together.
        let pause = pause.unwrap_or_else(|| bound.mul_f64(0.5 + rng.f64() / 2.0));
        self.failures += 1;
        self.sending = Sending::Pausing { until: now + pause };
    }

    /// The server has answered the report of this match, and is done with it.
    pub(crate) fn on_answer(&mut self, id: MatchId, result: ReportResult, outcome: Option<String>) {
        (self.sending, self.failures) = (Sending::Ready, 0);
        let step = match result {
            ReportResult::Accepted | ReportResult::AlreadyReported => ReportStep::Accepted,
            ReportResult::InvalidTicket | ReportResult::NotNow => ReportStep::TooLate,
            ReportResult::TooMany => ReportStep::TooMany,
        };
        let answer = Answer { step, outcome: outcome.unwrap_or_default() };
        if matches!(self.dialog, Dialog::Made(made) if made == id) {
            self.dialog = Dialog::Answered(answer);
        } else {
            self.unseen.push_back(answer);
            if self.unseen.len() > MAX_QUEUED_REPORTS {
                self.unseen.pop_front();
            }
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Moment, rng: &mut fastrand::Rng) {
        match self.sending {
            Sending::Pausing { until } if until <= now => self.sending = Sending::Ready,
            Sending::Sent { until, .. } if until <= now => self.postpone(now, None, rng),
            Sending::Ready | Sending::Pausing { .. } | Sending::Sent { .. } => {}
        }
    }

    /// When something is due.
    pub(crate) const fn deadline(&self) -> Option<Deadline> {
        match self.sending {
            Sending::Ready => None,
            Sending::Pausing { until } | Sending::Sent { until, .. } => Some((until, DeadlineReason::Report)),
        }
    }
}
