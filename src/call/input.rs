//! All that can happen to a call; it must not know how the driver came to know it.

use uuid::Uuid;

use super::{Intent, Path};
use crate::protocol::{Candidate, Frame, Media, PeerMessage, Sdp, ToBrowser};

/// One fact.
#[derive(Clone, Debug)]
pub enum Input {
    /// The person wants something.
    Wanted(Intent),
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
    Heard(Frame<ToBrowser>),
    /// The server has said something that this page does not know, as after a deploy.
    HeardUnknown {
        /// The number of the message.
        seq: u64,
        /// What it acknowledges.
        ack: u64,
    },
    /// Something happened to a peer connection.
    Peer {
        /// Which; news of any but the current one is stale.
        link: Link,
        /// What.
        event: PeerEvent,
    },
    /// [`Output::NextCamera`](super::Output::NextCamera) is done, or there was no other.
    CameraChanged,
    /// There are as many cameras now.
    CamerasCounted(usize),
    /// The network is there again, or is another one, or the page is back from the background: what was connected
    /// may not be so any more.
    NetworkChanged,
    /// The page is being left (`pagehide`): what is not said now is never said.
    PageHidden,
    /// A deadline has come; any moment at or after [`next_deadline`](super::Call::next_deadline).
    Tick,
}

/// One `RTCPeerConnection`: the call counts those it has had made from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link(pub u32);

/// Why camera and microphone could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaError {
    /// `NotAllowedError`.
    Blocked {
        /// What may be used all the same, as far as the browser tells.
        granted: Media,
    },
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
    /// [`SetLocal`](super::PeerDeed::SetLocal) is done.
    LocalSet(Result<Description, Failed>),
    /// [`SetRemote`](super::PeerDeed::SetRemote) is done.
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
    Told(PeerMessage),
    /// [`Measure`](super::PeerDeed::Measure) is done.
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
}
