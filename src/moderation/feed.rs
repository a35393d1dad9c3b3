//! [`SanctionFeed`]: the changes of the sanctions, for a subscriber that follows the store.

use std::time::Duration;

use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::sleep,
};

use super::{
    error::ModerationError,
    requests::{received, send},
    rules::sanctions::{SanctionChange, Sanctions},
    store::thread::Request,
};

/// How long a feed that has missed changes waits for a store that is busy: a few transactions.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// The changes of the sanctions, in order.
pub struct SanctionFeed {
    /// Does not keep the store open.
    requests: mpsc::WeakSender<Request>,
    changes: broadcast::Receiver<SanctionChange>,
    /// Whether it has missed changes and has not asked for all sanctions since.
    is_behind: bool,
}

/// What a subscriber must do to follow the store.
pub enum SanctionEvent {
    /// To apply this change.
    Changed(SanctionChange),
    /// To take these sanctions in place of its own: it has missed changes.
    Replaced(Sanctions),
}

impl SanctionFeed {
    /// The next change; `None` once the store is closed. After changes that were missed it asks the store for all
    /// sanctions, and waits for a store that is busy: nobody would follow the sanctions otherwise.
    pub async fn next(&mut self) -> Option<SanctionEvent> {
        while !self.is_behind {
            match self.changes.recv().await {
                Ok(change) => return Some(SanctionEvent::Changed(change)),
                Err(broadcast::error::RecvError::Closed) => return None,
                Err(broadcast::error::RecvError::Lagged(_)) => self.is_behind = true,
            }
        }
        loop {
            let answer = subscribe(&self.requests.upgrade()?).await;
            match answer {
                Ok((sanctions, feed)) => {
                    *self = feed;
                    return Some(SanctionEvent::Replaced(sanctions));
                }
                Err(ModerationError::Closed) => return None,
                Err(error) => {
                    tracing::warn!(%error, "the sanctions cannot be read again yet");
                    sleep(ASK_AGAIN_AFTER).await;
                }
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
    Ok((sanctions, SanctionFeed { requests: requests.downgrade(), changes, is_behind: false }))
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;
    use uuid::Uuid;

    use super::*;
    use crate::protocol::DeviceId;

    #[tokio::test(start_paused = true)]
    async fn feed_that_has_missed_changes_waits_for_a_busy_store() {
        let (requests, mut receiver) = mpsc::channel(1);
        let changes = broadcast::Sender::new(1);
        let mut feed =
            SanctionFeed { requests: requests.downgrade(), changes: changes.subscribe(), is_behind: false };
        let lifted = |it: u128| SanctionChange::Lifted { device: DeviceId(Uuid::from_u128(it)) };
        (0..3).for_each(|it| assert!(changes.send(lifted(it)).is_ok()));
        let (answer, _wait) = oneshot::channel();
        assert!(requests.try_send(Request::Checkpoint(answer)).is_ok(), "no more requests may wait");
        let store = async {
            sleep(Duration::from_secs(3)).await;
            // The first request that is not refused gets no answer, as after a transaction that cannot begin.
            for is_answered in [false, false, true] {
                let request = receiver.recv().await.unwrap();
                if let (Request::Subscribe(answer), true) = (request, is_answered) {
                    let _ = answer.send((Sanctions::default(), changes.subscribe()));
                }
            }
            assert!(changes.send(lifted(9)).is_ok());
        };
        let both = async { tokio::join!(feed.next(), store) };
        let (event, ()) = timeout(Duration::from_secs(60), both).await.expect("it asks until it is answered");
        assert!(matches!(event, Some(SanctionEvent::Replaced(_))));
        assert!(matches!(feed.next().await, Some(SanctionEvent::Changed(it)) if it == lifted(9)));
        (0..3).for_each(|it| assert!(changes.send(lifted(it)).is_ok()));
        drop(requests);
        assert!(feed.next().await.is_none(), "the store is closed");
    }
}
