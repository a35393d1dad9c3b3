//! [`PathCheck`]: tests each path to other people, because the person wants to know.
//!
//! The server names its STUN and TURN servers, as for [`ConnectionCheck`](super::ConnectionCheck). For each path there
//! are two connections of this page, which can only use that path.

use std::{mem, time::Duration};

use crate::{
    call::{
        Output, PathResult, PathResults, PathTests, TestedPath,
        deadline::{Deadline, DeadlineReason},
    },
    protocol::IceServer,
    time::Moment,
};

/// How long connecting to the server and its answer may take together, and then all tests: a bad mobile network needs a
/// few seconds for either.
const WITHIN: Duration = Duration::from_secs(10);

/// A test of all paths.
#[derive(Debug)]
pub(crate) enum PathCheck {
    /// There is none, or it is over.
    Idle(PathTests),
    /// The server is to name its STUN and TURN servers.
    Asking {
        /// Whether it was asked.
        is_asked: bool,
        /// When to give up.
        until: Moment,
    },
    /// The paths are tested.
    Testing {
        /// What is known.
        results: PathResults,
        /// When what is not known by then has failed.
        until: Moment,
    },
}

impl Default for PathCheck {
    fn default() -> Self {
        Self::Idle(PathTests::NotAsked)
    }
}

impl PathCheck {
    /// Begins, unless a test is in progress.
    pub(crate) fn start(&mut self, now: Moment) {
        if let Self::Idle(_) = self {
            *self = Self::Asking { is_asked: false, until: now + WITHIN };
        }
    }

    /// Whether the server has to be asked now. Then that is noted as done.
    pub(crate) const fn take_request(&mut self) -> bool {
        if let Self::Asking { is_asked, .. } = self { !mem::replace(is_asked, true) } else { false }
    }

    /// The server has named its STUN and TURN servers.
    pub(crate) fn on_servers(&mut self, now: Moment, ice: &[IceServer], out: &mut Vec<Output>) {
        let Self::Asking { is_asked: true, .. } = self else { return };
        let mut results = PathResults::default();
        for path in TestedPath::ALL {
            let servers = servers_for(path, ice);
            if path == TestedPath::Direct || !servers.is_empty() {
                results[path as usize] = PathResult::Testing;
                out.push(Output::TestPath(path, servers));
            }
        }
        *self = Self::Testing { results, until: now + WITHIN };
    }

    /// Bytes came back over this path. Returns whether that has ended the test.
    pub(crate) fn on_works(&mut self, path: TestedPath) -> bool {
        if let Self::Testing { results, .. } = self {
            results[path as usize] = PathResult::Works;
            let is_over = !results.contains(&PathResult::Testing);
            if is_over {
                *self = Self::Idle(PathTests::Tested(*results));
            }
            is_over
        } else {
            false
        }
    }

    /// Gives up when it is time. Returns whether that has ended the test.
    pub(crate) fn handle_timeout(&mut self, now: Moment) -> bool {
        let end = match self {
            Self::Asking { until, .. } if *until <= now => PathTests::Unanswered,
            Self::Testing { results, until } if *until <= now => PathTests::Tested(
                results.map(|it| if it == PathResult::Testing { PathResult::Fails } else { it }),
            ),
            Self::Idle(_) | Self::Asking { .. } | Self::Testing { .. } => return false,
        };
        *self = Self::Idle(end);
        true
    }

    /// The page has stopped, which ends the session. Returns whether that has ended a test.
    pub(crate) fn on_stopped(&mut self) -> bool {
        let is_running = self.is_running();
        if is_running {
            *self = Self::default();
        }
        is_running
    }

    /// Whether a test is in progress, which needs the session.
    pub(crate) const fn is_running(&self) -> bool {
        !matches!(self, Self::Idle(_))
    }

    /// What the page shows of it.
    pub(crate) const fn shown(&self) -> PathTests {
        match self {
            Self::Idle(it) => *it,
            Self::Asking { .. } => PathTests::Asking,
            Self::Testing { results, .. } => PathTests::Tested(*results),
        }
    }

    /// When to give up.
    pub(crate) const fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Idle(_) => None,
            Self::Asking { until, .. } | Self::Testing { until, .. } => {
                Some((*until, DeadlineReason::CheckConnection))
            }
        }
    }
}

/// The servers of which only the URLs for this path are left.
fn servers_for(path: TestedPath, ice: &[IceServer]) -> Vec<IceServer> {
    let mut servers = ice.to_vec();
    servers.iter_mut().for_each(|it| it.urls.retain(|url| TestedPath::of_url(url) == path));
    servers.retain(|it| !it.urls.is_empty());
    servers
}
