//! [`ConnectionCheck`]: finds out whether this browser can connect to anybody, before a stranger waits for it.
//!
//! A policy, an extension or a firewall can leave `RTCPeerConnection` in place and still prevent every call. So the
//! page gathers candidates while it opens the devices; the first one is enough. Where none is found without help, the
//! page asks the server for its STUN and TURN servers: some settings for privacy allow only these paths. The address of
//! a relay proves nothing; it counts once bytes have come back through it. Matches that fail one after another count,
//! too.

pub(crate) mod handlers;
pub(crate) mod paths;

use std::time::Duration;

use super::{
    CheckFinding, Output,
    deadline::{Deadline, DeadlineReason},
};
use crate::{protocol::IceServer, time::Moment};

/// How long a browser may take to find its first candidate, which usually takes less than 200 ms, or to send bytes
/// through a relay.
const CANDIDATE_WITHIN: Duration = Duration::from_secs(5);

/// When the page asks for the servers' help, because it has found no candidate of its own.
const ASK_AFTER: Duration = Duration::from_secs(1);

/// Matches in a row that may fail before the page stops.
///
/// A single one can be the fault of the partner, and so can a second one of the same partner.
const MAX_FAILED_MATCHES: u8 = 3;

/// What is known about whether this browser can connect.
#[derive(Debug, Default)]
pub(crate) struct ConnectionCheck {
    gathering: Gathering,
    /// How many matches in a row could not be connected.
    failed_matches: u8,
}

/// The result of gathering candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gathering {
    /// Not tried yet, or tried without a network.
    #[default]
    Unknown,
    /// In progress.
    Running {
        /// When the page asks the server for help, until it has.
        ask_at: Option<Moment>,
        /// When to give up.
        until: Moment,
    },
    /// A path was found, or the person wants to try without.
    Passed,
    /// No path was found although the network is up.
    FoundNothing,
    /// The browser refuses to make a connection.
    Refused,
}

impl ConnectionCheck {
    /// Starts to gather, unless that was done.
    pub(crate) fn start(&mut self, now: Moment, out: &mut Vec<Output>) {
        if self.gathering == Gathering::Unknown {
            self.gather(now, Some(now + ASK_AFTER), Vec::new(), out);
        }
    }

    fn gather(&mut self, now: Moment, ask_at: Option<Moment>, ice: Vec<IceServer>, out: &mut Vec<Output>) {
        self.gathering = Gathering::Running { ask_at, until: now + CANDIDATE_WITHIN };
        out.push(Output::CheckConnection(ice));
    }

    /// The network may have changed: what was not found without it may be found now.
    pub(crate) fn on_network_changed(&mut self, now: Moment, out: &mut Vec<Output>) {
        if let Gathering::Running { .. } = self.gathering {
            self.gather(now, Some(now + ASK_AFTER), Vec::new(), out);
        }
    }

    /// The browser has found something.
    pub(crate) const fn on_finding(&mut self, finding: CheckFinding) {
        match finding {
            CheckFinding::Refused => self.gathering = Gathering::Refused,
            CheckFinding::Candidate { is_relayed: false } | CheckFinding::Echo => {
                self.gathering = Gathering::Passed;
            }
            // Whether the relay passes anything on is not known yet.
            CheckFinding::Candidate { is_relayed: true } => {}
        }
    }

    /// Whether the server has to be asked for help now. Then that is noted as done.
    pub(crate) fn take_request(&mut self, now: Moment) -> bool {
        if let Gathering::Running { ask_at, until } = &mut self.gathering
            && ask_at.is_some_and(|at| at <= now)
        {
            (*ask_at, *until) = (None, now + CANDIDATE_WITHIN);
            true
        } else {
            false
        }
    }

    /// The server has named its STUN and TURN servers.
    pub(crate) fn on_servers(&mut self, now: Moment, ice: Vec<IceServer>, out: &mut Vec<Output>) {
        if let Gathering::Running { ask_at: None, .. } = self.gathering
            && !ice.is_empty()
        {
            self.gather(now, None, ice, out);
        }
    }

    /// Gives up when it is time. That proves something only if `is_network_up`.
    pub(crate) fn handle_timeout(&mut self, now: Moment, is_network_up: bool) {
        if let Gathering::Running { until, .. } = self.gathering
            && until <= now
        {
            self.gathering = if is_network_up { Gathering::FoundNothing } else { Gathering::Unknown };
        }
    }

    /// The page has stopped, which closes the connection that gathers.
    pub(crate) fn on_stopped(&mut self) {
        if self.is_running() {
            self.gathering = Gathering::Unknown;
        }
    }

    /// A match was connected, so this browser can connect.
    pub(crate) const fn on_connected(&mut self) {
        self.failed_matches = 0;
    }

    /// A match could not be connected.
    pub(crate) const fn on_match_failed(&mut self) {
        self.failed_matches = self.failed_matches.saturating_add(1);
    }

    /// The person wants to try although the page has said that it cannot connect. It may be wrong, but each press costs
    /// at most one more stranger the time of a failed match. A browser that makes no connection is asked again.
    pub(crate) fn insist(&mut self) {
        self.failed_matches = MAX_FAILED_MATCHES - 1;
        self.gathering = match self.gathering {
            Gathering::FoundNothing | Gathering::Passed => Gathering::Passed,
            Gathering::Unknown | Gathering::Running { .. } | Gathering::Refused => Gathering::Unknown,
        };
    }

    /// Whether the page has to stop.
    pub(crate) const fn cannot_connect(&self) -> bool {
        matches!(self.gathering, Gathering::FoundNothing | Gathering::Refused)
            || self.failed_matches >= MAX_FAILED_MATCHES
    }

    /// Whether candidates can still be found.
    pub(crate) const fn is_running(&self) -> bool {
        matches!(self.gathering, Gathering::Running { .. })
    }

    /// When something is due.
    pub(crate) fn deadline(&self, now: Moment) -> Option<Deadline> {
        let Gathering::Running { ask_at, until } = self.gathering else { return None };
        // Without a session nobody can be asked, and the moment passes.
        let at = ask_at.filter(|at| *at > now).map_or(until, |at| at.min(until));
        Some((at, DeadlineReason::CheckConnection))
    }
}
