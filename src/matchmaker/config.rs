//! Configuration of the matchmaker, and the parts of it that the matchmaker keeps.

use std::time::Duration;

use super::{
    input::EdgeId,
    keys::Keys,
    matches::{edge_relays::EdgeRelays, ice::Ice, own_relay::OwnRelay},
    moderation::age::AgeKey,
};
use crate::protocol::{
    Feature, Features, Limits, MatchId, PeerId, Secret, SoftStart, ToBrowser,
    limits::{
        GRACE_MATCHED, HEARTBEAT, HELLO_WITHIN, IDLE_HEARTBEAT, MAX_BLOCKED, MAX_CANDIDATE_BYTES,
        MAX_CANDIDATES, MAX_FRAME_BYTES, MAX_MET, MAX_OUTBOX_BYTES, MAX_SDP_BYTES, VERSION,
    },
};

/// Everything that a new matchmaker needs to know.
#[derive(Clone, Debug)]
pub struct MatchmakerConfig {
    /// Seeds the generator of all ids and secrets. It must come from the operating system, except in tests.
    pub seed: [u8; 32],
    /// Maximum number of peers, including those in their grace period. One more gets `server-full`.
    pub max_connections: usize,
    /// How many other pairs may be formed before a waiting peer that accepts anybody gets priority.
    pub max_passed_by: u64,
    /// Maximum number of met pairs that a peer remembers; beyond that, the oldest is forgotten.
    pub max_met: usize,
    /// Maximum number of blocked pairs that a peer remembers; beyond that, the oldest is forgotten.
    pub max_blocked: usize,
    /// Seals tickets and signs device names. Every server with these keys can rebuild a match from its tickets.
    pub keys: Keys,
    /// STUN and TURN servers, and the rules for the addresses that partners learn of each other.
    pub ice: Ice,
    /// Identifies the build of the page that this server serves.
    pub build: Option<String>,
    /// Whether all matches start with blurred pictures.
    pub soft_start: SoftStart,
    /// Whether the driver has a store for reports. Otherwise pages are told that this server takes none.
    pub moderates: bool,
    /// The key of the provider that must have stated each person's age; `None` if nobody must.
    pub age: Option<AgeKey>,
    /// How long a new socket may take to send `hello`.
    pub hello_within: Duration,
    /// Maximum size of the unacknowledged descriptions and candidates kept for one peer, in bytes.
    pub outbox_bytes: u32,
    /// Maximum memory of all unacknowledged messages together, in bytes. Beyond that, the sessions of those end that
    /// have not acknowledged for longest.
    pub outbox_total_bytes: u64,
}

impl MatchmakerConfig {
    /// A configuration for tests and benchmarks, never for a server: its keys are public and its seed is weak.
    ///
    /// It has room for any number of peers, the limits of the protocol, no STUN or TURN server, and two pairs at most
    /// before a passed-over peer gets priority. Override fields with struct update syntax.
    pub fn for_tests(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self {
            seed: bytes,
            max_connections: usize::MAX,
            max_passed_by: 2,
            max_met: MAX_MET,
            max_blocked: MAX_BLOCKED,
            keys: [3; 32].into(),
            ice: Ice::default(),
            build: None,
            soft_start: SoftStart::Off,
            moderates: true,
            age: None,
            hello_within: HELLO_WITHIN,
            outbox_bytes: MAX_OUTBOX_BYTES as u32,
            outbox_total_bytes: u64::MAX,
        }
    }
}

/// Limits on peers and their sessions; see the fields of the same names in [`MatchmakerConfig`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionLimits {
    /// Maximum number of peers.
    pub(crate) max_connections: usize,
    /// How long a new socket may take to send `hello`.
    pub(crate) hello_within: Duration,
    /// Maximum size of one peer's outbox, in bytes.
    pub(crate) outbox_bytes: u32,
    /// Maximum number of met pairs that a peer remembers.
    pub(crate) max_met: usize,
    /// Maximum number of blocked pairs that a peer remembers.
    pub(crate) max_blocked: usize,
}

impl SessionLimits {
    /// The limits in a configuration.
    pub(crate) const fn of(config: &MatchmakerConfig) -> Self {
        Self {
            max_connections: config.max_connections,
            hello_within: config.hello_within,
            outbox_bytes: config.outbox_bytes,
            max_met: config.max_met,
            max_blocked: config.max_blocked,
        }
    }
}

/// What every server of one deployment has in common.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// Seals tickets and signs device names.
    pub(crate) keys: Keys,
    /// STUN and TURN servers.
    pub(crate) ice: Ice,
    /// The relays of the edges.
    pub(crate) edge_relays: EdgeRelays,
    /// Identifies the build of the page.
    pub(crate) build: Option<String>,
    /// Whether all matches start with blurred pictures.
    pub(crate) soft_start: SoftStart,
    /// Whether there is a store for reports.
    pub(crate) moderates: bool,
    /// The key of the age check provider, if there is one.
    pub(crate) age: Option<AgeKey>,
}

impl Deployment {
    /// What a configuration says about it.
    pub(crate) fn of(config: MatchmakerConfig) -> Self {
        let MatchmakerConfig { keys, ice, build, soft_start, moderates, age, .. } = config;
        let edge_relays = EdgeRelays::default();
        Self { keys, ice, edge_relays, build, soft_start, moderates, age }
    }

    /// Whether a session may start with this statement about the age of its person.
    pub(crate) fn is_old_enough(&self, statement: Option<&str>, unix_seconds: u64) -> bool {
        let confirms = |key: &AgeKey| statement.is_some_and(|it| key.confirms(it, unix_seconds));
        self.age.as_ref().is_none_or(confirms)
    }

    /// What this server lists in its `welcome`.
    fn features(&self) -> Features {
        if self.moderates { Features::all() } else { Features::all().without(Feature::Report) }
    }

    /// Whether there is a relay.
    pub(crate) fn has_relay(&self) -> bool {
        self.ice.has_relay() || self.edge_relays.has_open()
    }

    /// The own relay: that of this edge, or else that of the whole server.
    pub(crate) fn own_relay(&self, edge: Option<EdgeId>) -> Option<&OwnRelay> {
        edge.and_then(|it| self.edge_relays.get(it)).or(self.ice.own.as_ref())
    }

    /// The `welcome` message for a peer. `match_id` names the match that its ticket restored; `device` is a new signed
    /// device name that the page should store.
    pub(crate) fn welcome(
        &self,
        peer: PeerId,
        secret: Secret,
        (resumed, match_id): (bool, Option<MatchId>),
        device: Option<String>,
    ) -> ToBrowser {
        let relay = self.has_relay();
        let limits = Limits {
            frame_bytes: MAX_FRAME_BYTES as u32,
            sdp_bytes: MAX_SDP_BYTES as u32,
            candidate_bytes: MAX_CANDIDATE_BYTES as u32,
            candidates: MAX_CANDIDATES,
            heartbeat_ms: HEARTBEAT.as_millis() as u32,
            idle_heartbeat_ms: IDLE_HEARTBEAT.as_millis() as u32,
            grace_ms: GRACE_MATCHED.as_millis() as u32,
        };
        let (version, build, features) = (VERSION, self.build.clone(), self.features());
        ToBrowser::Welcome {
            version,
            peer,
            secret,
            resumed,
            match_id,
            relay,
            build,
            device,
            limits,
            features,
        }
    }
}
