//! [`Intent`]: everything that a person can ask of a call.

use super::{devices::DeviceKind, safety::ReportWish};
use crate::{
    call::{Corner, Fit, Switch},
    protocol::Reaction,
};

/// A person's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Open camera and microphone to check them before the start.
    OpenMirror,
    /// Start without camera and microphone: to see, hear and write.
    StartWithout,
    /// Look for a partner; after a problem, try again.
    Start,
    /// The person is 18 or older and accepts the rules: go on with the start.
    AcceptRules,
    /// The person is under 18.
    SayUnderAge,
    /// Go to the provider that checks the age.
    ProveAge,
    /// Start although the address cannot be hidden: stop hiding it.
    StartUnhidden,
    /// Show the partner this person's picture as it is, as soon as the partner does the same.
    Reveal,
    /// Leave this partner and look for the next.
    Next,
    /// A gesture that leaves the partner.
    Gesture(Gesture),
    /// Stop looking, end the call and close the camera.
    Stop,
    /// Mute or unmute.
    ToggleMicrophone,
    /// Turn the camera on or off.
    ToggleCamera,
    /// Change to the next camera.
    NextCamera,
    /// Use the device with this id.
    Choose(DeviceKind, String),
    /// Play a tone from the speaker.
    TestSpeaker,
    /// Hold the microphone open or release it, in push-to-talk mode.
    HoldToTalk(bool),
    /// Share the screen, or stop sharing it.
    ToggleScreen,
    /// A request about the window.
    Window(WindowWish),
    /// A request about the chat.
    Chat(ChatWish),
    /// Flip a switch of the preferences.
    Toggle(Switch),
    /// Set the topics, separated by commas.
    TalkAbout(String),
    /// Test which paths to other people work.
    CheckPaths,
    /// Open or close the details of the connection.
    LookAtDetails(bool),
    /// Copy the details as text, for a bug report.
    CopyReport,
    /// Block this partner, and wait for a press before the next one.
    Block,
    /// Block the past partner with this number, or unblock them.
    SetPastBlocked(u32, bool),
    /// Unblock everybody.
    Unblock,
    /// A request about reports.
    Report(ReportWish),
    /// The person has read a warning.
    AcceptWarning,
    /// Erase everything that the browser stores for this site.
    ForgetEverything,
}

impl Intent {
    /// Whether this works on a page whose person is kept out: it leads away, or ends a dialog that is open.
    pub(crate) fn works_while_locked(&self) -> bool {
        matches!(
            self,
            Self::Gesture(Gesture::Back)
                | Self::Report(ReportWish::Send(..) | ReportWish::Close)
                | Self::AcceptWarning
        )
    }
}

/// A gesture that is easily made by mistake. During a match the first one asks whether it is meant, and the same one
/// again confirms it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// Esc: Next.
    Escape,
    /// A swipe across the partner's picture: Next.
    Swipe,
    /// Back, the button or the gesture of the system: Stop. Without a match it needs no second one.
    Back,
}

/// A request about the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowWish {
    /// Open or close picture-in-picture for the partner's picture.
    TogglePictureInPicture,
    /// Enter or leave full screen.
    ToggleFullScreen,
    /// Set the volume of the partner's sound, from 0 to 100.
    SetVolume(u8),
    /// Mute or unmute the partner's sound.
    ToggleSound,
    /// Play the sound that the browser has blocked.
    AllowSound,
    /// Show the pictures in another way.
    Picture(PictureWish),
    /// Open the sheet with settings and details.
    OpenSheet,
    /// Reload the page to get the newer build.
    Reload,
}

/// A request about how the pictures are shown, which is kept for later visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureWish {
    /// Move the own picture to the next corner.
    MoveOwn,
    /// Move the own picture to this corner.
    PlaceOwn(Corner),
    /// Show the partner's picture like this.
    Fit(Fit),
}

/// A request about the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatWish {
    /// Open or close the chat.
    Toggle,
    /// Send this text.
    Write(String),
    /// The person is typing.
    Type,
    /// Show a reaction.
    React(Reaction),
}
