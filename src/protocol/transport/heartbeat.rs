//! [`Heartbeat`]: how often a page sends a sign of life; both ends derive it from the page's messages.

use std::time::Duration;

use crate::protocol::{
    ToServer,
    limits::{HEARTBEAT, IDLE_HEARTBEAT, IDLE_SILENCE, SILENCE},
};

/// How often a page sends a sign of life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Heartbeat {
    /// The page is neither in the queue nor in a match, so nobody depends on it.
    #[default]
    Idle,
    /// The page waits or talks; if it were gone unnoticed, another person would wait for nothing.
    Engaged,
}

impl Heartbeat {
    /// The heartbeat after this message; `None` if it does not change.
    pub const fn after(message: &ToServer) -> Option<Self> {
        if matches!(message, ToServer::Hello { resume: None, ticket: None, .. } | ToServer::Leave {}) {
            Some(Self::Idle)
        } else if matches!(message, ToServer::Hello { .. } | ToServer::Join { .. } | ToServer::Next { .. }) {
            Some(Self::Engaged)
        } else {
            None
        }
    }

    /// Time between two signs of life.
    pub const fn interval(self) -> Duration {
        match self {
            Self::Idle => IDLE_HEARTBEAT,
            Self::Engaged => HEARTBEAT,
        }
    }

    /// Time without any message after which the page counts as lost.
    pub const fn silence(self) -> Duration {
        match self {
            Self::Idle => IDLE_SILENCE,
            Self::Engaged => SILENCE,
        }
    }
}
