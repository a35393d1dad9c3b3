//! Handlers of what the browser reports about devices, and what follows from a change of them for the call.

use super::{
    Call, DeviceEvent, DeviceKind, MediaError, OpenedMedia, Output, Problem, Switch, state::CallState,
};

impl Call {
    pub(crate) fn on_media_opened(&mut self, request: u32, opened: OpenedMedia, out: &mut Vec<Output>) {
        if let CallState::Asking(acquisition) = self.state {
            if acquisition.request == request {
                self.apply_blur(opened.camera.is_some(), out);
                self.devices.on_acquired(acquisition, &opened, self.now, out);
                self.on_devices_ready(acquisition.for_mirror, out);
            }
        } else if self.state.is_landing() {
            // Stopped while the browser was asking: nothing may stay open.
            out.push(Output::CloseMedia);
        } else {
            let kinds = self.devices.on_opened(request, &opened, self.now);
            self.apply_blur(kinds.contains(&DeviceKind::Camera), out);
            if kinds.contains(&DeviceKind::Microphone) && matches!(self.state, CallState::Mirror) {
                out.push(Output::ShowLevel(true));
            }
            if !kinds.is_empty() {
                // The browser reveals the names of a kind once one of it is open.
                self.devices.list_later(self.now);
            }
        }
    }

    pub(crate) fn on_media_failed(&mut self, request: u32, error: MediaError, out: &mut Vec<Output>) {
        if let CallState::Asking(acquisition) = &mut self.state {
            if acquisition.request == request
                && let Some(problem) = self.devices.on_open_failed(acquisition, error, self.now, out)
            {
                self.stop(Some(problem), out);
            }
        } else if self.devices.on_failed(request, error, self.now, out) {
            self.save_profile(out);
        }
    }

    /// What the person wants is open: shows the preview, or looks for a partner.
    pub(crate) fn on_devices_ready(&mut self, for_mirror: bool, out: &mut Vec<Output>) {
        if for_mirror {
            self.state = CallState::Mirror;
        } else {
            self.join(None, out);
        }
    }

    /// A new camera is not blurred yet.
    fn apply_blur(&self, has_camera: bool, out: &mut Vec<Output>) {
        if has_camera && self.profile.preferences.has(Switch::Blur) {
            out.push(Output::Blur(true));
        }
    }

    pub(crate) fn on_device_event(&mut self, event: DeviceEvent, out: &mut Vec<Output>) {
        let now = self.now;
        match event {
            DeviceEvent::Listed(devices) => {
                let is_new = self.devices.on_listed(devices, now, out);
                let is_missing = matches!(self.state, CallState::Landing(Some(Problem::NoDevice)));
                if is_new && is_missing && !self.page.is_hidden {
                    self.start(out);
                }
            }
            DeviceEvent::SpeakerUsed(id) => self.devices.on_used(DeviceKind::Speaker, &id),
            DeviceEvent::SpeakerRefused => self.devices.on_speaker_refused(),
            DeviceEvent::Ended(kind, request) => self.devices.on_ended(kind, request, now, out),
            DeviceEvent::Muted(kind, request, muted) => {
                self.devices.on_muted(kind, request, muted, now, out);
            }
            DeviceEvent::Frame(request) => self.devices.on_frame(request, now),
            DeviceEvent::Focused => self.on_return(out),
            DeviceEvent::Screen(request, event) => self.devices.on_screen(request, event, now, out),
            DeviceEvent::Permitted => {
                self.devices.recover(now, out);
                // A page in the background does not start: another page of this browser may have asked.
                if let CallState::Landing(Some(
                    Problem::CameraBlocked | Problem::CameraDismissed | Problem::CameraBlockedBySystem,
                )) = self.state
                    && !self.page.is_hidden
                {
                    self.start(out);
                }
            }
        }
    }

    /// The person is back at the page. Something else may have used the devices meanwhile, or have paused the stranger.
    pub(crate) fn on_return(&mut self, out: &mut Vec<Output>) {
        self.devices.recover(self.now, out);
        if self.state.is_matched() {
            out.push(Output::PlaySound);
        }
    }

    /// Closes what must not be open, looks whether the camera gives frames, and sends and tells what has changed. To be
    /// called after each input.
    pub(crate) fn settle_devices(&mut self, out: &mut Vec<Output>) {
        let visible = self.sees_own_picture();
        self.devices.settle(self.now, self.state.is_matched(), visible, out);
        if let CallState::Asking(acquisition) = self.state
            && !self.devices.awaits(acquisition.request)
        {
            // The person has switched off what the browser was asked for, and its answer is not waited for any more.
            self.devices.on_ready(acquisition.for_mirror, self.now, out);
            self.on_devices_ready(acquisition.for_mirror, out);
        }
        if self.devices.take_changed() && self.state.is_meeting_people() {
            self.on_sending_changed(out);
            self.join_if_changed(out);
        }
    }

    /// Whether the camera's picture is visible in this page, so that its frames can be seen.
    pub(crate) const fn sees_own_picture(&self) -> bool {
        let is_hidden = self.page.is_hidden || self.profile.preferences.has(Switch::HideOwnPicture);
        !is_hidden && !self.devices.screen.is_on()
    }

    /// Stops if no device is left to meet the next partner with. A call goes on, since it is still possible to see and
    /// hear.
    pub(crate) fn stop_without_devices(&mut self, out: &mut Vec<Output>) {
        let needs_devices = self.state.is_searching()
            || matches!(self.state, CallState::Mirror | CallState::Paused { .. } | CallState::Ended { .. });
        if needs_devices && self.devices.is_empty() {
            self.stop(Some(Problem::NoDevice), out);
        }
    }

    /// Sends what is to be sent now, and tells the partner.
    fn on_sending_changed(&self, out: &mut Vec<Output>) {
        out.extend([Output::EnableMedia(self.devices.sending()), Output::SendTracks]);
        self.send_presence(out);
    }
}
