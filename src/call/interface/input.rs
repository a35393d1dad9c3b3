//! [`Input`]: everything that can happen to a call.

use std::time::Duration;

use uuid::Uuid;

use super::{
    details::{Codec, Path},
    devices::{DeviceInfo, DeviceKind, OpenedMedia},
    intent::Intent,
    paths::TestedPath,
    send_profile::{SenderPart, TrackKind},
    stored_profile::StoredProfile,
};
use crate::{
    call::Abilities,
    protocol::{Candidate, Frame, Media, PeerMessage, Sdp, ToBrowser},
    time::Moment,
};

/// The clocks of the browser at one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// The monotonic clock, on which everything in a call is timed. It may stand still while the device sleeps.
    pub now: Moment,
    /// The wall clock: milliseconds since the Unix epoch. It may step in either direction between two inputs.
    pub unix_ms: u64,
}

impl Clocks {
    /// Clocks for tests, never for a page: the wall clock shows the epoch where the monotonic clock begins.
    pub const fn for_tests(now: Moment) -> Self {
        Self { now, unix_ms: now.as_millis() }
    }

    /// The time since `earlier` by the wall clock; zero if the clock was set back.
    pub(crate) const fn wall_time_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.unix_ms.saturating_sub(earlier.unix_ms))
    }
}

/// One event from the person, the browser, the server or the partner.
#[derive(Clone, Debug)]
pub enum Input {
    /// The person has asked for something.
    Intent(Intent),
    /// The request with this number has opened these devices.
    MediaOpened(u32, OpenedMedia),
    /// The request with this number has failed.
    MediaFailed(u32, MediaError),
    /// The socket to the server is open.
    SocketOpened,
    /// The socket could not be opened, or was lost.
    SocketLost,
    /// A message from the server.
    Message(Frame<ToBrowser>),
    /// A message from the server that this build does not know, as after a deployment.
    UnknownMessage {
        /// The sequence number of the message.
        seq: u64,
        /// The sequence number that it acknowledges.
        ack: u64,
    },
    /// An event of a peer connection.
    Peer {
        /// The connection; events of any but the current one are ignored.
        link: ConnectionId,
        /// The event.
        event: PeerEvent,
    },
    /// An event of the devices.
    Devices(DeviceEvent),
    /// Another tab of this browser has stored this profile.
    StorageChanged(Box<StoredProfile>),
    /// The environment of the page has changed.
    Page(PageEvent),
    /// What [`Output::CheckConnection`](crate::call::Output::CheckConnection) has found.
    ConnectionChecked(CheckFinding),
    /// In a test that [`Output::TestPath`](crate::call::Output::TestPath) has begun, bytes came back over this path.
    PathWorks(TestedPath),
    /// The network is back or has changed, or the page is back from the background: connections may be lost.
    NetworkChanged,
    /// The page is being left (`pagehide`), for good or for the browser's back/forward cache: the last chance to send
    /// anything.
    PageHidden,
    /// A deadline has passed: any time at or after [`next_deadline`](crate::call::Call::next_deadline).
    Tick,
}

/// Something that a check of the connection has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckFinding {
    /// The browser refuses to make a connection at all.
    Refused,
    /// An address of this page that others can try.
    Candidate {
        /// It is that of a relay.
        is_relayed: bool,
    },
    /// Bytes have gone from one connection of this page to another and back, through a relay.
    Echo,
}

/// An event of the devices.
#[derive(Clone, Debug)]
pub enum DeviceEvent {
    /// The complete list of devices.
    Listed(Vec<DeviceInfo>),
    /// The stranger is played on this speaker now.
    SpeakerUsed(String),
    /// The browser could not change the speaker.
    SpeakerRefused,
    /// The camera or microphone that the request with this number opened has ended: unplugged, or taken back by the
    /// browser.
    Ended(DeviceKind, u32),
    /// The system has muted the device that the request with this number opened, or lets it through again.
    Muted(DeviceKind, u32, bool),
    /// A frame of the camera that the request with this number opened was on the screen.
    Frame(u32),
    /// The person has come back to the window.
    Focused,
    /// An event of the screen that the request with this number was made for.
    Screen(u32, ScreenEvent),
    /// Camera and microphone are permitted now, after they were not.
    Permitted,
}

/// An event of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreenEvent {
    /// It is shared.
    Shared,
    /// It was not shared, for this reason.
    Refused(MediaError),
    /// The sharing has ended with the browser's own button, or because the window was closed.
    Ended,
    /// It gives no picture any more (`true`), or gives one again.
    Muted(bool),
}

/// A change of the page's environment.
#[derive(Clone, Copy, Debug)]
pub enum PageEvent {
    /// The browser is online or offline.
    Online(bool),
    /// The page is in the background, or back.
    Away(bool),
    /// The person has touched or pressed something.
    Active,
    /// Another tab of this browser has taken over.
    TakenOver,
    /// The partner's picture is in picture-in-picture, or back in the page.
    InPicture(bool),
    /// The browser has paused the partner's picture and sound.
    Paused,
    /// The page is in full screen, or not any more.
    FillsScreen(bool),
    /// The browser blocks the sound, or plays it.
    SoundBlocked(bool),
    /// The person or the browser does not allow notifications.
    NotificationsRefused,
    /// What this browser can do.
    Able(Abilities),
}

/// Identifies an `RTCPeerConnection`. The call numbers its connections from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionId(pub u32);

/// Why camera and microphone could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaError {
    /// `NotAllowedError`.
    Blocked {
        /// What is permitted nevertheless, as far as the browser reveals.
        granted: Media,
    },
    /// `NotAllowedError` without a refusal: the prompt was closed.
    Dismissed,
    /// `NotAllowedError` though the page is allowed: the operating system does not allow the browser.
    BlockedBySystem,
    /// `NotFoundError`, `OverconstrainedError`.
    Missing,
    /// `NotReadableError`, `AbortError`.
    Busy,
    /// The page is not a secure context.
    Insecure,
    /// The browser has no `getUserMedia` or no `RTCPeerConnection`.
    Unsupported,
    /// The browser would ask the person, and was not to.
    WouldAsk,
    /// The device ended and did not come back.
    Lost,
}

/// An event of a peer connection.
#[derive(Clone, Debug)]
pub enum PeerEvent {
    /// `negotiationneeded`.
    NegotiationNeeded,
    /// The result of [`SetLocal`](crate::call::PeerCommand::SetLocal).
    LocalSet(Result<Description, Failed>),
    /// The result of [`SetRemote`](crate::call::PeerCommand::SetRemote).
    RemoteSet(Result<(), Failed>),
    /// `icecandidate`.
    CandidateFound(Candidate),
    /// `icecandidate` with the empty candidate.
    CandidatesEnded {
        /// The ICE generation that has ended.
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
    /// A message from the partner over the data channel.
    Message(PeerMessage),
    /// The result of [`Measure`](crate::call::PeerCommand::Measure).
    Measured(Measurement),
    /// The browser has refused again and again to change a sender, or has changed it after that.
    Sender {
        /// The kind of the sender.
        kind: TrackKind,
        /// The part that was to change.
        part: SenderPart,
        /// Whether it has.
        result: Result<(), Failed>,
    },
}

/// The browser refused an operation. The reason does not matter to the call.
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

/// `RTCSdpType`, without `pranswer` and `rollback`, which the page never sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DescriptionKind {
    /// An offer.
    Offer,
    /// The answer to an offer.
    Answer,
}

/// `RTCSignalingState`, without the states that need `pranswer`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignalingState {
    /// No exchange is in progress.
    #[default]
    Stable,
    /// Our offer is set.
    HaveLocalOffer,
    /// The partner's offer is set.
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
    /// ICE or DTLS are in progress.
    Connecting,
    /// Both are done.
    Connected,
    /// ICE has lost its path and checks whether it comes back.
    Disconnected,
    /// ICE or DTLS have failed.
    Failed,
    /// Closed by us.
    Closed,
}

/// The statistics of a connection (`getStats`). Counters only grow while a connection lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measurement {
    /// Video frames decoded.
    pub frames_decoded: u64,
    /// Audio packets received.
    pub audio_packets: u64,
    /// Bytes of picture and sound received.
    pub bytes_received: u64,
    /// The path of the media, where the browser reports it.
    pub path: Option<Path>,
    /// Bytes of picture and sound sent.
    pub bytes_sent: u64,
    /// Packets received.
    pub packets_received: u64,
    /// Packets that should have arrived but did not.
    pub packets_lost: u64,
    /// The round-trip time on that path.
    pub round_trip: Option<Duration>,
    /// Width, height and frames a second of the incoming picture.
    pub picture: Option<[u32; 3]>,
    /// The codecs of the incoming sound and picture.
    pub codecs: [Option<Codec>; 2],
    /// Whether the microphone has given any sound since it is sent (`totalAudioEnergy`), where the browser reports it.
    pub own_sound: Option<bool>,
}
