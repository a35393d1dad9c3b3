//! [`Action`]: what a moderator can decide about a subject, how long bans last, and which decision replaces which.

use std::time::Duration;

use super::{
    sanctions::{Sanction, SanctionKind},
    unix_time::UnixTime,
};
use crate::protocol::ReportReason;

/// How long a pause lasts, also an automatic one.
pub const PAUSED_FOR: Duration = Duration::from_secs(15 * 60);

/// How long a warning is shown to a device that comes back.
pub const WARNED_FOR: Duration = Duration::from_secs(30 * DAY);

/// The seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// How long a ban lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BanLength {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 180 days, for severe reasons only.
    HalfYear,
}

impl BanLength {
    /// All lengths, the shortest first.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::HalfYear];

    /// The days from the decision to its end, each of 24 hours.
    pub const fn days(self) -> u64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::HalfYear => 180,
        }
    }

    /// The time from the decision to its end.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.days() * DAY)
    }

    /// Whether it needs a severe reason.
    pub const fn is_for_severe(self) -> bool {
        match self {
            Self::Day | Self::Week | Self::Month => false,
            Self::HalfYear => true,
        }
    }

    /// Whether a ban for this reason may last so long.
    pub const fn is_allowed_for(self, reason: ReportReason) -> bool {
        !self.is_for_severe() || is_severe(reason)
    }
}

/// Whether a reason allows the longest ban: what is a crime in most countries, or endangers a child.
pub const fn is_severe(reason: ReportReason) -> bool {
    match reason {
        ReportReason::Nudity | ReportReason::UnderAge | ReportReason::Threats => true,
        ReportReason::Harassment | ReportReason::Hate | ReportReason::Spam | ReportReason::Other => false,
    }
}

/// What a moderator does with a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The reports were wrong. An automatic pause ends.
    Dismiss,
    /// The reports were right; the next one has consequences.
    Warn(ReportReason),
    /// The reports were right; no calls for [`PAUSED_FOR`].
    Pause(ReportReason),
    /// The reports were right; no calls for this time.
    Ban(ReportReason, BanLength),
    /// Somebody else must decide.
    Escalate,
    /// Only words, for the other moderators.
    Note,
    /// The device's warning, pause or ban ends now.
    Lift,
}

impl Action {
    /// Its name in the store, the audit log and the transparency counts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dismiss => "dismiss",
            Self::Warn(_) => "warn",
            Self::Pause(_) => "pause",
            Self::Ban(..) => "ban",
            Self::Escalate => "escalate",
            Self::Note => "note",
            Self::Lift => "lift",
        }
    }

    /// The rule that was broken, if this action says so.
    pub const fn reason(self) -> Option<ReportReason> {
        match self {
            Self::Warn(reason) | Self::Pause(reason) | Self::Ban(reason, _) => Some(reason),
            Self::Dismiss | Self::Escalate | Self::Note | Self::Lift => None,
        }
    }

    /// What becomes of the reports that the moderator has seen: upheld, dismissed, or still undecided.
    pub const fn outcome(self) -> ReportOutcome {
        match self {
            Self::Dismiss => ReportOutcome::Dismissed,
            Self::Warn(_) | Self::Pause(_) | Self::Ban(..) => ReportOutcome::Upheld,
            Self::Escalate | Self::Note | Self::Lift => ReportOutcome::Undecided,
        }
    }

    /// The kind of the sanction that it imposes at `now`, and its end.
    pub(crate) fn sanction(self, now: UnixTime) -> Option<(SanctionKind, UnixTime)> {
        match self {
            Self::Warn(_) => Some((SanctionKind::Warning, now + WARNED_FOR)),
            Self::Pause(_) => Some((SanctionKind::Pause, now + PAUSED_FOR)),
            Self::Ban(_, length) => Some((SanctionKind::Ban, now + length.duration())),
            Self::Dismiss | Self::Escalate | Self::Note | Self::Lift => None,
        }
    }
}

/// What came of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOutcome {
    /// No person has decided yet.
    Undecided,
    /// A person found it right, and acted.
    Upheld,
    /// A person found no broken rule.
    Dismissed,
}

impl ReportOutcome {
    /// All outcomes.
    pub const ALL: [Self; 3] = [Self::Undecided, Self::Upheld, Self::Dismissed];

    /// Its name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Upheld => "upheld",
            Self::Dismissed => "dismissed",
        }
    }
}

/// Whether a new sanction takes the place of one that still has effect.
///
/// A person's decision replaces an automatic one, and one that is not stronger. Without a person only a warning is
/// replaced: a device has one sanction at a time, and one that only tells its person something must not keep a pause
/// from having effect. The warning does not come back after the pause. It stays in the history of the subject, which a
/// pause puts before a person, and that person can warn again.
pub(crate) fn replaces(new: &Sanction, old: &Sanction) -> bool {
    if new.is_automatic { old.kind < new.kind } else { old.is_automatic || old.kind <= new.kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moderation::rules::codes::ReferenceCode;

    #[test]
    fn only_severe_reasons_allow_half_a_year() {
        for reason in ReportReason::ALL {
            assert!(BanLength::Month.is_allowed_for(reason));
            assert_eq!(BanLength::HalfYear.is_allowed_for(reason), is_severe(reason));
        }
        let days = BanLength::ALL.map(|it| it.duration().as_secs() / 86_400);
        assert_eq!(days, [1, 7, 30, 180]);
    }

    #[test]
    fn person_overrides_the_machine_and_the_machine_nobody() {
        use SanctionKind::{Ban, Pause, Warning};
        let sanction = |kind, is_automatic| Sanction {
            kind,
            reason: ReportReason::Spam,
            started: UnixTime(0),
            until: UnixTime(1),
            is_automatic,
            appeal: ReferenceCode([0; 10]),
        };
        for (new, old, expected) in [
            (sanction(Warning, false), sanction(Pause, true), true),
            (sanction(Warning, false), sanction(Pause, false), false),
            (sanction(Pause, false), sanction(Ban, false), false),
            (sanction(Ban, false), sanction(Ban, false), true),
            (sanction(Pause, true), sanction(Ban, false), false),
            (sanction(Pause, true), sanction(Pause, true), false),
            (sanction(Pause, true), sanction(Warning, false), true),
        ] {
            assert_eq!(replaces(&new, &old), expected, "{new:?} {old:?}");
        }
    }
}
