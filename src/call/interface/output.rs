//! [`Output`]: every command that a call can give to the browser.

use super::{
    details::Milestone,
    devices::{DeviceKind, OpenRequest},
    input::{ConnectionId, Description},
    paths::TestedPath,
    send_profile::SendProfile,
    stored_profile::StoredProfile,
};
use crate::protocol::{Candidate, Frame, IceServer, Media, PeerMessage, ToServer};

/// One command. Commands have to be performed in order.
#[derive(Clone, Debug)]
pub enum Output {
    /// Close the open devices of these kinds, then open these. An earlier request for one of them is cancelled.
    ///
    /// Answered by `MediaOpened` or `MediaFailed`.
    OpenMedia(OpenRequest),
    /// Close the camera or microphone, also where the browser still asks.
    CloseDevice(DeviceKind),
    /// Report the next frame of the camera with `DeviceEvent::Frame` and this number.
    WatchFrames(u32),
    /// Close camera, microphone and screen, also where the browser still asks; the camera light goes out.
    CloseMedia,
    /// Mute or unmute the open tracks: what is `true` is let through.
    EnableMedia(Media),
    /// Send exactly the tracks that are open and enabled now on the open connection, if there is one.
    SendTracks,
    /// Send the picture of the camera tiny and blurred, or as it is.
    SendBlurred(bool),
    /// List the devices; answered by `DeviceEvent::Listed`. The browser reveals their names once one is open.
    ListDevices,
    /// Play the stranger on this speaker; answered by `SpeakerUsed` or `SpeakerRefused`.
    UseSpeaker(String),
    /// Blur the background of the own picture, or stop blurring it.
    Blur(bool),
    /// Show the level of the own microphone, or hide it.
    ShowLevel(bool),
    /// Play a tone from the chosen speaker.
    PlayTone,
    /// Play a soft sound on the chosen speaker, and vibrate on a phone: a stranger was found.
    Chime,
    /// Ask the person to allow notifications; answered by `NotificationsRefused`, or by nothing.
    AskToNotify,
    /// Show a notification: a stranger was found.
    Notify,
    /// Ask for the screen with a request of this number; answered by `Screen`.
    ShareScreen(u32),
    /// Stop sharing the screen, or asking for it. Nothing more is reported of it.
    UnshareScreen,
    /// Open or close picture-in-picture for the partner's picture; answered by `InPicture`.
    PictureInPicture(bool),
    /// Enter or leave full screen; answered by `FillsScreen`.
    FullScreen(bool),
    /// Set the volume of the partner's sound, from 0 to 100.
    SetVolume(u8),
    /// Play the sound that the browser has blocked; answered by `SoundBlocked`.
    PlaySound,
    /// Keep the screen from turning off, or stop keeping it on.
    KeepAwake(bool),
    /// Let the browser ask before it leaves or reloads the page, or stop that.
    AskBeforeLeaving(bool),
    /// Let the next Back stay on the page, where it is reported as a gesture.
    CatchBack,
    /// Go back in the history of the tab.
    GoBack,
    /// Tell the other tabs of this browser that this one has taken over.
    TakeOver,
    /// Copy a text to the clipboard.
    Copy(String),
    /// Open the sheet with settings and details.
    OpenSheet,
    /// Reload the page.
    Reload,
    /// Leave the page for the provider that checks the age.
    ProveAge,
    /// Store this profile for the next visit.
    SaveProfile(StoredProfile),
    /// Erase the stored profile.
    EraseProfile,
    /// Add a performance mark, for developers.
    Mark(Milestone),
    /// Prepare a connection with the tracks that are open, limited like this, for the next
    /// [`Open`](PeerCommand::Open).
    ///
    /// Creating a connection takes as long as the rest of a match.
    WarmUp(SendProfile),
    /// Gather candidates on a connection that is used for nothing else, and close that of the last check. With STUN and
    /// TURN servers, connect two of them with each other.
    ///
    /// Answered by `ConnectionChecked`, for each finding, until `EndCheck` or `CloseMedia`.
    CheckConnection(Vec<IceServer>),
    /// Close the connections of the check.
    EndCheck,
    /// Connect two connections with each other that can only use this path and these servers.
    ///
    /// Answered by `PathWorks` if the path works, until `EndPathTests`.
    TestPath(TestedPath, Vec<IceServer>),
    /// Close the connections of all tests of a path.
    EndPathTests,
    /// Connect to the server; answered by `SocketOpened` or `SocketLost`.
    OpenSocket,
    /// Send a message to the server.
    Send(Frame<ToServer>),
    /// Close the socket once everything is sent. No `SocketLost` follows.
    CloseSocket {
        /// The close code with which the page leaves. Without one it only changes to another socket, and the server
        /// keeps the session.
        code: Option<u16>,
    },
    /// A command for a peer connection. The commands of a connection are performed one after another.
    Peer {
        /// The connection.
        link: ConnectionId,
        /// The command.
        command: PeerCommand,
    },
}

impl Output {
    /// Whether the output only concerns this page and its window.
    ///
    /// Such an output changes neither devices, tracks nor connections, and neither server nor partner notices it.
    pub const fn is_cosmetic(&self) -> bool {
        match self {
            Self::ListDevices
            | Self::WatchFrames(_)
            | Self::UseSpeaker(_)
            | Self::Blur(_)
            | Self::ShowLevel(_)
            | Self::PlayTone
            | Self::Chime
            | Self::AskToNotify
            | Self::Notify
            | Self::PictureInPicture(_)
            | Self::FullScreen(_)
            | Self::SetVolume(_)
            | Self::PlaySound
            | Self::KeepAwake(_)
            | Self::AskBeforeLeaving(_)
            | Self::CatchBack
            | Self::GoBack
            | Self::TakeOver
            | Self::Copy(_)
            | Self::OpenSheet
            | Self::Reload
            | Self::ProveAge
            | Self::SaveProfile(_)
            | Self::EraseProfile
            | Self::Mark(_) => true,
            Self::OpenMedia(_)
            | Self::CloseDevice(_)
            | Self::CloseMedia
            | Self::EnableMedia(_)
            | Self::SendTracks
            | Self::SendBlurred(_)
            | Self::ShareScreen(_)
            | Self::UnshareScreen
            | Self::WarmUp(_)
            | Self::CheckConnection(_)
            | Self::EndCheck
            | Self::TestPath(..)
            | Self::EndPathTests
            | Self::OpenSocket
            | Self::Send(_)
            | Self::CloseSocket { .. }
            | Self::Peer { .. } => false,
        }
    }
}

/// A command for a peer connection.
#[derive(Clone, Debug)]
pub enum PeerCommand {
    /// Create the connection. The call closes the previous one first.
    Open {
        /// STUN and TURN servers.
        ice: Vec<IceServer>,
        /// Gather and use relay candidates only (`iceTransportPolicy`).
        relay_only: bool,
    },
    /// Add the data channel, and an audio and a video transceiver with the tracks that are open.
    ///
    /// After a remote offer, use the transceivers that it created, so that nothing is left to negotiate.
    Attach,
    /// `setConfiguration()` with other STUN and TURN servers, for the next gathering.
    SetServers {
        /// STUN and TURN servers.
        ice: Vec<IceServer>,
        /// As in [`Open`](PeerCommand::Open).
        relay_only: bool,
    },
    /// `restartIce()`. `NegotiationNeeded` follows as soon as no exchange is in progress.
    RestartIce,
    /// Limit what is sent (`RTCRtpSender.setParameters`). A shared screen has limits of its own.
    LimitBitrate(SendProfile),
    /// Restart the encoder of the picture, so that the next frame can be decoded without those before it.
    RefreshPicture,
    /// `setLocalDescription()` without an argument; answered by `LocalSet`.
    SetLocal,
    /// `setRemoteDescription()`; answered by `RemoteSet`.
    SetRemote(Description),
    /// `addIceCandidate()`.
    AddCandidate(Candidate),
    /// `addIceCandidate()` with the empty candidate.
    EndCandidates {
        /// The ICE generation that has ended.
        username_fragment: Option<String>,
    },
    /// Send a message over the data channel, or drop it if the channel is not open.
    Send(PeerMessage),
    /// `getStats()`; answered by `Measured`.
    Measure,
    /// Stop sending and showing media at once, and close the connection when all messages are sent.
    Close,
}
