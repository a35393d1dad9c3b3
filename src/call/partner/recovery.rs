//! [`Recovery`]: decides when to look for a new path after a loss, and when to give up.
//!
//! It has four steps. First it waits for a moment to see whether bytes still arrive. Then it restarts ICE, the impolite
//! end first. Then the impolite end opens one new connection. Then the match ends.

use std::time::Duration;

use crate::{
    protocol::{Role, limits::CONNECT_WITHIN},
    time::Moment,
};

/// Time in `disconnected` without bytes before ICE is restarted.
///
/// The state is volatile (W3C webrtc-pc, issue 1445), and most losses recover by themselves sooner.
pub(crate) const DISCONNECTED_FOR: Duration = Duration::from_millis(2_500);

/// Time to wait for bytes after the network has changed; the partner sends at least once a second.
const NETWORK_CHANGED_FOR: Duration = Duration::from_millis(1_500);

/// Silence after which ICE is restarted though the browser reports no loss; the partner sends at least once a second.
const SILENT_FOR: Duration = Duration::from_secs(4);

/// Delay of the polite end's restart after the impolite end's, so that two restarts seldom collide.
const POLITE_AFTER: Duration = Duration::from_secs(1);

/// Interval between restarts: enough to gather from a relay on a bad network and to exchange descriptions.
const RETRY_EVERY: Duration = Duration::from_secs(5);

/// Restarts before a new connection is tried.
const MAX_RESTARTS: u8 = 3;

/// Time for all restarts together before a new connection is tried.
const RESTART_WITHIN: Duration = Duration::from_secs(15);

/// How long the polite end waits for a new connection: the impolite end may have noticed the loss later, and the
/// connection needs its time.
const RENEWED_WITHIN: Duration = RESTART_WITHIN.saturating_add(CONNECT_WITHIN);

/// The step that the recovery of a connection has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// No problem is known.
    Healthy,
    /// The path may be lost; it is lost if no byte arrives in time.
    Suspect {
        /// When to restart ICE.
        until: Moment,
    },
    /// ICE is being restarted.
    RestartingIce {
        /// When this step began.
        since: Moment,
        /// Restarts so far.
        restarts: u8,
        /// When the next restart is due.
        next: Moment,
    },
    /// A new connection is being tried, or awaited by the polite end; ICE is restarted too.
    Reconnecting {
        /// When to give up.
        until: Moment,
        /// When the next restart is due.
        next: Moment,
    },
}

/// What the match has to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Nothing.
    Wait,
    /// Restart ICE.
    RestartIce,
    /// Open a new connection; only the impolite end does that.
    Reconnect,
    /// End the match.
    GiveUp,
}

impl Recovery {
    /// The connection is `disconnected`.
    pub(crate) fn on_disconnected(&mut self, now: Moment) {
        self.suspect(now + DISCONNECTED_FOR);
    }

    /// The network may have changed.
    pub(crate) fn on_network_changed(&mut self, now: Moment) {
        self.suspect(now + NETWORK_CHANGED_FOR);
    }

    fn suspect(&mut self, until: Moment) {
        match self {
            Self::Healthy => *self = Self::Suspect { until },
            Self::Suspect { until: sooner } => *sooner = until.min(*sooner),
            Self::RestartingIce { .. } | Self::Reconnecting { .. } => {}
        }
    }

    /// The connection is `failed`.
    pub(crate) fn on_failed(&mut self, now: Moment, role: Role) {
        match self {
            Self::Healthy | Self::Suspect { .. } => *self = Self::restarting(now, role),
            // The last restart can no longer succeed, so the next one need not wait for it.
            Self::RestartingIce { restarts, next, .. } if *restarts > 0 => {
                *next = (now + delay(role)).min(*next)
            }
            Self::RestartingIce { .. } => {}
            Self::Reconnecting { next, .. } => *next = (now + delay(role)).min(*next),
        }
    }

    /// Something has arrived from the partner.
    pub(crate) fn on_received(&mut self) {
        *self = Self::Healthy;
    }

    /// The partner has restarted ICE. One restart serves both ends, so ours is put off.
    pub(crate) fn on_partner_restart(&mut self, now: Moment) {
        if let Self::RestartingIce { next, .. } | Self::Reconnecting { next, .. } = self {
            *next = now + RETRY_EVERY;
        }
    }

    /// Either end has opened a new connection.
    pub(crate) fn on_new_connection(&mut self, now: Moment, role: Role) {
        *self = Self::Reconnecting { until: now + CONNECT_WITHIN, next: now + RETRY_EVERY + delay(role) };
    }

    /// Returns what is due. `silence` is the time since something last arrived; without `can_signal` nothing can be
    /// agreed with the partner, so restarts wait.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Moment,
        silence: Duration,
        role: Role,
        can_signal: bool,
    ) -> Remedy {
        match self {
            Self::Healthy if silence >= SILENT_FOR => *self = Self::restarting(now, role),
            Self::Suspect { until } if *until <= now => *self = Self::restarting(now, role),
            Self::Healthy | Self::Suspect { .. } | Self::RestartingIce { .. } | Self::Reconnecting { .. } => {
            }
        }
        match self {
            Self::Reconnecting { until, .. } if *until <= now => Remedy::GiveUp,
            Self::Reconnecting { next, .. } if *next <= now && can_signal => {
                *next = now + RETRY_EVERY;
                Remedy::RestartIce
            }
            Self::RestartingIce { .. } if !can_signal => Remedy::Wait,
            // Restarts of the partner put off ours, but not this.
            Self::RestartingIce { since, restarts, next }
                if now - *since >= RESTART_WITHIN || *next <= now && *restarts >= MAX_RESTARTS =>
            {
                match role {
                    Role::Impolite => Remedy::Reconnect,
                    // If both ends opened one, one of them would have to take its first offer back.
                    Role::Polite => {
                        *self = Self::Reconnecting { until: now + RENEWED_WITHIN, next: now + RETRY_EVERY };
                        Remedy::Wait
                    }
                }
            }
            Self::RestartingIce { next, .. } if *next > now => Remedy::Wait,
            Self::RestartingIce { restarts, next, .. } => {
                *restarts += 1;
                *next = now + RETRY_EVERY;
                Remedy::RestartIce
            }
            Self::Healthy | Self::Suspect { .. } | Self::Reconnecting { .. } => Remedy::Wait,
        }
    }

    /// When something is due; restarts count only while `can_signal`.
    pub(crate) fn deadline(&self, can_signal: bool) -> Option<Moment> {
        match self {
            Self::Healthy => None,
            Self::Suspect { until } => Some(*until),
            Self::Reconnecting { until, next } => Some(if can_signal { *next.min(until) } else { *until }),
            Self::RestartingIce { since, next, .. } => {
                can_signal.then_some((*next).min(*since + RESTART_WITHIN))
            }
        }
    }

    /// Whether a new path is being looked for.
    pub(crate) fn is_active(&self) -> bool {
        match self {
            Self::Healthy | Self::Suspect { .. } => false,
            Self::RestartingIce { .. } | Self::Reconnecting { .. } => true,
        }
    }

    fn restarting(now: Moment, role: Role) -> Self {
        Self::RestartingIce { since: now, restarts: 0, next: now + delay(role) }
    }
}

const fn delay(role: Role) -> Duration {
    match role {
        Role::Impolite => Duration::ZERO,
        Role::Polite => POLITE_AFTER,
    }
}
