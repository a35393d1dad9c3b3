//! The copies in Redis of what the moderation store knows and other processes need: what was decided, and what tags
//! networks.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::streams::Streams;
use crate::{moderation::NetworkTags, server::bus::cluster::decisions::KeptDecisions};

/// How often the copies are written, even if nothing has changed: Redis may have lost them.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// How long several changes are gathered, and how long after a failure it is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// How often an edge looks for new keys: they are those of a month.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Writes the copies until the process with the store stops.
pub(crate) async fn write(
    streams: Arc<Streams>,
    mut decisions: watch::Receiver<KeptDecisions>,
    mut tags: watch::Receiver<NetworkTags>,
) {
    loop {
        let (known, current) = (decisions.borrow_and_update().updates(), tags.borrow_and_update().clone());
        if streams.mirror(&known, &current).await.is_ok() {
            let change = async {
                tokio::select! { _ = decisions.changed() => {}, _ = tags.changed() => {} }
            };
            // Either way it is written again.
            let _ = timeout(WRITE_EVERY, change).await;
        }
        sleep(PAUSE).await;
    }
}

/// Reads what tags networks, as often as it may change, until the process stops.
pub(crate) async fn follow_tags(streams: Arc<Streams>, known: watch::Sender<Option<NetworkTags>>) {
    loop {
        let pause = match streams.tags().await {
            Ok(Some(tags)) => {
                known.send_replace(Some(tags));
                LOOK_EVERY
            }
            Ok(None) | Err(_) => PAUSE,
        };
        sleep(pause).await;
    }
}
