//! [`Telemetry`]: metrics for Prometheus and log lines for operators.
//!
//! Both hold ids, durations and codes only, never an address or a session description.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prometheus_client::{
    encoding::text::{encode_eof, encode_registry},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};
use serde::Serialize;

use super::{
    bus::cluster::metrics::ClusterMetrics,
    config::limits::Limit,
    moderation::metrics::ModerationMetrics,
    process::ProcessMetrics,
    relay::metrics::RelayMetrics,
    validate::{
        Findings,
        description::verdict::{DroppedLine, Flaw},
    },
};
use crate::{
    matchmaker::{Census, DroppedCandidate, Input, Note, OutboxTotals},
    protocol::{Affinity, ErrorCode},
    time::Moment,
};

/// One label and its value.
type Label = [(&'static str, String); 1];

/// Marks that no message is unacknowledged.
const NONE: u64 = u64::MAX;

/// The values of the label `phase`, in the order of [`Telemetry::set_census`].
const PHASES: [&str; 4] = ["idle", "waiting", "connecting", "talking"];

/// The metrics of one server; several servers may run in one process.
#[derive(Debug)]
pub(crate) struct Telemetry {
    registry: Registry,
    /// What the own relay has done.
    pub(crate) relay: RelayMetrics,
    /// Reports and decisions.
    pub(crate) moderation: ModerationMetrics,
    /// What a process of a cluster does and sees.
    pub(crate) cluster: ClusterMetrics,
    /// What every program reports, under names without our prefix.
    process: Registry,
    /// In the order of [`PHASES`]. Looked up in their family only once, because a label costs an allocation.
    peers: [Gauge; 4],
    matches: Gauge,
    connections: Gauge,
    messages_in: Counter,
    messages_out: Counter,
    bytes_in: Counter,
    bytes_out: Counter,
    matched: Counter,
    rebuilt: Counter,
    connected: Counter,
    ended: Family<Label, Counter>,
    refused: Family<Label, Counter>,
    closed: Family<Label, Counter>,
    /// In the order of [`Limit`]. Looked up in their family only once, because they count floods.
    limited: [Counter; Limit::ALL.len()],
    /// In the order of [`DroppedLine`].
    dropped_lines: [Counter; DroppedLine::ALL.len()],
    /// In the order of [`DroppedCandidate`].
    dropped_candidates: [Counter; DroppedCandidate::ALL.len()],
    /// In the order of [`Flaw`].
    flaws: [Counter; Flaw::ALL.len()],
    networks: Gauge,
    /// In the order of [`Affinity`].
    wait: [Histogram; Affinity::ALL.len()],
    connect: Histogram,
    inbox_events: Gauge,
    inbox_wait: Histogram,
    outbox_bytes: Gauge,
    /// When the oldest unacknowledged message was sent, in milliseconds of [`Moment`], or [`NONE`].
    oldest_unacknowledged: AtomicU64,
    oldest_unacknowledged_seconds: Gauge<f64, AtomicU64>,
    /// Without labels, and empty if there is no certificate.
    certificate_expiry: Family<[(&'static str, String); 0], Gauge>,
}

impl Telemetry {
    /// Metrics that are all zero.
    pub(crate) fn new() -> Self {
        // Seconds, from an instant match to a wait of five minutes.
        let wait = Family::<Label, Histogram, fn() -> Histogram>::new_with_constructor(|| {
            Histogram::new([0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0])
        });
        // Seconds, up to the deadline of 20 for a match to connect.
        let connect = Histogram::new([0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0]);
        let peers = Family::<Label, Gauge>::default();
        let messages = Family::<Label, Counter>::default();
        let limited = Family::<Label, Counter>::default();
        let dropped_lines = Family::<Label, Counter>::default();
        let dropped_candidates = Family::<Label, Counter>::default();
        let flaws = Family::<Label, Counter>::default();
        let bytes = Family::<Label, Counter>::default();
        let direction =
            |of: &Family<Label, Counter>, name: &str| of.get_or_create_owned(&[("direction", name.into())]);
        let mut registry = Registry::with_prefix("passerby");
        let mut this = Self {
            relay: RelayMetrics::register(&mut registry),
            moderation: ModerationMetrics::register(&mut registry),
            cluster: ClusterMetrics::register(&mut registry),
            registry,
            process: Registry::default(),
            peers: PHASES.map(|name| peers.get_or_create_owned(&[("phase", name.into())])),
            matches: Gauge::default(),
            connections: Gauge::default(),
            messages_in: direction(&messages, "in"),
            messages_out: direction(&messages, "out"),
            bytes_in: direction(&bytes, "in"),
            bytes_out: direction(&bytes, "out"),
            matched: Counter::<u64, AtomicU64>::default(),
            rebuilt: Counter::default(),
            connected: Counter::<u64, AtomicU64>::default(),
            ended: Family::default(),
            refused: Family::default(),
            closed: Family::default(),
            limited: Limit::ALL.map(|(_, name)| limited.get_or_create_owned(&[("limit", name.into())])),
            dropped_lines: DroppedLine::ALL
                .map(|(_, name)| dropped_lines.get_or_create_owned(&[("kind", name.into())])),
            dropped_candidates: DroppedCandidate::ALL
                .map(|(_, name)| dropped_candidates.get_or_create_owned(&[("kind", name.into())])),
            flaws: Flaw::ALL.map(|(_, name)| flaws.get_or_create_owned(&[("reason", name.into())])),
            networks: Gauge::default(),
            wait: Affinity::ALL.map(|it| wait.get_or_create_owned(&[("shared", label(&it))])),
            connect,
            inbox_events: Gauge::default(),
            // Seconds, from an idle driver to one that is far behind.
            inbox_wait: Histogram::new([0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0]),
            outbox_bytes: Gauge::default(),
            oldest_unacknowledged: AtomicU64::new(NONE),
            oldest_unacknowledged_seconds: Gauge::default(),
            certificate_expiry: Family::default(),
        };
        this.registry.register("limited", "Requests rejected, by limit", limited);
        this.register_dropped(dropped_lines, dropped_candidates, flaws);
        this.registry.register("bytes", "Bytes of messages, by direction", bytes);
        this.registry.register(
            "wait_seconds",
            "Waiting time of the peer of a match that waited longer, by what the two have in common",
            wait,
        );
        this.register(peers, messages);
        this.register_load();
        this
    }

    /// Registers what does not reach a partner.
    fn register_dropped(
        &mut self,
        lines: Family<Label, Counter>,
        candidates: Family<Label, Counter>,
        flaws: Family<Label, Counter>,
    ) {
        let Self { registry, .. } = self;
        registry.register(
            "sdp_lines_dropped",
            "Lines that descriptions lost because no browser needs them, by kind",
            lines,
        );
        registry.register(
            "candidates_dropped",
            "Candidates that were not forwarded to the partner, by kind",
            candidates,
        );
        registry.register("sdp_refused", "Descriptions refused, by reason", flaws);
    }

    /// Registers what tells how close the server is to its limits.
    fn register_load(&mut self) {
        let Self { registry, .. } = self;
        registry.register(
            "inbox_events",
            "Events that waited for the driver when it last took some",
            self.inbox_events.clone(),
        );
        registry.register(
            "inbox_wait_seconds",
            "Time that an event waited for the driver",
            self.inbox_wait.clone(),
        );
        registry.register(
            "outbox_bytes",
            "Memory of all unacknowledged messages, limited by limits.outbox_total_mib",
            self.outbox_bytes.clone(),
        );
        registry.register(
            "oldest_unacknowledged_seconds",
            "Age of the oldest unacknowledged message, 0 if there is none",
            self.oldest_unacknowledged_seconds.clone(),
        );
        registry.register(
            "certificate_expiry_timestamp_seconds",
            "When the certificate in use expires, in seconds since 1970; absent without TLS",
            self.certificate_expiry.clone(),
        );
        self.process.register_collector(Box::new(ProcessMetrics));
    }

    fn register(&mut self, peers: Family<Label, Gauge>, messages: Family<Label, Counter>) {
        let Self { registry, .. } = self;
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Version of this server", build);
        registry.register("peers", "Peers, by phase", peers);
        registry.register("matches", "Current matches", self.matches.clone());
        registry.register("connections", "Open WebSockets", self.connections.clone());
        registry.register("networks", "Networks tracked for per-network limits", self.networks.clone());
        registry.register("messages", "Messages, by direction", messages);
        registry.register("matches_made", "Matches made", self.matched.clone());
        registry.register(
            "matches_rebuilt",
            "Matches rebuilt from tickets after a restart",
            self.rebuilt.clone(),
        );
        registry.register("matches_connected", "Matches that became a call", self.connected.clone());
        registry.register("matches_ended", "Matches ended, by reason", self.ended.clone());
        registry.register("refused", "Messages refused, by error code", self.refused.clone());
        registry.register("closed", "WebSockets closed by the server, by error code", self.closed.clone());
        registry.register("connect_seconds", "Time from match to call", self.connect.clone());
    }

    /// Sets the gauges.
    pub(crate) fn set_census(&self, census: Census) {
        let Census { idle, waiting, connecting, talking, matches, connections } = census;
        for (peers, count) in self.peers.iter().zip([idle, waiting, connecting, talking]) {
            peers.set(gauge(count));
        }
        self.matches.set(gauge(matches));
        self.connections.set(gauge(connections));
    }

    /// Sets the memory and the age of the unacknowledged messages.
    pub(crate) fn set_outboxes(&self, OutboxTotals { bytes, oldest }: OutboxTotals) {
        self.outbox_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.oldest_unacknowledged.store(oldest.map_or(NONE, Moment::as_millis), Ordering::Relaxed);
    }

    /// Sets how many events waited for the driver.
    pub(crate) fn inbox_depth(&self, events: usize) {
        self.inbox_events.set(gauge(events));
    }

    /// Counts how long an event waited for the driver.
    pub(crate) fn inbox_wait(&self, wait: Duration) {
        self.inbox_wait.observe(wait.as_secs_f64());
    }

    /// Sets when the certificate in use expires, in seconds since 1970.
    pub(crate) fn certificate_expires(&self, at: i64) {
        self.certificate_expiry.get_or_create(&[]).set(at);
    }

    /// Counts an input of the matchmaker if it is a message.
    pub(crate) fn message_in(&self, input: &Input) {
        match input {
            Input::Message { .. } | Input::Refused { .. } | Input::RateLimited { .. } => {
                self.messages_in.inc();
            }
            Input::Opened { .. }
            | Input::Closed { .. }
            | Input::EdgeLost(_)
            | Input::EdgeDrains(_)
            | Input::EdgeRelay { .. }
            | Input::ReportStored { .. }
            | Input::Sanction(_)
            | Input::Drain { .. }
            | Input::Tick => {}
        }
    }

    /// Counts a message from the matchmaker.
    pub(crate) fn message_out(&self) {
        self.messages_out.inc();
    }

    /// Counts a ping and its pong, which bypass the matchmaker.
    pub(crate) fn pong_answered(&self) {
        self.messages_in.inc();
        self.messages_out.inc();
    }

    /// Counts the bytes of an incoming message.
    pub(crate) fn bytes_in(&self, bytes: usize) {
        self.bytes_in.inc_by(bytes as u64);
    }

    /// Counts the bytes of an outgoing message.
    pub(crate) fn bytes_out(&self, bytes: usize) {
        self.bytes_out.inc_by(bytes as u64);
    }

    /// Counts a socket that the server closes.
    pub(crate) fn closed(&self, code: ErrorCode) {
        let code = label(&code);
        tracing::debug!(code, "closed");
        self.closed.get_or_create(&[("code", code)]).inc();
    }

    /// Counts a rejection by a limit.
    pub(crate) fn limited(&self, limit: Limit) {
        self.limited[limit as usize].inc();
    }

    /// Counts what was found in a description.
    pub(crate) fn vetted(&self, findings: &Findings) {
        for (counter, count) in self.dropped_lines.iter().zip(findings.dropped.counts()) {
            if count > 0 {
                counter.inc_by(count.into());
            }
        }
        if let Some(flaw) = findings.flaw {
            self.flaws[flaw as usize].inc();
        }
    }

    /// Sets the number of tracked networks.
    pub(crate) fn networks(&self, count: usize) {
        self.networks.set(gauge(count));
    }

    /// Counts and logs an event that the matchmaker reports.
    pub(crate) fn note(&self, note: Note) {
        match note {
            Note::Matched { match_id, waited, affinity } => {
                self.matched.inc();
                self.wait[affinity as usize].observe(waited.as_secs_f64());
                tracing::info!(match.id = %match_id.0, waited_ms = millis(waited), "matched");
            }
            Note::Connected { match_id, after } => {
                self.connected.inc();
                self.connect.observe(after.as_secs_f64());
                tracing::info!(match.id = %match_id.0, after_ms = millis(after), "connected");
            }
            Note::Rebuilt { match_id } => {
                self.rebuilt.inc();
                tracing::info!(match.id = %match_id.0, "rebuilt");
            }
            Note::Ended { match_id, reason, lasted } => {
                let reason = label(&reason);
                tracing::info!(match.id = %match_id.0, reason, lasted_ms = millis(lasted), "ended");
                self.ended.get_or_create(&[("reason", reason)]).inc();
            }
            Note::ReportRefused { result } => self.moderation.refused(label(&result)),
            Note::CandidateDropped { reason } => {
                self.dropped_candidates[reason as usize].inc();
            }
            Note::Refused { code } => {
                let code = label(&code);
                tracing::debug!(code, "refused");
                self.refused.get_or_create(&[("code", code)]).inc();
            }
        }
    }

    /// All metrics as `OpenMetrics` text, which is the format of Prometheus with an end mark.
    ///
    /// # Errors
    ///
    /// None in practice: writing to a `String` does not fail.
    pub(crate) fn text(&self, now: Moment) -> Result<String, std::fmt::Error> {
        let oldest = self.oldest_unacknowledged.load(Ordering::Relaxed);
        // A time after `now`, such as `NONE`, gives zero.
        let age = now - Moment::from_millis(oldest);
        self.oldest_unacknowledged_seconds.set(age.as_secs_f64());
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        encode_registry(&mut text, &self.process)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

/// The wire name of a unit variant, so that logs, metrics and messages use the same one.
pub(crate) fn label<T: Serialize>(code: &T) -> String {
    serde_json::to_value(code)
        .ok()
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
