//! The thread of the store: it runs the requests that wait in one transaction, and answers after the commit.

use std::thread;

use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::Store;
use crate::moderation::{
    error::ModerationError,
    rules::sanctions::{SanctionChange, Sanctions},
};

/// Requests that share one transaction: a commit waits for the disk, and the first of them waits for the last.
const MAX_BATCH: usize = 64;

/// What a request answers once its transaction is committed.
type Answer = Box<dyn FnOnce(Result<(), ModerationError>)>;

/// What a request does in the transaction.
type Work = Box<dyn FnOnce(&mut Store) -> Answer + Send>;

/// A request to the thread.
pub(crate) enum Request {
    /// Runs in the transaction.
    Run(Work),
    /// All sanctions, and all changes from then on.
    Subscribe(oneshot::Sender<(Sanctions, broadcast::Receiver<SanctionChange>)>),
    /// Empties the write-ahead log, which still has what was removed.
    Checkpoint(oneshot::Sender<Result<(), ModerationError>>),
}

/// A request whose answer goes to `answer`.
pub(crate) fn request<T: Send + 'static>(
    work: impl FnOnce(&mut Store) -> Result<T, ModerationError> + Send + 'static,
    answer: oneshot::Sender<Result<T, ModerationError>>,
) -> Request {
    Request::Run(Box::new(move |store| {
        if answer.is_closed() {
            // Nobody waits any more.
            return Box::new(|_| ());
        }
        let result = store.savepoint(work);
        Box::new(move |committed| {
            let _ = answer.send(committed.and(result));
        })
    }))
}

/// Starts the thread. It ends, and closes the database, when no sender of `requests` is left; `ended` is then dropped.
pub(crate) fn start(
    mut store: Store,
    mut requests: mpsc::Receiver<Request>,
    changes: broadcast::Sender<SanctionChange>,
    ended: watch::Sender<()>,
) -> Result<(), ModerationError> {
    let work = move || {
        while let Some(first) = requests.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < MAX_BATCH {
                let Ok(next) = requests.try_recv() else { break };
                batch.push(next);
            }
            perform(&mut store, batch, &changes);
        }
        drop(store);
        drop(ended);
    };
    thread::Builder::new().name("moderation".to_owned()).spawn(work)?;
    Ok(())
}

/// Runs a batch, and then what is outside of transactions.
fn perform(store: &mut Store, batch: Vec<Request>, changes: &broadcast::Sender<SanctionChange>) {
    let (mut runs, mut others) = (Vec::new(), Vec::new());
    for request in batch {
        match request {
            Request::Run(work) => runs.push(work),
            other @ (Request::Subscribe(_) | Request::Checkpoint(_)) => others.push(other),
        }
    }
    if !runs.is_empty() {
        run(store, runs, changes);
    }
    for request in others {
        match request {
            Request::Run(_) => {}
            Request::Subscribe(answer) => {
                let _ = answer.send((store.sanctions.clone(), changes.subscribe()));
            }
            Request::Checkpoint(answer) => {
                let _ = answer.send(checkpoint(store));
            }
        }
    }
}

/// Empties the write-ahead log. That somebody else reads is an answer of the database, not an error.
fn checkpoint(store: &Store) -> Result<(), ModerationError> {
    let is_busy: bool =
        store.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy { Err(ModerationError::InUse) } else { Ok(()) }
}

/// Runs requests in one transaction, publishes what they change, and answers.
fn run(store: &mut Store, requests: Vec<Work>, changes: &broadcast::Sender<SanctionChange>) {
    let mut waiting = Some(requests);
    let mut answers = Vec::new();
    let result = store.transaction(|store| {
        answers.extend(waiting.take().into_iter().flatten().map(|it| it(store)));
    });
    match result {
        Ok(all) => {
            for change in all {
                // It fails if nobody has subscribed.
                let _ = changes.send(change);
            }
            answers.into_iter().for_each(|it| it(Ok(())));
        }
        Err(error) => {
            tracing::error!(%error, "moderation: a transaction has failed");
            // Requests that were not even started learn it by their dropped answers.
            answers.into_iter().for_each(|it| it(Err(ModerationError::Failed)));
        }
    }
}
