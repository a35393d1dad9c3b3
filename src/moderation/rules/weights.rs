//! What reports weigh: how often a reporter was right, which reports of one subject count, and the automatic pause.

use std::{collections::BTreeSet, time::Duration};

use super::unix_time::UnixTime;
use crate::protocol::{DeviceId, NetworkTag, ReportReason};

/// The weight of a reporter of whom nothing is known. Other weights are relative to it.
pub const NEW_REPORTER: u32 = 100;

/// The bounds of a weight: nobody is ignored, and nobody counts for two.
pub const WEIGHTS: std::ops::RangeInclusive<u32> = 20..=180;

/// The decided reports of one reporter that count, the newest ones: a person can change.
pub(crate) const REMEMBERED_REPORTS: u32 = 100;

/// How far back the automatic pause looks, and how long it does not come again.
pub const PAUSE_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// Reporters of distinct device and network that an automatic pause needs.
pub const PAUSE_REPORTERS: usize = 3;

/// What these reporters must weigh together: as much as that many new ones.
const PAUSE_WEIGHT: u32 = PAUSE_REPORTERS as u32 * NEW_REPORTER;

/// Reports of one subject that count. With so many it is at the top of the queue, and more would only cost time.
pub const MAX_COUNTED: usize = 32;

/// The score that an automatic pause adds, so that a person decides about it first: more than all reports that count.
pub const PAUSED_SCORE: u32 = 10_000;

/// What one report weighs in relation to a new reporter's, in percent.
///
/// The share of upheld reports among the decided ones, with two of each added beforehand: a new reporter is in the
/// middle, and one decision does not change much.
pub const fn reporter_weight(upheld: u32, dismissed: u32) -> u32 {
    let (upheld, dismissed) = (upheld as u64 + 2, dismissed as u64 + 2);
    let weight = 2 * NEW_REPORTER as u64 * upheld / (upheld + dismissed);
    // Between 0 and 200.
    let weight = weight as u32;
    if weight < *WEIGHTS.start() {
        *WEIGHTS.start()
    } else if weight > *WEIGHTS.end() {
        *WEIGHTS.end()
    } else {
        weight
    }
}

/// An undecided report, as far as it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedReport {
    /// The reporter's device.
    pub device: DeviceId,
    /// The reporter's network.
    pub network: NetworkTag,
    /// When it came in.
    pub received: UnixTime,
    /// What it was about.
    pub reason: ReportReason,
}

/// The reports of one subject that count, in the order in which they came: of each device and of each network only the
/// first one, and at most [`MAX_COUNTED`].
pub fn distinct_reports(reports: impl IntoIterator<Item = CountedReport>) -> Vec<CountedReport> {
    let (mut devices, mut networks) = (BTreeSet::new(), BTreeSet::new());
    let mut counted = Vec::new();
    for report in reports {
        if !devices.contains(&report.device) && !networks.contains(&report.network) {
            devices.insert(report.device);
            networks.insert(report.network);
            counted.push(report);
        }
        if counted.len() == MAX_COUNTED {
            break;
        }
    }
    counted
}

/// The place of a subject in the queue, from the weights of the reports that count.
pub fn score(weights: impl IntoIterator<Item = u32>, is_paused_automatically: bool) -> u32 {
    let sum = weights.into_iter().fold(0_u32, u32::saturating_add).min(PAUSED_SCORE - 1);
    if is_paused_automatically { sum + PAUSED_SCORE } else { sum }
}

/// The reason of an automatic pause, if there is to be one: the most frequent one of the reports that count.
///
/// `reports` are the undecided ones that count and came within [`PAUSE_WINDOW`], with the weights of their reporters. A
/// subject that has been paused automatically within this time is not paused again.
pub fn automatic_pause(
    now: UnixTime,
    last_pause: Option<UnixTime>,
    reports: &[(CountedReport, u32)],
) -> Option<ReportReason> {
    if last_pause.is_some_and(|it| it + PAUSE_WINDOW > now) {
        return None;
    }
    let weight = reports.iter().fold(0_u32, |sum, it| sum.saturating_add(it.1));
    if reports.len() < PAUSE_REPORTERS || weight < PAUSE_WEIGHT {
        return None;
    }
    let count = |reason| reports.iter().filter(|it| it.0.reason == reason).count();
    // The first one of those with the same count.
    ReportReason::ALL.into_iter().rev().max_by_key(|it| count(*it))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn report(device: u8, network: u8) -> CountedReport {
        CountedReport {
            device: DeviceId(Uuid::from_u128(device.into())),
            network: NetworkTag([network; 16]),
            received: UnixTime(0),
            reason: ReportReason::Spam,
        }
    }

    #[test]
    fn weight_follows_how_often_a_reporter_was_right() {
        assert_eq!(reporter_weight(0, 0), NEW_REPORTER);
        assert_eq!([reporter_weight(1, 0), reporter_weight(0, 1)], [120, 80]);
        assert_eq!([reporter_weight(1000, 0), reporter_weight(0, 1000)], [180, 20]);
        assert_eq!([reporter_weight(u32::MAX, 0), reporter_weight(u32::MAX, u32::MAX)], [180, 100]);
    }

    proptest! {
        #[test]
        fn weight_never_falls_with_an_upheld_report(upheld in 0_u32..500, dismissed in 0_u32..500) {
            let weight = reporter_weight(upheld, dismissed);
            prop_assert!(WEIGHTS.contains(&weight));
            prop_assert!(reporter_weight(upheld + 1, dismissed) >= weight);
            prop_assert!(reporter_weight(upheld, dismissed + 1) <= weight);
        }

        #[test]
        fn no_device_and_no_network_counts_twice(
            reports in prop::collection::vec((0_u8..6, 0_u8..6), 0..40),
        ) {
            let counted = distinct_reports(reports.iter().map(|it| report(it.0, it.1)));
            for (at, one) in counted.iter().enumerate() {
                for other in &counted[at + 1..] {
                    prop_assert!(one.device != other.device && one.network != other.network);
                }
            }
            // None could be added.
            for (device, network) in reports {
                let it = report(device, network);
                let is_taken = |other: &CountedReport| other.device == it.device || other.network == it.network;
                prop_assert!(counted.iter().any(is_taken));
            }
        }
    }

    #[test]
    fn pause_needs_three_reporters_who_are_believed() {
        let now = UnixTime(100_000_000);
        let three = |weight| [(report(1, 1), weight), (report(2, 2), weight), (report(3, 3), weight)];
        assert_eq!(automatic_pause(now, None, &three(NEW_REPORTER)), Some(ReportReason::Spam));
        assert_eq!(automatic_pause(now, None, &three(NEW_REPORTER)[..2]), None);
        assert_eq!(automatic_pause(now, None, &[(report(1, 1), 150), (report(2, 2), 150)]), None);
        assert_eq!(automatic_pause(now, None, &three(reporter_weight(0, 1))), None);
        assert_eq!(automatic_pause(now, Some(now - 23 * HOUR), &three(NEW_REPORTER)), None);
        assert!(automatic_pause(now, Some(now - 24 * HOUR), &three(NEW_REPORTER)).is_some());
        let mut mixed = three(NEW_REPORTER);
        mixed[0].0.reason = ReportReason::Hate;
        assert_eq!(automatic_pause(now, None, &mixed), Some(ReportReason::Spam));
        mixed[1].0.reason = ReportReason::Nudity;
        assert_eq!(automatic_pause(now, None, &mixed), Some(ReportReason::Nudity), "the first one of all");
    }

    #[test]
    fn paused_subject_is_above_every_other_one() {
        let many = (0..100).map(|it| report(it, it));
        let weights = distinct_reports(many).into_iter().map(|_| *WEIGHTS.end());
        assert!(score(weights, false) < score([], true));
    }
}
