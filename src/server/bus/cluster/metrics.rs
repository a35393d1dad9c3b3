//! [`ClusterMetrics`]: what a process of a cluster does and sees, for Prometheus.

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

/// One label and its value.
type OneLabel = [(&'static str, &'static str); 1];

/// What a process of a cluster does and sees. All of it is zero in a server without one. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClusterMetrics {
    is_core: Gauge,
    edges: Gauge,
    has_core: Gauge,
    commands: Family<OneLabel, Counter>,
    failures: Counter,
    bytes: Family<OneLabel, Counter>,
    lost_edges: Counter,
    resets: Counter,
}

impl ClusterMetrics {
    /// Metrics that are all zero, in this registry.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let this = Self::default();
        registry.register("cluster_core", "1 if this process is the core", this.is_core.clone());
        registry.register("cluster_edges", "Edges that this core knows", this.edges.clone());
        registry.register("cluster_core_heard", "1 if this edge hears a core", this.has_core.clone());
        registry.register(
            "cluster_commands",
            "Commands that Redis was given, by kind",
            this.commands.clone(),
        );
        registry.register("cluster_failures", "Commands that Redis did not do", this.failures.clone());
        let bytes = this.bytes.clone();
        registry.register_with_unit(
            "cluster_entries",
            "Sealed entries through Redis, by direction",
            Unit::Bytes,
            bytes,
        );
        registry.register("cluster_edges_lost", "Edges that this core has lost", this.lost_edges.clone());
        registry.register("cluster_resets", "How often this edge missed something", this.resets.clone());
        this
    }

    /// Whether this process is the core, and how many edges it knows.
    pub(crate) fn set_core(&self, edges: Option<usize>) {
        self.is_core.set(i64::from(edges.is_some()));
        self.edges.set(edges.unwrap_or_default().try_into().unwrap_or(i64::MAX));
    }

    /// Whether this edge hears a core.
    pub(crate) fn set_core_heard(&self, is_heard: bool) {
        self.has_core.set(i64::from(is_heard));
    }

    /// Redis was given a command.
    pub(crate) fn command(&self, kind: &'static str, is_done: bool) {
        self.commands.get_or_create(&[("kind", kind)]).inc();
        if !is_done {
            self.failures.inc();
        }
    }

    /// Sealed bytes have gone `in` or `out`.
    pub(crate) fn bytes(&self, direction: &'static str, bytes: usize) {
        self.bytes.get_or_create(&[("direction", direction)]).inc_by(bytes as u64);
    }

    /// This core has lost an edge.
    pub(crate) fn lost_edge(&self) {
        self.lost_edges.inc();
    }

    /// This edge has missed something.
    pub(crate) fn reset(&self) {
        self.resets.inc();
    }
}
