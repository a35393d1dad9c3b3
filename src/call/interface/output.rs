//! All that a call can ask for; it must not know how the driver does it.

use crate::{
    call::{ConnectionId, Description, DeviceKind, Milestone, PastPartners, Preferences},
    protocol::{Candidate, Frame, IceServer, Media, PeerMessage, ToServer},
};

/// What a device keeps from one visit to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredProfile {
    /// What is on and off.
    pub preferences: Preferences,
    /// The devices.
    pub chosen: ChosenDevices,
    /// What the person likes to talk about, as it was written.
    pub topics: String,
    /// Whom this device has met.
    pub acquaintances: PastPartners,
}

/// One command, to be done in the order given.
#[derive(Clone, Debug)]
pub enum Output {
    /// Ask for camera and microphone, by preference those used last; answered by `DeviceEvent::Used` and `MediaOpened`, or by
    /// `MediaFailed`.
    OpenMedia(Media, ChosenDevices),
    /// Give them back: the light goes out. Also one that is still being asked for.
    CloseMedia,
    /// Mute, unmute, camera on or off: what is `true` is sent.
    EnableMedia(Media),
    /// Say which devices there are, whose names the browser tells once one is open; answered by `DeviceEvent::Listed`.
    ListDevices,
    /// Use this device from now on; answered by `DeviceEvent::Used` or `Refused`. What is sent stays as it is.
    SwitchDevice(DeviceKind, String),
    /// Blur the background of one's own picture, or no longer.
    Blur(bool),
    /// Show how loud one's own microphone is, or no longer.
    ShowLevel(bool),
    /// A tone from the chosen speaker.
    PlayTone,
    /// Ask for the screen; answered by `ScreenShared`.
    ShareScreen,
    /// Share it no longer.
    UnshareScreen,
    /// Put the stranger's picture into a window of its own, or back; answered by `InPicture`.
    PictureInPicture(bool),
    /// Fill the screen, or no longer; answered by `FillsScreen`.
    FullScreen(bool),
    /// How loud the stranger is: 0 to 100.
    SetVolume(u8),
    /// Play what was held back; answered by `SoundBlocked`.
    PlaySound,
    /// Keep the screen from going dark, or no longer.
    KeepAwake(bool),
    /// Tell the other pages of this browser that this one is used.
    TakeOver,
    /// Put a text where it can be pasted from.
    Copy(String),
    /// Open the sheet with everything that is not needed all the time.
    OpenSheet,
    /// Load the page anew.
    Reload,
    /// Keep this on the device, for the next visit.
    SaveProfile(StoredProfile),
    /// Keep nothing.
    EraseProfile,
    /// Leave a performance mark, for developers.
    Mark(Milestone),
    /// Have a connection ready, with those of our tracks on it that there are and so bounded, which the next
    /// [`Open`](PeerCommand::Open) takes: making one takes as long as all the rest of a match.
    WarmUp(SendProfile),
    /// Connect to the server; answered by `SocketOpened` or `SocketLost`.
    OpenSocket,
    /// Send a message to the server.
    Send(Frame<ToServer>),
    /// Close the socket, after what was sent; no `SocketLost` follows.
    CloseSocket {
        /// The page leaves; otherwise it only changes to another socket, and the server must not take that for leaving.
        goodbye: bool,
    },
    /// Do something with a peer connection; commands on one are done one after another.
    Peer {
        /// Which.
        link: ConnectionId,
        /// What.
        command: PeerCommand,
    },
}

/// The devices that were chosen, by the browser's names for them; empty where none was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChosenDevices(pub [String; DeviceKind::ALL.len()]);

impl ChosenDevices {
    /// The one of this kind.
    pub fn of(&self, kind: DeviceKind) -> &str {
        &self.0[kind as usize]
    }
}

/// What can be done with a peer connection.
#[derive(Clone, Debug)]
pub enum PeerCommand {
    /// Make it; there is never a second one open.
    Open {
        /// STUN and TURN servers.
        ice: Vec<IceServer>,
        /// Gather and use relay candidates only (`iceTransportPolicy`).
        relay_only: bool,
    },
    /// Give it the data channel, and an audio and a video transceiver with our tracks, as far as there are any.
    ///
    /// Where an offer has been set before, the transceivers it brought are taken, so that nothing is left to negotiate.
    Attach,
    /// `setConfiguration()` with other STUN and TURN servers, for the next gathering.
    SetServers {
        /// The servers.
        ice: Vec<IceServer>,
        /// As in [`Open`](PeerCommand::Open).
        relay_only: bool,
    },
    /// `restartIce()`; a `NegotiationNeeded` follows as soon as there is no exchange under way.
    RestartIce,
    /// Bounds on what is sent (`RTCRtpSender.setParameters`).
    LimitBitrate(SendProfile),
    /// `setLocalDescription()` without an argument; answered by `LocalSet`.
    SetLocal,
    /// `setRemoteDescription()`; answered by `RemoteSet`.
    SetRemote(Description),
    /// `addIceCandidate()`.
    AddCandidate(Candidate),
    /// `addIceCandidate()` with the empty candidate.
    EndCandidates {
        /// The generation that has ended.
        username_fragment: Option<String>,
    },
    /// Say something over the data channel; dropped while it is not open.
    Send(PeerMessage),
    /// `getStats()`; answered by `Measured`.
    Measure,
    /// Send no more media and show nothing of it any more, at once; close it when what was told is on its way.
    Close,
}

/// How much may be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SendProfile {
    /// A good picture, as far as the network carries it.
    #[default]
    Full,
    /// A small one, for who pays for every megabyte.
    Saving,
}
