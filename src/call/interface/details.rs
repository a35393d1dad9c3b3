//! The details of a connection: path, quality, codecs, verification code and timing.

use std::time::Duration;

/// The details of the current connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// When each milestone was reached; empty while the details are closed.
    pub marks: Marks,
    /// The path of the media, once known.
    pub path: Option<Path>,
    /// The verification code, once known. If both partners read out the same one, nobody intercepts the call.
    pub code: Option<Code>,
    /// The quality of the call.
    pub strength: Strength,
    /// Grows with each sample; zero while the details are closed.
    pub samples: u32,
    /// The codecs of the incoming sound and picture.
    pub codecs: [Option<Codec>; 2],
}

/// A codec for sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Sound.
    Opus,
    /// Sound, with redundant copies (RFC 2198).
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
    /// All codecs.
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

    /// The codec of a media type such as `video/VP8`; the case does not matter.
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        let (_, name) = media_type.split_once('/')?;
        Self::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(name))
    }
}

/// The path of the media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// From browser to browser.
    Direct,
    /// Through a relay, which sees the addresses but not the media.
    Relayed,
}

/// Five symbols of 64, each as its number: 30 bits of a hash over the certificates of both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub [u8; 5]);

/// The quality of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strength {
    /// No problem.
    #[default]
    Good,
    /// Speech suffers.
    Weak,
    /// A conversation is hardly possible.
    Bad,
}

impl Strength {
    /// The stable name, for `data-strength`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Weak => "weak",
            Self::Bad => "bad",
        }
    }
}

/// One second of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Kilobits a second received.
    pub received: u32,
    /// Kilobits a second sent.
    pub sent: u32,
    /// Incoming packets lost, of a thousand.
    pub lost_permille: u32,
    /// The round-trip time, where the browser reports it.
    pub round_trip: Option<Duration>,
    /// Width, height and frames a second of the incoming picture, while there is one.
    pub picture: Option<[u32; 3]>,
}

/// The time from the match to the first occurrence of each [`Milestone`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks([Option<Duration>; Milestone::ALL.len()]);

impl Marks {
    /// The time until this milestone, if it was reached.
    pub const fn get(&self, milestone: Milestone) -> Option<Duration> {
        self.0[milestone as usize]
    }

    /// Stores the time until a milestone. Returns `false` if it was reached before.
    pub(crate) const fn set(&mut self, milestone: Milestone, after: Duration) -> bool {
        let is_new = self.0[milestone as usize].is_none();
        if is_new {
            self.0[milestone as usize] = Some(after);
        }
        is_new
    }
}

/// A step from the match to the first picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// The server has announced a partner.
    Match,
    /// The offer is set, local or remote.
    Offer,
    /// The answer is set, local or remote.
    Answer,
    /// ICE has found a path.
    Ice,
    /// The DTLS handshake is done, so the connection is up.
    Dtls,
    /// The partner's first frame is on the screen.
    FirstFrame,
}

impl Milestone {
    /// All milestones, in the usual order.
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
