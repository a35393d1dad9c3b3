//! [`Moderation`]: the asynchronous interface of the store, which lives in a thread of its own.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    time::timeout,
};

use super::{
    error::ModerationError,
    feed::{self, SanctionFeed},
    key_files,
    records::{
        AppealEffect, AppealId, AppealView, Moderator, ModeratorDecision, MonthCount, QueueEntry,
        QueuePosition, Report, ReportReceipt, Seen, SignInEvent, Statement, Status, SubjectId, SubjectView,
    },
    requests::{ANSWER_WITHIN, received, send},
    rules::{
        codes::ReferenceCode,
        decisions::{Action, ReportOutcome},
        network_tags::{Month, NetworkTags},
        sanctions::{Sanction, Sanctions},
        unix_time::Stamp,
    },
    store::{
        Store,
        thread::{self, Request},
    },
};
use crate::moderation::records::{Claim, MAX_ROWS};

/// Requests that may wait: more than one transaction takes, and few enough to be answered in time.
const MAX_WAITING: usize = 1_024;

/// Changes of the sanctions that a slow subscriber may fall behind.
const MAX_UNREAD_CHANGES: usize = 1_024;

/// The store, open. Clones share it; it is closed when the last one is dropped.
#[derive(Clone)]
pub struct Moderation {
    pub(super) dir: PathBuf,
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) tags: Arc<watch::Sender<NetworkTags>>,
    /// Whether the write-ahead log may still have what was removed.
    pub(super) is_log_due: Arc<AtomicBool>,
    ended: watch::Receiver<()>,
}

impl Moderation {
    /// Opens the store in the state directory, or creates it, and starts its thread. It reads and writes files, so it
    /// belongs at the start of the program.
    ///
    /// # Errors
    ///
    /// If the directory, the database or a key file cannot be used, or a newer version has changed the database.
    pub fn open(dir: &Path, stamp: Stamp) -> Result<Self, ModerationError> {
        let tags = key_files::load(dir, stamp)?;
        let store = Store::open(dir, stamp.now)?;
        let (requests, receiver) = mpsc::channel(MAX_WAITING);
        let (ended_sender, ended) = watch::channel(());
        thread::start(store, receiver, broadcast::Sender::new(MAX_UNREAD_CHANGES), ended_sender)?;
        Ok(Self {
            dir: dir.to_owned(),
            requests,
            tags: Arc::new(watch::Sender::new(tags)),
            // A former process may have ended before it could empty the log.
            is_log_due: Arc::new(AtomicBool::new(true)),
            ended,
        })
    }

    /// Closes the store, and waits until its files are closed, if this is the last clone.
    pub async fn close(self) {
        let Self { mut ended, requests, .. } = self;
        drop(requests);
        // It fails as soon as the thread has dropped the other end.
        let _ = timeout(ANSWER_WITHIN, ended.changed()).await;
    }

    /// The tags of networks, with the newest value each month.
    pub fn network_tags(&self) -> watch::Receiver<NetworkTags> {
        self.tags.subscribe()
    }

    /// All sanctions that have effect.
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub async fn sanctions(&self) -> Result<Sanctions, ModerationError> {
        self.subscribe().await.map(|it| it.0)
    }

    /// All sanctions that have effect, and the changes from then on.
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub async fn subscribe(&self) -> Result<(Sanctions, SanctionFeed), ModerationError> {
        feed::subscribe(&self.requests).await
    }

    /// Stores a report; when this returns, it survives the loss of power. A repeated one changes nothing.
    ///
    /// # Errors
    ///
    /// [`ModerationError::NotAllowed`] if its words are too long or reporter and subject are one device, and the errors
    /// of a store that cannot be asked; then it may be sent again.
    pub async fn report(&self, stamp: Stamp, report: Report) -> Result<ReportReceipt, ModerationError> {
        self.ask(move |store| store.report(stamp, &report)).await
    }

    /// What came of the report with this code.
    ///
    /// # Errors
    ///
    /// [`ModerationError::NotFound`] for an unknown code, also once the report is kept no longer.
    pub async fn outcome(&self, code: ReferenceCode) -> Result<ReportOutcome, ModerationError> {
        self.ask(move |store| store.outcome(code)).await
    }

    /// The reasons of the sanction with this code.
    ///
    /// # Errors
    ///
    /// [`ModerationError::NotFound`] for an unknown code, also once the sanction is kept no longer.
    pub async fn statement(&self, code: ReferenceCode) -> Result<Statement, ModerationError> {
        self.ask(move |store| store.statement(code)).await
    }

    /// Appeals against the sanction with this code, once.
    ///
    /// # Errors
    ///
    /// [`ModerationError::NotFound`] for an unknown code; [`ModerationError::NotAllowed`] for too many words, or a
    /// second appeal.
    pub async fn appeal(
        &self,
        stamp: Stamp,
        code: ReferenceCode,
        words: String,
    ) -> Result<Statement, ModerationError> {
        self.ask(move |store| store.appeal(stamp, code, &words)).await
    }

    /// The counts of each month from this one on, for the transparency page.
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub async fn counts(&self, since: Month) -> Result<Vec<MonthCount>, ModerationError> {
        self.ask(move |store| store.counts(since)).await
    }

    /// The moderator with this token, if there is one; every wrong token takes the same time.
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub async fn moderator(&self, token: String) -> Result<Option<Moderator>, ModerationError> {
        self.ask(move |store| store.moderator(&token)).await
    }

    /// Whether there is a moderator of this name, for one that a proxy has signed in.
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub async fn is_moderator(&self, name: String) -> Result<bool, ModerationError> {
        self.ask(move |store| store.is_moderator(&name)).await
    }

    /// Subjects in the order in which a moderator should look at them, after `after`, at most `limit` and
    /// [`MAX_ROWS`].
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub async fn queue(
        &self,
        stamp: Stamp,
        moderator: &str,
        status: Status,
        after: Option<QueuePosition>,
        limit: usize,
    ) -> Result<Vec<QueueEntry>, ModerationError> {
        let moderator = moderator.to_owned();
        self.ask(move |store| store.queue(stamp, &moderator, status, after, limit)).await
    }

    /// All that is known of a subject.
    ///
    /// # Errors
    ///
    /// [`ModerationError::NotFound`] if it does not exist (any more).
    pub async fn view(
        &self,
        stamp: Stamp,
        moderator: &str,
        subject: SubjectId,
    ) -> Result<SubjectView, ModerationError> {
        let moderator = moderator.to_owned();
        self.ask(move |store| store.view(stamp, &moderator, subject)).await
    }

    /// Claims a subject for ten minutes, or renews the claim: until then no other moderator decides.
    ///
    /// # Errors
    ///
    /// [`ModerationError::Claimed`] if another moderator was first; [`ModerationError::NotFound`].
    pub async fn claim(
        &self,
        stamp: Stamp,
        moderator: &str,
        subject: SubjectId,
    ) -> Result<Claim, ModerationError> {
        let moderator = moderator.to_owned();
        self.ask(move |store| store.claim(stamp, &moderator, subject)).await
    }

    /// Decides about a subject. Returns the sanction that it imposes; `None` also if a stronger one stays in effect.
    ///
    /// # Errors
    ///
    /// [`ModerationError::Conflict`] if somebody has decided since what was seen; [`ModerationError::Claimed`];
    /// [`ModerationError::NotAllowed`] for a long note, a long ban without a severe reason, or an escalation without
    /// undecided reports;
    /// [`ModerationError::NotFound`].
    pub async fn decide(
        &self,
        stamp: Stamp,
        moderator: &str,
        decision: ModeratorDecision,
    ) -> Result<Option<Sanction>, ModerationError> {
        let moderator = moderator.to_owned();
        self.ask(move |store| store.decide(stamp, &moderator, &decision)).await
    }

    /// Dismisses the reports of several subjects, each by itself: the answers are in the same order. At most
    /// [`MAX_ROWS`] at once.
    ///
    /// # Errors
    ///
    /// [`ModerationError::NotAllowed`] for more; each answer can be an error of [`Self::decide`].
    pub async fn dismiss_all(
        &self,
        stamp: Stamp,
        moderator: &str,
        subjects: Vec<(SubjectId, Seen)>,
    ) -> Result<Vec<Result<(), ModerationError>>, ModerationError> {
        if subjects.len() > MAX_ROWS {
            return Err(ModerationError::NotAllowed("too many subjects at once"));
        }
        let moderator = moderator.to_owned();
        self.ask(move |store| {
            let dismiss = |(subject, seen)| {
                let decision =
                    ModeratorDecision { subject, seen, action: Action::Dismiss, note: String::new() };
                store.savepoint(|store| store.decide(stamp, &moderator, &decision)).map(|_| ())
            };
            Ok(subjects.into_iter().map(dismiss).collect())
        })
        .await
    }

    /// The appeals that wait, the oldest first, after `after`, at most [`MAX_ROWS`].
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub async fn appeals(
        &self,
        stamp: Stamp,
        moderator: &str,
        after: Option<AppealId>,
    ) -> Result<Vec<AppealView>, ModerationError> {
        let moderator = moderator.to_owned();
        self.ask(move |store| store.appeals(stamp, &moderator, after)).await
    }

    /// One appeal that waits.
    ///
    /// # Errors
    ///
    /// [`ModerationError::NotFound`] if there is no such appeal, or somebody has decided about it.
    pub async fn waiting_appeal(
        &self,
        stamp: Stamp,
        moderator: &str,
        appeal: AppealId,
    ) -> Result<AppealView, ModerationError> {
        let moderator = moderator.to_owned();
        self.ask(move |store| store.waiting_appeal(stamp, &moderator, appeal)).await
    }

    /// Records in the audit log that somebody has come, has left, or could not come.
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub async fn record_sign_in(&self, stamp: Stamp, event: SignInEvent) -> Result<(), ModerationError> {
        self.ask(move |store| store.audit_sign_in(stamp.now, &event)).await
    }

    /// Decides about an appeal. If it is granted, its sanction is lifted if it still has effect, and its reports count
    /// as dismissed. Returns what that has done.
    ///
    /// # Errors
    ///
    /// [`ModerationError::Conflict`] if somebody has decided already; [`ModerationError::NotAllowed`] for a long
    /// answer; [`ModerationError::NotFound`].
    pub async fn decide_appeal(
        &self,
        stamp: Stamp,
        moderator: &str,
        appeal: AppealId,
        is_granted: bool,
        answer: String,
    ) -> Result<AppealEffect, ModerationError> {
        let moderator = moderator.to_owned();
        self.ask(move |store| store.decide_appeal(stamp, &moderator, appeal, is_granted, &answer)).await
    }

    /// Runs a request in the thread, and waits for its answer.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, ModerationError> + Send + 'static,
    ) -> Result<T, ModerationError> {
        let (answer, wait) = oneshot::channel();
        send(&self.requests, thread::request(work, answer))?;
        received(wait).await?
    }
}
