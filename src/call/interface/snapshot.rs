//! [`Snapshot`]: everything that the page shows of a call.

use super::{
    details::Details,
    devices::{Device, DeviceNotice},
    paths::PathTests,
    problem::Problem,
    safety::{PastCall, ReportButton, ReportStep, Sanction},
};
use crate::{
    call::{ChatStatus, Gesture, Preferences, Seeking, Surroundings},
    protocol::{Affinity, Media, Presence, SoftStart},
};

/// Everything that the page shows: plain data, the same on server and browser. The server renders the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The stage of the call.
    pub phase: Phase,
    /// The problem to show, if there is one.
    pub problem: Option<Problem>,
    /// Seconds until the next attempt to connect, rounded up, if a full server has named a time.
    pub retries_in: Option<u32>,
    /// This person's microphone.
    pub microphone: Device,
    /// This person's camera.
    pub camera: Device,
    /// What the page has to tell about them, if they give nothing.
    pub notice: Option<DeviceNotice>,
    /// The camera looks away from this person, so its picture is not mirrored.
    pub faces_away: bool,
    /// This gesture was made once; a second one in time confirms it.
    pub asks: Option<Gesture>,
    /// Whether the screen is shared.
    pub sharing: bool,
    /// The stored preferences.
    pub preferences: Preferences,
    /// Grows with each change of the device menus.
    pub devices: u32,
    /// Whether there is another camera to change to.
    pub can_change_camera: bool,
    /// What the server requires of the next partner, if the person has named topics or languages.
    pub seeking: Option<Seeking>,
    /// Grows with each change of the topics' texts.
    pub topics: u32,
    /// Number of partners that this device has blocked.
    pub blocked: u32,
    /// The last partners whom the person has met and who are gone, the latest first.
    pub past_strangers: [Option<PastStranger>; 3],
    /// The button that reports the partner.
    pub report_button: ReportButton,
    /// The report that the person is making.
    pub report: ReportStep,
    /// How many reports and answers the person has closed, which tells two alike apart.
    pub closed_reports: u32,
    /// Whether a report waits for the server.
    pub keeps_report: bool,
    /// The past matches whose partners can be reported, the latest first. While the person answers the question about
    /// one of them, only that one.
    pub past_calls: [Option<PastCall>; 3],
    /// What was decided about this device, until that ends or the person has read it.
    pub sanction: Option<Sanction>,
    /// What the partners have in common, during a match.
    pub shared: Option<Affinity>,
    /// Which paths to other people work, if the person has asked.
    pub paths: PathTests,
    /// Details of the connection, during a match.
    pub details: Details,
    /// What the partner sends, and whether its page is in the background.
    pub stranger: Presence,
    /// Whether the partner's picture arrives, if it sends one.
    pub picture: PartnerPicture,
    /// Whether the pictures are blurred, during a match.
    pub cover: Cover,
    /// What the server wants of its visitors.
    pub soft_start: SoftStart,
    /// What this page was to send, but what does not reach the partner.
    pub unreached: Media,
    /// State of the chat, without its lines.
    pub chat: ChatStatus,
    /// Volume of the partner's sound.
    pub sound: Sound,
    /// The environment of the page.
    pub surroundings: Surroundings,
}

/// What the page remembers of a partner whose match was connected and is over, until it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastStranger {
    /// The number of the match, which tells partners apart when another one is added.
    pub number: u32,
    /// Was the partner of the last match.
    pub is_last: bool,
    /// Is blocked.
    pub is_blocked: bool,
}

/// Whether the picture that the partner announces arrives, in a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartnerPicture {
    /// It arrives or is awaited, or there is none to come.
    #[default]
    Fine,
    /// It does not arrive, although something else does.
    Missing,
    /// It has stopped, although something else arrives.
    Frozen,
}

/// Whether the pictures of a match are blurred: after a soft start, until both people have revealed theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cover {
    /// Both pictures are shown as they are.
    #[default]
    Lifted,
    /// Both are blurred, and nobody has revealed theirs.
    Blurred,
    /// Only this person has revealed theirs.
    OwnRevealed,
    /// Only the partner has revealed theirs.
    PartnerRevealed,
}

impl Cover {
    /// Whether both pictures are shown as they are.
    pub const fn is_lifted(self) -> bool {
        matches!(self, Self::Lifted)
    }

    /// This person reveals their picture.
    pub(crate) const fn with_own(self) -> Self {
        match self {
            Self::Blurred | Self::OwnRevealed => Self::OwnRevealed,
            Self::PartnerRevealed | Self::Lifted => Self::Lifted,
        }
    }

    /// The partner reveals theirs.
    pub(crate) const fn with_partner(self) -> Self {
        match self {
            Self::Blurred | Self::PartnerRevealed => Self::PartnerRevealed,
            Self::OwnRevealed | Self::Lifted => Self::Lifted,
        }
    }
}

/// Why the last match was no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setback {
    /// The two could not be connected.
    Unconnected,
    /// The two were connected, and the connection was lost.
    Lost,
}

/// The volume of the partner's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// From 0 to 100.
    pub volume: u8,
    /// Muted for now.
    pub muted: bool,
}

impl Default for Sound {
    fn default() -> Self {
        Self { volume: 100, muted: false }
    }
}

/// The stage of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not started; with a problem, the start failed.
    #[default]
    Landing,
    /// The person has pressed Start and is asked to accept the rules first.
    Gate,
    /// The browser asks for permission to use camera and microphone.
    Asking,
    /// Camera or microphone are open; the page is connecting to the server.
    Ready,
    /// Camera and microphone are open, and the person checks them before the start.
    Mirror,
    /// In the queue.
    Waiting {
        /// What went wrong with the last match, if anything did.
        setback: Option<Setback>,
    },
    /// Matched, but no media has arrived yet.
    Connecting {
        /// It takes longer than usual.
        slow: bool,
    },
    /// The partner's media arrives.
    Talking {
        /// What the partner sends at the moment, without a muted microphone or a camera that is off.
        partner: Media,
        /// Whether media still arrives.
        flow: Flow,
    },
    /// The match has ended; the page looks for the next one in a moment, or after a press if this person has blocked
    /// the partner, left to report them, or paused.
    Ended {
        /// How it ended.
        why: Farewell,
    },
}

impl Phase {
    /// The stable name, for `data-phase`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Landing | Self::Gate => "landing",
            Self::Asking => "asking",
            Self::Ready | Self::Mirror => "ready",
            Self::Waiting { .. } => "waiting",
            Self::Connecting { .. } => "connecting",
            Self::Talking { .. } => "talking",
            Self::Ended { .. } => "ended",
        }
    }

    /// What the partner sends, while talking.
    pub const fn partner(self) -> Option<Media> {
        if let Some((partner, _)) = self.talking() { Some(partner) } else { None }
    }

    /// Whether media still arrives, while talking.
    pub const fn flow(self) -> Option<Flow> {
        if let Some((_, flow)) = self.talking() { Some(flow) } else { None }
    }

    const fn talking(self) -> Option<(Media, Flow)> {
        match self {
            Self::Talking { partner, flow, .. } => Some((partner, flow)),
            Self::Landing
            | Self::Gate
            | Self::Asking
            | Self::Ready
            | Self::Mirror
            | Self::Waiting { .. }
            | Self::Connecting { .. }
            | Self::Ended { .. } => None,
        }
    }

    /// Whether the partner's media has arrived.
    pub const fn is_talking(self) -> bool {
        self.partner().is_some()
    }

    /// Whether there is a match, connected or not.
    pub const fn is_matched(self) -> bool {
        match self {
            Self::Connecting { .. } | Self::Talking { .. } => true,
            Self::Landing
            | Self::Gate
            | Self::Asking
            | Self::Ready
            | Self::Mirror
            | Self::Waiting { .. }
            | Self::Ended { .. } => false,
        }
    }
}

/// Whether media arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// Media arrives.
    #[default]
    Steady,
    /// Nothing has arrived for a moment; it may recover by itself.
    Interrupted,
    /// The call is looking for a new path.
    Reconnecting {
        /// Whole seconds since something last arrived.
        seconds: u32,
    },
}

impl Flow {
    /// The stable name, for `data-flow`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Interrupted => "interrupted",
            Self::Reconnecting { .. } => "reconnecting",
        }
    }
}

/// How a match ended, if not by Next or Stop of this person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The partner pressed Next or left.
    Left,
    /// The partner's connection was lost.
    Lost,
    /// This person has blocked the partner.
    Blocked,
    /// This person has left to report the partner.
    Reported,
    /// This person has paused to report somebody, or to read an answer or a warning.
    Paused,
}
