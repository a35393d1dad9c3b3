//! [`Occupancy`]: how busy the server is, in steps so coarse that they reveal no single person.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::limits::{CROWD_STEPS, WAIT_STEPS};

/// How many peers are connected and how long a wait takes, both in coarse steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occupancy {
    /// Peers other than the recipient, rounded down to one of [`CROWD_STEPS`]; 0 if there is nobody else.
    pub around: u32,
    /// The likely wait; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// The recipient has met all the others in the last half hour, or they are kept apart. Never said of a crowd.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub all_met: bool,
}

impl Occupancy {
    /// The occupancy with so many other peers.
    pub fn among(others: usize, wait: Option<Wait>, all_met: bool) -> Self {
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        let around = CROWD_STEPS.into_iter().take_while(|it| *it <= others).last().unwrap_or(0);
        Self { around, wait, all_met }
    }

    /// How many of [`CROWD_STEPS`] are reached: 0 if there is nobody else, at most all of them.
    pub fn steps(self) -> usize {
        CROWD_STEPS.partition_point(|it| *it <= self.around)
    }
}

/// How long a wait takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// Shorter than the first of [`WAIT_STEPS`].
    Moment,
    /// Between the first and the second of [`WAIT_STEPS`].
    HalfAMinute,
    /// Longer than the second.
    Minutes,
}

impl Wait {
    /// All values, the shortest first.
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
        Occupancy::among(others, None, false).around
    }

    #[test]
    fn rounds_the_number_of_peers_down_to_a_step() {
        assert_eq!([0, 1, 2, 9].map(around), [0, 1, 1, 1], "one and nine look the same");
        assert_eq!([10, 19, 20, 99, 100].map(around), [10, 10, 20, 50, 100]);
        assert_eq!([9_999, 10_000, usize::MAX].map(around), [5_000, 10_000, 10_000]);
        for others in 0..20_000 {
            assert!(around(others) as usize <= others, "{others}");
        }
    }

    #[test]
    fn counts_steps_of_another_version_too() {
        let steps = |around| Occupancy { around, wait: None, all_met: false }.steps();
        assert_eq!([0, 1, 10, 10_000].map(steps), [0, 1, 2, CROWD_STEPS.len()]);
        assert_eq!([5, 30, u32::MAX].map(steps), [1, 3, CROWD_STEPS.len()], "numbers that are not our steps");
    }

    #[test]
    fn sorts_waits_into_three_ranges() {
        let wait = |ms| Wait::from(Duration::from_millis(ms));
        assert_eq!([0, 9_999].map(wait), [Wait::Moment; 2]);
        assert_eq!([10_000, 44_999].map(wait), [Wait::HalfAMinute; 2]);
        assert_eq!([45_000, u64::MAX].map(wait), [Wait::Minutes; 2]);
    }
}
