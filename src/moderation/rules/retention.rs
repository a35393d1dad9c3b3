//! [`Cutoffs`]: how long each row is kept, as a function of its times.

use std::time::Duration;

use super::unix_time::UnixTime;

/// The seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// How long a report is kept about which nobody decides.
pub const UNDECIDED_FOR: Duration = Duration::from_secs(30 * DAY);

/// How long reports and notes are kept after the decision: as long as the longest ban, so that its reasons are known.
pub const DECIDED_FOR: Duration = Duration::from_secs(180 * DAY);

/// How long a sanction is kept after its end: its person may still appeal.
pub const ENDED_FOR: Duration = Duration::from_secs(7 * DAY);

/// How long an appeal keeps a sanction that is over while nobody answers it.
pub const UNANSWERED_FOR: Duration = Duration::from_secs(30 * DAY);

/// How long an appeal keeps a sanction that is over after the answer, so that its person can read it.
pub const ANSWERED_FOR: Duration = Duration::from_secs(7 * DAY);

/// How long the audit log is kept.
pub const AUDITED_FOR: Duration = Duration::from_secs(365 * DAY);

/// A row, as far as it matters how long it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A report that nobody has decided about, received at this time.
    Undecided(UnixTime),
    /// A report or another row of a decision of this time.
    Decided(UnixTime),
    /// A sanction that ends or ended at this time, unless its appeal keeps it for longer.
    Ended(UnixTime),
    /// A sanction that is over, because of an appeal that was received at this time and waits.
    Unanswered(UnixTime),
    /// A sanction that is over, because of an appeal that was answered at this time.
    Answered(UnixTime),
    /// A row of the audit log of this time.
    Audited(UnixTime),
}

/// For each kind of row the time up to which it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cutoffs {
    pub(crate) undecided: UnixTime,
    pub(crate) decided: UnixTime,
    pub(crate) ended: UnixTime,
    pub(crate) unanswered: UnixTime,
    pub(crate) answered: UnixTime,
    pub(crate) audited: UnixTime,
}

impl Cutoffs {
    /// What is to be removed at `now`.
    pub fn at(now: UnixTime) -> Self {
        Self {
            undecided: now - UNDECIDED_FOR,
            decided: now - DECIDED_FOR,
            ended: now - ENDED_FOR,
            unanswered: now - UNANSWERED_FOR,
            answered: now - ANSWERED_FOR,
            audited: now - AUDITED_FOR,
        }
    }

    /// Whether a row is to be removed.
    pub fn is_over(&self, row: Kept) -> bool {
        match row {
            Kept::Undecided(received) => received <= self.undecided,
            Kept::Decided(decided) => decided <= self.decided,
            Kept::Ended(until) => until <= self.ended,
            Kept::Unanswered(received) => received <= self.unanswered,
            Kept::Answered(decided) => decided <= self.answered,
            Kept::Audited(written) => written <= self.audited,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_kept_for_its_time_and_not_longer() {
        // A stepped clock: every hour of 400 days.
        let start = UnixTime(1_000_000_000);
        for (row, days) in [
            (Kept::Undecided(start), 30),
            (Kept::Decided(start), 180),
            (Kept::Ended(start), 7),
            (Kept::Unanswered(start), 30),
            (Kept::Answered(start), 7),
            (Kept::Audited(start), 365),
        ] {
            let hours = 0..400 * 24;
            let kept = hours.filter(|hour| {
                let now = start + Duration::from_secs(hour * 60 * 60);
                !Cutoffs::at(now).is_over(row)
            });
            assert_eq!(kept.count(), days * 24, "{row:?}");
        }
    }
}
