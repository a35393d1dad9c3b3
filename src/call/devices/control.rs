//! What the person does with camera, microphone, speaker and screen, and what becomes of it; it must not know the server.

use super::ChoiceEffect;
use crate::{
    call::{Call, DeviceEvent, DeviceKind, Output, Problem, State, Switch},
    protocol::Presence,
};

impl Call {
    pub(crate) fn devices_changed(&mut self, event: DeviceEvent, out: &mut Vec<Output>) {
        match event {
            DeviceEvent::Listed(devices) => {
                let has_come = self.devices.on_listed(devices);
                if has_come && !self.away && matches!(self.state, State::Landing(Some(Problem::NoDevice))) {
                    self.start(out);
                }
            }
            DeviceEvent::Used(kind, id) => {
                self.devices.on_used(kind, id);
                self.device_used(kind, out);
                // The new device has a new track.
                out.push(Output::SendTracks);
            }
            DeviceEvent::Refused(kind) => self.devices.on_refused(kind),
            DeviceEvent::ScreenShared(shared) => self.screen_shared(shared, out),
            // Another page of this browser may have asked for it.
            DeviceEvent::Permitted if self.away => {}
            DeviceEvent::Permitted => match self.state {
                State::Landing(Some(
                    Problem::CameraBlocked | Problem::CameraDismissed | Problem::CameraBlockedBySystem,
                )) => self.start(out),
                State::Landing(_)
                | State::Asking(_)
                | State::Mirror
                | State::Ready { .. }
                | State::Waiting { .. }
                | State::Meeting(_)
                | State::Ended { .. } => {}
            },
        }
    }

    /// What belongs to a device that is another one now.
    fn device_used(&self, kind: DeviceKind, out: &mut Vec<Output>) {
        match (kind, &self.state) {
            (DeviceKind::Camera, _) if self.preferences.has(Switch::Blur) => out.push(Output::Blur(true)),
            (DeviceKind::Microphone, State::Mirror) => out.push(Output::ShowLevel(true)),
            (DeviceKind::Camera | DeviceKind::Microphone | DeviceKind::Speaker, _) => {}
        }
    }

    /// Uses another device, now if it is open, and the next time in any case.
    pub(crate) fn choose(&mut self, kind: DeviceKind, id: String, out: &mut Vec<Output>) {
        match self.devices.choose(kind, &id) {
            ChoiceEffect::Now => out.push(Output::SwitchDevice(kind, id)),
            ChoiceEffect::Later => {}
            ChoiceEffect::Never => return,
        }
        self.remember(out);
    }

    /// The partner is heard from the speaker that was chosen before.
    pub(crate) fn use_speaker(&self, out: &mut Vec<Output>) {
        let id = self.devices.chosen().of(DeviceKind::Speaker);
        if !id.is_empty() {
            out.push(Output::SwitchDevice(DeviceKind::Speaker, id.to_owned()));
        }
    }

    pub(crate) fn next_camera(&mut self, out: &mut Vec<Output>) {
        if let Some(id) = self.devices.next_camera() {
            self.choose(DeviceKind::Camera, id, out);
        }
    }

    pub(crate) fn toggle_screen(&mut self, out: &mut Vec<Output>) {
        match self.state {
            State::Meeting(_) if self.devices.sharing => out.push(Output::UnshareScreen),
            State::Meeting(_) if self.surroundings.abilities.screen && !self.devices.asks_screen => {
                self.devices.asks_screen = true;
                out.push(Output::ShareScreen);
            }
            State::Meeting(_)
            | State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Ended { .. } => {}
        }
    }

    fn screen_shared(&mut self, shared: bool, out: &mut Vec<Output>) {
        match self.state {
            State::Meeting(_) => {
                (self.devices.asks_screen, self.devices.sharing) = (false, shared);
                self.sending_changed(out);
            }
            // Given too late: nobody is there to see it, and the next one must not.
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Ended { .. } => {
                if shared {
                    out.push(Output::UnshareScreen);
                }
                out.push(Output::SendTracks);
            }
        }
    }

    /// The screen is for the one it was shared with.
    pub(crate) fn unshare(&mut self, out: &mut Vec<Output>) {
        let (was_asked, was_shared) = (self.devices.asks_screen, self.devices.sharing);
        (self.devices.asks_screen, self.devices.sharing) = (false, false);
        if was_asked || was_shared {
            out.push(Output::UnshareScreen);
        }
        if was_shared {
            out.push(Output::EnableMedia(self.devices.sending()));
        }
    }

    /// What the partner is told of this end.
    pub(crate) const fn presence(&self) -> Presence {
        let sending = self.devices.sending();
        let screen = self.devices.sharing;
        Presence { audio: sending.audio, video: sending.video || screen, screen, away: self.away }
    }

    /// The person has chosen something once and for all.
    pub(crate) fn toggle(&mut self, switch: Switch, out: &mut Vec<Output>) {
        self.prefer(self.preferences.toggled(switch), out);
        match switch {
            Switch::PushToTalk => {
                self.devices.push_to_talk ^= true;
                self.sending_changed(out);
            }
            Switch::Blur => out.push(Output::Blur(self.preferences.has(Switch::Blur))),
            Switch::HideAddress
            | Switch::SaveData
            | Switch::MyLanguages
            | Switch::Unmirrored
            | Switch::HideOwnPicture
            | Switch::NoKeys => {}
        }
    }
}
