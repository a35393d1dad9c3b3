//! Maintenance: what the store removes and changes every hour. Each part is done, whether or not another one fails.

use std::{fmt, sync::atomic::Ordering};

use tokio::sync::oneshot;

use super::{
    error::ModerationError,
    handle::Moderation,
    key_files,
    requests::{received, send},
    rules::{
        network_tags::Month,
        unix_time::{Stamp, UnixTime},
    },
    store::{counts::Removal, thread::Request},
};

/// The parts of the maintenance that have failed, and why. The others are done.
#[derive(Debug)]
pub struct MaintenanceError(Vec<(&'static str, ModerationError)>);

impl fmt::Display for MaintenanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.0.iter().map(|(part, error)| format!("{part}: {error}")).collect();
        f.write_str(&parts.join("; "))
    }
}

impl std::error::Error for MaintenanceError {}

impl Moderation {
    /// Removes what is kept no longer, and changes the key of the networks with the month. To be called every hour.
    ///
    /// # Errors
    ///
    /// What could not be done, which is tried again the next time; all that was removed stays so.
    pub async fn maintain(&self, stamp: Stamp) -> Result<(), MaintenanceError> {
        let mut results = vec![
            ("the key of the month", self.change_key(stamp).await),
            ("old keys of the networks", self.delete_keys(stamp.now).await),
        ];
        for part in Removal::ALL {
            results.push((part.name(), self.remove(part, stamp.now).await));
        }
        results.push(("the write-ahead log", self.empty_log().await));
        let failed: Vec<_> = results.into_iter().filter_map(|(part, it)| Some((part, it.err()?))).collect();
        if failed.is_empty() { Ok(()) } else { Err(MaintenanceError(failed)) }
    }

    async fn change_key(&self, stamp: Stamp) -> Result<(), ModerationError> {
        if self.tags.borrow().month() != Month::of(stamp.now) {
            let dir = self.dir.clone();
            let tags = tokio::task::spawn_blocking(move || key_files::load(&dir, stamp)).await;
            self.tags.send_replace(tags.map_err(|_| ModerationError::Failed)??);
        }
        Ok(())
    }

    async fn delete_keys(&self, now: UnixTime) -> Result<(), ModerationError> {
        let dir = self.dir.clone();
        let deleted = tokio::task::spawn_blocking(move || key_files::delete_old(&dir, now)).await;
        Ok(deleted.map_err(|_| ModerationError::Failed)??)
    }

    /// Removes all of one part, in steps, so that reports do not wait long.
    async fn remove(&self, part: Removal, now: UnixTime) -> Result<(), ModerationError> {
        loop {
            let removed = self.ask(move |store| store.remove_old(part, now)).await;
            // Also a step whose answer came too late may have removed something.
            if !matches!(removed, Ok(0)) {
                self.is_log_due.store(true, Ordering::Relaxed);
            }
            if removed? == 0 {
                return Ok(());
            }
        }
    }

    /// Empties the write-ahead log, which still has what was removed.
    async fn empty_log(&self) -> Result<(), ModerationError> {
        if !self.is_log_due.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (answer, wait) = oneshot::channel();
        send(&self.requests, Request::Checkpoint(answer))?;
        received(wait).await??;
        self.is_log_due.store(false, Ordering::Relaxed);
        Ok(())
    }
}
