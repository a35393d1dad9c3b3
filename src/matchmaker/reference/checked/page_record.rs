//! [`PageRecord`]: what a page was told by one core, and what that core knows of it.

use std::sync::Arc;

use crate::protocol::{Media, PeerId, Secret, ToBrowser};

/// What a page was told by this core, and what the core knows of it.
#[derive(Debug, Default)]
pub(super) struct PageRecord {
    pub(super) peer: Option<PeerId>,
    pub(super) device: Option<String>,
    /// The secret that the page is known to have, and the one that it was sent since.
    pub(super) secrets: [Option<Secret>; 2],
    /// The last secrets that it has had or shown before, the newest first.
    pub(super) former: Vec<Secret>,
    /// All numbered messages.
    pub(super) log: Vec<Arc<ToBrowser>>,
    /// How many of them the page has acknowledged.
    pub(super) acknowledged: usize,
    /// The number of the next one on its socket.
    pub(super) next: u64,
    /// The number of the last message from the page.
    pub(super) received: u64,
    /// How many of the events of the model have been compared.
    pub(super) compared: usize,
    pub(super) media: Media,
    /// Signals of this page are ignored until it knows that its partner has begun a new session.
    pub(super) sends_lost_signals: bool,
}

impl PageRecord {
    /// The page is known to have the secret that it was sent last.
    pub(super) fn on_welcome_received(&mut self) {
        if let Some(sent) = self.secrets[1].take() {
            let former = self.secrets[0].replace(sent);
            self.add_former(former);
        }
    }

    /// The page has had or shown this secret before.
    pub(super) fn add_former(&mut self, secret: Option<Secret>) {
        if let Some(secret) = secret.filter(|it| !self.former.contains(it)) {
            self.former.insert(0, secret);
            self.former.truncate(4);
        }
    }
}
