//! [`SanctionFeed`]: the changes of the sanctions, for a subscriber that follows the store.

use tokio::sync::{broadcast, mpsc, oneshot};

use super::{
    error::ModerationError,
    requests::{received, send},
    rules::sanctions::{SanctionChange, Sanctions},
    store::thread::Request,
};

/// The changes of the sanctions, in order.
pub struct SanctionFeed {
    /// Does not keep the store open.
    requests: mpsc::WeakSender<Request>,
    changes: broadcast::Receiver<SanctionChange>,
}

/// What a subscriber must do to follow the store.
pub enum SanctionEvent {
    /// To apply this change.
    Changed(SanctionChange),
    /// To take these sanctions in place of its own: it has missed changes.
    Replaced(Sanctions),
}

impl SanctionFeed {
    /// The next change; `None` once the store cannot be asked any more.
    pub async fn next(&mut self) -> Option<SanctionEvent> {
        match self.changes.recv().await {
            Ok(change) => Some(SanctionEvent::Changed(change)),
            Err(broadcast::error::RecvError::Closed) => None,
            Err(broadcast::error::RecvError::Lagged(_)) => {
                let (sanctions, feed) = subscribe(&self.requests.upgrade()?).await.ok()?;
                *self = feed;
                Some(SanctionEvent::Replaced(sanctions))
            }
        }
    }
}

/// All sanctions that have effect, and the changes from then on.
pub(super) async fn subscribe(
    requests: &mpsc::Sender<Request>,
) -> Result<(Sanctions, SanctionFeed), ModerationError> {
    let (answer, wait) = oneshot::channel();
    send(requests, Request::Subscribe(answer))?;
    let (sanctions, changes) = received(wait).await?;
    Ok((sanctions, SanctionFeed { requests: requests.downgrade(), changes }))
}
