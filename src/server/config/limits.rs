//! How much of everything one peer and one network may have, as operators set it; it must not know who counts.

use std::{ops::RangeInclusive, time::Duration};

use serde::Deserialize;

use super::ice::Fault;
use crate::{
    protocol::limits::{HELLO_WITHIN, MAX_OUTBOX_BYTES},
    time::RateLimit,
};

/// The largest burst: more is no limit.
const MAX_BURST: u32 = 10_000;

/// The fastest rate: the clock counts milliseconds.
const MAX_PER_MINUTE: u32 = 60_000;

/// The shortest and the longest that anybody is waited for, in seconds.
const SECONDS: RangeInclusive<u64> = 1..=60;

/// The least that has to fit into an outbox: the largest message, and some.
const MIN_OUTBOX_KIB: u32 = 64;

/// The most: where all of ten thousand peers had as much, it would be 40 GiB.
const MAX_OUTBOX_KIB: u32 = 4096;

/// `[limits]`: what one peer and one network may do, and for how long anybody is waited for.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// What one socket may say.
    pub peer: PeerLimits,
    /// What all sockets from one network may do together: from one IPv4 address or one /64 of IPv6.
    pub network: NetworkLimits,
    /// Networks that are counted at most, 1 or more; about 100 bytes each. One more is let in uncounted: who has so many
    /// networks is not held up by what each of them may do. Default: 65536. `PASSERBY__LIMITS__NETWORKS`.
    pub networks: usize,
    /// Connections of one listener at most that are open and no sockets, 1 or more; the eldest makes room for the next. A
    /// page needs six for a second. Default: 4096, with ten thousand sockets far below the descriptors that
    /// `docs/passerby.service` allows. `PASSERBY__LIMITS__OPEN`.
    pub open: usize,
    /// Seconds that a request's head may take, 1 to 60, and the handshake of TLS before it, and that a connection is kept
    /// for the next request. Default: 10. `PASSERBY__LIMITS__HEAD_SECONDS`.
    pub head_seconds: u64,
    /// Seconds for which a write may get nowhere, 1 to 60; one message of a socket may take no longer altogether. Default:
    /// 10: a phone in a tunnel is back by then, or gone. `PASSERBY__LIMITS__WRITE_SECONDS`.
    pub write_seconds: u64,
    /// Seconds from a socket's handshake to its `hello`, 1 to 60. Default: 5. `PASSERBY__LIMITS__HELLO_SECONDS`.
    pub hello_seconds: u64,
    /// KiB of descriptions and candidates that are kept for one peer until it has acknowledged them, 64 to 4096. Default:
    /// 256. `PASSERBY__LIMITS__OUTBOX_KIB`.
    pub outbox_kib: u32,
}

/// So many at once, then so many a minute: `PASSERBY__LIMITS__PEER__JOINS__BURST` and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Rate {
    /// At once, up to 10000; 0 for no limit.
    pub burst: u32,
    /// A minute, 1 to 60000, spread evenly.
    pub per_minute: u32,
}

/// `[limits.peer]`, each in a bucket of its own. What a page does by itself never comes near any of these.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct PeerLimits {
    /// `join`: after each stranger who left, and at each change of what one waits with, such as five topics typed in.
    pub joins: Rate,
    /// `next` and `failed`: nobody has seen a face in less than two seconds for long.
    pub nexts: Rate,
    /// Offers and answers: a match has six connections at most, each with its offer and three restarts of ICE.
    pub signals: Rate,
    /// Candidates and their ends: 64 and an end for each of six connections, 390, fit into the burst; who goes from match
    /// to match every two seconds finds 30 for the offer ahead and 30 for the answer each time.
    pub candidates: Rate,
    /// All else: proofs of life, acknowledgements, `connected`, `leave`.
    pub others: Rate,
}

/// `[limits.network]`: for a school or a carrier's shared address, where a hundred people look for somebody at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct NetworkLimits {
    /// Sockets at a time, 0 for no limit. Default: 128, so that it takes eighty networks to fill a server.
    /// `PASSERBY__LIMITS__NETWORK__CONNECTIONS`.
    pub connections: usize,
    /// Connections at a time that are no sockets, 0 for no limit; one more is closed at once. Default: 512: a page needs six
    /// for a second. `PASSERBY__LIMITS__NETWORK__OPEN`.
    pub open: usize,
    /// The page asked for: it is made anew each time, which costs more than anything else that a stranger can ask for.
    pub pages: Rate,
    /// New sockets: everybody presses Start in one minute, or comes back after a restart.
    pub openings: Rate,
    /// `join`.
    pub joins: Rate,
    /// `next` and `failed`: each of a hundred goes on every six seconds.
    pub nexts: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            peer: PeerLimits::default(),
            network: NetworkLimits::default(),
            networks: 65_536,
            open: 4096,
            head_seconds: 10,
            write_seconds: 10,
            hello_seconds: HELLO_WITHIN.as_secs(),
            outbox_kib: (MAX_OUTBOX_BYTES / 1024) as u32,
        }
    }
}

impl Default for PeerLimits {
    fn default() -> Self {
        Self {
            joins: Rate { burst: 20, per_minute: 60 },
            nexts: Rate { burst: 10, per_minute: 30 },
            signals: Rate { burst: 64, per_minute: 240 },
            candidates: Rate { burst: 512, per_minute: 2_400 },
            others: Rate { burst: 64, per_minute: 300 },
        }
    }
}

impl Default for NetworkLimits {
    fn default() -> Self {
        Self {
            connections: 128,
            open: 512,
            pages: Rate { burst: 256, per_minute: 600 },
            openings: Rate { burst: 128, per_minute: 120 },
            joins: Rate { burst: 256, per_minute: 1_200 },
            nexts: Rate { burst: 256, per_minute: 1_200 },
        }
    }
}

impl Rate {
    /// As something to count with; `None` for no limit.
    pub(crate) fn pace(self) -> Option<RateLimit> {
        let every = Duration::from_millis(u64::from(60_000 / self.per_minute.max(1)));
        (self.burst > 0).then(|| RateLimit::new(every, self.burst))
    }

    fn check(self, key: &'static str) -> Result<(), Fault> {
        if self.burst > MAX_BURST {
            return Err((key, format!("has a burst above {MAX_BURST}: 0 is no limit")));
        }
        if self.burst > 0 && !(1..=MAX_PER_MINUTE).contains(&self.per_minute) {
            return Err((key, format!("must be 1 to {MAX_PER_MINUTE} per_minute; a burst of 0 is no limit")));
        }
        Ok(())
    }
}

impl Limits {
    /// What the types do not say.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where a value cannot be meant.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.networks == 0 {
            return Err(("limits.networks", "must be 1 or more".into()));
        }
        if self.open == 0 {
            return Err(("limits.open", "must be 1 or more".into()));
        }
        if !(MIN_OUTBOX_KIB..=MAX_OUTBOX_KIB).contains(&self.outbox_kib) {
            return Err(("limits.outbox_kib", format!("must be {MIN_OUTBOX_KIB} to {MAX_OUTBOX_KIB}")));
        }
        let Self { peer, network, head_seconds, write_seconds, hello_seconds, .. } = self;
        for (key, seconds) in [
            ("limits.head_seconds", head_seconds),
            ("limits.write_seconds", write_seconds),
            ("limits.hello_seconds", hello_seconds),
        ] {
            if !SECONDS.contains(seconds) {
                return Err((key, format!("must be {} to {}", SECONDS.start(), SECONDS.end())));
            }
        }
        for (key, rate) in [
            ("limits.peer.joins", peer.joins),
            ("limits.peer.nexts", peer.nexts),
            ("limits.peer.signals", peer.signals),
            ("limits.peer.candidates", peer.candidates),
            ("limits.peer.others", peer.others),
            ("limits.network.pages", network.pages),
            ("limits.network.openings", network.openings),
            ("limits.network.joins", network.joins),
            ("limits.network.nexts", network.nexts),
        ] {
            rate.check(key)?;
        }
        Ok(())
    }
}

/// Everything that is counted, as the numbers name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// `limits.peer.joins`
    PeerJoins,
    /// `limits.peer.nexts`
    PeerNexts,
    /// `limits.peer.signals`
    PeerSignals,
    /// `limits.peer.candidates`
    PeerCandidates,
    /// `limits.peer.others`
    PeerOthers,
    /// `limits.network.connections`
    NetworkConnections,
    /// `limits.network.open`
    NetworkOpen,
    /// `limits.network.pages`
    NetworkPages,
    /// `limits.network.openings`
    NetworkOpenings,
    /// `limits.network.joins`
    NetworkJoins,
    /// `limits.network.nexts`
    NetworkNexts,
    /// `limits.networks`
    Networks,
    /// `limits.open`
    Open,
    /// `limits.head_seconds`
    Head,
    /// `limits.write_seconds`
    Write,
}

impl Limit {
    /// All, in order, with the values of the label `limit`.
    pub(crate) const ALL: [(Self, &str); 15] = [
        (Self::PeerJoins, "peer-joins"),
        (Self::PeerNexts, "peer-nexts"),
        (Self::PeerSignals, "peer-signals"),
        (Self::PeerCandidates, "peer-candidates"),
        (Self::PeerOthers, "peer-others"),
        (Self::NetworkConnections, "network-connections"),
        (Self::NetworkOpen, "network-open"),
        (Self::NetworkPages, "network-pages"),
        (Self::NetworkOpenings, "network-openings"),
        (Self::NetworkJoins, "network-joins"),
        (Self::NetworkNexts, "network-nexts"),
        (Self::Networks, "networks"),
        (Self::Open, "open"),
        (Self::Head, "head"),
        (Self::Write, "write"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::limits::{MAX_CANDIDATES, MAX_EPOCH};

    #[test]
    fn the_counters_stand_in_the_order_of_their_names() {
        assert!(Limit::ALL.iter().enumerate().all(|(n, it)| it.0 as usize == n));
    }

    #[test]
    fn every_candidate_of_a_match_fits_into_the_burst() {
        let all = u32::from(MAX_CANDIDATES + 1) * MAX_EPOCH;
        assert!(all <= PeerLimits::default().candidates.burst, "{all}");
    }

    #[test]
    fn no_burst_is_no_limit() {
        assert!(Rate { burst: 0, per_minute: 0 }.pace().is_none());
        assert!(Rate { burst: 0, per_minute: 0 }.check("key").is_ok());
        assert!(Rate { burst: 1, per_minute: 0 }.check("key").is_err());
        assert!(Rate { burst: 1, per_minute: 60_001 }.check("key").is_err());
        assert!(Rate { burst: 10_001, per_minute: 1 }.check("key").is_err());
    }
}
