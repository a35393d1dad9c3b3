//! The two closed sets of messages on `/ws` and the frame they travel in; it must not know when they are sent.

pub(crate) mod signals;
pub(crate) mod data_channel;

pub(crate) mod interests;
pub(crate) mod occupancy;
pub(crate) mod past_partners;

pub(crate) mod errors;
pub(crate) mod comma_list;

use serde::{Deserialize, Serialize};

use super::{
    Affinity, Epoch, ErrorCode, MatchId, Occupancy, PairId, PastPairs, PeerId, PreparedOffer, Secret, Signal,
    Tastes,
};

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
        /// Whom this device has met.
        #[serde(default, skip_serializing_if = "PastPairs::is_none")]
        past: PastPairs,
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
    /// Never this pair again, from now on; it ends no match.
    Block {
        /// The pair, from [`ToBrowser::Matched`].
        pair: PairId,
    },
    /// All pairs that this peer has blocked are blocked no longer.
    Unblock {},
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
        /// The signed name of this device, to be kept and shown in every `hello`; absent where the one shown is good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<String>,
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
    Here(Occupancy),
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
        /// The two devices, by a name that they have whenever they meet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pair: Option<PairId>,
        /// The impolite end has made its offer ahead: the match begins with [`Epoch::PREPARED`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ahead: Option<PreparedOffer>,
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
        /// Milliseconds after which the same may be tried again, on a new socket where this one is closed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_ms: Option<u32>,
    },
    /// The server closes this socket soon. Not counted.
    ComeBack {
        /// Milliseconds to wait before connecting again; each page is told another number.
        after_ms: u32,
    },
    /// The answer to `ping`; carries an acknowledgement. Not counted.
    Pong {},
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
    /// Milliseconds between two proofs of life of a page that waits or talks.
    pub heartbeat_ms: u32,
    /// The same for one that does neither.
    pub idle_heartbeat_ms: u32,
    /// Milliseconds a matched peer has to come back.
    pub grace_ms: u32,
}

/// Whether a field that is mostly false can be left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(it: &bool) -> bool {
    !*it
}
