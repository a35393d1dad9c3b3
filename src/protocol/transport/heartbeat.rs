//! How often a page gives a sign of life, as both ends tell it from what the page says; it must not know who listens.

use std::time::Duration;

use crate::protocol::{
    ToServer,
    limits::{HEARTBEAT, IDLE_HEARTBEAT, IDLE_SILENCE, SILENCE},
};

/// How often a page says that it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Heartbeat {
    /// Nobody counts on it: it has not asked for anybody yet, or no longer.
    #[default]
    Idle,
    /// It waits or talks, and a ghost in its place would cost somebody a wait.
    Engaged,
}

impl Heartbeat {
    /// What it is once the page has said this; `None` where it stays as it is.
    pub const fn after(message: &ToServer) -> Option<Self> {
        match message {
            ToServer::Hello { resume: None, ticket: None, .. } | ToServer::Leave {} => Some(Self::Idle),
            ToServer::Hello { .. } | ToServer::Join { .. } | ToServer::Next { .. } => Some(Self::Engaged),
            ToServer::Prepared { .. }
            | ToServer::Signal { .. }
            | ToServer::Connected { .. }
            | ToServer::Failed { .. }
            | ToServer::Block { .. }
            | ToServer::Unblock {}
            | ToServer::Ping {} => None,
        }
    }

    /// The time between two signs of life.
    pub const fn interval(self) -> Duration {
        match self {
            Self::Idle => IDLE_HEARTBEAT,
            Self::Engaged => HEARTBEAT,
        }
    }

    /// Silence after which the page is taken for lost.
    pub const fn silence(self) -> Duration {
        match self {
            Self::Idle => IDLE_SILENCE,
            Self::Engaged => SILENCE,
        }
    }
}
