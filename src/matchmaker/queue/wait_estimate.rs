//! [`WaitEstimate`]: how long a wait is likely to take, from the waits of the last minutes.

use std::time::Duration;

use crate::{protocol::Wait, time::Moment};

/// Length of one window. A wait counts for at least this long and at most twice as long, so that the estimate follows
/// the rush and the quiet hours of an evening.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Minimum number of waits for an estimate. Fewer would be random, and could reveal how long one person waited.
const MIN_SAMPLES: u64 = 8;

/// Recent waits, counted by length in two windows.
///
/// Only the longer wait of a pair counts. The other peer found a partner at once, which says nothing to a peer that has
/// to wait.
#[derive(Debug, Default)]
pub(crate) struct WaitEstimate {
    /// When the newer window began.
    since: Moment,
    /// Numbers of waits of each length ([`Wait::ALL`]) in the newer window and in the one before it.
    windows: [[u64; Wait::ALL.len()]; 2],
}

impl WaitEstimate {
    /// Records that a peer was paired after waiting this long.
    pub(crate) fn record(&mut self, now: Moment, waited: Duration) {
        self.advance(now);
        self.windows[0][Wait::from(waited) as usize] += 1;
    }

    /// The median of the recent waits; `None` if there are fewer than [`MIN_SAMPLES`].
    pub(crate) fn median(&mut self, now: Moment) -> Option<Wait> {
        self.advance(now);
        let [newer, older] = self.windows;
        let count = |it: Wait| newer[it as usize] + older[it as usize];
        let all: u64 = Wait::ALL.map(count).iter().sum();
        let mut so_far = 0;
        let is_median = |it: &Wait| {
            so_far += count(*it);
            2 * so_far > all
        };
        if all < MIN_SAMPLES { None } else { Wait::ALL.into_iter().find(is_median) }
    }

    /// Starts a new window if the newer one is over.
    fn advance(&mut self, now: Moment) {
        if now < self.since + WINDOW {
            return;
        }
        let is_recent = now < self.since + 2 * WINDOW;
        let [newer, _] = self.windows;
        self.windows = [Default::default(), if is_recent { newer } else { Default::default() }];
        self.since = if is_recent { self.since + WINDOW } else { now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1_000)
    }

    fn after_waits(seconds: &[u64]) -> WaitEstimate {
        let mut it = WaitEstimate::default();
        seconds.iter().for_each(|waited| it.record(at(100), Duration::from_secs(*waited)));
        it
    }

    #[test]
    fn gives_no_estimate_from_few_waits() {
        assert_eq!(WaitEstimate::default().median(at(0)), None);
        assert_eq!(after_waits(&[1; 7]).median(at(100)), None);
        assert_eq!(after_waits(&[1; 8]).median(at(100)), Some(Wait::Moment));
    }

    #[test]
    fn estimates_the_median_wait() {
        let median = |seconds: &[u64]| after_waits(seconds).median(at(100));
        assert_eq!(
            median(&[1, 1, 1, 1, 1, 900, 900, 900, 900]),
            Some(Wait::Moment),
            "the mean would be minutes"
        );
        assert_eq!(
            median(&[1, 1, 1, 1, 30, 30, 900, 900]),
            Some(Wait::HalfAMinute),
            "half is not a majority"
        );
        assert_eq!(median(&[1, 1, 1, 30, 900, 900, 900, 900]), Some(Wait::Minutes));
    }

    #[test]
    fn forgets_waits_after_two_windows() {
        let mut it = after_waits(&[900; 8]);
        assert_eq!(it.median(at(299)), Some(Wait::Minutes));
        assert_eq!(it.median(at(300)), Some(Wait::Minutes), "in the older window, they still count");
        (0..9).for_each(|_| it.record(at(599), Duration::ZERO));
        assert_eq!(it.median(at(599)), Some(Wait::Moment));
        assert_eq!(it.median(at(600)), Some(Wait::Moment), "now the first ones are forgotten");
        assert_eq!(it.windows, [[0; 3], [9, 0, 0]]);
        assert_eq!(it.median(at(900)), None);
        assert_eq!(after_waits(&[1; 8]).median(at(10_000)), None, "a long pause clears both windows");
    }
}
