//! What the person wants of the devices: on, off, another one, the screen; and what the partner is told of them.

use super::{
    Devices,
    source::{Attempt, SourceState},
};
use crate::{
    call::{DeviceKind, Facing, Output, Pick, Preferences, Switch},
    protocol::{Media, Presence},
    time::Moment,
};

impl Devices {
    /// What the person has switched off.
    pub(crate) const fn off(&self) -> Media {
        Media { audio: self.microphone_source().off, video: self.camera_source().off }
    }

    /// Mutes or unmutes the microphone, or turns the camera on or off; opens it if it is closed.
    pub(crate) fn toggle(&mut self, kind: DeviceKind, now: Moment, out: &mut Vec<Output>) {
        let is_microphone = kind == DeviceKind::Microphone;
        if is_microphone && self.push_to_talk && self.microphone_source().is_in_use() {
            self.held ^= true;
            self.has_changed = true;
            return;
        }
        let is_active = self.is_active;
        let Some(source) = self.source_mut(kind) else { return };
        // The page shows a device that has failed as off.
        let turns_on = source.off || is_active && !source.is_in_use();
        self.set_off(kind, !turns_on);
        self.open_wanted(kind, now, out);
    }

    /// Switches a device off, or lets it be opened.
    pub(crate) fn set_off(&mut self, kind: DeviceKind, off: bool) {
        if let Some(source) = self.source_mut(kind).filter(|it| it.off != off) {
            source.off = off;
            self.has_changed = true;
        }
    }

    /// Opens a device if it is wanted and closed. Only after a press, since the browser may ask.
    pub(crate) fn open_wanted(&mut self, kind: DeviceKind, now: Moment, out: &mut Vec<Output>) {
        let is_closed = self.source_mut(kind).is_some_and(|it| !it.is_in_use());
        if self.is_active && self.is_wanted(kind) && is_closed {
            self.open(kind, Pick::prefer(self.last_used(kind)), |it| it, false, now, out);
        }
    }

    /// Turns push to talk on or off.
    pub(crate) fn set_push_to_talk(&mut self, on: bool, now: Moment, out: &mut Vec<Output>) {
        (self.push_to_talk, self.held, self.has_changed) = (on, false, true);
        self.open_wanted(DeviceKind::Microphone, now, out);
    }

    /// Holds the microphone open or releases it. Does nothing without push to talk.
    pub(crate) const fn hold(&mut self, hold: bool) {
        let changes = self.push_to_talk && self.microphone_source().is_in_use() && self.held != hold;
        self.held = hold && self.push_to_talk;
        self.has_changed |= changes;
    }

    /// Uses another device: at once if one of its kind is wanted, and the next time in any case. `false` if the browser
    /// is still asked for one, so that nothing was chosen.
    pub(crate) fn choose(
        &mut self,
        kind: DeviceKind,
        id: String,
        now: Moment,
        out: &mut Vec<Output>,
    ) -> bool {
        let used = self.menus.used.of(kind).to_owned();
        let is_active = self.is_active;
        let is_wanted = self.is_wanted(kind);
        if kind == DeviceKind::Speaker {
            self.set_chosen(kind, &id);
            if id != used {
                out.push(Output::UseSpeaker(id));
            }
            return true;
        }
        let Some(source) = self.source_mut(kind) else { return false };
        if matches!(source.state, SourceState::Opening(_)) && !source.is_slow() {
            self.revision += 1;
            return false;
        }
        // A muted microphone that is open is changed, too.
        let is_open = source.is_in_use();
        let replaces = source.is_announced();
        let chosen_before = Some(self.chosen().of(kind).to_owned());
        self.set_chosen(kind, &id);
        if is_active && (is_wanted || is_open) {
            if id != used || !is_open {
                let back_to = is_open.then_some(used);
                let attempt = |it| Attempt { back_to, chosen_before, replaces, ..it };
                self.open(kind, Pick::Exactly(id), attempt, false, now, out);
            }
        } else {
            self.on_used(kind, &id);
        }
        true
    }

    /// Changes to the camera on the other side of a phone, or else to the next one in the list. Returns whether a
    /// choice was made that has to be stored.
    pub(crate) fn flip_camera(&mut self, now: Moment, out: &mut Vec<Output>) -> bool {
        let Some(next) = self.next_camera() else { return false };
        let other_side = match self.camera_source().facing {
            Some(Facing::User) => Facing::Environment,
            Some(Facing::Environment) => Facing::User,
            None => return self.choose(DeviceKind::Camera, next, now, out),
        };
        if !matches!(self.camera_source().state, SourceState::Opening(_)) {
            let back_to = Some(self.menus.used.of(DeviceKind::Camera).to_owned());
            let replaces = self.camera_source().is_announced();
            let attempt = |it| Attempt { back_to, replaces, ..it };
            self.open(DeviceKind::Camera, Pick::Facing(other_side), attempt, false, now, out);
        }
        false
    }

    /// Plays the partner on the speaker that the person has chosen.
    pub(crate) fn use_speaker(&self, out: &mut Vec<Output>) {
        let id = self.chosen().of(DeviceKind::Speaker);
        if !id.is_empty() {
            out.push(Output::UseSpeaker(id.to_owned()));
        }
    }

    /// Starts or ends sharing the screen; `can_share` is whether the browser is able to.
    pub(crate) fn toggle_screen(&mut self, can_share: bool, out: &mut Vec<Output>) {
        self.last_request += 1;
        self.has_changed |= self.screen.toggle(self.last_request, can_share, out);
    }

    /// Ends sharing the screen, which is meant for one partner only.
    pub(crate) fn unshare(&mut self, out: &mut Vec<Output>) {
        self.has_changed |= self.screen.end(out);
    }

    /// What the partner is told about this page.
    pub(crate) fn presence(&self, away: bool, preferences: Preferences) -> Presence {
        Presence {
            audio: self.microphone_source().is_announced() && !self.is_muted(),
            video: self.camera_source().is_announced() || self.screen.is_on(),
            screen: self.screen.is_on(),
            away,
            interrupted: self.is_interrupted(),
            less_data: preferences.has(Switch::SaveData),
        }
    }
}
