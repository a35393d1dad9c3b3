//! [`Devices`]: which devices are open, which the person has switched off, and which the person has chosen.
//!
//! [`source`] is the state of one camera or microphone, and [`screen`] that of a shared screen. `acquire` opens camera
//! and microphone for a start, `changes` handles what the browser reports of them later, and `control` what the person
//! wants of them.

pub(crate) mod source;
pub(crate) mod screen;

pub(crate) mod acquire;
pub(crate) mod changes;
pub(crate) mod control;
pub(crate) mod refusal;
pub(crate) mod menus;

use std::{mem, time::Duration};

use super::{ChosenDevices, Device, DeviceKind, DeviceNotice, Facing, Menus, Output, Preferences, Switch};
use crate::{protocol::Media, time::Moment};
use screen::Screen;
use source::Source;

/// Delay of the list after the devices were opened, so that it does not delay the first picture.
const LIST_AFTER: Duration = Duration::from_millis(800);

/// The kinds that are opened; the speaker is not.
const SOURCES: [DeviceKind; 2] = [DeviceKind::Camera, DeviceKind::Microphone];

/// The state of the devices. By default they are closed, and nothing is switched off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices {
    /// Camera and microphone, in the order of [`SOURCES`].
    sources: [Source; SOURCES.len()],
    /// The page has asked for devices, or the person has started without.
    is_active: bool,
    /// There is a match.
    in_call: bool,
    /// The microphone is on only while it is held open.
    pub(crate) push_to_talk: bool,
    held: bool,
    /// The person has started without camera and microphone.
    pub(crate) content_without: bool,
    /// The screen, which is sent in place of the camera's picture.
    pub(crate) screen: Screen,
    menus: Menus,
    /// What the person has chosen, on this visit or another.
    chosen: ChosenDevices,
    is_listed: bool,
    list_at: Option<Moment>,
    revision: u32,
    /// The number of the last request.
    last_request: u32,
    /// Until when the page says that a device could not be changed.
    not_changed_until: Option<Moment>,
    /// What is sent may have changed since [`take_changed`](Self::take_changed).
    has_changed: bool,
}

impl Devices {
    /// Closed devices, with the stored choices.
    pub(crate) fn from_stored(chosen: ChosenDevices, preferences: Preferences) -> Self {
        let push_to_talk = preferences.has(Switch::PushToTalk);
        let mut it = Self { chosen, push_to_talk, ..Self::default() };
        it.camera_mut().off = preferences.has(Switch::CameraOff);
        it.microphone_mut().off = preferences.has(Switch::MicrophoneOff);
        it
    }

    /// Closes everything. Choices, switches and lists stay.
    pub(crate) fn close(&mut self) {
        let (menus, chosen) = (mem::take(&mut self.menus), mem::take(&mut self.chosen));
        let Self { is_listed, revision, push_to_talk, last_request, .. } = *self;
        let sources = [0, 1].map(|it| Source { off: self.sources[it].off, ..Source::default() });
        *self = Self {
            sources,
            menus,
            chosen,
            is_listed,
            revision,
            push_to_talk,
            last_request,
            ..Self::default()
        };
    }

    const fn camera_source(&self) -> &Source {
        &self.sources[0]
    }

    const fn microphone_source(&self) -> &Source {
        &self.sources[1]
    }

    const fn camera_mut(&mut self) -> &mut Source {
        &mut self.sources[0]
    }

    const fn microphone_mut(&mut self) -> &mut Source {
        &mut self.sources[1]
    }

    /// The source of this kind; `None` for speakers.
    fn source_mut(&mut self, kind: DeviceKind) -> Option<&mut Source> {
        self.sources.get_mut(kind as usize)
    }

    /// The parts of camera and microphone that are let through: open and not muted.
    pub(crate) const fn sending(&self) -> Media {
        let (audio, video) = (self.microphone_source().open_request(), self.camera_source().open_request());
        Media { audio: audio.is_some() && !self.is_muted(), video: video.is_some() }
    }

    /// What the next partner is going to receive, as the server is told.
    pub(crate) const fn announced(&self) -> Media {
        let (microphone, camera) = (self.microphone_source(), self.camera_source());
        let is_off = microphone.off && !self.push_to_talk;
        Media { audio: microphone.is_announced() && !is_off, video: camera.is_announced() && !camera.off }
    }

    const fn is_muted(&self) -> bool {
        if self.push_to_talk { !self.held } else { self.microphone_source().off }
    }

    /// Whether the person wants this kind, so that it may be opened.
    const fn is_wanted(&self, kind: DeviceKind) -> bool {
        match kind {
            DeviceKind::Camera => !self.camera_source().off,
            // It has to be open to be held open.
            DeviceKind::Microphone => self.push_to_talk || !self.microphone_source().off,
            DeviceKind::Speaker => false,
        }
    }

    /// Whether this kind may be open. A muted microphone stays open during a call: opening it again could ask the
    /// person, and changes the sound of a Bluetooth headset.
    const fn may_be_open(&self, kind: DeviceKind) -> bool {
        self.is_active && (self.is_wanted(kind) || matches!(kind, DeviceKind::Microphone) && self.in_call)
    }

    /// Closes what must not be open, and looks whether the camera gives frames. To be called after each input;
    /// `in_call` is whether there is a match, and `visible` whether the own picture is on the screen.
    pub(crate) fn settle(&mut self, now: Moment, in_call: bool, visible: bool, out: &mut Vec<Output>) {
        self.in_call = in_call;
        for kind in SOURCES {
            let may_be_open = self.may_be_open(kind);
            if let Some(source) = self.source_mut(kind).filter(|it| it.is_in_use() && !may_be_open) {
                source.state = source::SourceState::Off;
                self.has_changed = true;
                out.push(Output::CloseDevice(kind));
            }
        }
        match self.camera_mut().check_frames(now, visible, in_call) {
            source::FrameDue::Nothing => {}
            source::FrameDue::Look(request) => out.push(Output::WatchFrames(request)),
            source::FrameDue::Interrupted => self.has_changed = true,
        }
    }

    /// Whether this request is waited for by any device.
    pub(crate) fn awaits(&self, request: u32) -> bool {
        self.sources.iter().any(|it| it.awaits(request))
    }

    /// Whether what is sent may have changed since the last call of this method.
    pub(crate) const fn take_changed(&mut self) -> bool {
        mem::replace(&mut self.has_changed, false)
    }

    /// Lists the devices a little later.
    pub(crate) fn list_later(&mut self, now: Moment) {
        self.list_at = Some(now + LIST_AFTER);
    }

    /// When [`handle_timeout`](Self::handle_timeout) or [`settle`](Self::settle) next have something to do.
    pub(crate) fn deadline(&self, visible: bool) -> Option<Moment> {
        let looks = self.in_call && visible;
        let sources = self.sources.iter().filter_map(|it| it.deadline(looks));
        sources.chain(self.list_at).chain(self.not_changed_until).chain(self.screen.deadline()).min()
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Moment, out: &mut Vec<Output>) {
        if self.list_at.take_if(|at| *at <= now).is_some() {
            out.push(Output::ListDevices);
        }
        self.not_changed_until.take_if(|at| *at <= now);
        self.screen.handle_timeout(now);
        for source in &mut self.sources {
            self.has_changed |= source.check_attempt(now);
        }
    }

    /// Whether neither camera nor microphone can be used, and the person has not started without them.
    pub(crate) fn is_empty(&self) -> bool {
        !self.content_without && self.sources.iter().all(Source::has_failed)
    }

    /// Whether the browser has not answered for long when it was asked for devices.
    pub(crate) fn is_slow(&self) -> bool {
        self.sources.iter().any(Source::is_slow)
    }

    /// Whether a device that the person wants gives nothing.
    fn is_interrupted(&self) -> bool {
        let gives_nothing = |kind: DeviceKind| {
            let source = &self.sources[kind as usize];
            self.is_wanted(kind) && (source.is_interrupted() || source.has_failed_later())
        };
        SOURCES.into_iter().any(gives_nothing) || self.screen.is_interrupted()
    }

    /// What the page has to tell about the devices.
    pub(crate) fn notice(&self) -> Option<DeviceNotice> {
        let (camera, microphone) = (self.camera_source(), self.microphone_source());
        let (sees, hears) = (self.is_wanted(DeviceKind::Camera), self.is_wanted(DeviceKind::Microphone));
        let all = [
            (self.is_slow(), DeviceNotice::NoAnswer),
            (self.not_changed_until.is_some(), DeviceNotice::NotChanged),
            (sees && camera.is_interrupted(), DeviceNotice::CameraInterrupted),
            (hears && microphone.is_interrupted(), DeviceNotice::MicrophoneInterrupted),
            (sees && camera.has_failed_later(), DeviceNotice::CameraFailed),
            (hears && microphone.has_failed_later(), DeviceNotice::MicrophoneFailed),
        ];
        let notice = all.into_iter().find(|(is_so, _)| *is_so).map(|(_, notice)| notice);
        notice.or_else(|| self.screen.notice())
    }

    /// Whether the camera looks away from this person.
    pub(crate) fn faces_away(&self) -> bool {
        self.camera_source().facing == Some(Facing::Environment)
    }

    /// The microphone as the page shows it.
    pub(crate) const fn microphone(&self) -> Device {
        let is_open = self.microphone_source().is_in_use();
        // With push to talk there is nothing to hold open while it is closed.
        let is_muted = if self.push_to_talk { is_open && !self.held } else { self.microphone_source().off };
        self.microphone_source().shown(is_muted)
    }

    /// The camera as the page shows it.
    pub(crate) const fn camera(&self) -> Device {
        self.camera_source().shown(self.camera_source().off)
    }
}
