//! Camera and microphone: what to ask for, what is open, what of it is sent; it must not know who sees it.

pub(crate) mod control;

use std::mem;

use super::{ChosenDevices, Device, MediaError, Problem};
use crate::{protocol::Media, time::Moment};

/// Both, the first thing to ask for.
const BOTH: Media = Media { audio: true, video: true };

/// What is asked for after both were refused, in this order: a voice is worth more than a silent picture.
const SINGLY: [Media; 2] = [Media { audio: true, video: false }, Media { audio: false, video: true }];

/// Devices of one kind that are listed; no desk has as many.
const MAX_LISTED: usize = 32;

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// Takes the picture.
    Camera,
    /// Takes the sound.
    Microphone,
    /// Plays the partner's sound.
    Speaker,
}

impl DeviceKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Camera, Self::Microphone, Self::Speaker];
}

/// A device that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// What it is.
    pub kind: DeviceKind,
    /// The browser's name for it, which means nothing to people.
    pub id: String,
    /// What people call it; empty where the browser does not tell.
    pub label: String,
}

/// The devices to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Menus {
    /// All there are.
    pub devices: Vec<DeviceInfo>,
    /// Which are used.
    pub used: ChosenDevices,
}

impl Menus {
    /// The devices of one kind.
    pub fn of(&self, kind: DeviceKind) -> impl Iterator<Item = &DeviceInfo> {
        self.devices.iter().filter(move |it| it.kind == kind)
    }
}

/// The state of the devices. The default is closed, with nothing muted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices {
    /// What is open.
    pub(crate) have: Media,
    /// What the person has muted or turned off; kept from one match to the next.
    off: Media,
    /// The microphone is on only while it is held open.
    pub(crate) push_to_talk: bool,
    held: bool,
    /// The person goes on though there is neither.
    pub(crate) content_without: bool,
    /// The browser asks for the screen.
    pub(crate) asks_screen: bool,
    /// The screen is sent in place of the camera's picture.
    pub(crate) sharing: bool,
    menus: Menus,
    /// What the person has chosen, on this visit or another.
    chosen: ChosenDevices,
    is_listed: bool,
    /// When to ask which there are.
    pub(crate) list_at: Option<Moment>,
    revision: u32,
    /// Another device is being opened.
    changing: Option<DeviceKind>,
}

/// When a choice holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChoiceEffect {
    /// At once.
    Now,
    /// The next time that the device is opened; it is in use, or closed.
    Later,
    /// Not at all: another change is under way.
    Never,
}

/// The way to open devices: both at once, then each that may be there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    /// How many of [`SINGLY`] have been looked at.
    tried: usize,
    /// The most telling error so far, and what may be used all the same.
    worst: Option<MediaError>,
    /// Nobody is looked for when they are open.
    pub(crate) for_the_mirror: bool,
}

/// What to do after a refusal.
pub(crate) enum Verdict {
    /// Ask for this.
    Ask(Media),
    /// Give up.
    Tell(Problem),
}

impl Asking {
    /// The first thing to ask for.
    pub(crate) const FIRST: Media = BOTH;

    /// Nothing was refused yet, and with what opens a partner is looked for.
    pub(crate) const FOR_A_PARTNER: Self = Self { tried: 0, worst: None, for_the_mirror: false };

    /// The same, but the person looks at it first.
    pub(crate) const FOR_THE_MIRROR: Self = Self { tried: 0, worst: None, for_the_mirror: true };

    /// The last thing asked for was refused.
    pub(crate) fn refused(&mut self, error: MediaError) -> Verdict {
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
            Some(MediaError::Missing | MediaError::Busy | MediaError::BlockedBySystem) | None => true,
            Some(MediaError::Insecure | MediaError::Unsupported | MediaError::Dismissed) => false,
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
    /// Closed, with what this device remembers.
    pub(crate) fn recalled(chosen: ChosenDevices, push_to_talk: bool) -> Self {
        Self { chosen, push_to_talk, ..Self::default() }
    }

    /// Closed again. What was chosen and listed stays.
    pub(crate) fn close(&mut self) {
        let (menus, chosen) = (mem::take(&mut self.menus), mem::take(&mut self.chosen));
        let Self { is_listed, revision, push_to_talk, .. } = *self;
        *self = Self { menus, chosen, is_listed, revision, push_to_talk, ..Self::default() };
    }

    /// What of camera and microphone is let through.
    pub(crate) const fn sending(&self) -> Media {
        Media { audio: self.have.audio && !self.is_muted(), video: self.have.video && !self.off.video }
    }

    const fn is_muted(&self) -> bool {
        if self.push_to_talk { !self.held } else { self.off.audio }
    }

    /// Mutes or unmutes; `false` if there is no microphone.
    pub(crate) const fn toggle_microphone(&mut self) -> bool {
        if self.push_to_talk {
            self.held ^= self.have.audio;
        } else {
            self.off.audio ^= self.have.audio;
        }
        self.have.audio
    }

    /// Holds the microphone open or lets go of it; `false` if that changes nothing.
    pub(crate) const fn hold(&mut self, hold: bool) -> bool {
        let changes = self.push_to_talk && self.have.audio && self.held != hold;
        self.held = hold;
        changes
    }

    /// Turns the camera off or on; `false` if there is none.
    pub(crate) const fn toggle_camera(&mut self) -> bool {
        self.off.video ^= self.have.video;
        self.have.video
    }

    /// These are the devices that there are; `true` if one has come that takes sound or pictures.
    pub(crate) fn listed(&mut self, mut devices: Vec<DeviceInfo>) -> bool {
        devices.truncate(MAX_LISTED * DeviceKind::ALL.len());
        let taking = |all: &[DeviceInfo]| all.iter().filter(|it| it.kind != DeviceKind::Speaker).count();
        let has_come = self.is_listed && taking(&devices) > taking(&self.menus.devices);
        self.is_listed = true;
        if self.menus.devices != devices {
            self.menus.devices = devices;
            self.revision += 1;
        }
        has_come
    }

    /// This device is used.
    pub(crate) fn uses(&mut self, kind: DeviceKind, id: String) {
        self.changing = self.changing.filter(|it| *it != kind);
        if self.menus.used.of(kind) != id {
            self.menus.used.0[kind as usize] = id;
            self.revision += 1;
        }
    }

    /// Another device could not be had. The menu shows again what is used.
    pub(crate) fn refused(&mut self, kind: DeviceKind) {
        self.changing = self.changing.filter(|it| *it != kind);
        self.revision += 1;
    }

    /// The person chooses this device.
    pub(crate) fn change(&mut self, kind: DeviceKind, id: &str) -> ChoiceEffect {
        let is_open = match kind {
            DeviceKind::Camera => self.have.video,
            DeviceKind::Microphone => self.have.audio,
            DeviceKind::Speaker => true,
        };
        // Whatever comes of it, the menu shows what is the case.
        self.revision += 1;
        if self.changing.is_some() {
            return ChoiceEffect::Never;
        }
        id.clone_into(&mut self.chosen.0[kind as usize]);
        if is_open && self.menus.used.of(kind) != id {
            self.changing = Some(kind);
            return ChoiceEffect::Now;
        }
        if !is_open {
            id.clone_into(&mut self.menus.used.0[kind as usize]);
        }
        ChoiceEffect::Later
    }

    /// What the person has chosen.
    pub(crate) const fn chosen(&self) -> &ChosenDevices {
        &self.chosen
    }

    /// This was chosen in another page. Nobody is heard for that who was not.
    pub(crate) fn recall(&mut self, chosen: ChosenDevices, push_to_talk: bool) {
        self.chosen = chosen;
        if self.push_to_talk != push_to_talk {
            self.off.audio |= self.have.audio && self.is_muted();
            self.push_to_talk = push_to_talk;
        }
    }

    /// Nothing was ever chosen.
    pub(crate) fn forget(&mut self) {
        (self.chosen, self.push_to_talk, self.held) = (ChosenDevices::default(), false, false);
    }

    /// The camera after the one that is used, if there is another.
    pub(crate) fn next_camera(&self) -> Option<String> {
        let cameras: Vec<_> = self.menus.of(DeviceKind::Camera).collect();
        let at = cameras.iter().position(|it| it.id == self.menus.used.of(DeviceKind::Camera));
        let next = cameras.get(at.map_or(0, |it| (it + 1) % cameras.len()))?;
        self.can_change_camera().then(|| next.id.clone())
    }

    /// Whether there is another camera to change to.
    pub(crate) fn can_change_camera(&self) -> bool {
        self.have.video && self.menus.of(DeviceKind::Camera).nth(1).is_some()
    }

    /// The devices to choose from.
    pub(crate) const fn menus(&self) -> &Menus {
        &self.menus
    }

    /// Counts the changes of the menus.
    pub(crate) const fn revision(&self) -> u32 {
        self.revision
    }

    /// Some of it has gone away by itself.
    pub(crate) const fn lost(&mut self, lost: Media) {
        self.have.audio &= !lost.audio;
        self.have.video &= !lost.video;
    }

    /// Whether there is anything to meet with.
    pub(crate) const fn is_empty(&self) -> bool {
        !self.have.audio && !self.have.video && !self.content_without
    }

    /// The microphone as people see it.
    pub(crate) const fn microphone(&self) -> Device {
        device(self.have.audio, self.is_muted())
    }

    /// The camera as people see it.
    pub(crate) const fn camera(&self) -> Device {
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
