//! How good a call is, second by second: what people see of the statistics; it must not know where they come from, nor
//! what is done about a bad one.

use std::{collections::VecDeque, time::Duration};

use crate::{call::Measurement, time::Moment};

/// Seconds that are kept, for the plots: a minute shows whether it gets better.
const MAX_SAMPLES: usize = 60;

/// The shortest time between two samples: statistics are looked at more often while a call begins.
const SAMPLE_EVERY: Duration = Duration::from_millis(900);

/// Samples in a row that say the same before people are told that it has become worse, or better: a hiccup is neither.
const WORSE_AFTER: u8 = 2;
const BETTER_AFTER: u8 = 4;

/// From here on speech suffers: ITU-T G.114 calls 400 ms one way the limit, G.113 gives Opus-like codecs about 3 % loss.
const WEAK: Bounds = Bounds { lost_permille: 30, round_trip: Duration::from_millis(400), frames: 12 };

/// From here on a conversation is hardly one.
const BAD: Bounds = Bounds { lost_permille: 100, round_trip: Duration::from_millis(1_000), frames: 5 };

/// How good a call is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strength {
    /// Nothing to speak of.
    #[default]
    Good,
    /// It is felt.
    Weak,
    /// It is hardly a call.
    Bad,
}

impl Strength {
    /// The stable name, for `data-strength`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Weak => "weak",
            Self::Bad => "bad",
        }
    }
}

/// One second of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Thousands of bits a second that came in.
    pub received: u32,
    /// The same for what went out.
    pub sent: u32,
    /// Packets of a thousand that were lost on the way in.
    pub lost_permille: u32,
    /// There and back, where the browser knows.
    pub round_trip: Option<Duration>,
    /// The picture that comes in: width, height, frames a second; nothing while there is none.
    pub picture: Option<[u32; 3]>,
}

struct Bounds {
    lost_permille: u32,
    round_trip: Duration,
    frames: u32,
}

/// The last minute of a call, and what it is called.
#[derive(Debug, Default)]
pub(crate) struct Record {
    samples: VecDeque<Sample>,
    revision: u32,
    last: Option<(Moment, Measurement)>,
    strength: Strength,
    /// What the last samples say, and how many of them, where it is something else.
    tendency: (Strength, u8),
}

impl Record {
    /// Takes in a measurement; `moves` if there should be many frames a second, as of a person, not of a screen.
    pub(crate) fn measured(&mut self, now: Moment, measurement: Measurement, moves: bool) {
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
        self.judge(sample.strength(moves));
    }

    /// A fresh connection counts from nothing.
    pub(crate) fn renewed(&mut self) {
        self.last = None;
    }

    /// How good the call is.
    pub(crate) const fn strength(&self) -> Strength {
        self.strength
    }

    /// The last seconds, the oldest first.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.samples.iter().copied().collect()
    }

    /// Counts the samples.
    pub(crate) const fn revision(&self) -> u32 {
        self.revision
    }

    fn judge(&mut self, now: Strength) {
        let (before, times) = self.tendency;
        self.tendency = (now, if before == now { times.saturating_add(1) } else { 1 });
        let enough = if now as u8 > self.strength as u8 { WORSE_AFTER } else { BETTER_AFTER };
        if self.tendency.1 >= enough {
            self.strength = now;
        }
    }
}

impl Sample {
    fn strength(self, moves: bool) -> Strength {
        let exceeds = |it: &Bounds| {
            self.lost_permille >= it.lost_permille
                || self.round_trip.is_some_and(|time| time >= it.round_trip)
                || self.picture.is_some_and(|[_, _, frames]| moves && frames < it.frames)
        };
        if exceeds(&BAD) {
            Strength::Bad
        } else if exceeds(&WEAK) {
            Strength::Weak
        } else {
            Strength::Good
        }
    }
}

fn sample(time: Duration, before: Measurement, now: Measurement) -> Sample {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
    // Bits a millisecond are thousands of bits a second.
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

    /// One second after another, each with so many of a hundred packets lost.
    fn strengths(lost: &[u64]) -> Vec<Strength> {
        let (mut record, mut sum) = (Record::default(), Measurement::default());
        record.measured(Moment::default(), sum, true);
        let mut seconds = (1..).map(|it| Moment::from_millis(1_000 * it));
        let mut second = |lost: &u64| {
            sum.packets_lost += lost;
            sum.packets_received += 100 - lost;
            record.measured(seconds.next().unwrap(), sum, true);
            record.strength()
        };
        lost.iter().map(&mut second).collect()
    }

    #[test]
    fn a_hiccup_is_not_told_and_a_bad_minute_is() {
        use Strength::{Bad, Good, Weak};
        assert_eq!(strengths(&[0, 50, 0, 0]), [Good; 4]);
        assert_eq!(strengths(&[5, 5, 20, 20, 0, 0, 0, 0]), [Good, Weak, Weak, Bad, Bad, Bad, Bad, Good]);
    }

    #[test]
    fn a_second_is_counted_in_bits_and_packets() {
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
            "what counts backwards is nothing"
        );
    }

    #[test]
    fn a_minute_is_kept_and_looks_in_between_are_none() {
        let mut record = Record::default();
        for tenth in 0..1_000 {
            record.measured(Moment::from_millis(100 * tenth), Measurement::default(), true);
        }
        assert_eq!(record.samples().len(), 60);
        assert_eq!(record.revision(), 111);
    }
}
