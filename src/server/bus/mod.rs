//! The bus between the two parts of the server: the edge, which has the sockets, and the core, which has the
//! matchmaker.
//!
//! In one process both are in one task, and a message costs no queue and no copy on its way between them. In a
//! `cluster` they are tasks of different processes, with streams in Redis between them. What sockets report comes
//! through the `inbox` in both cases.

pub(crate) mod cluster;
mod core;
mod edge;
pub(crate) mod driver;
pub(crate) mod inbox;
pub(crate) mod presence;

use tokio::sync::mpsc;

use super::{moderation::ReportToStore, shutdown::Shutdown, tasks::Tasks};
use crate::{matchmaker::SanctionUpdate, moderation::Moderation};
use cluster::ClusterBus;
use driver::Driver;

/// What runs between the sockets and the matchmaker of this process.
pub(crate) enum Bus {
    /// The matchmaker is in this process.
    Local(Box<Driver>),
    /// It is in one process of a cluster.
    Cluster(Box<ClusterBus>),
}

impl Bus {
    /// Lets reports be stored in this process, and passes on what was decided.
    pub(crate) fn set_store(
        &mut self,
        moderation: &Moderation,
        reports: mpsc::Sender<ReportToStore>,
        decisions: Vec<SanctionUpdate>,
    ) {
        match self {
            Self::Local(driver) => driver.set_store(reports, decisions),
            Self::Cluster(bus) => bus.set_store(moderation, reports, decisions),
        }
    }

    /// Starts the tasks.
    pub(crate) fn run(self, tasks: &mut Tasks, shutdown: &Shutdown) {
        match self {
            Self::Local(driver) => drop(tasks.set.spawn(driver.run(shutdown.clone()))),
            Self::Cluster(bus) => bus.run(tasks, shutdown),
        }
    }
}
