//! [`Absence`]: notices that the person was away, so that the page does not show them to a stranger unasked.
//!
//! It compares two clocks, because no single one tells of every absence. While a device sleeps, the monotonic clock of
//! some browsers stands still and that of others goes on; the wall clock always goes on.

use std::time::Duration;

use crate::{call::Clocks, time::Moment};

/// How long a page may sleep or be hidden before a press is needed to go on.
///
/// Long enough for a glance at another tab, and shorter than anybody needs to walk away from an open page. After that
/// time a sleeping page has also lost its call: the partner has given it up.
pub(crate) const AWAY_AFTER: Duration = Duration::from_secs(30);

/// What is known about the absence of the person.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Absence {
    /// The clocks at the last input.
    seen: Option<Clocks>,
    /// The clocks when the page was hidden, while it is.
    hidden_since: Option<Clocks>,
    /// The person was away and has pressed nothing since.
    is_away: bool,
}

/// What the clocks say about the time since the last input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// The page was awake.
    Usual,
    /// The page slept for longer than [`AWAY_AFTER`].
    AfterSleep,
}

impl Absence {
    /// Compares the clocks with those of the last input; `due` is when the page wanted to be woken.
    pub(crate) fn on_wake(&mut self, clocks: Clocks, due: Option<Moment>) -> Wake {
        let Some(seen) = self.seen.replace(clocks) else { return Wake::Usual };
        let (ticked, passed) = (clocks.now - seen.now, clocks.wall_time_since(seen));
        // The monotonic clock stood still, or went on but did not wake the page. A page without a deadline may have had
        // no input for hours.
        let stood_still = passed.saturating_sub(ticked) > AWAY_AFTER;
        let was_late = due.is_some_and(|due| clocks.now - due.max(seen.now) > AWAY_AFTER);
        let was_hidden = self.hidden_since.is_some_and(|since| {
            clocks.now - since.now >= AWAY_AFTER || clocks.wall_time_since(since) >= AWAY_AFTER
        });
        self.is_away |= stood_still || was_late || was_hidden;
        if stood_still || was_late { Wake::AfterSleep } else { Wake::Usual }
    }

    /// The page is in the background, or back.
    pub(crate) fn on_visibility(&mut self, is_hidden: bool) {
        self.hidden_since = if is_hidden { self.hidden_since.or(self.seen) } else { None };
    }

    /// The person has pressed something.
    pub(crate) const fn on_press(&mut self) {
        self.is_away = false;
    }

    /// Whether the person was away and has pressed nothing since.
    pub(crate) const fn is_away(self) -> bool {
        self.is_away
    }

    /// When a hidden page counts as left.
    pub(crate) fn deadline(self) -> Option<Moment> {
        self.hidden_since.filter(|_| !self.is_away).map(|since| since.now + AWAY_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(now: u64, unix_ms: u64) -> Clocks {
        Clocks { now: Moment::from_millis(now), unix_ms }
    }

    #[test]
    fn a_gap_of_either_clock_is_an_absence() {
        let start = at(1_000, 5_000_000);
        let due = Some(Moment::from_millis(2_000));
        for (name, clocks, due, wake) in [
            ("on time", at(2_000, 5_001_000), due, Wake::Usual),
            ("late by a throttled timer", at(32_000, 5_031_000), due, Wake::Usual),
            ("asleep, both clocks went on", at(32_001, 5_031_001), due, Wake::AfterSleep),
            ("asleep, one clock stood still", at(1_001, 5_030_002), due, Wake::AfterSleep),
            ("the wall clock was set back", at(2_000, 1_000_000), due, Wake::Usual),
            ("nothing was due", at(3_601_000, 8_600_000), None, Wake::Usual),
        ] {
            let mut absence = Absence::default();
            absence.on_wake(start, None);
            assert_eq!(absence.on_wake(clocks, due), wake, "{name}");
            assert_eq!(absence.is_away(), wake == Wake::AfterSleep, "{name}");
        }
    }

    #[test]
    fn hiding_the_page_for_long_is_an_absence_until_a_press() {
        for (now, unix_ms) in [(31_000, 5_001_000), (1_000, 5_030_000)] {
            let mut absence = Absence::default();
            absence.on_wake(at(1_000, 5_000_000), None);
            absence.on_visibility(true);
            assert_eq!(absence.deadline(), Some(Moment::from_millis(31_000)));
            absence.on_wake(at(1_000, 5_000_000), None);
            assert!(!absence.is_away());
            absence.on_wake(at(now, unix_ms), None);
            absence.on_visibility(false);
            assert!(absence.is_away(), "coming back is not a press");
            absence.on_press();
            assert!(!absence.is_away());
        }
    }

    proptest! {
        #[test]
        fn short_steps_of_both_clocks_are_no_absence(steps in prop::collection::vec((0..20_000_u64, 0..30_000_u64), 1..200)) {
            let (mut absence, mut clocks) = (Absence::default(), at(0, 0));
            for (ticked, passed) in steps {
                let due = Some(clocks.now);
                clocks = at(clocks.now.as_millis() + ticked, clocks.unix_ms + passed);
                prop_assert_eq!(absence.on_wake(clocks, due), Wake::Usual);
            }
            prop_assert!(!absence.is_away());
        }
    }
}
