//! [`ModerationMetrics`]: reports and decisions, for Prometheus.

use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use crate::{
    moderation::{Action, AppealEffect},
    protocol::ReportReason,
};

/// One label and its value.
type OneLabel = [(&'static str, String); 1];

/// What is counted of reports and decisions since the start. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModerationMetrics {
    reports: Family<OneLabel, Counter>,
    refused: Family<OneLabel, Counter>,
    decisions: Family<OneLabel, Counter>,
    pauses: Counter,
}

impl ModerationMetrics {
    /// Metrics that are all zero, in this registry.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let this = Self::default();
        registry.register("reports", "Reports stored, by reason", this.reports.clone());
        registry.register("reports_refused", "Reports refused, by code", this.refused.clone());
        registry.register("decisions", "Decisions of moderators, by kind", this.decisions.clone());
        registry.register("automatic_pauses", "Pauses without a person", this.pauses.clone());
        this
    }

    /// Counts a report that is stored, and the pause that it has caused, if it has.
    pub(crate) fn stored(&self, reason: ReportReason, has_paused: bool) {
        self.reports.get_or_create(&[("reason", reason.name().to_owned())]).inc();
        if has_paused {
            self.pauses.inc();
        }
    }

    /// Counts a report that was refused with this code.
    pub(crate) fn refused(&self, code: String) {
        self.refused.get_or_create(&[("code", code)]).inc();
    }

    /// Counts a decision about a subject.
    pub(crate) fn decided(&self, action: Action) {
        self.decision(action.name());
    }

    /// Counts a decision about an appeal.
    pub(crate) fn answered(&self, effect: AppealEffect) {
        self.decision(match effect {
            AppealEffect::Rejected => "reject-appeal",
            AppealEffect::Lifted | AppealEffect::WasOver | AppealEffect::AnotherStays => "grant-appeal",
        });
    }

    fn decision(&self, kind: &str) {
        self.decisions.get_or_create(&[("kind", kind.to_owned())]).inc();
    }
}
