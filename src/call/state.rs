//! [`CallState`]: where a page is on the way from the landing page to a match and back, with what exists only there.

use super::{
    Farewell, Output, Phase, Preferences, Problem, Setback, Switch,
    deadline::{Deadline, DeadlineReason},
    devices::acquire::Acquisition,
    partner::CurrentMatch,
    signalling::prepared_offer::PreparedConnection,
};
use crate::{
    protocol::{MatchId, Occupancy},
    time::Moment,
};

/// The state of a call.
#[derive(Debug)]
pub(crate) enum CallState {
    /// Not started, or stopped because of a problem.
    Landing(Option<Problem>),
    /// The person has pressed Start, and has not accepted the rules yet. Nothing has started.
    Gate {
        /// They want a preview before looking for a partner.
        for_mirror: bool,
    },
    /// The browser is asking the person for camera and microphone.
    Asking(Acquisition),
    /// Camera and microphone are open for a preview; the page is not looking for a partner yet.
    Mirror,
    /// Only the person sees their picture; the page is not looking for a partner until they press Start.
    Paused {
        /// The reason.
        why: Pause,
        /// When the devices are closed.
        until: Moment,
    },
    /// Looking for a partner; the server has not confirmed it yet.
    Ready {
        /// What went wrong with the last match, if anything did.
        setback: Option<Setback>,
    },
    /// In the queue of the server.
    Waiting {
        /// Since when.
        since: Moment,
        /// What went wrong with the last match, if anything did.
        setback: Option<Setback>,
        /// The connection whose offer the server gives to the next partner.
        prepared: Option<Box<PreparedConnection>>,
        /// How busy the server is, as it last said.
        occupancy: Option<Occupancy>,
        /// The proof of the place in the queue, for a server that does not know this page.
        proof: Option<Box<str>>,
    },
    /// Has a partner.
    Matched(Box<CurrentMatch>),
    /// The match is over; the next partner is looked for in a moment.
    Ended {
        /// How the match ended.
        why: Farewell,
        /// When to look for the next partner.
        until: Moment,
        /// The match.
        match_id: MatchId,
        /// The match in which the server may believe this page to be: mostly the same.
        open_match: Option<MatchId>,
    },
}

/// Why a page waits for a press before it looks for a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// The person may have been away.
    Absent,
    /// The person has blocked the partner.
    Blocked,
    /// The person has left to report the partner.
    Reported,
    /// A dialog covers the page: the person reports somebody, or reads an answer or a warning.
    Dialog,
}

impl CallState {
    /// Whether a step back leaves the site.
    pub(crate) const fn is_first_page(&self) -> bool {
        match self {
            Self::Landing(Some(problem)) => problem.is_lock(),
            Self::Landing(None) => true,
            Self::Gate { .. }
            | Self::Asking(_)
            | Self::Mirror
            | Self::Paused { .. }
            | Self::Ready { .. }
            | Self::Waiting { .. }
            | Self::Matched(_)
            | Self::Ended { .. } => false,
        }
    }

    /// Whether nothing has started.
    pub(crate) const fn is_landing(&self) -> bool {
        matches!(self, Self::Landing(_) | Self::Gate { .. })
    }

    /// Whether the page is in the queue, or on its way into it.
    pub(crate) const fn is_searching(&self) -> bool {
        matches!(self, Self::Ready { .. } | Self::Waiting { .. })
    }

    /// Whether the server has confirmed that the page is in the queue.
    pub(crate) const fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting { .. })
    }

    /// The proof of its place, if it waits and has one.
    pub(crate) fn proof(&self) -> Option<Box<str>> {
        if let Self::Waiting { proof, .. } = self { proof.clone() } else { None }
    }

    /// Keeps the proof of its place, if it waits.
    pub(crate) fn set_proof(&mut self, new: Box<str>) {
        if let Self::Waiting { proof, .. } = self {
            *proof = Some(new);
        }
    }

    /// Whether there is a match.
    pub(crate) const fn is_matched(&self) -> bool {
        matches!(self, Self::Matched(_))
    }

    /// Whether the page has left the preview: it looks for a partner, has one, or just had one.
    pub(crate) const fn is_meeting_people(&self) -> bool {
        match self {
            Self::Landing(_) | Self::Gate { .. } | Self::Asking(_) | Self::Mirror | Self::Paused { .. } => {
                false
            }
            Self::Ready { .. } | Self::Waiting { .. } | Self::Matched(_) | Self::Ended { .. } => true,
        }
    }

    /// The match, if there is one.
    pub(crate) const fn current_match(&self) -> Option<&CurrentMatch> {
        if let Self::Matched(current) = self { Some(current) } else { None }
    }

    /// The match, if it has this id.
    pub(crate) fn match_with_id(&mut self, id: MatchId) -> Option<&mut CurrentMatch> {
        if let Self::Matched(current) = self
            && current.terms.match_id == id
        {
            Some(current)
        } else {
            None
        }
    }

    /// The prepared connection, if there is one.
    pub(crate) fn prepared(&mut self) -> Option<&mut PreparedConnection> {
        if let Self::Waiting { prepared, .. } = self { prepared.as_deref_mut() } else { None }
    }

    /// Takes the prepared connection out, if there is one.
    pub(crate) fn take_prepared(&mut self) -> Option<Box<PreparedConnection>> {
        if let Self::Waiting { prepared, .. } = self { prepared.take() } else { None }
    }

    /// Closes the prepared connection, if there is one.
    pub(crate) fn close_prepared(&mut self, out: &mut Vec<Output>) {
        if let Some(prepared) = self.take_prepared() {
            prepared.connection.close(out);
        }
    }

    /// Applies changed preferences to the connections.
    pub(crate) fn apply_preferences(&mut self, preferences: Preferences, out: &mut Vec<Output>) {
        let send_profile = preferences.send_profile();
        if let Self::Matched(current) = self {
            current.set_send_profile(send_profile, out);
        } else if preferences.has(Switch::HideAddress) {
            // The prepared offer contains the address that is to be hidden.
            self.close_prepared(out);
        } else if let Some(prepared) = self.prepared() {
            prepared.set_send_profile(send_profile, out);
        }
    }

    /// What the page shows of it.
    pub(crate) fn phase(&self, now: Moment) -> Phase {
        match self {
            Self::Landing(_) => Phase::Landing,
            Self::Gate { .. } => Phase::Gate,
            Self::Asking(_) => Phase::Asking,
            Self::Mirror | Self::Paused { why: Pause::Absent, .. } => Phase::Mirror,
            Self::Paused { why: Pause::Blocked, .. } => Phase::Ended { why: Farewell::Blocked },
            Self::Paused { why: Pause::Reported, .. } => Phase::Ended { why: Farewell::Reported },
            Self::Paused { why: Pause::Dialog, .. } => Phase::Ended { why: Farewell::Paused },
            Self::Ready { .. } => Phase::Ready,
            Self::Waiting { setback, .. } => Phase::Waiting { setback: *setback },
            Self::Matched(current) => current.phase(now),
            Self::Ended { why, .. } => Phase::Ended { why: *why },
        }
    }

    /// When the state has something to do.
    pub(crate) fn deadline(&self, now: Moment, session_open: bool) -> Option<Deadline> {
        match self {
            Self::Landing(_) | Self::Gate { .. } | Self::Asking(_) | Self::Mirror | Self::Ready { .. } => {
                None
            }
            Self::Paused { until, .. } => Some((*until, DeadlineReason::Idle)),
            Self::Waiting { prepared, .. } => {
                prepared.as_ref().map(|it| (it.renew_at(), DeadlineReason::RenewOffer))
            }
            Self::Matched(current) => Some((current.deadline(now, session_open), DeadlineReason::Match)),
            Self::Ended { until, .. } => Some((*until, DeadlineReason::NextPartner)),
        }
    }
}
