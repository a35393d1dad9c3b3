//! What may be seen of a call and what may be wanted of it; it must not know how either is drawn.

use std::time::Duration;

use crate::{
    call::{ChatGlance, Preferences, Problem, Seeking, Strength, Surroundings},
    protocol::{Affinity, Media, Presence},
};

/// Everything the page shows; plain data, the same on both halves. The default is what the server renders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Where in the conversation this page is.
    pub phase: Phase,
    /// What is wrong, if something is.
    pub problem: Option<Problem>,
    /// Seconds until the server is tried again, rounded up, where it has no room and has said when.
    pub retries_in: Option<u32>,
    /// This person's microphone.
    pub microphone: Device,
    /// This person's camera.
    pub camera: Device,
    /// Esc was pressed once: a second press within a moment is Next.
    pub asks_next: bool,
    /// The screen is shared.
    pub sharing: bool,
    /// What is kept on this device.
    pub preferences: Preferences,
    /// Counts the changes of the lists of devices.
    pub devices: u32,
    /// There is another camera to change to.
    pub can_change_camera: bool,
    /// Whom the server looks for, where the person has named something.
    pub seeking: Option<Seeking>,
    /// Counts the changes of the topics' texts.
    pub topics: u32,
    /// How many this device does not want to meet again.
    pub blocked: u32,
    /// What the two have in common, while there is a match.
    pub shared: Option<Affinity>,
    /// How the two are connected, while there is a match.
    pub details: Details,
    /// What the partner sends, and whether it is there.
    pub stranger: Presence,
    /// What the two write to each other, but for the lines.
    pub chat: ChatGlance,
    /// How loud the partner is.
    pub sound: Sound,
    /// What is around the page.
    pub surroundings: Surroundings,
}

/// How loud the partner is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// From 0 to 100.
    pub volume: u8,
    /// Not at all, for now.
    pub muted: bool,
}

impl Default for Sound {
    fn default() -> Self {
        Self { volume: 100, muted: false }
    }
}

/// How two are connected, for who wants to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// When what had happened, as long as somebody looks at it.
    pub marks: Marks,
    /// The way that the media takes, once known.
    pub path: Option<Path>,
    /// What both can read aloud to know that nobody sits between them.
    pub code: Option<Code>,
    /// How good it is.
    pub strength: Strength,
    /// Counts the samples, as long as somebody looks at them.
    pub samples: u32,
    /// How sound and picture are encoded that come in.
    pub codecs: [Option<Codec>; 2],
}

/// How sound or picture is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Sound.
    Opus,
    /// Sound that is sent twice (RFC 2198).
    Red,
    /// Picture.
    Vp8,
    /// Picture.
    Vp9,
    /// Picture.
    H264,
    /// Picture.
    Av1,
}

impl Codec {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Opus, Self::Red, Self::Vp8, Self::Vp9, Self::H264, Self::Av1];

    /// The name, as in its media type (RFC 4855).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Red => "red",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::H264 => "H264",
            Self::Av1 => "AV1",
        }
    }
}

/// The way that media takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// From browser to browser.
    Direct,
    /// Through a relay, which sees addresses but not the media.
    Relayed,
}

/// Five symbols of 64, each as its number: 30 bits of a hash over both ends' certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub [u8; 5]);

/// How long after the match each [`Milestone`] was reached the first time, where it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks([Option<Duration>; Milestone::ALL.len()]);

impl Marks {
    /// When this was reached.
    pub const fn get(&self, milestone: Milestone) -> Option<Duration> {
        self.0[milestone as usize]
    }

    /// It is reached now; `false` if it was before.
    pub(crate) const fn set(&mut self, milestone: Milestone, after: Duration) -> bool {
        let is_new = self.0[milestone as usize].is_none();
        if is_new {
            self.0[milestone as usize] = Some(after);
        }
        is_new
    }
}

/// A step on the way from the match to the first picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// The server has named a partner.
    Match,
    /// The offer is set, at whichever end this is.
    Offer,
    /// So is the answer.
    Answer,
    /// ICE has found a path.
    Ice,
    /// DTLS is done: the connection stands.
    Dtls,
    /// The first frame of the partner is on the screen.
    FirstFrame,
}

impl Milestone {
    /// All of them, in the usual order.
    pub const ALL: [Self; 6] =
        [Self::Match, Self::Offer, Self::Answer, Self::Ice, Self::Dtls, Self::FirstFrame];

    /// The stable name, for performance marks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Offer => "offer",
            Self::Answer => "answer",
            Self::Ice => "ice",
            Self::Dtls => "dtls",
            Self::FirstFrame => "first-frame",
        }
    }
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
    /// Camera and microphone are open, and the person looks whether they are right before anything begins.
    Mirror,
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
        /// Whether anything arrives, and what is done about it if not.
        flow: Flow,
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
            Self::Ready | Self::Mirror => "ready",
            Self::Waiting { .. } => "waiting",
            Self::Connecting { .. } => "connecting",
            Self::Talking { .. } => "talking",
            Self::Ended { .. } => "ended",
        }
    }
}

/// Whether media flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    #[default]
    Steady,
    /// The picture stands still or the sound has stopped; it may come back by itself.
    Interrupted,
    /// A new path is looked for.
    Reconnecting {
        /// Whole seconds since media was last seen to arrive.
        seconds: u32,
    },
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
