//! The two closed sets of messages on `/ws` and the frame they travel in; it must not know when they are sent.

use serde::{Deserialize, Serialize};

use super::{Affinity, Candidate, Epoch, Here, MatchId, PeerId, Sdp, Secret, Signal, Tastes};

/// One WebSocket text message, either way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame<M> {
    /// Counts this end's messages to the peer from 1; 0 for those that are not replayed after a lost socket.
    pub seq: u64,
    /// The last `seq` received from the other end, 0 for none.
    pub ack: u64,
    /// The message.
    pub msg: M,
}

/// What a page says. The server refuses what is not in here, and every field it does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToServer {
    /// The first message on every socket. Not counted.
    Hello {
        /// To take back the peer of a lost socket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<Resume>,
        /// The signed account of a match, for a server that has forgotten it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// The signed name of this device, for what outlasts a connection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<String>,
    },
    /// Wait for a stranger. For a peer that waits already it only changes what is said here; in a match it does nothing.
    Join {
        /// What this peer is going to send.
        media: Media,
        /// The partner must not learn this peer's address: media goes through a relay or not at all.
        #[serde(default, skip_serializing_if = "is_false")]
        hide: bool,
        /// With whom by preference.
        #[serde(default, skip_serializing_if = "Tastes::are_none")]
        tastes: Tastes,
    },
    /// A part of an offer that is made ahead, as [`ToBrowser::Prepare`] has asked: the offer, then its candidates.
    Prepared {
        /// Counts this peer's offers made ahead; a new number replaces the old offer.
        number: u32,
        /// The part.
        signal: Signal,
    },
    /// For the partner in this match.
    Signal {
        /// The match it belongs to.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// The connection within the match.
        epoch: Epoch,
        /// The step.
        signal: Signal,
    },
    /// What was promised has arrived from the partner: the match is a call.
    Connected {
        /// The match it belongs to.
        #[serde(rename = "match")]
        match_id: MatchId,
    },
    /// The connection to the partner could not be made, or is lost for good.
    Failed {
        /// The match it belongs to.
        #[serde(rename = "match")]
        match_id: MatchId,
    },
    /// Somebody else, please. Ends this match once, whoever says it first and how often.
    Next {
        /// The match to end.
        #[serde(rename = "match")]
        match_id: MatchId,
    },
    /// Neither wait nor talk any more; the socket stays.
    Leave {},
    /// Proof of life; carries an acknowledgement. Not counted, answered by `pong`.
    Ping {},
}

/// What the server says. A page ignores fields it does not know, so that an open page outlives a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToBrowser {
    /// The answer to `hello`. Not counted.
    Welcome {
        /// The protocol's version.
        version: u16,
        /// The name of this peer.
        peer: PeerId,
        /// For the next `hello`, should this socket be lost.
        secret: Secret,
        /// Whether the peer of the lost socket was taken back, with its place, its match and its numbers.
        resumed: bool,
        /// The match that the ticket in `hello` stands for, if this server now knows it; numbers start anew.
        #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
        match_id: Option<MatchId>,
        /// Whether there is a relay, so that addresses can be hidden.
        #[serde(default, skip_serializing_if = "is_false")]
        relay: bool,
        /// Names the page that this server has: one with another name is not the newest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        build: Option<String>,
        /// What the server holds this page to.
        limits: Limits,
    },
    /// This peer is in the queue.
    Waiting {},
    /// Who is looked for from now on; only told to who has named something, after [`ToBrowser::Waiting`] and at each change.
    Seeking {
        /// What a partner has to share at least.
        wants: Affinity,
        /// Milliseconds after which less is enough; absent where there is no less.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        widens_in_ms: Option<u32>,
    },
    /// How busy it is, told to who has looked for somebody and found nobody. Not counted.
    Here(Here),
    /// This peer will soon have a partner: it may make its offer now, and send it as [`ToServer::Prepared`].
    Prepare {
        /// Servers for STUN; those for TURN come with the match.
        #[serde(default)]
        ice: Vec<IceServer>,
    },
    /// This peer has a partner.
    Matched {
        /// The match.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// Which end of the negotiation this is.
        role: Role,
        /// What the partner is going to send.
        partner: Media,
        /// What the two have in common.
        #[serde(default, skip_serializing_if = "Tastes::are_none")]
        shared: Tastes,
        /// Servers for STUN and TURN, none where none is configured.
        #[serde(default)]
        ice: Vec<IceServer>,
        /// One of the two hides its address: both use the relay and nothing else.
        #[serde(default, skip_serializing_if = "is_false")]
        relay_only: bool,
        /// The signed account of this match, for a server that has forgotten it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// The impolite end has made its offer ahead: the match begins with [`Epoch::AHEAD`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ahead: Option<Ahead>,
    },
    /// New servers for this match, before the credentials of the old ones end.
    Ice {
        /// The match they are for.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// All servers, as in [`ToBrowser::Matched`].
        ice: Vec<IceServer>,
    },
    /// From the partner in this match.
    Signal {
        /// The match it belongs to.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// The connection within the match.
        epoch: Epoch,
        /// The step.
        signal: Signal,
    },
    /// The partner's own connection to the server; the call itself does not need it.
    Partner {
        /// The match it belongs to.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// Lost, or back.
        signalling: Signalling,
    },
    /// The match is over; said once to each end.
    Ended {
        /// The match.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// Why.
        reason: EndReason,
    },
    /// A message was refused. Not counted.
    Error {
        /// Stable; what people read is the page's affair.
        code: ErrorCode,
        /// The `seq` of the message it is about, 0 where that is not known.
        about: u64,
    },
    /// The server closes this socket soon. Not counted.
    ComeBack {
        /// Milliseconds to wait before connecting again; each page is told another number.
        after_ms: u32,
    },
    /// The answer to `ping`; carries an acknowledgement. Not counted.
    Pong {},
}

/// An offer that was made ahead of the match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ahead {
    /// Told to the impolite end: its own.
    Yours {
        /// Its number.
        number: u32,
    },
    /// Told to the polite end: to be answered at once.
    Theirs {
        /// The offer.
        offer: Sdp,
        /// Its candidates so far; more may follow as signals.
        candidates: Vec<Candidate>,
    },
}

impl Ahead {
    /// Bytes of its texts: what it costs to keep.
    pub fn weight(&self) -> usize {
        match self {
            Self::Yours { .. } => 0,
            Self::Theirs { offer, candidates } => {
                offer.0.len() + candidates.iter().map(|it| it.candidate.0.len()).sum::<usize>()
            }
        }
    }
}

/// Proof that a page is the one whose socket was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The peer, from the last `welcome`.
    pub peer: PeerId,
    /// The secret, from the last `welcome`.
    pub secret: Secret,
}

/// What a peer sends; it may have no camera or no microphone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// A microphone.
    pub audio: bool,
    /// A camera.
    pub video: bool,
}

/// Which end of perfect negotiation a peer is (W3C WebRTC, "Perfect Negotiation Example"); one of each in a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Makes the first offer, and ignores one that collides with its own. The one who waited longer.
    Impolite,
    /// Answers, and rolls its own offer back when two collide.
    Polite,
}

/// One entry of `RTCConfiguration.iceServers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:` and `turn:` URLs.
    pub urls: Vec<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// What became of the partner's socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signalling {
    /// It is gone; the partner may come back within its grace.
    Lost,
    /// It is there again.
    Back,
}

/// Why a match ended, from the point of view of who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// This peer asked for somebody else, and waits again.
    Next,
    /// This peer left.
    Left,
    /// The partner asked for somebody else.
    PartnerNext,
    /// The partner left.
    PartnerLeft,
    /// The partner's connection was lost and did not come back in time.
    PartnerLost,
    /// The two could not be connected; both wait again, with their place.
    Unconnected,
}

/// Why a message, or a whole connection, was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// Not JSON, or not a frame.
    BadFrame,
    /// A message of no known name.
    UnknownMessage,
    /// A known message with a missing, unknown or impossible field.
    BadMessage,
    /// A binary message.
    NotText,
    /// Not UTF-8.
    NotUtf8,
    /// More than [`MAX_FRAME_BYTES`](super::limits::MAX_FRAME_BYTES).
    TooLarge,
    /// The first message was not `hello`, or none came in time.
    HelloFirst,
    /// A second `hello`.
    HelloTwice,
    /// A number was skipped, or more was acknowledged than was sent.
    BadSequence,
    /// The match was never this peer's.
    NotYourMatch,
    /// A session description that no browser would make.
    BadSdp,
    /// A candidate that no browser would make, or one that names a host.
    BadCandidate,
    /// More than [`MAX_CANDIDATES`](super::limits::MAX_CANDIDATES) for one description.
    TooManyCandidates,
    /// An epoch above [`MAX_EPOCH`](super::limits::MAX_EPOCH).
    BadEpoch,
    /// More than [`MAX_REFUSALS`](super::limits::MAX_REFUSALS) messages were refused.
    TooManyRefusals,
    /// Too much is unacknowledged: the page does not read.
    TooSlow,
    /// Nothing was heard for [`SILENCE`](super::limits::SILENCE).
    Silent,
    /// Another socket took this peer over.
    Replaced,
    /// This peer hides its address, and the server has no relay.
    NoRelay,
    /// The server has no room for another peer.
    ServerFull,
    /// The server stops.
    ServerStops,
}

impl ErrorCode {
    /// The close code with which the connection ends (RFC 6455, 7.4; from 4000 on our own), `None` if it goes on.
    pub const fn close_code(self) -> Option<u16> {
        match self {
            Self::NotYourMatch
            | Self::BadSdp
            | Self::BadCandidate
            | Self::TooManyCandidates
            | Self::BadEpoch
            | Self::NoRelay => None,
            Self::NotText => Some(1003),
            Self::NotUtf8 => Some(1007),
            Self::TooManyRefusals | Self::TooSlow => Some(1008),
            Self::TooLarge => Some(1009),
            Self::ServerStops => Some(1012),
            Self::ServerFull => Some(1013),
            Self::BadFrame | Self::UnknownMessage | Self::BadMessage => Some(4400),
            Self::HelloFirst | Self::HelloTwice => Some(4401),
            Self::Silent => Some(4408),
            Self::BadSequence | Self::Replaced => Some(4409),
        }
    }
}

/// The numbers a page is held to, told so that a page of another age can keep to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of one message.
    pub frame_bytes: u32,
    /// Bytes of one session description.
    pub sdp_bytes: u32,
    /// Bytes of one candidate.
    pub candidate_bytes: u32,
    /// Candidates in an epoch.
    pub candidates: u16,
    /// Milliseconds between two proofs of life.
    pub heartbeat_ms: u32,
    /// Milliseconds a matched peer has to come back.
    pub grace_ms: u32,
}

/// Whether a field that is mostly false can be left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(it: &bool) -> bool {
    !*it
}
