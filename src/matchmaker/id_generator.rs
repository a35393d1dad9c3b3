//! [`IdGenerator`]: ids, secrets, nonces and jitter, from one seed and what the driver reads for each input.

use std::{ops::Range, time::Duration};

use rand_chacha::{
    ChaCha12Rng,
    rand_core::{Rng, SeedableRng},
};
use uuid::{Builder, Uuid};

use super::{input::Readings, keys::Nonce};
use crate::protocol::{DeviceId, MatchId, PeerId, Secret};

/// The largest number in the 12 bits that follow the time in a UUID of version 7 (RFC 9562, 5.7).
const MAX_COUNT: u16 = 0x0fff;

/// Generates ids and secrets that cannot be guessed, with a cryptographic generator.
#[derive(Debug)]
pub(crate) struct IdGenerator {
    rng: ChaCha12Rng,
    /// What the driver has read for the input at hand.
    readings: Readings,
    /// The time of the last id of version 7, in milliseconds since the Unix epoch, and its number within that time.
    last: (u64, u16),
}

impl IdGenerator {
    /// A generator whose whole output follows from `seed` and the readings.
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let readings = Readings { unix_ms: 0, random: [0; 32] };
        Self { rng: ChaCha12Rng::from_seed(seed), readings, last: (0, 0) }
    }

    /// Uses these readings from now on. Must be called for each input before anything is generated.
    pub(crate) const fn start_input(&mut self, readings: Readings) {
        self.readings = readings;
    }

    /// The wall time of the input at hand, in milliseconds since the Unix epoch.
    pub(crate) const fn unix_ms(&self) -> u64 {
        self.readings.unix_ms
    }

    /// The same in seconds.
    pub(crate) const fn unix_seconds(&self) -> u64 {
        self.readings.unix_ms / 1_000
    }

    /// A new peer id.
    pub(crate) fn peer_id(&mut self) -> PeerId {
        PeerId(self.version_7())
    }

    /// A new match id, greater than all former ones of this generator.
    pub(crate) fn match_id(&mut self) -> MatchId {
        MatchId(self.version_7())
    }

    /// A new device id.
    pub(crate) fn device_id(&mut self) -> DeviceId {
        DeviceId(self.version_4())
    }

    /// A secret of 122 random bits: a UUID of version 4 has 128, of which six are fixed.
    pub(crate) fn secret(&mut self) -> Secret {
        Secret(self.version_4())
    }

    /// A name for one end of one match at the relay, which keeps logs of its own: it says nothing about the match.
    pub(crate) fn relay_name(&mut self) -> Uuid {
        self.version_4()
    }

    /// A nonce for one ticket.
    pub(crate) fn nonce(&mut self) -> Nonce {
        self.random()
    }

    /// A uniformly distributed duration in `range`, in whole milliseconds. `range` must not be empty.
    pub(crate) fn jitter(&mut self, range: Range<Duration>) -> Duration {
        let span = u64::try_from((range.end - range.start).as_millis()).unwrap_or(u64::MAX);
        range.start + Duration::from_millis(self.rng.next_u64() % span.max(1))
    }

    /// Random bytes, at most 32. Each value differs because of the seeded generator. The readings make them differ in
    /// a copy of this process, too, whose generator gives the same bytes again.
    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes.iter_mut().zip(self.readings.random).for_each(|(byte, fresh)| *byte ^= fresh);
        bytes
    }

    fn version_4(&mut self) -> Uuid {
        Builder::from_random_bytes(self.random()).into_uuid()
    }

    /// An id that contains the wall time, unless that is less than the time of an earlier id.
    ///
    /// Ids are compared to find the newer of two matches, so each must be greater than the last one even if the wall
    /// clock steps back: they keep the last time then, and only their number grows (RFC 9562, 6.2, method 1). More than
    /// 4096 ids in one millisecond borrow from the next one. The order holds for one process: after a restart with a
    /// clock that was set back, ids are less than some former ones until the clock has caught up.
    fn version_7(&mut self) -> Uuid {
        let (time, count) = self.last;
        let (time, count) = if self.readings.unix_ms > time {
            (self.readings.unix_ms, 0)
        } else if count < MAX_COUNT {
            (time, count + 1)
        } else {
            (time.saturating_add(1), 0)
        };
        self.last = (time, count);
        let mut bytes: [u8; 10] = self.random();
        bytes[..2].copy_from_slice(&count.to_be_bytes());
        Builder::from_unix_timestamp_millis(time, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    /// A generator whose wall clock shows this time.
    fn generator(unix_ms: u64) -> IdGenerator {
        let mut ids = IdGenerator::new([7; 32]);
        ids.start_input(Readings { unix_ms, random: [0; 32] });
        ids
    }

    fn time_of(id: Uuid) -> u64 {
        let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
        seconds * 1_000 + u64::from(nanos) / 1_000_000
    }

    #[test]
    fn ids_grow_although_the_wall_clock_steps_back() {
        let start = 1_700_000_000_000;
        let mut ids = generator(start);
        let mut last = ids.match_id();
        assert_eq!((time_of(last.0), last.0.get_version_num()), (start, 7));
        for (unix_ms, time) in [
            (start, start),
            (start - HOUR_MS, start),
            (start - HOUR_MS + 5, start),
            (start + HOUR_MS, start + HOUR_MS),
            (start, start + HOUR_MS),
        ] {
            ids.start_input(Readings { unix_ms, random: [unix_ms as u8; 32] });
            for _ in 0..3 {
                let next = ids.match_id();
                assert!(next > last, "{next:?} follows {last:?}");
                assert_eq!(time_of(next.0), time);
                last = next;
            }
        }
    }

    #[test]
    fn many_ids_of_one_millisecond_are_in_order() {
        let mut ids = generator(1_000);
        let all: Vec<_> = (0..10_000).map(|_| ids.match_id()).collect();
        assert!(all.is_sorted_by(|one, next| one < next));
        assert_eq!(time_of(all[9_999].0), 1_002, "at most 4096 of them have the same time");
    }

    #[test]
    fn a_restored_copy_of_the_process_repeats_nothing() {
        let values = |random| {
            let mut ids = generator(1_000);
            ids.start_input(Readings { unix_ms: 1_000, random });
            (ids.peer_id(), ids.secret().0, ids.device_id(), ids.relay_name(), ids.nonce())
        };
        let (one, copy) = (values([1; 32]), values([2; 32]));
        assert_eq!(one, values([1; 32]), "the same readings give the same values");
        assert!(one.0 != copy.0 && one.1 != copy.1 && one.2 != copy.2 && one.3 != copy.3 && one.4 != copy.4);
    }

    #[test]
    fn the_wall_time_is_that_of_the_input_at_hand() {
        let mut ids = generator(1_700_000_000_999);
        assert_eq!(ids.unix_seconds(), 1_700_000_000);
        ids.start_input(Readings { unix_ms: 1_600_000_000_000, random: [0; 32] });
        assert_eq!(ids.unix_seconds(), 1_600_000_000);
    }
}
