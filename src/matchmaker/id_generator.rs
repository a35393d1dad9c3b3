//! [`IdGenerator`]: ids, secrets and jitter, all from one seed.

use std::{ops::Range, time::Duration};

use rand_chacha::{
    ChaCha12Rng,
    rand_core::{Rng, SeedableRng},
};
use uuid::{Builder, Uuid};

use super::keys::DeviceId;
use crate::{
    protocol::{MatchId, PeerId, Secret},
    time::Moment,
};

/// Generates ids and secrets that cannot be guessed, with a cryptographic generator.
#[derive(Debug)]
pub(crate) struct IdGenerator {
    rng: ChaCha12Rng,
    unix_origin_ms: u64,
}

impl IdGenerator {
    /// A generator whose whole output follows from `seed`. `unix_origin_ms` is the Unix time of [`Moment`]'s origin.
    pub(crate) fn new(seed: [u8; 32], unix_origin_ms: u64) -> Self {
        Self { rng: ChaCha12Rng::from_seed(seed), unix_origin_ms }
    }

    /// The time of day, in seconds since the Unix epoch.
    pub(crate) const fn unix_seconds(&self, now: Moment) -> u64 {
        (self.unix_origin_ms + now.as_millis()) / 1_000
    }

    /// A new peer id.
    pub(crate) fn peer_id(&mut self, now: Moment) -> PeerId {
        PeerId(self.version_7(now))
    }

    /// A new match id.
    pub(crate) fn match_id(&mut self, now: Moment) -> MatchId {
        MatchId(self.version_7(now))
    }

    /// A new device id.
    pub(crate) fn device_id(&mut self) -> DeviceId {
        DeviceId(self.secret().0)
    }

    /// A secret of 122 random bits: a UUID of version 4 has 128, of which six are fixed.
    pub(crate) fn secret(&mut self) -> Secret {
        let mut bytes = [0; 16];
        self.rng.fill_bytes(&mut bytes);
        Secret(Builder::from_random_bytes(bytes).into_uuid())
    }

    /// A uniformly distributed duration in `range`, in whole milliseconds. `range` must not be empty.
    pub(crate) fn jitter(&mut self, range: Range<Duration>) -> Duration {
        let span = u64::try_from((range.end - range.start).as_millis()).unwrap_or(u64::MAX);
        range.start + Duration::from_millis(self.rng.next_u64() % span.max(1))
    }

    fn version_7(&mut self, now: Moment) -> Uuid {
        let mut bytes = [0; 10];
        self.rng.fill_bytes(&mut bytes);
        Builder::from_unix_timestamp_millis(self.unix_origin_ms + now.as_millis(), &bytes).into_uuid()
    }
}
