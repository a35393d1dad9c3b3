//! [`Allowance`]: how many reports each device has sent lately.

use std::{collections::VecDeque, time::Duration};

use crate::{
    matchmaker::id_map::IdMap,
    protocol::{DeviceId, MatchId, limits::MAX_REPORTS},
    time::Moment,
};

/// How long a report counts against its device.
const COUNTED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The most reports that are counted at a time, about 5 MB. Beyond that the oldest stop counting early; nobody can make
/// so many alone, since each needs a match of its own.
const MAX_COUNTED: usize = 50_000;

/// The reports of the last [`COUNTED_FOR`], at most [`MAX_REPORTS`] of each device.
///
/// One match counts once, however often its report is repeated: a page repeats a report whose answer it has missed.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    /// All reports that count, the oldest first.
    counted: VecDeque<(Moment, DeviceId, MatchId)>,
    by_device: IdMap<DeviceId, Vec<MatchId>>,
}

impl Allowance {
    /// Counts a report of this device; `false` if it has no more for now.
    pub(crate) fn take(&mut self, now: Moment, device: DeviceId, match_id: MatchId) -> bool {
        self.forget_old(now);
        let reported = self.by_device.entry(device).or_default();
        if reported.contains(&match_id) {
            return true;
        }
        if reported.len() >= MAX_REPORTS {
            return false;
        }
        reported.push(match_id);
        self.counted.push_back((now, device, match_id));
        true
    }

    fn forget_old(&mut self, now: Moment) {
        let is_old = |(at, ..): &(Moment, DeviceId, MatchId)| now - *at >= COUNTED_FOR;
        while self.counted.front().is_some_and(is_old) || self.counted.len() >= MAX_COUNTED {
            let Some((_, device, match_id)) = self.counted.pop_front() else { return };
            if let Some(reported) = self.by_device.get_mut(&device) {
                reported.retain(|it| *it != match_id);
                if reported.is_empty() {
                    self.by_device.remove(&device);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn device(number: u128) -> DeviceId {
        DeviceId(Uuid::from_u128(number))
    }

    fn match_id(number: u128) -> MatchId {
        MatchId(Uuid::from_u128(number))
    }

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1_000)
    }

    const DAY: u64 = 24 * 60 * 60;

    #[test]
    fn a_device_has_ten_reports_a_day() {
        let mut allowance = Allowance::default();
        for number in 0..10 {
            assert!(allowance.take(at(number), device(1), match_id(number.into())));
        }
        assert!(!allowance.take(at(10), device(1), match_id(10)));
        assert!(allowance.take(at(10), device(1), match_id(3)), "a repeated one");
        assert!(allowance.take(at(10), device(2), match_id(10)), "another device");
        assert!(!allowance.take(at(DAY - 1), device(1), match_id(10)));
        assert!(allowance.take(at(DAY), device(1), match_id(10)), "the first one counts no longer");
        assert!(!allowance.take(at(DAY), device(1), match_id(11)));
    }

    #[test]
    fn memory_is_bounded_and_given_back() {
        let mut allowance = Allowance::default();
        for number in 0..MAX_COUNTED as u128 + 10 {
            assert!(allowance.take(at(0), device(number / 2), match_id(number)));
        }
        assert_eq!(allowance.counted.len(), MAX_COUNTED);
        assert_eq!(allowance.by_device.len(), MAX_COUNTED / 2);
        assert!(allowance.take(at(DAY), device(1), match_id(1)));
        assert_eq!((allowance.counted.len(), allowance.by_device.len()), (1, 1));
    }
}
