//! What the page and the server have told each other about themselves: builds, the name of the device, blocked pairs.

use std::mem;

use crate::protocol::{
    Feature, Features, MatchId, PairId, ToBrowser,
    limits::{CLOSE_GOODBYE, CLOSE_NORMAL},
};

/// What the page and the server have told each other in their handshakes. It outlives the sessions.
#[derive(Debug, Default)]
pub(crate) struct Handshake {
    /// The build of this page; empty if the page does not know it.
    build: String,
    /// The server has named another build.
    is_outdated: bool,
    /// What the server supports, as its last welcome said.
    features: Features,
    /// What the server knows in this session.
    server_knows: ServerKnowledge,
    /// What the last hello has told it.
    sent_in_hello: ServerKnowledge,
}

/// What the server knows about this device. That can be more than the device has stored.
#[derive(Debug, Default)]
struct ServerKnowledge {
    /// The name of the device.
    device: String,
    /// The pairs that it has blocked.
    blocked: Vec<PairId>,
}

/// What a welcome says.
#[derive(Debug)]
pub(crate) struct Welcome {
    /// Whether the server still has the session.
    pub(crate) resumed: bool,
    /// The match that the server has rebuilt from a ticket, in a new session.
    pub(crate) match_id: Option<MatchId>,
    /// The build of the page that the server has.
    pub(crate) build: Option<String>,
    /// The name of this device, if it is new.
    pub(crate) device: Option<String>,
    /// What the server supports.
    pub(crate) features: Features,
}

impl Handshake {
    /// Nothing said yet, for a page of this build.
    pub(crate) fn new(build: String) -> Self {
        Self { build, ..Self::default() }
    }

    /// Whether the server has another build of the page.
    pub(crate) const fn is_outdated(&self) -> bool {
        self.is_outdated
    }

    /// Whether the server supports a feature. Without that, the page must not send what belongs to the feature.
    pub(crate) const fn has_feature(&self, feature: Feature) -> bool {
        self.features.has(feature)
    }

    /// The close code that the server takes for a goodbye.
    pub(crate) const fn goodbye_code(&self) -> u16 {
        if self.has_feature(Feature::Goodbye) { CLOSE_GOODBYE } else { CLOSE_NORMAL }
    }

    /// The name by which the server knows this device.
    pub(crate) fn device(&self) -> &str {
        &self.server_knows.device
    }

    /// A hello with this content was sent.
    pub(crate) fn on_hello_sent(&mut self, device: String, blocked: Vec<PairId>) {
        self.sent_in_hello = ServerKnowledge { device, blocked };
    }

    /// The server has answered the hello.
    pub(crate) fn on_welcome(&mut self, welcome: &Welcome) {
        self.features = welcome.features;
        if !welcome.resumed {
            // A resumed session ignores everything in the hello except its numbers.
            self.server_knows = mem::take(&mut self.sent_in_hello);
        }
        if let Some(device) = &welcome.device {
            self.server_knows.device.clone_from(device);
        }
        // A server without a build name, and a page without one, prove nothing.
        let is_other = |it: &String| !self.build.is_empty() && *it != self.build;
        self.is_outdated |= welcome.build.as_ref().is_some_and(is_other);
    }

    /// Takes note that the server is told of a blocked pair; `false` if it knows the pair.
    pub(crate) fn add_blocked(&mut self, pair: PairId) -> bool {
        let is_new = !self.server_knows.blocked.contains(&pair);
        if is_new {
            self.server_knows.blocked.push(pair);
        }
        is_new
    }

    /// Forgets the pairs that are not in `blocked`, and returns those that the server can be told of one by one.
    pub(crate) fn take_unblocked(&mut self, blocked: &[PairId]) -> Vec<PairId> {
        if !self.has_feature(Feature::UnblockPair) {
            return Vec::new();
        }
        self.server_knows.blocked.extract_if(.., |it| !blocked.contains(it)).collect()
    }

    /// Forgets the blocked pairs if none of them is in `blocked`. Returns whether the server has to forget them too.
    ///
    /// If only some are gone, unblocking everybody would let the others be matched until they are blocked again.
    pub(crate) fn clear_blocked_unless_any_in(&mut self, blocked: &[PairId]) -> bool {
        let known = &mut self.server_knows.blocked;
        let clears = !known.is_empty() && !known.iter().any(|it| blocked.contains(it));
        if clears {
            known.clear();
        }
        clears
    }
}

/// What a frame contains for the call.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// The session is open.
    Welcome(Welcome),
    /// The server wants another hello.
    Again,
    /// A message to handle.
    Message(ToBrowser),
    /// Nothing.
    Nothing,
}
