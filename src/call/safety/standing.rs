//! [`Standing`]: what was decided about this device.

use crate::{
    call::{Inquiry, Problem, Sanction},
    protocol::{NoticeKind, SanctionNotice},
    time::Moment,
};

/// What was decided, as far as this page knows.
#[derive(Debug, Default)]
pub(crate) enum Standing {
    /// Nothing.
    #[default]
    Good,
    /// Its person is warned, and has not said yet that they have read it.
    Warned(SanctionNotice),
    /// It may not take part.
    Refused {
        /// What the server has said; `None` if that got lost on the way.
        notice: Option<SanctionNotice>,
        /// When the page takes it as over, in seconds since the Unix epoch; `None` if only the server can tell: there
        /// is no notice, or its end was over when it came, so the clock of this device is wrong.
        ends: Option<u64>,
        /// What came of asking again.
        inquiry: Inquiry,
    },
}

impl Standing {
    /// What the page shows of it.
    pub(crate) fn shown(&self) -> Option<Sanction> {
        let notice = match self {
            Self::Good => return None,
            Self::Refused { notice, .. } => notice.as_ref(),
            Self::Warned(notice) => Some(notice),
        };
        Some(Sanction {
            kind: notice.map_or(NoticeKind::Banned, |it| it.kind),
            terms: notice.map(|it| (it.reason, it.until)),
            automatic: notice.is_some_and(|it| it.automatic),
            can_appeal: notice.is_some_and(|it| it.appeal.is_some()),
            inquiry: self.inquiry(),
        })
    }

    fn inquiry(&self) -> Inquiry {
        if let Self::Refused { inquiry, .. } = self { *inquiry } else { Inquiry::None }
    }

    /// What has come of asking when the server refuses with this notice: another one is news.
    pub(crate) fn answered_with(&self, notice: &SanctionNotice) -> Inquiry {
        match self {
            Self::Refused { notice: Some(before), .. } if before == notice => self.confirmed(),
            Self::Good | Self::Warned(_) | Self::Refused { .. } => Inquiry::None,
        }
    }

    /// What has come of asking when the server refuses.
    pub(crate) fn confirmed(&self) -> Inquiry {
        if let Inquiry::Asking { .. } = self.inquiry() { Inquiry::Confirmed } else { self.inquiry() }
    }

    /// Whether the server was asked and has not answered.
    pub(crate) fn is_asking(&self) -> bool {
        self.answer_by().is_some()
    }

    /// When that has taken too long.
    pub(crate) fn answer_by(&self) -> Option<Moment> {
        if let Inquiry::Asking { until } = self.inquiry() { Some(until) } else { None }
    }

    /// Gives up an answer that did not come in time.
    pub(crate) fn handle_timeout(&mut self, now: Moment) {
        if let Self::Refused { inquiry, .. } = self
            && let Inquiry::Asking { until } = *inquiry
            && until <= now
        {
            *inquiry = Inquiry::Unanswered;
        }
    }

    /// The server answers with something else that has to be done first. It tells the refusal again after that.
    pub(crate) fn set_aside(&mut self) {
        if self.is_asking() {
            *self = Self::Good;
        }
    }

    /// The server welcomes this device, so it no longer refuses it.
    pub(crate) fn on_welcome(&mut self) {
        if let Self::Refused { .. } = self {
            *self = Self::Good;
        }
    }

    /// The code with which the person can appeal; empty without one.
    pub(crate) fn appeal(&self) -> &str {
        match self {
            Self::Good | Self::Refused { notice: None, .. } => "",
            Self::Warned(it) | Self::Refused { notice: Some(it), .. } => {
                it.appeal.as_deref().unwrap_or_default()
            }
        }
    }

    /// Whether the person has to read a warning first.
    pub(crate) const fn is_warned(&self) -> bool {
        matches!(self, Self::Warned(_))
    }

    /// The problem that keeps the page from starting.
    pub(crate) fn problem(&self) -> Option<Problem> {
        match self {
            Self::Refused { notice: Some(it), .. } if it.kind == NoticeKind::Paused => Some(Problem::Paused),
            Self::Refused { .. } => Some(Problem::Banned),
            Self::Good | Self::Warned(_) => None,
        }
    }

    /// Whether it is over at this time, in seconds since the Unix epoch. A warning is over once it was read; `read` is
    /// the end of the last one that was.
    pub(crate) fn is_over(&self, now: u64, read: Option<u64>) -> bool {
        match self {
            Self::Good => false,
            Self::Refused { ends, .. } => ends.is_some_and(|it| it <= now),
            Self::Warned(it) => Some(it.until) <= read,
        }
    }

    /// When it ends, in seconds since the Unix epoch. A warning does not end by itself.
    pub(crate) const fn until(&self) -> Option<u64> {
        if let Self::Refused { ends, .. } = self { *ends } else { None }
    }
}
