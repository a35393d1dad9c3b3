//! [`Source`]: one camera or microphone. What the person has switched is kept apart from what it does.

use std::time::Duration;

use crate::{
    call::{Device, Facing, MediaError, OpenedDevice, Pick},
    time::Moment,
};

/// How long the page says that something could not be done which the person has asked for: enough to read it.
pub(crate) const SAY_FAILED_FOR: Duration = Duration::from_secs(8);

/// How long the browser may take to open a device before the page says what to do. A person answers its question in a
/// few seconds; browsers inside of other programs never do.
pub(crate) const SLOW_AFTER: Duration = Duration::from_secs(15);

/// How long a camera may give no frame before it counts as interrupted. Slow webcams need a second for the first one.
const FRAME_WITHIN: Duration = Duration::from_secs(2);

/// How long a microphone may give nothing but silence from when it is sent. A person says something within that time,
/// and a microphone that works gives some noise before.
const SOUND_WITHIN: Duration = Duration::from_secs(10);

/// The time from one frame to the next look for one, during a call.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A device that ends this soon after it was opened is not opened again by the page: it would end for ever.
const STABLE_AFTER: Duration = Duration::from_secs(2);

/// A camera or a microphone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// The person has switched it off.
    pub(crate) off: bool,
    /// What it does.
    pub(crate) state: SourceState,
    /// Where the camera looks that was opened last.
    pub(crate) facing: Option<Facing>,
}

/// What a device does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum SourceState {
    /// Closed, because nobody wants it.
    #[default]
    Off,
    /// The browser was asked for it.
    Opening(Attempt),
    /// Open.
    On {
        /// The request that has opened it.
        request: u32,
        /// Since when.
        since: Moment,
        /// Whether it gives anything.
        flow: Activity,
    },
    /// It could not be opened, or was lost.
    Failed {
        /// Why.
        error: MediaError,
        /// It was in use before, or the person has asked for it during the call.
        was_wanted: bool,
    },
}

/// An attempt to open a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The number of the request.
    pub(crate) request: u32,
    /// The device to go back to if this one cannot be used.
    pub(crate) back_to: Option<String>,
    /// What this person had chosen before, if that is to be restored with it.
    pub(crate) chosen_before: Option<String>,
    /// What stays open if the browser would ask the person: the request that has opened it, and what it gives.
    pub(crate) keeps: Option<(u32, Activity)>,
    /// The device gave something before. The partner is not told of a short gap.
    pub(crate) replaces: bool,
    /// When the page says that the browser does not answer; `None` if it says so.
    pub(crate) slow_at: Option<Moment>,
}

/// Whether an open device gives anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// As far as known it does, and nothing is due.
    Unwatched,
    /// The next frame of the camera is awaited until then; without a moment, for as long as nobody can see it.
    Awaited(Option<Moment>),
    /// A frame has come; the next one is looked for then.
    Seen(Moment),
    /// The microphone is sent and has been silent so far. It counts as interrupted from then on.
    Silent(Moment),
    /// The microphone has given sound. Silence means nothing from now on.
    Heard,
    /// No frame or no sound has come in time. One that comes still counts.
    Missing,
    /// The system has muted the device.
    Muted,
}

/// What has to be done about the frames of a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameDue {
    /// Nothing.
    Nothing,
    /// Ask for the next frame of the camera that this request has opened.
    Look(u32),
    /// None has come: the camera is interrupted.
    Interrupted,
}

impl Attempt {
    /// An attempt that begins now.
    pub(crate) fn new(request: u32, now: Moment) -> Self {
        let slow_at = Some(now + SLOW_AFTER);
        Self { request, back_to: None, chosen_before: None, keeps: None, replaces: false, slow_at }
    }
}

impl Source {
    /// Whether it is open and gives something.
    pub(crate) const fn is_giving(&self) -> bool {
        match &self.state {
            SourceState::On { flow, .. } => !flow.is_interrupted(),
            SourceState::Off | SourceState::Opening(_) | SourceState::Failed { .. } => false,
        }
    }

    /// Whether it gives something, or is being changed and gave something until now.
    pub(crate) const fn is_announced(&self) -> bool {
        match &self.state {
            SourceState::Opening(attempt) => attempt.replaces && attempt.slow_at.is_some(),
            SourceState::On { .. } | SourceState::Off | SourceState::Failed { .. } => self.is_giving(),
        }
    }

    /// The request that has opened what is open now.
    pub(crate) const fn open_request(&self) -> Option<u32> {
        match &self.state {
            SourceState::On { request, .. } => Some(*request),
            SourceState::Opening(Attempt { keeps: Some((request, _)), .. }) => Some(*request),
            SourceState::Opening(_) | SourceState::Off | SourceState::Failed { .. } => None,
        }
    }

    /// What is open now, and whether it gives anything.
    pub(crate) const fn open_flow(&self) -> Option<(u32, Activity)> {
        match &self.state {
            SourceState::On { request, flow, .. } => Some((*request, *flow)),
            SourceState::Opening(_) | SourceState::Off | SourceState::Failed { .. } => None,
        }
    }

    /// Whether it is open or the browser was asked for it.
    pub(crate) const fn is_in_use(&self) -> bool {
        match &self.state {
            SourceState::On { .. } | SourceState::Opening(_) => true,
            SourceState::Off | SourceState::Failed { .. } => false,
        }
    }

    /// Whether it is open, but gives nothing.
    pub(crate) const fn is_interrupted(&self) -> bool {
        match &self.state {
            SourceState::On { flow, .. } => flow.is_interrupted(),
            SourceState::Opening(attempt) => attempt.keeps.is_some(),
            SourceState::Off | SourceState::Failed { .. } => false,
        }
    }

    /// Whether it was lost in use, or could not be turned on.
    pub(crate) const fn has_failed_later(&self) -> bool {
        matches!(self.state, SourceState::Failed { was_wanted: true, .. })
    }

    /// Whether it could not be opened, or was lost.
    pub(crate) const fn has_failed(&self) -> bool {
        matches!(self.state, SourceState::Failed { .. })
    }

    /// Whether the browser has not answered for long.
    pub(crate) const fn is_slow(&self) -> bool {
        matches!(&self.state, SourceState::Opening(attempt) if attempt.slow_at.is_none())
    }

    /// Whether this request is the one that is waited for.
    pub(crate) fn awaits(&self, number: u32) -> bool {
        matches!(&self.state, SourceState::Opening(attempt) if attempt.request == number)
    }

    /// The request has opened it.
    pub(crate) fn on_opened(&mut self, request: u32, device: &OpenedDevice, now: Moment) {
        let flow = if device.muted { Activity::Muted } else { Activity::Unwatched };
        self.state = SourceState::On { request, since: now, flow };
        self.facing = device.facing;
    }

    /// The attempt has failed. Returns the device to go back to, and the choice to restore.
    pub(crate) fn on_failed(&mut self, error: MediaError, now: Moment) -> (Option<String>, Option<String>) {
        let SourceState::Opening(attempt) = &mut self.state else { return (None, None) };
        let before = (attempt.back_to.take(), attempt.chosen_before.take());
        self.state = match attempt.keeps {
            Some((request, flow)) if error == MediaError::WouldAsk => {
                SourceState::On { request, since: now, flow }
            }
            Some(_) | None => SourceState::Failed { error, was_wanted: true },
        };
        before
    }

    /// What this request has opened has ended. Returns whether the page may open another one by itself; `None` if it
    /// was not in use any more.
    pub(crate) fn on_ended(&mut self, number: u32, now: Moment) -> Option<bool> {
        match &mut self.state {
            SourceState::On { request, since, .. } if *request == number => {
                let is_stable = now - *since >= STABLE_AFTER;
                self.state = SourceState::Failed { error: MediaError::Lost, was_wanted: true };
                Some(is_stable)
            }
            SourceState::Opening(attempt) => {
                attempt.keeps.take_if(|(request, _)| *request == number);
                None
            }
            SourceState::On { .. } | SourceState::Off | SourceState::Failed { .. } => None,
        }
    }

    /// The system has muted what this request has opened, or lets it through again. Returns whether that is news.
    pub(crate) fn on_muted(&mut self, number: u32, muted: bool) -> bool {
        let (request, flow) = match &mut self.state {
            SourceState::On { request, flow, .. } => (*request, flow),
            SourceState::Opening(Attempt { keeps: Some((request, flow)), .. }) => (*request, flow),
            SourceState::Opening(_) | SourceState::Off | SourceState::Failed { .. } => return false,
        };
        let is_news = request == number && (*flow == Activity::Muted) != muted;
        if is_news {
            *flow = if muted { Activity::Muted } else { Activity::Unwatched };
        }
        is_news
    }

    /// A frame was on the screen. Returns whether the camera was interrupted until now.
    pub(crate) fn on_frame(&mut self, number: u32, now: Moment) -> bool {
        let SourceState::On { request, flow, .. } = &mut self.state else { return false };
        if *request != number {
            return false;
        }
        match flow {
            Activity::Awaited(_) | Activity::Missing => {
                let was_missing = *flow == Activity::Missing;
                *flow = Activity::Seen(now + LOOK_EVERY);
                was_missing
            }
            Activity::Unwatched
            | Activity::Seen(_)
            | Activity::Silent(_)
            | Activity::Heard
            | Activity::Muted => false,
        }
    }

    /// Whether the microphone has given any sound was measured; `lets_through` is whether the person lets it be sent.
    /// Returns whether it was interrupted until now, or is from now on.
    pub(crate) fn on_sound(&mut self, sound: bool, lets_through: bool, now: Moment) -> bool {
        let SourceState::On { flow, .. } = &mut self.state else { return false };
        let before = flow.is_interrupted();
        *flow = match *flow {
            Activity::Muted => Activity::Muted,
            _ if sound => Activity::Heard,
            // Nobody can hear it, so it may be silent.
            Activity::Unwatched | Activity::Silent(_) if !lets_through => Activity::Unwatched,
            Activity::Unwatched => Activity::Silent(now + SOUND_WITHIN),
            Activity::Silent(until) if until <= now => Activity::Missing,
            same @ (Activity::Awaited(_)
            | Activity::Seen(_)
            | Activity::Silent(_)
            | Activity::Heard
            | Activity::Missing) => same,
        };
        flow.is_interrupted() != before
    }

    /// Looks whether frames of the camera are due; `visible` is whether they are on the screen, and `in_call` whether
    /// it matters that they go on.
    pub(crate) fn check_frames(&mut self, now: Moment, visible: bool, in_call: bool) -> FrameDue {
        let SourceState::On { request, flow, .. } = &mut self.state else { return FrameDue::Nothing };
        match flow {
            Activity::Seen(at) if !visible || !in_call || *at > now => FrameDue::Nothing,
            Activity::Unwatched | Activity::Seen(_) => {
                *flow = Activity::Awaited(visible.then(|| now + FRAME_WITHIN));
                FrameDue::Look(*request)
            }
            Activity::Awaited(until) => match *until {
                _ if !visible => {
                    *until = None;
                    FrameDue::Nothing
                }
                None => {
                    *until = Some(now + FRAME_WITHIN);
                    FrameDue::Nothing
                }
                Some(at) if at <= now => {
                    *flow = Activity::Missing;
                    FrameDue::Interrupted
                }
                Some(_) => FrameDue::Nothing,
            },
            Activity::Silent(_) | Activity::Heard | Activity::Missing | Activity::Muted => FrameDue::Nothing,
        }
    }

    /// Says from now on that the browser does not answer, if that is due.
    pub(crate) fn check_attempt(&mut self, now: Moment) -> bool {
        let SourceState::Opening(attempt) = &mut self.state else { return false };
        attempt.slow_at.take_if(|at| *at <= now).is_some()
    }

    /// When the source has something to do; `looks` is whether frames are looked for again and again.
    pub(crate) const fn deadline(&self, looks: bool) -> Option<Moment> {
        match &self.state {
            SourceState::Opening(attempt) => attempt.slow_at,
            SourceState::On { flow: Activity::Awaited(until), .. } => *until,
            SourceState::On { flow: Activity::Seen(at), .. } if looks => Some(*at),
            SourceState::On { .. } | SourceState::Off | SourceState::Failed { .. } => None,
        }
    }

    /// The device as the page shows it; `muted` is whether the person lets nothing through.
    pub(crate) const fn shown(&self, muted: bool) -> Device {
        match &self.state {
            _ if muted => Device::Off,
            SourceState::Off | SourceState::Failed { .. } => Device::Absent,
            SourceState::Opening(_) | SourceState::On { .. } if self.is_interrupted() => Device::Interrupted,
            SourceState::Opening(_) | SourceState::On { .. } => Device::On,
        }
    }
}

impl Activity {
    const fn is_interrupted(self) -> bool {
        match self {
            Self::Missing | Self::Muted => true,
            Self::Unwatched | Self::Awaited(_) | Self::Seen(_) | Self::Silent(_) | Self::Heard => false,
        }
    }
}

impl Pick {
    /// The device with this id, or any other.
    pub(crate) fn prefer(id: &str) -> Self {
        Self::Prefer(id.to_owned())
    }
}
