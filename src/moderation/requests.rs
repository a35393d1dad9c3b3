//! How requests reach the thread of the store, and how long their answers are waited for.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{error::ModerationError, store::thread::Request};

/// How long a request may take: several commits on a slow disk.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Sends a request, which must not wait for others.
pub(super) fn send(requests: &mpsc::Sender<Request>, request: Request) -> Result<(), ModerationError> {
    requests.try_send(request).map_err(|error| match error {
        mpsc::error::TrySendError::Full(_) => ModerationError::Busy,
        mpsc::error::TrySendError::Closed(_) => ModerationError::Closed,
    })
}

/// The answer of the thread. It drops the other end if it could not even begin a transaction.
pub(super) async fn received<T>(wait: oneshot::Receiver<T>) -> Result<T, ModerationError> {
    match timeout(ANSWER_WITHIN, wait).await {
        Ok(answer) => answer.map_err(|_| ModerationError::Failed),
        Err(_) => Err(ModerationError::TooSlow),
    }
}
