//! [`PlaceProof`]: how long a peer has waited, sealed, so that a server that does not know the peer lets it wait on
//! from there; [`FirstProofs`]: who gets its first one when; and [`ProofRecord`]: which proofs still count.
//!
//! A proof must not be of use to jump the queue. So it counts for its own device only, once, soon after it was sealed,
//! and only on a server that has just begun, which may be the next one of a cluster.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use uuid::Uuid;

use crate::{
    matchmaker::keys::{Keys, Nonce},
    protocol::{DeviceId, PeerId, limits::HEARTBEAT},
    time::Moment,
};

/// The first byte of a sealed proof. That of a ticket is a small number.
const SEALED: u8 = b'p';

/// How long a peer waits before it gets a proof. Most are matched sooner, and sealing one costs as much as joining.
pub(crate) const FIRST_AFTER: Duration = Duration::from_millis(500);

/// How long a peer waits at most before it gets a proof, so that those who came together get theirs together.
const FIRST_WITHIN: Duration = Duration::from_secs(1);

/// How old a proof may be when it is renewed: with each ping of a page that waits.
pub(crate) const RENEW_AFTER: Duration = HEARTBEAT.saturating_sub(Duration::from_secs(2));

/// How long a proof counts: a few pings may be lost on a bad network.
const VALID_FOR: Duration = Duration::from_secs(60);

/// How long a server honours proofs after its first input: its pages come back within seconds.
const HONOURED_FOR: Duration = Duration::from_secs(30);

/// The longest wait that a proof states.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// That a peer of a device had waited for so long at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlaceProof {
    pub(crate) device: DeviceId,
    pub(crate) peer: PeerId,
    /// At most [`LONGEST`], in whole milliseconds.
    pub(crate) waited: Duration,
    /// The time on the wall clock, in milliseconds since the Unix epoch.
    pub(crate) at_unix_ms: u64,
}

impl PlaceProof {
    /// The sealed text.
    pub(crate) fn seal(self, keys: &Keys, nonce: Nonce) -> String {
        let waited = u64::try_from(self.waited.min(LONGEST).as_millis()).unwrap_or(u64::MAX);
        let times = [waited, self.at_unix_ms].map(u64::to_be_bytes);
        let ids = [*self.device.0.as_bytes(), *self.peer.0.as_bytes()];
        keys.seal(SEALED, nonce, &[ids.as_flattened(), times.as_flattened()].concat())
    }

    /// What a text says that one of the keys has sealed.
    pub(crate) fn open(text: &str, keys: &Keys) -> Option<Self> {
        let payload = keys.open(SEALED, text)?;
        let (device, rest) = payload.split_first_chunk::<16>()?;
        let (peer, rest) = rest.split_first_chunk::<16>()?;
        let (waited, rest) = rest.split_first_chunk::<8>()?;
        let (at, _) = rest.split_first_chunk::<8>()?;
        Some(Self {
            device: DeviceId(Uuid::from_bytes(*device)),
            peer: PeerId(Uuid::from_bytes(*peer)),
            waited: Duration::from_millis(u64::from_be_bytes(*waited)).min(LONGEST),
            at_unix_ms: u64::from_be_bytes(*at),
        })
    }

    /// How long its peer has waited by now, if the proof still counts. A wall clock that is behind the one that sealed
    /// it adds nothing.
    fn waited_by(self, unix_ms: u64) -> Option<Duration> {
        let age = Duration::from_millis(unix_ms.saturating_sub(self.at_unix_ms));
        (age <= VALID_FOR).then(|| (self.waited + age).min(LONGEST))
    }
}

/// The waits that began in the last second, and whose peers may have no proof yet.
#[derive(Debug, Default)]
pub(crate) struct FirstProofs {
    /// The oldest first. Some of these waits are over.
    began: VecDeque<(Moment, PeerId)>,
}

impl FirstProofs {
    /// A peer has begun to wait. Returns when to call [`take`](Self::take), unless it is to be called sooner anyway.
    pub(crate) fn on_wait(&mut self, now: Moment, peer: PeerId) -> Option<Moment> {
        let is_first = self.began.is_empty();
        self.began.push_back((now, peer));
        is_first.then(|| now + FIRST_WITHIN)
    }

    /// Removes the peers that began to wait at least [`FIRST_AFTER`] ago. Returns them, and when to call this again.
    pub(crate) fn take(&mut self, now: Moment) -> (Vec<PeerId>, Option<Moment>) {
        let count = self.began.partition_point(|(began, _)| *began + FIRST_AFTER <= now);
        let peers = self.began.drain(..count).map(|(_, peer)| peer).collect();
        (peers, self.began.front().map(|(began, _)| *began + FIRST_WITHIN))
    }
}

/// Which proofs a server has honoured. It is empty but for the first [`HONOURED_FOR`].
#[derive(Debug, Default)]
pub(crate) struct ProofRecord {
    /// When the server had its first input.
    began: Option<Moment>,
    honoured: BTreeSet<PeerId>,
}

impl ProofRecord {
    /// The server has an input.
    pub(crate) fn on_input(&mut self, now: Moment) {
        self.began.get_or_insert(now);
        if !self.honoured.is_empty() && !self.is_open(now) {
            self.honoured = BTreeSet::new();
        }
    }

    /// Whether proofs are honoured now.
    pub(crate) fn is_open(&self, now: Moment) -> bool {
        self.began.is_none_or(|it| now - it < HONOURED_FOR)
    }

    /// Since when the peer of a proof has waited, if the proof counts for this device now. It counts once.
    pub(crate) fn honour(
        &mut self,
        now: Moment,
        unix_ms: u64,
        device: DeviceId,
        proof: PlaceProof,
    ) -> Option<Moment> {
        let waited = proof.waited_by(unix_ms).filter(|_| proof.device == device && self.is_open(now))?;
        self.honoured.insert(proof.peer).then(|| now - waited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_millis(10_000_000);
    const UNIX_MS: u64 = 1_700_000_000_000;

    fn id(byte: u8) -> Uuid {
        Uuid::from_bytes([byte; 16])
    }

    fn proof() -> PlaceProof {
        let waited = Duration::from_millis(12_345);
        PlaceProof { device: DeviceId(id(1)), peer: PeerId(id(2)), waited, at_unix_ms: UNIX_MS }
    }

    fn record() -> ProofRecord {
        let mut record = ProofRecord::default();
        record.on_input(NOW);
        record
    }

    #[test]
    fn reads_back_a_sealed_proof_and_no_other_text() {
        let keys = Keys::from([7; 32]);
        let text = proof().seal(&keys, [9; 24]);
        assert_eq!(text.len(), 119);
        assert_eq!(PlaceProof::open(&text, &keys), Some(proof()));
        assert_eq!(
            PlaceProof::open(&text, &Keys::new([8; 32], vec![[7; 32]])),
            Some(proof()),
            "a former key"
        );
        assert_eq!(PlaceProof::open(&text, &Keys::from([8; 32])), None, "another key");
        assert_eq!(PlaceProof::open(&keys.seal(2, [9; 24], &[0; 48]), &keys), None, "a ticket");
        for length in 0..48 {
            assert_eq!(PlaceProof::open(&keys.seal(SEALED, [9; 24], &vec![0; length]), &keys), None);
        }
        let longer = PlaceProof { waited: LONGEST * 2, ..proof() }.seal(&keys, [9; 24]);
        assert_eq!(PlaceProof::open(&longer, &keys).map(|it| it.waited), Some(LONGEST));
    }

    #[test]
    fn a_proof_counts_once_for_its_device() {
        let mut record = record();
        let waited = Duration::from_millis(12_345 + 3_000);
        assert_eq!(record.honour(NOW, UNIX_MS + 3_000, DeviceId(id(5)), proof()), None, "another device");
        let since = record.honour(NOW, UNIX_MS + 3_000, proof().device, proof());
        assert_eq!(since, Some(NOW - waited));
        let renewed = PlaceProof { at_unix_ms: UNIX_MS + 12_000, ..proof() };
        for again in [proof(), renewed] {
            assert_eq!(record.honour(NOW, UNIX_MS + 12_000, again.device, again), None, "a second time");
        }
        let other_tab = PlaceProof { peer: PeerId(id(3)), ..proof() };
        assert!(record.honour(NOW, UNIX_MS, other_tab.device, other_tab).is_some());
    }

    #[test]
    fn a_proof_counts_for_a_minute() {
        for (ms, counts) in [(0, true), (60_000, true), (60_001, false)] {
            let since = record().honour(NOW, UNIX_MS + ms, proof().device, proof());
            assert_eq!(since.is_some(), counts, "{ms} ms");
        }
        let since = record().honour(NOW, UNIX_MS - 5_000, proof().device, proof());
        assert_eq!(since, Some(NOW - proof().waited), "a wall clock that is behind");
    }

    #[test]
    fn only_a_server_that_has_just_begun_honours_proofs_and_then_forgets_them() {
        let mut record = record();
        let last = NOW + HONOURED_FOR - Duration::from_millis(1);
        assert!(record.honour(last, UNIX_MS, proof().device, proof()).is_some());
        record.on_input(NOW + HONOURED_FOR);
        assert!(record.honoured.is_empty());
        let other = PlaceProof { peer: PeerId(id(3)), ..proof() };
        assert_eq!(record.honour(NOW + HONOURED_FOR, UNIX_MS, other.device, other), None);
    }
}
