//! [`SenderFaults`]: what the browser has refused to send, and how often it is asked again.

use crate::{
    call::{Failed, SenderPart, TrackKind},
    protocol::Media,
};

/// Repetitions after a rejection, one a second: a renegotiation that was in the way is over by then.
const MAX_RETRIES: u8 = 3;

/// The wishes that the senders of a connection have rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SenderFaults {
    /// The kinds whose track was rejected, so that something else or nothing is sent.
    unsent: Media,
    /// The kinds whose limits were rejected.
    unlimited: Media,
    retries: u8,
}

/// What to ask for again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SenderRetry {
    /// The tracks.
    pub(crate) tracks: bool,
    /// The limits.
    pub(crate) limits: bool,
}

impl SenderFaults {
    /// A sender reports that a wish has failed, or has been fulfilled after it had failed.
    pub(crate) const fn on_report(&mut self, kind: TrackKind, part: SenderPart, result: Result<(), Failed>) {
        let kinds = match part {
            SenderPart::Track => &mut self.unsent,
            SenderPart::Limits => &mut self.unlimited,
        };
        let fails = match kind {
            TrackKind::Audio => &mut kinds.audio,
            TrackKind::Video => &mut kinds.video,
        };
        *fails = result.is_err();
        self.retries = 0;
    }

    /// What is announced to be sent, but is not.
    pub(crate) const fn unsent(&self) -> Media {
        self.unsent
    }

    /// What is to be asked for again now; called once a second.
    pub(crate) const fn take_retry(&mut self) -> SenderRetry {
        let tracks = self.unsent.audio || self.unsent.video;
        let limits = self.unlimited.audio || self.unlimited.video;
        if !(tracks || limits) || self.retries == MAX_RETRIES {
            return SenderRetry { tracks: false, limits: false };
        }
        self.retries += 1;
        SenderRetry { tracks, limits }
    }
}
