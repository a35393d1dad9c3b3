//! The read-only view of a match: what the page shows of it, and what the session with the server needs to know.

use std::time::Duration;

use super::{CurrentMatch, SILENT_FOR, SLOW_AFTER};
use crate::{
    call::{Details, Flow, Marks, PartnerPicture, Phase, Setback},
    protocol::{MatchId, Media, Presence},
    time::Moment,
};

/// Silence after which the page says that the picture is frozen.
const INTERRUPTED_AFTER: Duration = Duration::from_secs(2);

impl CurrentMatch {
    /// The id of the match, if the server still has it.
    pub(crate) fn server_match_id(&self) -> Option<MatchId> {
        self.known_to_server.then_some(self.terms.match_id)
    }

    /// Whether the match is connected and something still arrives.
    pub(crate) fn is_alive(&self, now: Moment) -> bool {
        self.liveness.is_connected() && self.liveness.silence(now) < SILENT_FOR
    }

    /// When the match began.
    pub(crate) const fn since(&self) -> Moment {
        self.since
    }

    /// Whether the match is looking for a new path.
    pub(crate) fn is_recovering(&self) -> bool {
        self.recovery.is_active()
    }

    /// The ticket that lets a restarted server rebuild the match. Only a connected match is worth that.
    pub(crate) fn ticket(&self) -> Option<&str> {
        self.terms.ticket.as_deref().filter(|_| self.liveness.is_connected())
    }

    /// The phase that the page shows.
    pub(crate) fn phase(&self, now: Moment) -> Phase {
        if self.liveness.is_connected() {
            Phase::Talking { partner: self.liveness.partner_media, flow: self.flow(now) }
        } else {
            Phase::Connecting { slow: now - self.since >= SLOW_AFTER }
        }
    }

    /// The details of the connection; `open` says whether the page shows them.
    ///
    /// Each change of the snapshot makes the page render. So the marks and the number of samples are left out while
    /// the details are closed: the marks would cost time just before the first picture, the samples once a second.
    pub(crate) fn details(&self, open: bool) -> Details {
        Details {
            marks: if open { self.marks } else { Marks::default() },
            path: self.liveness.last_measurement().path,
            code: self.verification.code(),
            strength: self.quality.strength(),
            samples: if open { self.quality.revision() } else { 0 },
            codecs: self.liveness.last_measurement().codecs,
        }
    }

    /// What the partner sends, and whether its page is in the background.
    pub(crate) const fn partner_presence(&self) -> Presence {
        self.partner_presence
    }

    /// Whether the picture that the partner announces arrives.
    pub(crate) const fn picture(&self) -> PartnerPicture {
        self.liveness.picture.state()
    }

    /// What this page announces with `presence` and does not get to the partner.
    pub(crate) const fn unreached(&self, presence: Presence) -> Media {
        let unsent = self.sender_faults.unsent();
        Media {
            audio: presence.audio && unsent.audio,
            video: presence.video && (unsent.video || self.is_unseen),
        }
    }

    /// What has gone wrong if the match ends now by itself.
    pub(crate) const fn setback(&self) -> Setback {
        if self.liveness.is_connected() { Setback::Lost } else { Setback::Unconnected }
    }

    fn flow(&self, now: Moment) -> Flow {
        let silence = self.liveness.silence(now);
        if self.recovery.is_active() {
            Flow::Reconnecting { seconds: u32::try_from(silence.as_secs()).unwrap_or(u32::MAX) }
        } else if silence >= INTERRUPTED_AFTER {
            Flow::Interrupted
        } else {
            Flow::Steady
        }
    }
}
