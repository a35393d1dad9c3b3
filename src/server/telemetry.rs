//! What operators can see: numbers for Prometheus and lines for the log; it must not know anything of people.
//!
//! Ids, durations and codes only: no address and no description ever comes here.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};
use serde::Serialize;
use tracing_subscriber::{EnvFilter, fmt};

use super::config::{Format, Log, limits::Limit};
use crate::{
    matchmaker::{Census, Input, Note},
    protocol::{Affinity, ErrorCode},
};

/// One label and its value.
type Label = [(&'static str, String); 1];

/// The values of the label `phase`, in the order of [`Telemetry::count`].
const PHASES: [&str; 4] = ["idle", "waiting", "connecting", "talking"];

/// The numbers of one server; several servers may run in one process.
#[derive(Debug)]
pub(crate) struct Telemetry {
    registry: Registry,
    /// In the order of [`PHASES`]; got from their family once, since a label costs an allocation.
    peers: [Gauge; 4],
    matches: Gauge,
    connections: Gauge,
    heard: Counter,
    said: Counter,
    taken: Counter,
    given: Counter,
    matched: Counter,
    rebuilt: Counter,
    connected: Counter,
    ended: Family<Label, Counter>,
    refused: Family<Label, Counter>,
    closed: Family<Label, Counter>,
    /// In the order of [`Limit`]; got from their family once, since a flood is what they count.
    limited: [Counter; Limit::ALL.len()],
    networks: Gauge,
    /// In the order of [`Affinity`].
    wait: [Histogram; Affinity::ALL.len()],
    connect: Histogram,
}

impl Telemetry {
    /// All at zero.
    pub(crate) fn new() -> Self {
        // Seconds: a wait of a moment, of a look at the clock, of a walk to the kitchen.
        let wait = Family::<Label, Histogram, fn() -> Histogram>::new_with_constructor(|| {
            Histogram::new([0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0])
        });
        // Seconds, up to the server's patience of 20.
        let connect = Histogram::new([0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0]);
        let peers = Family::<Label, Gauge>::default();
        let messages = Family::<Label, Counter>::default();
        let limited = Family::<Label, Counter>::default();
        let bytes = Family::<Label, Counter>::default();
        let direction =
            |of: &Family<Label, Counter>, name: &str| of.get_or_create_owned(&[("direction", name.into())]);
        let mut this = Self {
            registry: Registry::with_prefix("passerby"),
            peers: PHASES.map(|name| peers.get_or_create_owned(&[("phase", name.into())])),
            matches: Gauge::default(),
            connections: Gauge::default(),
            heard: direction(&messages, "in"),
            said: direction(&messages, "out"),
            taken: direction(&bytes, "in"),
            given: direction(&bytes, "out"),
            matched: Counter::<u64, AtomicU64>::default(),
            rebuilt: Counter::default(),
            connected: Counter::<u64, AtomicU64>::default(),
            ended: Family::default(),
            refused: Family::default(),
            closed: Family::default(),
            limited: Limit::ALL.map(|(_, name)| limited.get_or_create_owned(&[("limit", name.into())])),
            networks: Gauge::default(),
            wait: Affinity::ALL.map(|it| wait.get_or_create_owned(&[("shared", label(&it))])),
            connect,
        };
        this.registry.register("limited", "What was too much, by limit", limited);
        this.registry.register("bytes", "Bytes of messages by direction", bytes);
        this.registry.register(
            "wait_seconds",
            "How long the longer waiter of a pair had waited, by the closest that the two have in common",
            wait,
        );
        this.register(peers, messages);
        this
    }

    fn register(&mut self, peers: Family<Label, Gauge>, messages: Family<Label, Counter>) {
        let Self { registry, .. } = self;
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What runs here", build);
        registry.register("peers", "Peers by what they do", peers);
        registry.register("matches", "Pairs that have not ended", self.matches.clone());
        registry.register("connections", "Open sockets", self.connections.clone());
        registry.register("networks", "Networks of which something is counted", self.networks.clone());
        registry.register("messages", "Messages by direction", messages);
        registry.register("matches_made", "Pairs made", self.matched.clone());
        registry.register("matches_rebuilt", "Pairs taken up by their tickets", self.rebuilt.clone());
        registry.register("matches_connected", "Pairs that became a call", self.connected.clone());
        registry.register("matches_ended", "Pairs ended, by reason", self.ended.clone());
        registry.register("refused", "Refusals by code", self.refused.clone());
        registry.register("closed", "Sockets that the server closed, by code", self.closed.clone());
        registry.register("connect_seconds", "From pair to call", self.connect.clone());
    }

    /// How many there are of each.
    pub(crate) fn count(&self, census: Census) {
        let Census { idle, waiting, connecting, talking, matches, connections } = census;
        for (peers, count) in self.peers.iter().zip([idle, waiting, connecting, talking]) {
            peers.set(gauge(count));
        }
        self.matches.set(gauge(matches));
        self.connections.set(gauge(connections));
    }

    /// Something has reached the matchmaker.
    pub(crate) fn heard(&self, input: &Input) {
        match input {
            Input::Message { .. } | Input::Refused { .. } | Input::RateLimited { .. } => {
                self.heard.inc();
            }
            Input::Opened { .. } | Input::Closed { .. } | Input::Drain | Input::Tick => {}
        }
    }

    /// A message goes out.
    pub(crate) fn said(&self) {
        self.said.inc();
    }

    /// A message came in, and its answer goes out, that the matchmaker does not know of.
    pub(crate) fn ponged(&self) {
        self.heard.inc();
        self.said.inc();
    }

    /// So many bytes of a message have come in.
    pub(crate) fn took(&self, bytes: usize) {
        self.taken.inc_by(bytes as u64);
    }

    /// So many bytes of a message go out.
    pub(crate) fn gives(&self, bytes: usize) {
        self.given.inc_by(bytes as u64);
    }

    /// The server closes a socket.
    pub(crate) fn closed(&self, code: ErrorCode) {
        let code = label(&code);
        tracing::debug!(code, "closed");
        self.closed.get_or_create(&[("code", code)]).inc();
    }

    /// Something was too much.
    pub(crate) fn limited(&self, limit: Limit) {
        self.limited[limit as usize].inc();
    }

    /// Networks of which something is counted.
    pub(crate) fn networks(&self, count: usize) {
        self.networks.set(gauge(count));
    }

    /// A line and a number for what the matchmaker finds worth them.
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
                tracing::info!(match.id = %match_id.0, "taken up");
            }
            Note::Ended { match_id, reason, lasted } => {
                let reason = label(&reason);
                tracing::info!(match.id = %match_id.0, reason, lasted_ms = millis(lasted), "ended");
                self.ended.get_or_create(&[("reason", reason)]).inc();
            }
            Note::Refused { code } => {
                let code = label(&code);
                tracing::debug!(code, "refused");
                self.refused.get_or_create(&[("code", code)]).inc();
            }
        }
    }

    /// All numbers as `OpenMetrics` text, which is Prometheus' format with an end mark.
    ///
    /// # Errors
    ///
    /// Only those of writing to a text, which has none.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// The name of a unit variant as it is on the wire, so that logs, numbers and messages say the same.
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

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Starts the log of the process, on standard error.
///
/// # Errors
///
/// When the filter is none, or the process has a log already.
pub fn start_log(log: &Log) -> anyhow::Result<()> {
    let lines = fmt().with_env_filter(EnvFilter::try_new(&log.filter)?).with_writer(std::io::stderr);
    // Not `init`: it would also take in the `log` crate, where parsers tell what they parse.
    match log.format {
        Format::Text => tracing::subscriber::set_global_default(lines.finish())?,
        Format::Json => tracing::subscriber::set_global_default(lines.json().finish())?,
    }
    Ok(())
}
