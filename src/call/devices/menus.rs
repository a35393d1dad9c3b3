//! The menus of devices, and what the person has chosen in them.

use super::Devices;
use crate::{
    call::{ChosenDevices, DeviceInfo, DeviceKind, Menus, Output, Preferences, Switch},
    protocol::Media,
    time::Moment,
};

/// Devices of one kind in the menus at most; nobody has that many.
const MAX_LISTED: usize = 32;

impl Devices {
    /// The browser has listed its devices. Returns `true` if a camera or microphone was added since the last list.
    pub(crate) fn on_listed(
        &mut self,
        mut devices: Vec<DeviceInfo>,
        now: Moment,
        out: &mut Vec<Output>,
    ) -> bool {
        devices.truncate(MAX_LISTED * DeviceKind::ALL.len());
        let sources = |all: &[DeviceInfo]| all.iter().filter(|it| it.kind != DeviceKind::Speaker).count();
        let is_added = self.is_listed && sources(&devices) > sources(&self.menus.devices);
        self.is_listed = true;
        if self.menus.devices != devices {
            self.menus.devices = devices;
            self.revision += 1;
        }
        if is_added {
            self.recover(now, out);
        }
        is_added
    }

    /// This device is in use now.
    pub(crate) fn on_used(&mut self, kind: DeviceKind, id: &str) {
        if self.menus.used.of(kind) != id {
            id.clone_into(&mut self.menus.used.0[kind as usize]);
            self.revision += 1;
        }
    }

    /// The browser could not change the speaker. The menu shows the previous one again.
    pub(crate) const fn on_speaker_refused(&mut self) {
        self.revision += 1;
    }

    /// The device of this kind to open again: the one that was in use, or else the chosen one.
    pub(crate) fn last_used(&self, kind: DeviceKind) -> &str {
        let used = self.menus.used.of(kind);
        if used.is_empty() { self.chosen.of(kind) } else { used }
    }

    /// The devices that the person has chosen.
    pub(crate) const fn chosen(&self) -> &ChosenDevices {
        &self.chosen
    }

    /// Stores a choice for the next time.
    pub(crate) fn set_chosen(&mut self, kind: DeviceKind, id: &str) {
        id.clone_into(&mut self.chosen.0[kind as usize]);
        // The menu has to show the device that is in use.
        self.revision += 1;
    }

    /// Applies the choices of another tab. What was switched off there or here stays off, unless nothing is open here.
    pub(crate) fn apply_stored(&mut self, chosen: ChosenDevices, preferences: Preferences) {
        self.chosen = chosen;
        let push_to_talk = preferences.has(Switch::PushToTalk);
        let mut off = Media {
            audio: preferences.has(Switch::MicrophoneOff),
            video: preferences.has(Switch::CameraOff),
        };
        if self.is_active {
            off.audio |= self.microphone_source().off;
            off.video |= self.camera_source().off;
            // The microphone must not be unmuted by the end of push to talk.
            off.audio |= self.push_to_talk && !push_to_talk && self.is_muted();
        }
        if self.push_to_talk != push_to_talk {
            (self.push_to_talk, self.held, self.has_changed) = (push_to_talk, false, true);
        }
        self.set_off(DeviceKind::Microphone, off.audio);
        self.set_off(DeviceKind::Camera, off.video);
    }

    /// Forgets all choices. What is switched off or muted stays so until the person switches it on.
    pub(crate) fn forget_choices(&mut self) {
        let stays_muted = self.push_to_talk && self.is_muted();
        self.microphone_mut().off |= stays_muted;
        (self.chosen, self.push_to_talk, self.held) = (ChosenDevices::default(), false, false);
        self.has_changed = true;
    }

    /// Whether there is another camera to change to.
    pub(crate) fn can_change_camera(&self) -> bool {
        self.camera_source().is_in_use() && self.menus.of(DeviceKind::Camera).nth(1).is_some()
    }

    /// The camera after the one in use, if there is another.
    pub(crate) fn next_camera(&self) -> Option<String> {
        let cameras: Vec<_> = self.menus.of(DeviceKind::Camera).collect();
        let at = cameras.iter().position(|it| it.id == self.menus.used.of(DeviceKind::Camera));
        let next = cameras.get(at.map_or(0, |it| (it + 1) % cameras.len()))?;
        self.can_change_camera().then(|| next.id.clone())
    }

    /// The devices to choose from.
    pub(crate) const fn menus(&self) -> &Menus {
        &self.menus
    }

    /// Grows with each change of the menus.
    pub(crate) const fn revision(&self) -> u32 {
        self.revision
    }
}
