//! How busy it is, as far as a page may know it; it must not know who counts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::limits::{CROWD_STEPS, WAIT_STEPS};

/// How many are here and how long one waits, both so coarse that no single person is found in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occupancy {
    /// Peers other than the one who is told: the largest of [`CROWD_STEPS`] that is not more, 0 where there is nobody.
    pub around: u32,
    /// How long a wait is likely; absent where nobody can say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
}

impl Occupancy {
    /// What is told where there are so many others.
    pub fn among(others: usize, wait: Option<Wait>) -> Self {
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        let around = CROWD_STEPS.into_iter().take_while(|it| *it <= others).last().unwrap_or(0);
        Self { around, wait }
    }

    /// How many of [`CROWD_STEPS`] are reached: 0 where there is nobody else, all of them at most.
    pub fn steps(self) -> usize {
        CROWD_STEPS.partition_point(|it| *it <= self.around)
    }
}

/// How long one waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// Less than the first of [`WAIT_STEPS`].
    Moment,
    /// Longer, and less than the second.
    HalfAMinute,
    /// Longer than that.
    Minutes,
}

impl Wait {
    /// All of them, the shortest first.
    pub const ALL: [Self; WAIT_STEPS.len() + 1] = [Self::Moment, Self::HalfAMinute, Self::Minutes];
}

impl From<Duration> for Wait {
    fn from(waited: Duration) -> Self {
        Self::ALL[WAIT_STEPS.partition_point(|it| *it <= waited)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(others: usize) -> u32 {
        Occupancy::among(others, None).around
    }

    #[test]
    fn how_many_there_are_is_told_in_steps_and_never_as_more() {
        assert_eq!([0, 1, 2, 9].map(around), [0, 1, 1, 1], "one and nine are told alike");
        assert_eq!([10, 19, 20, 99, 100].map(around), [10, 10, 20, 50, 100]);
        assert_eq!([9_999, 10_000, usize::MAX].map(around), [5_000, 10_000, 10_000]);
        for others in 0..20_000 {
            assert!(around(others) as usize <= others, "{others}");
        }
    }

    #[test]
    fn a_page_counts_the_steps_of_another_age_too() {
        let steps = |around| Occupancy { around, wait: None }.steps();
        assert_eq!([0, 1, 10, 10_000].map(steps), [0, 1, 2, CROWD_STEPS.len()]);
        assert_eq!(
            [5, 30, u32::MAX].map(steps),
            [1, 3, CROWD_STEPS.len()],
            "numbers that are no steps of ours"
        );
    }

    #[test]
    fn a_wait_is_short_long_or_between() {
        let wait = |ms| Wait::from(Duration::from_millis(ms));
        assert_eq!([0, 9_999].map(wait), [Wait::Moment; 2]);
        assert_eq!([10_000, 44_999].map(wait), [Wait::HalfAMinute; 2]);
        assert_eq!([45_000, u64::MAX].map(wait), [Wait::Minutes; 2]);
    }
}
