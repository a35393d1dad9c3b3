//! What who waits may know: how many others are here, and how long a wait is likely; it must not know who they are.

use std::time::Duration;

use crate::{
    matchmaker::Matchmaker,
    protocol::{Occupancy, PeerId, ToBrowser, Wait},
    time::Moment,
};

/// How long a wait counts, at least; at most twice as long. An evening has its rush and its lull.
const COUNTS_FOR: Duration = Duration::from_secs(5 * 60);

/// Waits below which nobody can say how long one is: they would be chance, and with few people somebody's own.
const ENOUGH: u64 = 8;

/// How long it took of late until somebody came. Of two who are paired only the longer wait counts: who came to somebody
/// that waited already did not wait, and says nothing to one who does.
#[derive(Debug, Default)]
pub(crate) struct Forecast {
    /// When the newer part began.
    since: Moment,
    /// Waits of each length ([`Wait::ALL`]) in the newer part, and in the one before it.
    parts: [[u64; Wait::ALL.len()]; 2],
}

impl Forecast {
    /// Somebody has come to one who had waited so long.
    pub(crate) fn waited(&mut self, now: Moment, waited: Duration) {
        self.forget(now);
        self.parts[0][Wait::from(waited) as usize] += 1;
    }

    /// The median of the waits that count; `None` where they are not [`ENOUGH`].
    pub(crate) fn likely(&mut self, now: Moment) -> Option<Wait> {
        self.forget(now);
        let [newer, older] = self.parts;
        let count = |it: Wait| newer[it as usize] + older[it as usize];
        let all: u64 = Wait::ALL.map(count).iter().sum();
        let mut so_far = 0;
        let is_median = |it: &Wait| {
            so_far += count(*it);
            2 * so_far > all
        };
        if all < ENOUGH { None } else { Wait::ALL.into_iter().find(is_median) }
    }

    /// Drops what counts no longer.
    fn forget(&mut self, now: Moment) {
        if now < self.since + COUNTS_FOR {
            return;
        }
        let is_recent = now < self.since + 2 * COUNTS_FOR;
        let [newer, _] = self.parts;
        self.parts = [Default::default(), if is_recent { newer } else { Default::default() }];
        self.since = if is_recent { self.since + COUNTS_FOR } else { now };
    }
}

impl Matchmaker {
    /// Tells a peer how busy it is here, if it waits and can be reached.
    pub(crate) fn tell_here(&mut self, now: Moment, id: PeerId) {
        if self.place_of(id).is_none() {
            return;
        }
        let others = self.peers.len().saturating_sub(self.lost + 1);
        let wait = if others == 0 { None } else { self.forecast.likely(now) };
        self.tell(id, ToBrowser::Here(Occupancy::among(others, wait)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1_000)
    }

    fn after_waits(seconds: &[u64]) -> Forecast {
        let mut it = Forecast::default();
        seconds.iter().for_each(|waited| it.waited(at(100), Duration::from_secs(*waited)));
        it
    }

    #[test]
    fn a_few_waits_say_nothing() {
        assert_eq!(Forecast::default().likely(at(0)), None);
        assert_eq!(after_waits(&[1; 7]).likely(at(100)), None);
        assert_eq!(after_waits(&[1; 8]).likely(at(100)), Some(Wait::Moment));
    }

    #[test]
    fn most_wait_as_long_as_is_said_or_less() {
        let likely = |seconds: &[u64]| after_waits(seconds).likely(at(100));
        assert_eq!(
            likely(&[1, 1, 1, 1, 1, 900, 900, 900, 900]),
            Some(Wait::Moment),
            "a mean would be minutes"
        );
        assert_eq!(likely(&[1, 1, 1, 1, 30, 30, 900, 900]), Some(Wait::HalfAMinute), "a half is not most");
        assert_eq!(likely(&[1, 1, 1, 30, 900, 900, 900, 900]), Some(Wait::Minutes));
    }

    #[test]
    fn what_was_is_forgotten_in_time() {
        let mut it = after_waits(&[900; 8]);
        assert_eq!(it.likely(at(299)), Some(Wait::Minutes));
        assert_eq!(it.likely(at(300)), Some(Wait::Minutes), "older, and it counts still");
        (0..9).for_each(|_| it.waited(at(599), Duration::ZERO));
        assert_eq!(it.likely(at(599)), Some(Wait::Moment));
        assert_eq!(it.likely(at(600)), Some(Wait::Moment), "now the first are forgotten");
        assert_eq!(it.parts, [[0; 3], [9, 0, 0]]);
        assert_eq!(it.likely(at(900)), None);
        assert_eq!(after_waits(&[1; 8]).likely(at(10_000)), None, "after a long silence at once");
    }
}
