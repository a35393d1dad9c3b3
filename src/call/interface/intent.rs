//! All that a person can want of a call; it must not know how it is asked for, nor what follows.

use crate::{
    call::{Corner, DeviceKind, Switch},
    protocol::Reaction,
};

/// What a person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Look into the mirror before anything begins.
    OpenMirror,
    /// Begin though neither camera nor microphone can be had: to see, hear and write.
    StartWithout,
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
    /// The picture of another camera.
    NextCamera,
    /// Another device, by the browser's name for it.
    Choose(DeviceKind, String),
    /// A tone from the speaker.
    TestSpeaker,
    /// Hold the microphone open, or let go of it, while it is on only then.
    HoldToTalk(bool),
    /// Share the screen, or no longer.
    ToggleScreen,
    /// Something of the window.
    Window(WindowWish),
    /// Something of the chat.
    Chat(ChatWish),
    /// Choose otherwise.
    Toggle(Switch),
    /// Talk about this, with commas between the topics.
    TalkAbout(String),
    /// Look at the details of the connection, or no longer.
    LookAtDetails(bool),
    /// The details as a text, for a report of a fault.
    CopyReport,
    /// Never this stranger again, and somebody else at once.
    Block,
    /// Nobody is blocked any more.
    Unblock,
    /// Forget everything that this device keeps.
    ForgetEverything,
}

/// What a person wants of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowWish {
    /// The stranger's picture in a window of its own, or back.
    TogglePictureInPicture,
    /// Fill the screen, or no longer.
    ToggleFullScreen,
    /// How loud the stranger is, from 0 to 100.
    SetVolume(u8),
    /// Hear the stranger, or not for now.
    ToggleSound,
    /// Play the sound that the browser has held back.
    AllowSound,
    /// One's own picture into the next corner.
    MoveOwnPicture,
    /// One's own picture into this corner.
    PlaceOwnPicture(Corner),
    /// Everything that is not needed all the time.
    OpenSheet,
    /// Load the newer page.
    Reload,
}

/// What a person wants of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatWish {
    /// Open, or closed.
    Toggle,
    /// Send this text.
    Write(String),
    /// A text is being written.
    Type,
    /// Show what one feels.
    React(Reaction),
}
