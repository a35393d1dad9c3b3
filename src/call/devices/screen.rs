//! [`Screen`]: the screen or window that the partner sees in place of the camera's picture. It is meant for one
//! partner only, and opened for one request of the person only.

use super::source::SAY_FAILED_FOR;
use crate::{
    call::{DeviceNotice, MediaError, Output, ScreenEvent},
    time::Moment,
};

/// The screen of this person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Screen {
    /// Not shared.
    #[default]
    Off,
    /// The browser asks the person which one.
    Opening {
        /// The number of the request.
        request: u32,
    },
    /// It is sent.
    On {
        /// The request that has opened it.
        request: u32,
        /// It gives no picture at the moment, as a window that is minimised.
        muted: bool,
    },
    /// It could not be shared, although the person wanted it.
    Failed {
        /// Whether the operating system does not allow it.
        by_system: bool,
        /// Until when the page says so.
        until: Moment,
    },
}

impl Screen {
    /// The person starts or ends sharing; `number` is that of the request that this may need, and `can_share` whether
    /// the browser is able to. Returns whether what is sent has changed.
    pub(crate) fn toggle(&mut self, number: u32, can_share: bool, out: &mut Vec<Output>) -> bool {
        match self {
            Self::On { .. } => self.end(out),
            Self::Off | Self::Failed { .. } if can_share => {
                *self = Self::Opening { request: number };
                out.push(Output::ShareScreen(number));
                false
            }
            // The browser shows one question at a time.
            Self::Opening { .. } | Self::Off | Self::Failed { .. } => false,
        }
    }

    /// Ends sharing, or the request for it. Returns whether what is sent has changed.
    pub(crate) fn end(&mut self, out: &mut Vec<Output>) -> bool {
        let was_on = self.is_on();
        if matches!(self, Self::Opening { .. } | Self::On { .. }) {
            out.push(Output::UnshareScreen);
        }
        *self = Self::Off;
        was_on
    }

    /// The browser reports something about the screen of this request. Returns whether what is sent has changed.
    pub(crate) fn on_event(
        &mut self,
        number: u32,
        event: ScreenEvent,
        now: Moment,
        out: &mut Vec<Output>,
    ) -> bool {
        let is_current = match self {
            Self::Opening { request } | Self::On { request, .. } => *request == number,
            Self::Off | Self::Failed { .. } => false,
        };
        if !is_current {
            return false;
        }
        let before = *self;
        *self = match event {
            ScreenEvent::Shared => Self::On { request: number, muted: false },
            ScreenEvent::Muted(muted) if self.is_on() => Self::On { request: number, muted },
            ScreenEvent::Muted(_) => before,
            ScreenEvent::Ended => return self.end(out),
            // The person has closed the browser's question.
            ScreenEvent::Refused(MediaError::Dismissed) => Self::Off,
            ScreenEvent::Refused(error) => {
                Self::Failed { by_system: error == MediaError::BlockedBySystem, until: now + SAY_FAILED_FOR }
            }
        };
        *self != before && (self.is_on() || before.is_on())
    }

    /// Whether it is sent.
    pub(crate) const fn is_on(&self) -> bool {
        matches!(self, Self::On { .. })
    }

    /// Whether it is sent and gives no picture.
    pub(crate) const fn is_interrupted(&self) -> bool {
        matches!(self, Self::On { muted: true, .. })
    }

    /// What the page has to tell.
    pub(crate) const fn notice(&self) -> Option<DeviceNotice> {
        match self {
            Self::On { muted: true, .. } => Some(DeviceNotice::ScreenInterrupted),
            Self::Failed { by_system: true, .. } => Some(DeviceNotice::ScreenBlocked),
            Self::Failed { by_system: false, .. } => Some(DeviceNotice::ScreenFailed),
            Self::Off | Self::Opening { .. } | Self::On { muted: false, .. } => None,
        }
    }

    /// When a notice ends.
    pub(crate) const fn deadline(&self) -> Option<Moment> {
        match self {
            Self::Failed { until, .. } => Some(*until),
            Self::Off | Self::Opening { .. } | Self::On { .. } => None,
        }
    }

    /// Ends a notice whose time is over.
    pub(crate) fn handle_timeout(&mut self, now: Moment) {
        if self.deadline().is_some_and(|at| at <= now) {
            *self = Self::Off;
        }
    }
}
