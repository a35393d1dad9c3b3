//! The messages on `/ws`, one closed enum for each direction, and the frame they travel in.
//!
//! A new message to the server is declared in four places: here, in `matchmaker::peers::messages` (what it does), in
//! `server::rate_limit::message` (what it counts as) and in this room's README.

pub(crate) mod parts;
pub(crate) mod signals;
pub(crate) mod candidate_count;
pub(crate) mod data_channel;

pub(crate) mod interests;
pub(crate) mod occupancy;
pub(crate) mod past_partners;
pub(crate) mod safety;

pub(crate) mod features;
pub(crate) mod errors;
pub(crate) mod comma_list;

use serde::{Deserialize, Serialize};

use super::{
    Affinity, EndReason, Epoch, ErrorCode, Features, IceServer, Limits, MatchId, Media, Occupancy, PairId,
    PastPairs, PeerId, PreparedOffer, ReportReason, ReportResult, ReportWords, Resume, Role, SanctionNotice,
    Secret, Signal, Signalling, Tastes,
};

/// One WebSocket text message, either way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame<M> {
    /// The number of this message, counted from 1; 0 for messages that are not replayed after a lost socket.
    pub seq: u64,
    /// The last `seq` received from the other end; 0 if there was none.
    pub ack: u64,
    /// The message.
    pub msg: M,
}

/// A message from a page to the server. The server refuses unknown messages, and unknown fields outside of `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToServer {
    /// The first message on every socket. Not numbered.
    Hello {
        /// Resumes the peer of a lost socket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<Resume>,
        /// The ticket of a match: a server that has forgotten the match rebuilds it from this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// The signed name of this device, which outlives connections.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<String>,
        /// The past partners of this device.
        #[serde(default, skip_serializing_if = "PastPairs::is_none")]
        past: PastPairs,
        /// The statement of an age check provider that this person is 18 or older, for servers that want one: a token
        /// (RFC 7519) with the claims `over18` and `exp`, signed with Ed25519.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        age: Option<Box<str>>,
        /// The proof of its place, from [`ToBrowser::Place`], if the page waits: a server that does not know it lets it
        /// wait on from there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Box<str>>,
        /// What this page supports.
        #[serde(default, skip_serializing_if = "Features::are_none")]
        features: Features,
    },
    /// Join the queue. If the peer is already waiting, only its settings change. During a match, they are for the next.
    Join {
        /// What this peer will send.
        media: Media,
        /// Hide this peer's address from the partner: media goes through a relay or not at all.
        #[serde(default, skip_serializing_if = "is_false")]
        hide: bool,
        /// Start softly: the pictures of both stay blurred until both people have revealed theirs. Only for servers
        /// with the feature [`SoftStart`](crate::protocol::Feature::SoftStart).
        #[serde(default, skip_serializing_if = "is_false")]
        soft: bool,
        /// The preferred interests and languages of a partner.
        #[serde(default, skip_serializing_if = "Tastes::are_none")]
        tastes: Tastes,
    },
    /// Part of a prepared offer, in answer to [`ToBrowser::Prepare`]: first the offer, then its candidates.
    Prepared {
        /// The number of this peer's prepared offer; a new number replaces the old offer.
        number: u32,
        /// The offer or a candidate.
        signal: Signal,
    },
    /// A signal for the partner in this match.
    Signal {
        /// The match it belongs to.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// The connection within the match.
        epoch: Epoch,
        /// The signal.
        signal: Signal,
    },
    /// Media (or what else was promised) has arrived from the partner: the match is now a call.
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
    /// Find another partner. Ends this match once, no matter which end asks first or how often.
    Next {
        /// The match to end.
        #[serde(rename = "match")]
        match_id: MatchId,
    },
    /// Never match this pair again. Does not end a match.
    Block {
        /// The pair, from [`ToBrowser::Matched`].
        pair: PairId,
    },
    /// Remove blocks of this peer.
    Unblock {
        /// The pair to unblock; without it, all of them. Only for servers with the feature
        /// [`UnblockPair`](crate::protocol::Feature::UnblockPair).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pair: Option<PairId>,
    },
    /// Reports the partner of a match, which may be over. Answered by [`ToBrowser::Reported`]; does not end the match.
    /// Only for servers with the feature [`Report`](crate::protocol::Feature::Report).
    Report {
        /// The ticket of the match, from [`ToBrowser::Matched`].
        ticket: String,
        /// Why.
        reason: ReportReason,
        /// What the person writes about it.
        #[serde(default, skip_serializing_if = "ReportWords::are_none")]
        words: ReportWords,
    },
    /// Asks for STUN and TURN servers with which the page can check whether it can connect to anybody. Only for servers
    /// with the feature [`Check`](crate::protocol::Feature::Check).
    Check {},
    /// Leave the queue or the match; the socket stays open.
    Leave {},
    /// A sign of life that carries an acknowledgement. Not numbered; answered by `pong`.
    Ping {},
}

impl ToServer {
    /// The names of all messages on the wire, to tell an unknown message from a malformed one.
    pub const NAMES: [&str; 13] = [
        "hello",
        "join",
        "prepared",
        "signal",
        "connected",
        "failed",
        "next",
        "block",
        "unblock",
        "report",
        "check",
        "leave",
        "ping",
    ];

    /// The signal in this message, if it carries one.
    pub const fn signal(&self) -> Option<&Signal> {
        if let Self::Signal { signal, .. } | Self::Prepared { signal, .. } = self {
            Some(signal)
        } else {
            None
        }
    }

    /// The signal in this message, to be changed.
    pub const fn signal_mut(&mut self) -> Option<&mut Signal> {
        if let Self::Signal { signal, .. } | Self::Prepared { signal, .. } = self {
            Some(signal)
        } else {
            None
        }
    }
}

/// A message from the server to a page. A page ignores unknown fields, so that an open page survives a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToBrowser {
    /// The answer to `hello`. Not numbered.
    Welcome {
        /// The version of the protocol.
        version: u16,
        /// The id of this peer.
        peer: PeerId,
        /// The secret that resumes this peer, should the socket be lost.
        secret: Secret,
        /// Whether the peer of the lost socket was resumed, with its place in the queue, its match and its numbers.
        resumed: bool,
        /// The match rebuilt from the ticket in `hello`, if there is one; message numbers start again from 1.
        #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
        match_id: Option<MatchId>,
        /// Whether the server has a relay, so that addresses can be hidden.
        #[serde(default, skip_serializing_if = "is_false")]
        relay: bool,
        /// The build of the server's page: a page of another build is outdated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        build: Option<String>,
        /// The signed name of this device, to be sent in every `hello`; absent if the one in `hello` is valid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<String>,
        /// The limits that the server enforces.
        limits: Limits,
        /// What the server supports. A page sends a message or a field that is newer than the first release only if
        /// the feature that it belongs to is listed here.
        #[serde(default, skip_serializing_if = "Features::are_none")]
        features: Features,
    },
    /// This peer is in the queue.
    Waiting {},
    /// What the search now requires. Sent after [`ToBrowser::Waiting`] and at each change, only to peers that named
    /// interests or languages.
    Seeking {
        /// The least that a partner must share.
        wants: Affinity,
        /// Milliseconds until the search widens; absent if it cannot widen further.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        widens_in_ms: Option<u32>,
    },
    /// How busy the server is, sent to peers whose search found nobody. Not numbered.
    Here(Occupancy),
    /// The proof of how long this peer has waited, sent to those that get [`ToBrowser::Here`], and renewed. Not
    /// numbered.
    Place {
        /// A sealed text.
        proof: Box<str>,
    },
    /// This peer will soon be matched: it may create its offer now and send it as [`ToServer::Prepared`].
    Prepare {
        /// STUN servers; TURN servers come with the match.
        #[serde(default)]
        ice: Vec<IceServer>,
    },
    /// The answer to [`ToServer::Check`].
    Check {
        /// STUN and TURN servers, the latter with credentials that run out after
        /// [`CHECK_FOR`](crate::protocol::limits::CHECK_FOR); empty if none is configured.
        #[serde(default)]
        ice: Vec<IceServer>,
    },
    /// This peer is matched.
    Matched {
        /// The match.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// The role of this end in the negotiation.
        role: Role,
        /// What the partner will send.
        partner: Media,
        /// What the two peers have in common.
        #[serde(default, skip_serializing_if = "Tastes::are_none")]
        shared: Tastes,
        /// STUN and TURN servers; empty if none is configured.
        #[serde(default)]
        ice: Vec<IceServer>,
        /// One of the two hides its address: both use the relay only.
        #[serde(default, skip_serializing_if = "is_false")]
        relay_only: bool,
        /// One of the two, or the server, wants a soft start.
        #[serde(default, skip_serializing_if = "is_false")]
        soft: bool,
        /// The ticket of this match, from which a server that has forgotten the match rebuilds it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// The id of this pair of devices, the same whenever the two meet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pair: Option<PairId>,
        /// The prepared offer of the impolite end: the match begins with [`Epoch::PREPARED`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ahead: Option<PreparedOffer>,
    },
    /// New servers for this match, sent before the credentials of the old ones expire.
    Ice {
        /// The match they are for.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// All servers, as in [`ToBrowser::Matched`].
        ice: Vec<IceServer>,
    },
    /// A signal from the partner in this match.
    Signal {
        /// The match it belongs to.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// The connection within the match.
        epoch: Epoch,
        /// The signal.
        signal: Signal,
    },
    /// The partner's socket was lost or is back; the call itself does not need it.
    Partner {
        /// The match it belongs to.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// The state of the partner's socket.
        signalling: Signalling,
        /// Signals of this match were lost, in either direction: an end whose offer is unanswered makes it again.
        #[serde(default, skip_serializing_if = "is_false")]
        signals_lost: bool,
    },
    /// The match is over. Sent once to each end.
    Ended {
        /// The match.
        #[serde(rename = "match")]
        match_id: MatchId,
        /// Why.
        reason: EndReason,
    },
    /// What came of a [`ToServer::Report`].
    Reported {
        /// The match whose ticket was sent; absent if the ticket is invalid.
        #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
        match_id: Option<MatchId>,
        /// What came of it.
        result: ReportResult,
        /// The code with which the reporter can ask later what was decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<String>,
    },
    /// What was decided about this device. A warning is numbered. Anything else is not: the error
    /// [`Sanctioned`](ErrorCode::Sanctioned) follows, and the socket is closed.
    Sanctioned(SanctionNotice),
    /// A message was refused. Not numbered.
    Error {
        /// A stable code; the page chooses the words that people read.
        code: ErrorCode,
        /// The `seq` of the refused message; 0 if unknown.
        about: u64,
        /// Milliseconds after which the page may try again, on a new socket if this one is closed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_ms: Option<u32>,
    },
    /// The server will close this socket soon. Not numbered.
    ComeBack {
        /// Milliseconds to wait before connecting again; different for each page, to spread the load.
        after_ms: u32,
    },
    /// The server behind this socket was replaced: the page says `hello` again on it, as on a new one. Only for pages
    /// with the feature [`Again`](crate::protocol::Feature::Again). Not numbered.
    Again {},
    /// The answer to `ping`; carries an acknowledgement. Not numbered.
    Pong {},
}

/// Whether a field that is usually false can be omitted.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires this signature")]
const fn is_false(it: &bool) -> bool {
    !*it
}
