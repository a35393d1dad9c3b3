//! What may be seen of a call and what may be wanted of it; it must not know how either is drawn.

use crate::protocol::Media;

/// Everything the page shows; plain data, the same on both halves. The default is what the server renders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Where in the conversation this page is.
    pub phase: Phase,
    /// What is wrong, if something is.
    pub problem: Option<Problem>,
    /// This person's microphone.
    pub microphone: Device,
    /// This person's camera.
    pub camera: Device,
    /// Esc was pressed once: a second press within a moment is Next.
    pub asks_next: bool,
}

/// Where in the conversation a page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has begun; with a problem, it could not begin.
    #[default]
    Landing,
    /// The browser asks for camera and microphone.
    Asking,
    /// Camera or microphone are open; the server is being reached.
    Ready,
    /// In the queue.
    Waiting {
        /// The last match could not be connected, or not kept so.
        unconnected: bool,
    },
    /// Matched, the media is not there yet.
    Connecting {
        /// It takes longer than usual.
        slow: bool,
    },
    /// The partner is seen or heard.
    Talking {
        /// What the partner sends at this moment: a muted microphone or a camera turned off is not in it.
        partner: Media,
        /// The picture stands still or the sound has stopped, and it may come back.
        interrupted: bool,
    },
    /// The match is over; the next one is looked for in a moment.
    Ended {
        /// How it ended.
        why: Farewell,
    },
}

impl Phase {
    /// The stable name, for `data-phase`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Landing => "landing",
            Self::Asking => "asking",
            Self::Ready => "ready",
            Self::Waiting { .. } => "waiting",
            Self::Connecting { .. } => "connecting",
            Self::Talking { .. } => "talking",
            Self::Ended { .. } => "ended",
        }
    }
}

/// How a match ended, where it was not this person's wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The partner asked for somebody else, or left.
    Left,
    /// The partner's connection was lost.
    Lost,
}

/// A camera or a microphone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// There is none, or it may not be used.
    #[default]
    Absent,
    /// It is open and what it takes is sent.
    On,
    /// It is there, muted or turned off.
    Off,
}

/// What is wrong. Each has a heading, one sentence and one thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Camera and microphone may not be used.
    CameraBlocked,
    /// There is neither camera nor microphone.
    NoDevice,
    /// Another program holds them.
    DeviceBusy,
    /// This browser cannot make calls.
    Unsupported,
    /// The page did not come over https, so the browser gives no camera.
    Insecure,
    /// The server cannot be reached; tried again by itself. A call goes on.
    ServerLost,
    /// The server has no room; tried again by itself.
    ServerFull,
}

impl Problem {
    /// The stable code, for `data-problem`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CameraBlocked => "camera-blocked",
            Self::NoDevice => "no-device",
            Self::DeviceBusy => "device-busy",
            Self::Unsupported => "unsupported",
            Self::Insecure => "insecure",
            Self::ServerLost => "server-lost",
            Self::ServerFull => "server-full",
        }
    }
}

/// What a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Meet somebody; after a problem, try again.
    Start,
    /// Somebody else, at once.
    Next,
    /// Esc: ask whether Next is meant; the second one means it.
    Escape,
    /// No more; the camera goes off.
    Stop,
    /// Mute or unmute.
    ToggleMicrophone,
    /// Camera on or off.
    ToggleCamera,
}
