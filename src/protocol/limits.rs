//! Every number that both halves must agree on, with its unit and its reason; it must not know who keeps to them.

use std::time::Duration;

/// The WebSocket subprotocol both ends name in the handshake (RFC 6455, 1.9); its number is the protocol's version.
pub const SUBPROTOCOL: &str = "passerby.v1";

/// The version told in `welcome`; equal to the number in [`SUBPROTOCOL`].
pub const VERSION: u16 = 1;

/// Bytes of one WebSocket message. Room for the largest description below with its JSON escapes.
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

/// Bytes of a media identification tag (RFC 5888); browsers use one digit.
pub const MAX_MID_BYTES: usize = 16;

/// Bytes of an ICE username fragment (RFC 8445, 5.3 allows 256).
pub const MAX_UFRAG_BYTES: usize = 256;

/// The largest epoch in a match: six connections before two people are better off with somebody else.
pub const MAX_EPOCH: u32 = 6;

/// Bytes of the opaque texts (`ticket`, `device`): signed tokens, a few hundred bytes each.
pub const MAX_TOKEN_BYTES: usize = 1024;

/// Unacknowledged messages kept for one end. A whole negotiation with every candidate fits.
pub const MAX_OUTBOX_MESSAGES: usize = 128;

/// Bytes of the texts in those messages: two offers, two answers and all candidates fit.
pub const MAX_OUTBOX_BYTES: usize = 256 * 1024;

/// Messages received after which an acknowledgement is sent even if there is nothing else to say.
pub const ACK_EVERY: u64 = 16;

/// Messages one connection may have refused before it is closed: a page has bugs, an attacker has patience.
pub const MAX_REFUSALS: u16 = 16;

/// Characters of one text in the chat: a thought, not a page.
pub const MAX_CHAT_CHARS: usize = 500;

/// Texts of one end that the other has not acknowledged; more wait in nobody's memory.
pub const MAX_CHAT_UNACKNOWLEDGED: u32 = 32;

/// Interests of one peer.
pub const MAX_INTERESTS: usize = 5;

/// Characters of an interest: a word or two.
pub const MAX_INTEREST_CHARS: usize = 32;

/// Languages of one peer.
pub const MAX_LANGUAGES: usize = 5;

/// How long a peer waits for somebody with whom it shares what it has named, before less is enough: an interest first,
/// then a language, then anybody.
pub const WIDEN_AFTER: Duration = Duration::from_secs(10);

/// How often two others may be paired past a peer for whom anybody is good enough; then it is given the next that there is.
pub const MAX_PASSED_BY: u64 = 16;

/// Partners that a page names as those it met last.
pub const MAX_MET: usize = 16;

/// How long two who met are not met again by preference.
pub const MET_FOR: Duration = Duration::from_secs(30 * 60);

/// How long each of two who met has waited at least before they are met again because nobody else is there: whoever was
/// there when the later of them came is content with anybody by then, and some more.
pub const AGAIN_AFTER: Duration = Duration::from_secs(2 * WIDEN_AFTER.as_secs() + 5);

/// Blocked pairs that a page names; past that the oldest is dropped.
pub const MAX_BLOCKED: usize = 64;

/// How long a block holds.
pub const BLOCKED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many others are told of: the largest of these that is not more. An exact number would, where few are, betray when a
/// certain person comes and goes.
pub const CROWD_STEPS: [u32; 11] = [1, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/// Where a wait that is told of is no longer short, and where it is long: finer it would not come true.
pub const WAIT_STEPS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(45)];

/// How often a page that waits or talks lets the server hear that it is there.
pub const HEARTBEAT: Duration = Duration::from_secs(12);

/// Silence after which such a page is taken for lost: two heartbeats and some slack.
pub const SILENCE: Duration = Duration::from_secs(28);

/// How often one that does neither does. Signs of life are nearly all that it costs the server, and its battery; but there
/// are proxies that take 50 seconds of silence for the end.
pub const IDLE_HEARTBEAT: Duration = Duration::from_secs(45);

/// Silence after which such a page is taken for lost: two of its heartbeats and some slack.
pub const IDLE_SILENCE: Duration = Duration::from_secs(94);

/// How long after the handshake the server waits for `hello`.
pub const HELLO_WITHIN: Duration = Duration::from_secs(5);

/// How long a peer in a match whose connection is lost may come back and resume.
pub const GRACE_MATCHED: Duration = Duration::from_secs(20);

/// How long any other peer may: a place in the queue is worth little, a ghost in it costs somebody a wait.
pub const GRACE_UNMATCHED: Duration = Duration::from_secs(5);

/// How long a page tries to connect to its partner before it asks for another.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(12);

/// How long the server waits for `connected`: later than both pages, in case neither can tell.
pub const CONNECT_WITHIN_SERVER: Duration = Duration::from_secs(20);

/// Peers at the head of the queue that are asked to send their offer ahead: more than are met in the time it takes.
pub const MAX_PREPARED: usize = 64;

/// How long an offer sent ahead is good for; after that the network may have changed, or a NAT forgotten its port.
pub const PREPARED_FOR: Duration = Duration::from_secs(60);

/// How long two who parted, or who could not be connected, are not paired again.
pub const NOT_AGAIN_FOR: Duration = Duration::from_secs(30);
