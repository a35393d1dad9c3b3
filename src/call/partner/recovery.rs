//! When a lost path is looked for again, and when that is given up; it must not know how a path is looked for.
//!
//! The ladder: a doubt, in which nothing is done but look whether bytes still come; then restarts of ICE, by the
//! impolite end first; then one fresh connection; then the end.

use std::time::Duration;

use crate::{
    protocol::{Role, limits::CONNECT_WITHIN},
    time::Moment,
};

/// How long a connection may be `disconnected` without bytes before ICE is restarted: the state is volatile (W3C
/// webrtc-pc, issue 1445), and most losses mend by themselves sooner.
pub(crate) const DISCONNECTED_FOR: Duration = Duration::from_millis(2_500);

/// How long bytes are looked for after the network has changed: heard once a second, they would be there.
const DOUBTED_FOR: Duration = Duration::from_millis(1_500);

/// How long nothing may come while the browser says that all is well. Partners are heard at least once a second.
const SILENT_FOR: Duration = Duration::from_secs(4);

/// How much later than the impolite end the polite one restarts, so that two restarts seldom collide.
const POLITE_AFTER: Duration = Duration::from_secs(1);

/// Between two restarts: gathering from a relay on a bad network, and an exchange through the server.
const TRY_EVERY: Duration = Duration::from_secs(5);

/// Restarts before a fresh connection.
const MAX_TRIES: u8 = 3;

/// How long restarts may take together before a fresh connection.
const RESTORE_WITHIN: Duration = Duration::from_secs(15);

/// Where on the ladder a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// Nothing is wrong.
    Steady,
    /// Something may be: if no byte has come by then, it is.
    Doubtful {
        /// When.
        until: Moment,
    },
    /// ICE is restarted, again and again.
    Restoring {
        /// Since when.
        since: Moment,
        /// How often already.
        tries: u8,
        /// When again.
        next: Moment,
    },
    /// A fresh connection is tried, and restarted like the one before.
    Renewing {
        /// When that is given up.
        until: Moment,
        /// When it is restarted.
        next: Moment,
    },
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Nothing.
    Wait,
    /// Restart ICE.
    Restart,
    /// Make a fresh connection.
    Renew,
    /// Part.
    GiveUp,
}

impl Recovery {
    /// The connection is `disconnected`.
    pub(crate) fn disconnected(&mut self, now: Moment) {
        self.doubt(now + DISCONNECTED_FOR);
    }

    /// The network may have changed.
    pub(crate) fn network_changed(&mut self, now: Moment) {
        self.doubt(now + DOUBTED_FOR);
    }

    fn doubt(&mut self, until: Moment) {
        match self {
            Self::Steady => *self = Self::Doubtful { until },
            Self::Doubtful { until: sooner } => *sooner = until.min(*sooner),
            Self::Restoring { .. } | Self::Renewing { .. } => {}
        }
    }

    /// The connection is `failed`.
    pub(crate) fn failed(&mut self, now: Moment, role: Role) {
        match self {
            Self::Steady | Self::Doubtful { .. } => *self = Self::restoring(now, role),
            // No restart can still succeed before the next one, so that need not be waited for.
            Self::Restoring { tries, next, .. } if *tries > 0 => *next = (now + delay(role)).min(*next),
            Self::Restoring { .. } => {}
            Self::Renewing { next, .. } => *next = (now + delay(role)).min(*next),
        }
    }

    /// Bytes have come.
    pub(crate) fn heard(&mut self) {
        *self = Self::Steady;
    }

    /// The partner has restarted ICE: its restart serves both.
    pub(crate) fn restarted_by_partner(&mut self, now: Moment) {
        if let Self::Restoring { next, .. } | Self::Renewing { next, .. } = self {
            *next = now + TRY_EVERY;
        }
    }

    /// A fresh connection has been opened, by either end.
    pub(crate) fn renewed(&mut self, now: Moment, role: Role) {
        *self = Self::Renewing { until: now + CONNECT_WITHIN, next: now + TRY_EVERY + delay(role) };
    }

    /// What is due, given how long nothing has come and whether the partner can be told anything.
    pub(crate) fn tick(&mut self, now: Moment, silence: Duration, role: Role, can_signal: bool) -> Remedy {
        match self {
            Self::Steady if silence >= SILENT_FOR => *self = Self::restoring(now, role),
            Self::Doubtful { until } if *until <= now => *self = Self::restoring(now, role),
            Self::Steady | Self::Doubtful { .. } | Self::Restoring { .. } | Self::Renewing { .. } => {}
        }
        match self {
            Self::Renewing { until, .. } if *until <= now => Remedy::GiveUp,
            Self::Renewing { next, .. } if *next <= now && can_signal => {
                *next = now + TRY_EVERY;
                Remedy::Restart
            }
            Self::Restoring { next, .. } if *next > now || !can_signal => Remedy::Wait,
            Self::Restoring { since, tries, .. } if *tries >= MAX_TRIES || now - *since >= RESTORE_WITHIN => {
                Remedy::Renew
            }
            Self::Restoring { tries, next, .. } => {
                *tries += 1;
                *next = now + TRY_EVERY;
                Remedy::Restart
            }
            Self::Steady | Self::Doubtful { .. } | Self::Renewing { .. } => Remedy::Wait,
        }
    }

    /// When something is due, if that is not for want of a word with the partner.
    pub(crate) fn deadline(&self, can_signal: bool) -> Option<Moment> {
        match self {
            Self::Steady => None,
            Self::Doubtful { until } => Some(*until),
            Self::Renewing { until, next } => Some(if can_signal { *next.min(until) } else { *until }),
            Self::Restoring { next, .. } => can_signal.then_some(*next),
        }
    }

    /// Whether a new path is looked for.
    pub(crate) fn is_at_work(&self) -> bool {
        match self {
            Self::Steady | Self::Doubtful { .. } => false,
            Self::Restoring { .. } | Self::Renewing { .. } => true,
        }
    }

    fn restoring(now: Moment, role: Role) -> Self {
        Self::Restoring { since: now, tries: 0, next: now + delay(role) }
    }
}

const fn delay(role: Role) -> Duration {
    match role {
        Role::Impolite => Duration::ZERO,
        Role::Polite => POLITE_AFTER,
    }
}
