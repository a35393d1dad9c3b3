//! Camera and microphone: what to ask for, what is open, what of it is sent; it must not know who sees it.

use super::{Device, MediaError, Problem};
use crate::protocol::Media;

/// Both, the first thing to ask for.
const BOTH: Media = Media { audio: true, video: true };

/// What is asked for after both were refused, in this order: a voice is worth more than a silent picture.
const SINGLY: [Media; 2] = [Media { audio: true, video: false }, Media { audio: false, video: true }];

/// The state of the devices. The default is closed, with nothing muted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Devices {
    /// What is open.
    pub(super) have: Media,
    /// What the person has muted or turned off; kept from one match to the next.
    off: Media,
    /// How many cameras there are.
    pub(super) cameras: usize,
    /// Another camera is being opened.
    changes_camera: bool,
}

/// The way to open devices: both at once, then each that may be there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    /// How many of [`SINGLY`] have been looked at.
    tried: usize,
    /// The most telling error so far, and what may be used all the same.
    worst: Option<MediaError>,
}

/// What to do after a refusal.
pub(super) enum Verdict {
    /// Ask for this.
    Ask(Media),
    /// Give up.
    Tell(Problem),
}

impl Asking {
    /// The beginning, and what to ask for.
    pub(super) const fn begin() -> (Self, Media) {
        (Self { tried: 0, worst: None }, BOTH)
    }

    /// The last thing asked for was refused.
    pub(super) fn refused(&mut self, error: MediaError) -> Verdict {
        self.worst = Some(self.worst.map_or(error, |it| it.max_telling(error)));
        while let Some(wish) = SINGLY.get(self.tried) {
            self.tried += 1;
            if self.is_worth_asking(*wish) {
                return Verdict::Ask(*wish);
            }
        }
        Verdict::Tell(self.worst.unwrap_or(error).problem())
    }

    /// After a block, only what is granted for sure: another question would be an annoyance.
    fn is_worth_asking(&self, wish: Media) -> bool {
        match self.worst {
            Some(MediaError::Blocked { granted }) => {
                granted.audio && wish.audio || granted.video && wish.video
            }
            Some(MediaError::Missing | MediaError::Busy) | None => true,
            Some(MediaError::Insecure | MediaError::Unsupported) => false,
        }
    }
}

impl MediaError {
    /// The one that tells a person more of what to do.
    fn max_telling(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    const fn weight(self) -> u8 {
        match self {
            Self::Missing => 0,
            Self::Busy => 1,
            Self::Blocked { .. } => 2,
            Self::Insecure => 3,
            Self::Unsupported => 4,
        }
    }

    const fn problem(self) -> Problem {
        match self {
            Self::Missing => Problem::NoDevice,
            Self::Busy => Problem::DeviceBusy,
            Self::Blocked { .. } => Problem::CameraBlocked,
            Self::Insecure => Problem::Insecure,
            Self::Unsupported => Problem::Unsupported,
        }
    }
}

impl Devices {
    /// What is sent.
    pub(super) const fn sending(&self) -> Media {
        Media { audio: self.have.audio && !self.off.audio, video: self.have.video && !self.off.video }
    }

    /// Mutes or unmutes; `false` if there is no microphone.
    pub(super) const fn toggle_microphone(&mut self) -> bool {
        self.off.audio ^= self.have.audio;
        self.have.audio
    }

    /// Turns the camera off or on; `false` if there is none.
    pub(super) const fn toggle_camera(&mut self) -> bool {
        self.off.video ^= self.have.video;
        self.have.video
    }

    /// Changes to the next camera; `false` if there is no other, or that is under way.
    pub(super) const fn change_camera(&mut self) -> bool {
        let can = self.can_change_camera() && !self.changes_camera;
        self.changes_camera |= can;
        can
    }

    /// That is done.
    pub(super) const fn camera_changed(&mut self) {
        self.changes_camera = false;
    }

    /// Whether there is another camera to change to.
    pub(super) const fn can_change_camera(&self) -> bool {
        self.have.video && self.cameras > 1
    }

    /// Some of it has gone away by itself.
    pub(super) const fn lost(&mut self, lost: Media) {
        self.have.audio &= !lost.audio;
        self.have.video &= !lost.video;
    }

    /// Whether there is anything to meet with.
    pub(super) const fn is_empty(&self) -> bool {
        !self.have.audio && !self.have.video
    }

    /// The microphone as people see it.
    pub(super) const fn microphone(&self) -> Device {
        device(self.have.audio, self.off.audio)
    }

    /// The camera as people see it.
    pub(super) const fn camera(&self) -> Device {
        device(self.have.video, self.off.video)
    }
}

const fn device(have: bool, off: bool) -> Device {
    match (have, off) {
        (false, _) => Device::Absent,
        (true, true) => Device::Off,
        (true, false) => Device::On,
    }
}
