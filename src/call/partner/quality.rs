//! [`QualityHistory`]: the quality of a call over the last minute, from the statistics of the browser.

use std::{collections::VecDeque, time::Duration};

use crate::{
    call::{Measurement, Sample, Strength},
    time::Moment,
};

/// Samples to keep for the plots, one a second: a minute shows whether the call gets better.
const MAX_SAMPLES: usize = 60;

/// The shortest time between two samples; while a call starts, the statistics are measured more often.
const SAMPLE_EVERY: Duration = Duration::from_millis(900);

/// Equal samples in a row before the page shows a worse quality, so that it ignores a hiccup.
const WORSE_AFTER: u8 = 2;

/// The same for a better quality.
const BETTER_AFTER: u8 = 4;

/// The bounds of a weak call, where speech suffers.
///
/// ITU-T G.114 calls 400 ms one way the limit; G.113 allows codecs like Opus about 3 % loss.
const WEAK: Bounds = Bounds { lost_permille: 30, round_trip: Duration::from_millis(400), frames: 12 };

/// The bounds of a bad call, where a conversation is hardly possible.
const BAD: Bounds = Bounds { lost_permille: 100, round_trip: Duration::from_millis(1_000), frames: 5 };

/// Values from which on a call is weak or bad.
struct Bounds {
    /// At least this many packets of a thousand are lost.
    lost_permille: u32,
    /// A round trip takes at least this long.
    round_trip: Duration,
    /// A person's picture has fewer frames a second.
    frames: u32,
}

/// The samples of the last minute, and the quality that the page shows.
#[derive(Debug, Default)]
pub(crate) struct QualityHistory {
    samples: VecDeque<Sample>,
    revision: u32,
    last: Option<(Moment, Measurement)>,
    strength: Strength,
    /// The quality of the last sample, and how many samples in a row had it.
    tendency: (Strength, u8),
}

impl QualityHistory {
    /// Adds a measurement. With `is_person` the picture should have many frames a second; a shared screen need not.
    pub(crate) fn on_measurement(&mut self, now: Moment, measurement: Measurement, is_person: bool) {
        let Some((at, before)) = self.last else {
            self.last = Some((now, measurement));
            return;
        };
        if now - at < SAMPLE_EVERY {
            return;
        }
        self.last = Some((now, measurement));
        let sample = sample(now - at, before, measurement);
        if self.samples.len() == MAX_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.revision += 1;
        self.update_strength(strength(sample, is_person));
    }

    /// A new connection has replaced the old one, so its counters start at zero.
    pub(crate) fn on_new_connection(&mut self) {
        self.last = None;
    }

    /// The quality that the page shows.
    pub(crate) const fn strength(&self) -> Strength {
        self.strength
    }

    /// The samples, the oldest first.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.samples.iter().copied().collect()
    }

    /// The number of samples so far.
    pub(crate) const fn revision(&self) -> u32 {
        self.revision
    }

    fn update_strength(&mut self, now: Strength) {
        let (before, times) = self.tendency;
        self.tendency = (now, if before == now { times.saturating_add(1) } else { 1 });
        let enough = if now as u8 > self.strength as u8 { WORSE_AFTER } else { BETTER_AFTER };
        if self.tendency.1 >= enough {
            self.strength = now;
        }
    }
}

fn strength(sample: Sample, is_person: bool) -> Strength {
    let exceeds = |it: &Bounds| {
        sample.lost_permille >= it.lost_permille
            || sample.round_trip.is_some_and(|time| time >= it.round_trip)
            || sample.picture.is_some_and(|[_, _, frames]| is_person && frames < it.frames)
    };
    if exceeds(&BAD) {
        Strength::Bad
    } else if exceeds(&WEAK) {
        Strength::Weak
    } else {
        Strength::Good
    }
}

fn sample(time: Duration, before: Measurement, now: Measurement) -> Sample {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
    // Bits per millisecond are kilobits per second.
    let rate =
        |before: u64, now: u64| u32::try_from(now.saturating_sub(before) * 8 / millis).unwrap_or(u32::MAX);
    let lost = now.packets_lost.saturating_sub(before.packets_lost);
    let all = now.packets_received.saturating_sub(before.packets_received) + lost;
    Sample {
        received: rate(before.bytes_received, now.bytes_received),
        sent: rate(before.bytes_sent, now.bytes_sent),
        lost_permille: u32::try_from((lost * 1_000).checked_div(all).unwrap_or(0)).unwrap_or(u32::MAX),
        round_trip: now.round_trip,
        picture: now.picture,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quality shown after each second, given how many of its 100 packets were lost.
    fn strengths(lost: &[u64]) -> Vec<Strength> {
        let (mut history, mut sum) = (QualityHistory::default(), Measurement::default());
        history.on_measurement(Moment::default(), sum, true);
        let mut seconds = (1..).map(|it| Moment::from_millis(1_000 * it));
        let mut second = |lost: &u64| {
            sum.packets_lost += lost;
            sum.packets_received += 100 - lost;
            history.on_measurement(seconds.next().unwrap(), sum, true);
            history.strength()
        };
        lost.iter().map(&mut second).collect()
    }

    #[test]
    fn ignores_a_hiccup_but_shows_lasting_loss() {
        use Strength::{Bad, Good, Weak};
        assert_eq!(strengths(&[0, 50, 0, 0]), [Good; 4]);
        assert_eq!(strengths(&[5, 5, 20, 20, 0, 0, 0, 0]), [Good, Weak, Weak, Bad, Bad, Bad, Bad, Good]);
    }

    #[test]
    fn computes_rates_and_loss_of_a_second() {
        let before = Measurement::default();
        let now = Measurement {
            bytes_received: 125_000,
            bytes_sent: 12_500,
            packets_received: 99,
            packets_lost: 1,
            ..before
        };
        let sample = sample(Duration::from_secs(1), before, now);
        assert_eq!((sample.received, sample.sent, sample.lost_permille), (1_000, 100, 10));
        assert_eq!(
            super::sample(Duration::ZERO, now, before).received,
            0,
            "a counter that goes backwards counts as zero"
        );
    }

    #[test]
    fn keeps_a_minute_and_skips_measurements_in_between() {
        let mut history = QualityHistory::default();
        for tenth in 0..1_000 {
            history.on_measurement(Moment::from_millis(100 * tenth), Measurement::default(), true);
        }
        assert_eq!(history.samples().len(), 60);
        assert_eq!(history.revision(), 111);
    }
}
