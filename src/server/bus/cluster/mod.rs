//! Several processes as one server: edges with the sockets, one core with the matchmaker, and between them streams in
//! Redis.
//!
//! `lease` decides which process runs the core, `edge_link` and `core_link` what each end sends and accepts, and
//! `items` are what they tell each other, `decisions` and `greetings` what a new core must know. `edge_driver` and
//! `core_driver` are the tasks that run them, `store` is what they do in Redis, and `settings` is `[cluster]`.

mod lease;
mod edge_link;
mod core_link;
mod items;
mod decisions;
mod greetings;
pub(crate) mod metrics;

pub(crate) mod store;
pub(crate) mod settings;

pub(crate) mod edge_driver;
pub(crate) mod core_driver;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{inbox::Inbox, presence::CorePresence};
use crate::{
    matchmaker::{Keys, MatchmakerConfig, OwnRelay, SanctionUpdate},
    moderation::{Moderation, NetworkTags},
    server::{
        clock::Clock, moderation::ReportToStore, shutdown::Shutdown, tasks::Tasks, telemetry::Telemetry,
    },
};
use core_driver::CoreDriver;
use decisions::KeptDecisions;
use edge_driver::EdgeDriver;
use metrics::ClusterMetrics;
use settings::{ClusterPlan, Roles};
use store::{mirror, streams::Streams};

/// How long after a failure a Redis is asked again what it is like.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The tasks of one process of a cluster.
pub(crate) struct ClusterBus {
    streams: Arc<Streams>,
    edge: EdgeDriver,
    core: Option<CoreDriver>,
    /// Whether a process of the cluster has the store.
    is_moderated: bool,
    /// What is copied for the other processes, if this one has the store.
    copied: Option<(watch::Receiver<KeptDecisions>, watch::Receiver<NetworkTags>)>,
    /// What tags networks, as far as it is known.
    tags: watch::Sender<Option<NetworkTags>>,
}

impl ClusterBus {
    /// The tasks of a process that serves sockets, and the sender that these use.
    pub(crate) fn new(
        plan: &ClusterPlan,
        keys: Keys,
        config: MatchmakerConfig,
        presence: CorePresence,
        (clock, telemetry): (Clock, Arc<Telemetry>),
    ) -> (Self, Inbox) {
        let metrics = telemetry.cluster.clone();
        let streams = Arc::new(Streams::new(plan.redis.clone(), &plan.name, &keys, metrics));
        let (edge, inbox) = EdgeDriver::new(Arc::clone(&streams), presence, clock, Arc::clone(&telemetry));
        let core = (plan.roles == Roles::Both)
            .then(|| CoreDriver::new(Arc::clone(&streams), config, clock, telemetry));
        let (is_moderated, tags) = (plan.is_moderated, watch::Sender::new(None));
        (Self { streams, edge, core, is_moderated, copied: None, tags }, inbox)
    }

    /// Lets matches use the relay of this process.
    pub(crate) fn set_relay(&mut self, relay: OwnRelay) {
        self.edge.set_relay(relay);
    }

    /// What tags networks, as soon as it is known.
    pub(crate) fn network_tags(&self) -> watch::Receiver<Option<NetworkTags>> {
        self.tags.subscribe()
    }

    /// Lets reports be stored in this process, and passes on what was decided.
    pub(crate) fn set_store(
        &mut self,
        moderation: &Moderation,
        reports: mpsc::Sender<ReportToStore>,
        decisions: Vec<SanctionUpdate>,
    ) {
        let decisions = self.edge.set_store(reports, decisions);
        self.copied = Some((decisions, moderation.network_tags()));
    }

    /// Starts the tasks. When the server drains, first the peers of this edge go to others, then the core gives its
    /// lease back.
    pub(crate) fn run(self, tasks: &mut Tasks, shutdown: &Shutdown) {
        let streams = self.streams;
        let (drained, stopping) = (shutdown.drained.clone(), shutdown.stopping.clone());
        match self.core {
            None => tasks.set.spawn(self.edge.run(shutdown.clone(), drained)),
            Some(core) => {
                let edge_drained = CancellationToken::new();
                tasks.set.spawn(self.edge.run(shutdown.clone(), edge_drained.clone()));
                tasks.set.spawn(core.run(stopping, edge_drained, drained))
            }
        };
        tasks.run_until_stopped(report_redis(Arc::clone(&streams)));
        match self.copied {
            Some((decisions, tags)) => tasks.run_until_stopped(mirror::write(streams, decisions, tags)),
            // Without a store in the cluster there is nothing to look for.
            None if self.is_moderated => tasks.run_until_stopped(mirror::follow_tags(streams, self.tags)),
            None => {}
        }
    }
}

/// Logs what the Redis is like, as soon as it answers.
async fn report_redis(streams: Arc<Streams>) {
    let found = loop {
        match streams.inspect().await {
            Ok(found) => break found,
            Err(_) => sleep(ASK_AGAIN_AFTER).await,
        }
    };
    let (text, problem) = (found.describe(), found.problem());
    match problem {
        Some(problem) => tracing::error!("the Redis of the cluster {problem}"),
        None if found.evicts() => tracing::warn!("{text}"),
        None => tracing::info!("{text}"),
    }
    std::future::pending().await
}

/// Connects to the Redis of a cluster and says what it is like.
///
/// # Errors
///
/// If it does not answer, or cannot be used.
pub(crate) async fn check(plan: &ClusterPlan) -> anyhow::Result<String> {
    let streams =
        Streams::new(plan.redis.clone(), &plan.name, &Keys::from([0; 32]), ClusterMetrics::default());
    let found = streams.inspect().await.map_err(|error| {
        // What the error says beyond its kind may contain an address or a password.
        anyhow::anyhow!("`cluster.redis`: Redis does not answer: {}", error.category())
    })?;
    match found.problem() {
        Some(problem) => anyhow::bail!("`cluster.redis` {problem}"),
        None => Ok(found.describe()),
    }
}

/// Runs a process that serves no sockets, and may be the core.
pub(crate) fn run_core(
    plan: &ClusterPlan,
    keys: Keys,
    config: MatchmakerConfig,
    (clock, telemetry): (Clock, Arc<Telemetry>),
    (tasks, shutdown): (&mut Tasks, &Shutdown),
) {
    let metrics = telemetry.cluster.clone();
    let streams = Arc::new(Streams::new(plan.redis.clone(), &plan.name, &keys, metrics));
    let core = CoreDriver::new(Arc::clone(&streams), config, clock, telemetry);
    let (draining, drained) = (shutdown.draining.clone(), shutdown.drained.clone());
    tasks.run_until_stopped(report_redis(Arc::clone(&streams)));
    tasks.set.spawn(core.run(shutdown.stopping.clone(), draining, drained));
}
