//! All that can happen to a call; it must not know how the driver came to know it.

use std::time::Duration;

use uuid::Uuid;

use crate::{
    call::{Abilities, Codec, DeviceInfo, DeviceKind, Intent, Path, StoredProfile},
    protocol::{Candidate, Frame, Media, PeerMessage, Sdp, ToBrowser},
};

/// One fact.
#[derive(Clone, Debug)]
pub enum Input {
    /// The person wants something.
    Intent(Intent),
    /// Camera and microphone, as far as asked for and there, are open.
    MediaOpened(Media),
    /// They are not.
    MediaFailed(MediaError),
    /// An open device has gone away by itself: unplugged, or taken back by the browser.
    MediaLost(Media),
    /// The socket to the server is open.
    SocketOpened,
    /// The socket could not be opened, or is gone.
    SocketLost,
    /// The server has said something.
    Message(Frame<ToBrowser>),
    /// The server has said something that this page does not know, as after a deploy.
    UnknownMessage {
        /// The number of the message.
        seq: u64,
        /// What it acknowledges.
        ack: u64,
    },
    /// Something happened to a peer connection.
    Peer {
        /// Which; news of any but the current one is stale.
        link: ConnectionId,
        /// What.
        event: PeerEvent,
    },
    /// Something has become of the devices.
    Devices(DeviceEvent),
    /// Another page of this browser has kept something else, so that this is what the device keeps now.
    StorageChanged(StoredProfile),
    /// Something around the page is otherwise now.
    Page(PageEvent),
    /// The network is there again, or is another one, or the page is back from the background: what was connected
    /// may not be so any more.
    NetworkChanged,
    /// The page is being left (`pagehide`): what is not said now is never said.
    PageHidden,
    /// A deadline has come; any moment at or after [`next_deadline`](crate::call::Call::next_deadline).
    Tick,
}

/// What can become of devices.
#[derive(Clone, Debug)]
pub enum DeviceEvent {
    /// These are all there are now.
    Listed(Vec<DeviceInfo>),
    /// This one is in use now.
    Used(DeviceKind, String),
    /// [`Output::SwitchDevice`](crate::call::Output::SwitchDevice) could not be done; the device from before is in use.
    Refused(DeviceKind),
    /// The screen is shared, or no longer: refused, or stopped by the browser's own button.
    ScreenShared(bool),
    /// Camera and microphone may be used now, after they might not.
    Permitted,
}

/// What can change around a page.
#[derive(Clone, Copy, Debug)]
pub enum PageEvent {
    /// The browser says that there is a network, or none.
    Online(bool),
    /// The page is in the background, or back.
    Away(bool),
    /// The person has touched or pressed something.
    Active,
    /// Another page of this browser is used from now on.
    TakenOver,
    /// The stranger's picture stands in a window of its own, or no longer.
    InPicture(bool),
    /// The call fills the screen, or no longer.
    FillsScreen(bool),
    /// The browser holds the sound back, or plays it.
    SoundBlocked(bool),
    /// What this browser can do.
    Able(Abilities),
}

/// One `RTCPeerConnection`: the call counts those it has had made from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionId(pub u32);

/// Why camera and microphone could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaError {
    /// `NotAllowedError`.
    Blocked {
        /// What may be used all the same, as far as the browser tells.
        granted: Media,
    },
    /// `NotAllowedError`, though nobody has said no: the question was closed.
    Dismissed,
    /// `NotAllowedError`, though the page is allowed: the system does not allow the browser.
    BlockedBySystem,
    /// `NotFoundError`, `OverconstrainedError`.
    Missing,
    /// `NotReadableError`, `AbortError`.
    Busy,
    /// The page is not a secure context.
    Insecure,
    /// The browser has no `getUserMedia` or no `RTCPeerConnection`.
    Unsupported,
}

/// What can happen to a peer connection.
#[derive(Clone, Debug)]
pub enum PeerEvent {
    /// `negotiationneeded`.
    NegotiationNeeded,
    /// [`SetLocal`](crate::call::PeerCommand::SetLocal) is done.
    LocalSet(Result<Description, Failed>),
    /// [`SetRemote`](crate::call::PeerCommand::SetRemote) is done.
    RemoteSet(Result<(), Failed>),
    /// `icecandidate`.
    CandidateFound(Candidate),
    /// `icecandidate` with the empty candidate.
    CandidatesEnded {
        /// The generation that has ended.
        username_fragment: Option<String>,
    },
    /// `signalingstatechange`.
    Signaling(SignalingState),
    /// `connectionstatechange`.
    Connection(ConnectionState),
    /// ICE has found a path (`iceconnectionstatechange`).
    PathFound,
    /// The data channel is open.
    ChannelOpened {
        /// 128 random bits from the browser's cryptographic source.
        nonce: Uuid,
    },
    /// The first frame of the partner's picture is on the screen (`requestVideoFrameCallback`).
    FramePresented,
    /// The partner has said something over it.
    Message(PeerMessage),
    /// [`Measure`](crate::call::PeerCommand::Measure) is done.
    Measured(Measurement),
}

/// The browser refused an operation; what it says goes to the console, it changes nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// A session description with its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Offer or answer.
    pub kind: DescriptionKind,
    /// The text.
    pub sdp: Sdp,
}

/// `RTCSdpType`, without the two that we never send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DescriptionKind {
    /// Asks for an answer.
    Offer,
    /// Answers an offer.
    Answer,
}

/// `RTCSignalingState`, without the provisional ones, which need `pranswer`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignalingState {
    /// No exchange is under way.
    #[default]
    Stable,
    /// Our offer is out.
    HaveLocalOffer,
    /// Their offer is in.
    HaveRemoteOffer,
    /// The connection is closed.
    Closed,
}

/// `RTCPeerConnectionState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionState {
    /// Nothing has begun.
    #[default]
    New,
    /// ICE or DTLS are at work.
    Connecting,
    /// Both are done.
    Connected,
    /// ICE has lost its path and looks for it.
    Disconnected,
    /// ICE or DTLS have given up.
    Failed,
    /// Closed by us.
    Closed,
}

/// What getStats says of what arrives; each number only grows while one connection lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measurement {
    /// Video frames decoded.
    pub frames_decoded: u64,
    /// Audio packets received.
    pub audio_packets: u64,
    /// Bytes of picture and sound received.
    pub bytes_received: u64,
    /// The path that the media takes, where the browser tells.
    pub path: Option<Path>,
    /// Bytes of picture and sound sent.
    pub bytes_sent: u64,
    /// Packets received.
    pub packets_received: u64,
    /// Packets that should have come and have not.
    pub packets_lost: u64,
    /// There and back on that path.
    pub round_trip: Option<Duration>,
    /// Width, height and frames a second of the picture that comes in.
    pub picture: Option<[u32; 3]>,
    /// How sound and picture are encoded that come in.
    pub codecs: [Option<Codec>; 2],
}
