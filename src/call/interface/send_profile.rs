//! How much of picture and sound is sent, and the parts of a sender that can be refused.

/// How much is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SendProfile {
    /// A good picture, as far as the network carries it.
    #[default]
    Full,
    /// A small picture, to save data.
    Saving,
}

/// What a picture shows, which decides how it is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureContent {
    /// A person: smooth motion matters more than detail.
    #[default]
    Person,
    /// A screen: its text must stay readable.
    Screen,
}

/// The kind of a track, a sender or a transceiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

impl TrackKind {
    /// Both kinds, in the order of their sections in a description.
    pub const ALL: [Self; 2] = [Self::Audio, Self::Video];

    /// The name in the browser's interfaces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}

/// The part of a sender that a call changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderPart {
    /// Its track (`replaceTrack()`).
    Track,
    /// Its limits (`setParameters()`).
    Limits,
}
