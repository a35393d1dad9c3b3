//! Opening camera and microphone for a start: what to ask the browser for, and what to do when it refuses.

use super::{
    Devices, SOURCES,
    source::{Attempt, SourceState},
};
use crate::{
    call::{DeviceKind, MediaError, OpenRequest, OpenedMedia, Output, Pick, Problem},
    protocol::Media,
    time::Moment,
};

/// What to ask for after both were refused, in this order: a voice is worth more than a silent picture.
const SINGLY: [Media; 2] = [Media { audio: true, video: false }, Media { audio: false, video: true }];

/// The attempt to open devices: first both at once, then each one that may be available.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acquisition {
    /// The number of the request that is waited for.
    pub(crate) request: u32,
    /// What the person wants to be opened.
    wanted: Media,
    /// How many of [`SINGLY`] have been considered.
    tried: usize,
    /// The error so far that tells the person most about what to do.
    worst: Option<MediaError>,
    /// The person wants a preview before looking for a partner.
    pub(crate) for_mirror: bool,
}

impl Acquisition {
    /// Takes in a refusal. Returns what to ask for next, or the problem if nothing is left.
    fn on_refused(&mut self, error: MediaError) -> Result<Media, Problem> {
        self.worst = Some(self.worst.map_or(error, |it| it.max_telling(error)));
        while let Some(wish) = SINGLY.get(self.tried) {
            self.tried += 1;
            if self.is_wanted(*wish) && self.is_worth_asking(*wish) {
                return Ok(*wish);
            }
        }
        Err(self.worst.unwrap_or(error).problem())
    }

    /// Whether the person wants this, and it is less than what was asked for first.
    const fn is_wanted(&self, wish: Media) -> bool {
        self.wanted.audio && self.wanted.video && (wish.audio || wish.video)
    }

    /// After a block, only devices that are known to be allowed: another question would annoy the person.
    fn is_worth_asking(&self, wish: Media) -> bool {
        match self.worst {
            Some(MediaError::Blocked { granted }) => {
                granted.audio && wish.audio || granted.video && wish.video
            }
            Some(
                MediaError::Missing
                | MediaError::Busy
                | MediaError::BlockedBySystem
                | MediaError::WouldAsk
                | MediaError::Lost,
            )
            | None => true,
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
            Self::Missing | Self::WouldAsk | Self::Lost => 0,
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
            Self::Missing | Self::WouldAsk | Self::Lost => Problem::NoDevice,
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
    /// Asks the browser for the camera and the microphone that the person wants, in one question. Returns `None` if the
    /// person has switched both off, so that there is nothing to ask for.
    pub(crate) fn acquire(
        &mut self,
        for_mirror: bool,
        now: Moment,
        out: &mut Vec<Output>,
    ) -> Option<Acquisition> {
        self.is_active = true;
        let wanted = Media {
            audio: self.is_wanted(DeviceKind::Microphone),
            video: self.is_wanted(DeviceKind::Camera),
        };
        if !wanted.audio && !wanted.video {
            return None;
        }
        let request = self.ask(wanted, now, out);
        Some(Acquisition { request, wanted, tried: 0, worst: None, for_mirror })
    }

    /// Asks for these devices, preferably the chosen ones. Returns the number of the request.
    fn ask(&mut self, wish: Media, now: Moment, out: &mut Vec<Output>) -> u32 {
        self.last_request += 1;
        let number = self.last_request;
        let mut request = OpenRequest { number, ..OpenRequest::default() };
        for kind in SOURCES {
            let is_microphone = kind == DeviceKind::Microphone;
            if !if is_microphone { wish.audio } else { wish.video } {
                continue;
            }
            let pick = Some(Pick::prefer(self.chosen.of(kind)));
            *if is_microphone { &mut request.microphone } else { &mut request.camera } = pick;
            if let Some(source) = self.source_mut(kind) {
                source.state = SourceState::Opening(Attempt::new(number, now));
            }
        }
        out.push(Output::OpenMedia(request));
        number
    }

    /// The devices for a start are open.
    pub(crate) fn on_acquired(
        &mut self,
        acquisition: Acquisition,
        opened: &OpenedMedia,
        now: Moment,
        out: &mut Vec<Output>,
    ) {
        self.on_opened(acquisition.request, opened, now);
        self.on_ready(acquisition.for_mirror, now, out);
    }

    /// What the person wants is open, for the preview or for a partner.
    pub(crate) fn on_ready(&mut self, for_mirror: bool, now: Moment, out: &mut Vec<Output>) {
        self.has_changed = false;
        self.use_speaker(out);
        out.push(Output::EnableMedia(self.sending()));
        if for_mirror {
            out.extend([Output::ShowLevel(true), Output::ListDevices]);
        } else {
            self.list_later(now);
        }
    }

    /// The browser has refused. Asks for less, or returns the problem if nothing is left to ask for.
    pub(crate) fn on_open_failed(
        &mut self,
        acquisition: &mut Acquisition,
        error: MediaError,
        now: Moment,
        out: &mut Vec<Output>,
    ) -> Option<Problem> {
        match acquisition.on_refused(error) {
            Ok(wish) => {
                for source in self.sources.iter_mut().filter(|it| it.awaits(acquisition.request)) {
                    // The person does not have it, and has not lost it.
                    source.state = SourceState::Failed { error, was_wanted: false };
                }
                acquisition.request = self.ask(wish, now, out);
                None
            }
            Err(problem) => {
                // The call starts by itself when a device is plugged in that is not in this list.
                out.push(Output::ListDevices);
                Some(problem)
            }
        }
    }

    /// The person starts without camera and microphone. Both can be turned on later.
    pub(crate) fn start_without(&mut self) {
        (self.is_active, self.content_without) = (true, true);
        for source in &mut self.sources {
            source.state = SourceState::Failed { error: MediaError::Missing, was_wanted: false };
        }
    }
}
