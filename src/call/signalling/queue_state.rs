//! [`QueueState`]: what this page has told the queue of the server.

use super::retry::Requests;
use crate::{
    call::{Switch, profile::Profile},
    protocol::{Media, Tastes},
};

/// What this page has told the queue.
#[derive(Debug, Default)]
pub(crate) struct QueueState {
    /// The last request, and when to repeat it.
    pub(crate) requests: Requests,
    /// What the last `join` contained.
    pub(crate) joined_with: JoinRequest,
    /// How many offers were prepared so far; the number of the last one.
    offers: u32,
}

/// The content of a `join`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JoinRequest {
    /// What this page is going to send.
    pub(crate) media: Media,
    /// Whether the address of this page is to be hidden from partners.
    pub(crate) hide: bool,
    /// Whether the pictures are to be blurred at first.
    pub(crate) soft: bool,
    /// The interests and languages to look for.
    pub(crate) tastes: Tastes,
}

impl JoinRequest {
    /// What a `join` has to contain now.
    pub(crate) fn new(media: Media, soft: bool, profile: &Profile) -> Self {
        let preferences = profile.preferences;
        let (hide, tastes) = (preferences.has(Switch::HideAddress), profile.topics.tastes(preferences));
        Self { media, hide, soft, tastes }
    }
}

impl QueueState {
    /// The number of a new offer.
    pub(crate) const fn next_offer(&mut self) -> u32 {
        self.offers += 1;
        self.offers
    }
}
