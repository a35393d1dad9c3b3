//! Opening camera and microphone: what to ask the browser for, and what to do when it refuses.

use super::Devices;
use crate::{
    call::{MediaError, Output, Problem},
    protocol::Media,
    time::Moment,
};

/// Both, the first thing to ask for.
const BOTH: Media = Media { audio: true, video: true };

/// What to ask for after both were refused, in this order: a voice is worth more than a silent picture.
const SINGLY: [Media; 2] = [Media { audio: true, video: false }, Media { audio: false, video: true }];

/// The attempt to open devices: first both at once, then each one that may be available.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acquisition {
    /// How many of [`SINGLY`] have been considered.
    tried: usize,
    /// The error so far that tells the person most about what to do.
    worst: Option<MediaError>,
    /// The person wants a preview before looking for a partner.
    pub(crate) for_mirror: bool,
}

impl Acquisition {
    /// The first attempt; with `for_mirror` the person wants a preview.
    pub(crate) const fn new(for_mirror: bool) -> Self {
        Self { tried: 0, worst: None, for_mirror }
    }

    /// Takes in a refusal. Returns what to ask for next, or the problem if nothing is left.
    fn on_refused(&mut self, error: MediaError) -> Result<Media, Problem> {
        self.worst = Some(self.worst.map_or(error, |it| it.max_telling(error)));
        while let Some(wish) = SINGLY.get(self.tried) {
            self.tried += 1;
            if self.is_worth_asking(*wish) {
                return Ok(*wish);
            }
        }
        Err(self.worst.unwrap_or(error).problem())
    }

    /// After a block, only devices that are known to be allowed: another question would annoy the person.
    fn is_worth_asking(&self, wish: Media) -> bool {
        match self.worst {
            Some(MediaError::Blocked { granted }) => {
                granted.audio && wish.audio || granted.video && wish.video
            }
            Some(MediaError::Missing | MediaError::Busy | MediaError::BlockedBySystem) | None => true,
            Some(MediaError::Insecure | MediaError::Unsupported | MediaError::Dismissed) => false,
        }
    }
}

impl MediaError {
    /// The error that tells the person more about what to do.
    fn max_telling(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    const fn weight(self) -> u8 {
        match self {
            Self::Missing => 0,
            Self::Busy => 1,
            Self::BlockedBySystem => 2,
            Self::Dismissed => 3,
            Self::Blocked { .. } => 4,
            Self::Insecure => 5,
            Self::Unsupported => 6,
        }
    }

    const fn problem(self) -> Problem {
        match self {
            Self::Missing => Problem::NoDevice,
            Self::Busy => Problem::DeviceBusy,
            Self::Blocked { .. } => Problem::CameraBlocked,
            Self::Dismissed => Problem::CameraDismissed,
            Self::BlockedBySystem => Problem::CameraBlockedBySystem,
            Self::Insecure => Problem::Insecure,
            Self::Unsupported => Problem::Unsupported,
        }
    }
}

impl Devices {
    /// Asks the browser for camera and microphone.
    pub(crate) fn acquire(&self, out: &mut Vec<Output>) {
        out.push(Output::OpenMedia(BOTH, self.chosen().clone()));
    }

    /// These devices are open.
    pub(crate) fn on_opened(&mut self, have: Media, for_mirror: bool, now: Moment, out: &mut Vec<Output>) {
        self.have = have;
        self.use_speaker(out);
        if for_mirror {
            // A preview is heard by nobody, so what the person has muted is on.
            out.extend([Output::EnableMedia(have), Output::ShowLevel(true), Output::ListDevices]);
        } else {
            out.push(Output::EnableMedia(self.sending()));
            self.list_later(now);
        }
    }

    /// The browser has refused. Asks for less, or returns the problem if nothing is left to ask for.
    pub(crate) fn on_open_failed(
        &self,
        acquisition: &mut Acquisition,
        error: MediaError,
        out: &mut Vec<Output>,
    ) -> Option<Problem> {
        match acquisition.on_refused(error) {
            Ok(wish) => {
                out.push(Output::OpenMedia(wish, self.chosen().clone()));
                None
            }
            Err(problem) => {
                // The call starts by itself when a device is plugged in that is not in this list.
                out.push(Output::ListDevices);
                Some(problem)
            }
        }
    }
}
