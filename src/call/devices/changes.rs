//! What the browser reports of open devices: they open late or not at all, end, are muted by the system, and come back.

use super::{
    Devices, SOURCES,
    source::{Activity, Attempt, SAY_FAILED_FOR, SourceState},
};
use crate::{
    call::{DeviceKind, MediaError, OpenRequest, OpenedMedia, Output, Pick, ScreenEvent},
    time::Moment,
};

impl Devices {
    /// Asks the browser for one device. What was open of its kind is closed first: phones open one camera at a time.
    pub(crate) fn open(
        &mut self,
        kind: DeviceKind,
        pick: Pick,
        attempt: impl FnOnce(Attempt) -> Attempt,
        quietly: bool,
        now: Moment,
        out: &mut Vec<Output>,
    ) {
        self.last_request += 1;
        let number = self.last_request;
        let Some(source) = self.source_mut(kind) else { return };
        source.state = SourceState::Opening(attempt(Attempt::new(number, now)));
        self.has_changed = true;
        let (microphone, camera) =
            if kind == DeviceKind::Camera { (None, Some(pick)) } else { (Some(pick), None) };
        out.push(Output::OpenMedia(OpenRequest { number, microphone, camera, quietly }));
    }

    /// A request has opened these devices. Returns the kinds that it was waited for; a late answer has none.
    pub(crate) fn on_opened(&mut self, request: u32, opened: &OpenedMedia, now: Moment) -> Vec<DeviceKind> {
        let mut kinds = Vec::new();
        for (kind, device) in SOURCES.into_iter().zip([&opened.camera, &opened.microphone]) {
            let Some(source) = self.source_mut(kind).filter(|it| it.awaits(request)) else { continue };
            match device {
                Some(device) => {
                    source.on_opened(request, device, now);
                    self.on_used(kind, &device.id);
                    kinds.push(kind);
                }
                None => {
                    source.on_failed(MediaError::Missing, now);
                }
            }
            self.has_changed = true;
        }
        kinds
    }

    /// A request for one device has failed: goes back to the device that was in use, if another was to replace it.
    /// Returns whether a choice was taken back.
    pub(crate) fn on_failed(
        &mut self,
        request: u32,
        error: MediaError,
        now: Moment,
        out: &mut Vec<Output>,
    ) -> bool {
        for kind in SOURCES {
            let Some(source) = self.source_mut(kind).filter(|it| it.awaits(request)) else { continue };
            let (back_to, chosen_before) = source.on_failed(error, now);
            self.has_changed = true;
            if let Some(id) = back_to {
                self.not_changed_until = Some(now + SAY_FAILED_FOR);
                let replaces = |it| Attempt { replaces: true, ..it };
                self.open(kind, Pick::Prefer(id), replaces, false, now, out);
            }
            if let Some(id) = chosen_before {
                self.set_chosen(kind, &id);
                return true;
            }
        }
        false
    }

    /// A device has ended: opens another one if the browser does not ask.
    pub(crate) fn on_ended(&mut self, kind: DeviceKind, request: u32, now: Moment, out: &mut Vec<Output>) {
        let is_wanted = self.is_wanted(kind);
        let Some(source) = self.source_mut(kind) else { return };
        let Some(may_open) = source.on_ended(request, now) else { return };
        if !is_wanted {
            source.state = SourceState::Off;
        }
        self.has_changed = true;
        if is_wanted && may_open {
            self.open(kind, Pick::prefer(self.last_used(kind)), |it| it, true, now, out);
        }
    }

    /// The system has muted a device, or lets it through again. Some browsers then return a track that is dead, so it
    /// is opened again if the browser does not ask.
    pub(crate) fn on_muted(
        &mut self,
        kind: DeviceKind,
        request: u32,
        muted: bool,
        now: Moment,
        out: &mut Vec<Output>,
    ) {
        let is_wanted = self.is_wanted(kind);
        if self.source_mut(kind).is_some_and(|it| it.on_muted(request, muted)) {
            self.has_changed = true;
            let keeps = self.sources[kind as usize].open_flow();
            if !muted && is_wanted && keeps.is_some() {
                self.reopen(kind, keeps, now, out);
            }
        }
    }

    /// A frame of the camera was on the screen.
    pub(crate) fn on_frame(&mut self, request: u32, now: Moment) {
        self.has_changed |= self.camera_mut().on_frame(request, now);
    }

    /// The browser has measured whether the microphone that is sent has given any sound so far.
    pub(crate) fn on_own_sound(&mut self, sound: bool, now: Moment) {
        let lets_through = self.sending().audio;
        self.has_changed |= self.microphone_mut().on_sound(sound, lets_through, now);
    }

    /// The browser reports something about the screen that this request was made for.
    pub(crate) fn on_screen(&mut self, request: u32, event: ScreenEvent, now: Moment, out: &mut Vec<Output>) {
        self.has_changed |= self.screen.on_event(request, event, now, out);
    }

    /// Opens again what was lost or interrupted and is wanted, as far as the browser does not ask: something has
    /// changed that may help. A device that the person has never had in use waits for a press.
    pub(crate) fn recover(&mut self, now: Moment, out: &mut Vec<Output>) {
        for kind in SOURCES {
            let source = &self.sources[kind as usize];
            let is_opening = matches!(source.state, SourceState::Opening(_));
            let helps = source.is_interrupted() || source.has_failed_later();
            if self.is_active && self.is_wanted(kind) && helps && !is_opening {
                self.reopen(kind, source.open_flow(), now, out);
            }
        }
    }

    /// Opens a device again without a press. `keeps` is what stays open if the browser would ask.
    fn reopen(
        &mut self,
        kind: DeviceKind,
        keeps: Option<(u32, Activity)>,
        now: Moment,
        out: &mut Vec<Output>,
    ) {
        let pick = Pick::prefer(self.last_used(kind));
        self.open(kind, pick, |it| Attempt { keeps, ..it }, true, now, out);
    }
}
