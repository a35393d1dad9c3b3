//! The moderation store in the server: its tasks, the command lines around it, and the pages of the moderators.

mod commands;
mod followed;
pub(crate) mod metrics;
mod pages;
mod settings;
mod tasks;

use std::path::Path;

use anyhow::Context;
use tokio::sync::mpsc;

pub use commands::{ModerationCommand, run_moderation_command};
pub(crate) use pages::serve_pages;
pub(crate) use settings::{ModerationSettings, ModeratorAccess};
pub(crate) use tasks::ReportToStore;

use super::{bus::inbox::Inbox, clock::stamp, tasks::Tasks};
use crate::{
    matchmaker::SanctionUpdate,
    moderation::{Moderation, SanctionEvent, SanctionFeed},
};
use followed::Followed;

/// Reports that may wait for the store: as many as the matchmaker lets wait.
const MAX_WAITING: usize = 256;

/// The open store of a server that has just started.
pub(crate) struct OpenStore {
    /// The store.
    pub(crate) moderation: Moderation,
    /// Where the driver sends reports.
    pub(crate) sender: mpsc::Sender<ReportToStore>,
    reports: mpsc::Receiver<ReportToStore>,
    feed: SanctionFeed,
    followed: Followed,
}

/// Closes the store, if there is one, at the end of the server.
pub(crate) async fn close(moderation: Option<Moderation>) {
    if let Some(moderation) = moderation {
        moderation.close().await;
    }
}

impl OpenStore {
    /// Opens the store in the state directory. Returns what the matchmaker must know before anybody comes, too.
    ///
    /// # Errors
    ///
    /// If the store cannot be used.
    pub(crate) async fn open(dir: &Path) -> anyhow::Result<(Self, Vec<SanctionUpdate>)> {
        let stamp = stamp();
        let (moderation, (sanctions, feed)) = async {
            let moderation = Moderation::open(dir, stamp)?;
            let subscription = moderation.subscribe().await?;
            anyhow::Ok((moderation, subscription))
        }
        .await
        .with_context(|| format!("`state.dir` {}", dir.display()))?;
        let mut followed = Followed::default();
        let updates = followed.follow(stamp.now, SanctionEvent::Replaced(sanctions));
        let (sender, reports) = mpsc::channel(MAX_WAITING);
        Ok((Self { moderation, sender, reports, feed, followed }, updates))
    }

    /// Runs the tasks of the store until the server stops. Returns the store.
    pub(crate) fn run(self, tasks: &mut Tasks, inbox: &Inbox) -> Moderation {
        let Self { moderation, reports, feed, followed, .. } = self;
        let metrics = tasks.telemetry.moderation.clone();
        tasks.run_until_stopped(tasks::store_reports(moderation.clone(), reports, inbox.clone(), metrics));
        tasks.run_until_stopped(tasks::follow_sanctions(feed, followed, inbox.clone()));
        tasks.run_until_stopped(tasks::maintain(moderation.clone()));
        moderation
    }
}
