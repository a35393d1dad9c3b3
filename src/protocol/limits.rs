//! Every number on which both halves must agree, with its unit and its reason.

use core::{
    net::{Ipv4Addr, Ipv6Addr},
    time::Duration,
};

/// The WebSocket subprotocol in the handshake (RFC 6455, 1.9); its number is the protocol's version.
pub const SUBPROTOCOL: &str = "passerby.v1";

/// The version in `welcome`; equal to the number in [`SUBPROTOCOL`].
pub const VERSION: u16 = 1;

/// The close code of a page that leaves on purpose (RFC 6455, 7.4.2: codes from 4000 on are for private use). No proxy
/// closes with it.
pub const CLOSE_GOODBYE: u16 = 4000;

/// The close code of a page that leaves on purpose if one of the two ends does not support
/// [`Feature::Goodbye`](crate::protocol::Feature::Goodbye) (RFC 6455, 7.4.1: normal closure).
pub const CLOSE_NORMAL: u16 = 1000;

/// Bytes of one WebSocket message. The largest description below fits with its JSON escapes.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;

/// Bytes of one session description. Chromium's offer with audio, video and data has 5.6 KB; Firefox's is shorter.
pub const MAX_SDP_BYTES: usize = 32 * 1024;

/// Lines of one session description. Chromium's has 164.
pub const MAX_SDP_LINES: usize = 600;

/// Bytes of one line of a session description. The longest seen in an offer has 118.
pub const MAX_SDP_LINE_BYTES: usize = 1024;

/// Bytes of one candidate attribute. An IPv6 relay candidate with all extensions has about 200.
pub const MAX_CANDIDATE_BYTES: usize = 512;

/// Candidates of one end for one description. With one bundled transport a browser on three networks gathers under 30.
pub const MAX_CANDIDATES: u16 = 64;

/// How many of [`MAX_CANDIDATES`] may be host candidates. The other 24 are enough for the reflexive and relayed ones of
/// three networks, two address families and four servers.
pub const MAX_HOST_CANDIDATES: u16 = 40;

/// Bytes of a media identification tag (RFC 5888); browsers use one digit.
pub const MAX_MID_BYTES: usize = 16;

/// Bytes of an ICE username fragment (RFC 8445, 5.3 allows 256).
pub const MAX_UFRAG_BYTES: usize = 256;

/// The largest epoch in a match: after six connections two people are better off with other partners.
pub const MAX_EPOCH: u32 = 6;

/// Bytes of the opaque texts (`ticket`, `device`, `age`, `place`): signed tokens, a few hundred bytes each.
pub const MAX_TOKEN_BYTES: usize = 1024;

/// Unacknowledged messages kept for one end. A whole negotiation with all candidates fits.
pub const MAX_OUTBOX_MESSAGES: usize = 128;

/// Bytes of the texts in those messages. Two offers, two answers and all candidates fit.
pub const MAX_OUTBOX_BYTES: usize = 256 * 1024;

/// Received messages after which an acknowledgement is sent even without another message.
pub const ACK_EVERY: u64 = 16;

/// Refused messages after which a connection is closed: enough for a page with bugs, too few for an attacker.
pub const MAX_REFUSALS: u16 = 16;

/// Characters of one chat message: a paragraph or two.
pub const MAX_CHAT_CHARS: usize = 500;

/// Unacknowledged chat messages of one end; further ones cannot be sent, which bounds the memory.
pub const MAX_CHAT_UNACKNOWLEDGED: u32 = 32;

/// Characters of the words in a report: a few sentences, and nothing that takes long to read.
pub const MAX_REPORT_CHARS: usize = 300;

/// Bytes of the version of the rules: every page and every device contains it.
pub const MAX_RULES_VERSION_BYTES: usize = 32;

/// Reports of one device in 24 hours: more than anybody has reason for, and few enough to read.
pub const MAX_REPORTS: usize = 10;

/// Interests of one peer.
pub const MAX_INTERESTS: usize = 5;

/// Characters of an interest: a word or two.
pub const MAX_INTEREST_CHARS: usize = 32;

/// Languages of one peer.
pub const MAX_LANGUAGES: usize = 5;

/// How long a peer searches at each level before its search widens: first a shared interest, then a shared language,
/// then anybody.
pub const WIDEN_AFTER: Duration = Duration::from_secs(10);

/// How often later pairs may be matched ahead of a peer that accepts anybody; then it gets the next available peer.
pub const MAX_PASSED_BY: u64 = 16;

/// Recent partners that a page lists.
pub const MAX_MET: usize = 16;

/// How long two peers that met prefer other partners.
pub const MET_FOR: Duration = Duration::from_secs(30 * 60);

/// How long both of two recent partners must have waited before they are matched again for lack of others. By then
/// every other waiting peer accepts anybody, plus some slack.
pub const AGAIN_AFTER: Duration = Duration::from_secs(2 * WIDEN_AFTER.as_secs() + 5);

/// Blocked pairs that a page lists; beyond that the oldest is dropped.
pub const MAX_BLOCKED: usize = 64;

/// How long a block lasts.
pub const BLOCKED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The steps to which the number of other peers is rounded down. With few peers an exact number would reveal when a
/// certain person comes and goes.
pub const CROWD_STEPS: [u32; 11] = [1, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/// Where a likely wait stops being short, and where it becomes long. Finer steps would not be reliable.
pub const WAIT_STEPS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(45)];

/// How often a page that waits or talks sends a sign of life.
pub const HEARTBEAT: Duration = Duration::from_secs(12);

/// Silence after which such a page counts as lost: two heartbeats and some slack.
pub const SILENCE: Duration = Duration::from_secs(28);

/// How often an idle page sends a sign of life. Signs of life are nearly all that an idle page costs, but some proxies
/// (Debian's `HAProxy`) close a connection after 50 seconds of silence.
pub const IDLE_HEARTBEAT: Duration = Duration::from_secs(45);

/// Silence after which an idle page counts as lost: two of its heartbeats and some slack.
pub const IDLE_SILENCE: Duration = Duration::from_secs(94);

/// How long after the handshake the server waits for `hello`.
pub const HELLO_WITHIN: Duration = Duration::from_secs(5);

/// The grace period of a matched peer: how long it may take to resume after its socket is lost.
pub const GRACE_MATCHED: Duration = Duration::from_secs(20);

/// The grace period of any other peer: a place in the queue is worth little, and a lost peer in it delays others.
pub const GRACE_UNMATCHED: Duration = Duration::from_secs(5);

/// How long a page tries to connect to its partner before it asks for another one.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(12);

/// How long the server waits for `connected`: longer than both pages, in case neither can report.
pub const CONNECT_WITHIN_SERVER: Duration = Duration::from_secs(20);

/// Peers at the head of the queue that are asked for a prepared offer: more than are matched in the time it takes.
pub const MAX_PREPARED: usize = 64;

/// How long a prepared offer is valid; after that the network may have changed or a NAT may have dropped its port.
pub const PREPARED_FOR: Duration = Duration::from_secs(60);

/// How long the relay credentials of a `check` are good: the check itself takes a few seconds.
pub const CHECK_FOR: Duration = Duration::from_secs(60);

/// The address of all IPv4 names at the server's own relay: the dummy address of RFC 7600, which no machine has.
pub const RELAY_IPV4: Ipv4Addr = Ipv4Addr::new(192, 0, 0, 8);

/// The address of all IPv6 names there: in the discard-only prefix of RFC 6666, to which no machine answers.
pub const RELAY_IPV6: Ipv6Addr = Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 8);

/// How long two peers that parted or could not be connected are not matched again.
pub const NOT_AGAIN_FOR: Duration = Duration::from_secs(30);
