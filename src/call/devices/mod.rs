//! [`Devices`]: which devices are open, which are muted, and which the person has chosen.

pub(crate) mod acquire;
pub(crate) mod control;
pub(crate) mod refusal;

use std::{mem, time::Duration};

use super::{ChosenDevices, Device, DeviceInfo, DeviceKind, Menus, Output};
use crate::{protocol::Media, time::Moment};

/// Devices of one kind in the menus at most; nobody has that many.
const MAX_LISTED: usize = 32;

/// Delay of the list after the devices were opened, so that it does not delay the first picture.
const LIST_AFTER: Duration = Duration::from_millis(800);

/// The state of the devices. By default they are closed, and nothing is muted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices {
    /// What is open.
    pub(crate) have: Media,
    /// What the person has muted or turned off; kept from one match to the next.
    off: Media,
    /// The microphone is on only while it is held open.
    pub(crate) push_to_talk: bool,
    held: bool,
    /// The person has started without camera and microphone.
    pub(crate) content_without: bool,
    /// The browser asks for the screen.
    pub(crate) asks_screen: bool,
    /// The screen is sent in place of the camera's picture.
    pub(crate) sharing: bool,
    menus: Menus,
    /// What the person has chosen, on this visit or another.
    chosen: ChosenDevices,
    is_listed: bool,
    list_at: Option<Moment>,
    revision: u32,
    /// The kind that is being switched to another device.
    switching: Option<DeviceKind>,
}

/// When a chosen device is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChoiceEffect {
    /// At once.
    Now,
    /// The next time that the device is opened; it is closed, or in use already.
    Later,
    /// Not at all: another switch is in progress.
    Never,
}

impl Devices {
    /// Closed devices, with the stored choices.
    pub(crate) fn from_stored(chosen: ChosenDevices, push_to_talk: bool) -> Self {
        Self { chosen, push_to_talk, ..Self::default() }
    }

    /// Closes everything. Choices and lists stay.
    pub(crate) fn close(&mut self) {
        let (menus, chosen) = (mem::take(&mut self.menus), mem::take(&mut self.chosen));
        let Self { is_listed, revision, push_to_talk, .. } = *self;
        *self = Self { menus, chosen, is_listed, revision, push_to_talk, ..Self::default() };
    }

    /// The parts of camera and microphone that are sent: open and not muted.
    pub(crate) const fn sending(&self) -> Media {
        Media { audio: self.have.audio && !self.is_muted(), video: self.have.video && !self.off.video }
    }

    const fn is_muted(&self) -> bool {
        if self.push_to_talk { !self.held } else { self.off.audio }
    }

    /// Mutes or unmutes the microphone. Returns `false` if there is none.
    pub(crate) const fn toggle_microphone(&mut self) -> bool {
        if self.push_to_talk {
            self.held ^= self.have.audio;
        } else {
            self.off.audio ^= self.have.audio;
        }
        self.have.audio
    }

    /// Holds the microphone open or releases it. Returns `false` if that changes nothing.
    pub(crate) const fn hold(&mut self, hold: bool) -> bool {
        let changes = self.push_to_talk && self.have.audio && self.held != hold;
        self.held = hold;
        changes
    }

    /// Turns the camera on or off. Returns `false` if there is none.
    pub(crate) const fn toggle_camera(&mut self) -> bool {
        self.off.video ^= self.have.video;
        self.have.video
    }

    /// Lists the devices a little later.
    pub(crate) fn list_later(&mut self, now: Moment) {
        self.list_at = Some(now + LIST_AFTER);
    }

    /// When [`handle_timeout`](Self::handle_timeout) next has something to do.
    pub(crate) const fn deadline(&self) -> Option<Moment> {
        self.list_at
    }

    /// Lists the devices if that is due.
    pub(crate) fn handle_timeout(&mut self, now: Moment, out: &mut Vec<Output>) {
        if self.list_at.take_if(|at| *at <= now).is_some() {
            out.push(Output::ListDevices);
        }
    }

    /// The browser has listed its devices. Returns `true` if a camera or microphone was added since the last list.
    pub(crate) fn on_listed(&mut self, mut devices: Vec<DeviceInfo>) -> bool {
        devices.truncate(MAX_LISTED * DeviceKind::ALL.len());
        let sources = |all: &[DeviceInfo]| all.iter().filter(|it| it.kind != DeviceKind::Speaker).count();
        let is_added = self.is_listed && sources(&devices) > sources(&self.menus.devices);
        self.is_listed = true;
        if self.menus.devices != devices {
            self.menus.devices = devices;
            self.revision += 1;
        }
        is_added
    }

    /// This device is in use now.
    pub(crate) fn on_used(&mut self, kind: DeviceKind, id: String) {
        self.switching = self.switching.filter(|it| *it != kind);
        if self.menus.used.of(kind) != id {
            self.menus.used.0[kind as usize] = id;
            self.revision += 1;
        }
    }

    /// The browser could not switch to another device. The menu shows the previous one again.
    pub(crate) fn on_refused(&mut self, kind: DeviceKind) {
        self.switching = self.switching.filter(|it| *it != kind);
        self.revision += 1;
    }

    /// The person chooses this device.
    pub(crate) fn choose(&mut self, kind: DeviceKind, id: &str) -> ChoiceEffect {
        let is_open = match kind {
            DeviceKind::Camera => self.have.video,
            DeviceKind::Microphone => self.have.audio,
            DeviceKind::Speaker => true,
        };
        // In any case the menu has to show the device that is in use.
        self.revision += 1;
        if self.switching.is_some() {
            return ChoiceEffect::Never;
        }
        id.clone_into(&mut self.chosen.0[kind as usize]);
        if is_open && self.menus.used.of(kind) != id {
            self.switching = Some(kind);
            return ChoiceEffect::Now;
        }
        if !is_open {
            id.clone_into(&mut self.menus.used.0[kind as usize]);
        }
        ChoiceEffect::Later
    }

    /// The devices that the person has chosen.
    pub(crate) const fn chosen(&self) -> &ChosenDevices {
        &self.chosen
    }

    /// Applies the choices of another tab. A microphone that was muted stays muted.
    pub(crate) fn apply_stored(&mut self, chosen: ChosenDevices, push_to_talk: bool) {
        self.chosen = chosen;
        if self.push_to_talk != push_to_talk {
            self.off.audio |= self.have.audio && self.is_muted();
            self.push_to_talk = push_to_talk;
        }
    }

    /// Forgets all choices.
    pub(crate) fn forget_choices(&mut self) {
        (self.chosen, self.push_to_talk, self.held) = (ChosenDevices::default(), false, false);
    }

    /// The camera after the one in use, if there is another.
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

    /// Grows with each change of the menus.
    pub(crate) const fn revision(&self) -> u32 {
        self.revision
    }

    /// These devices have ended.
    pub(crate) const fn on_lost(&mut self, lost: Media) {
        self.have.audio &= !lost.audio;
        self.have.video &= !lost.video;
    }

    /// Whether there is neither camera nor microphone, and the person has not started without them.
    pub(crate) const fn is_empty(&self) -> bool {
        !self.have.audio && !self.have.video && !self.content_without
    }

    /// The microphone as the page shows it.
    pub(crate) const fn microphone(&self) -> Device {
        device(self.have.audio, self.is_muted())
    }

    /// The camera as the page shows it.
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
