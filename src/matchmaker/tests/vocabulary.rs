//! The action and event types that the reference model and the random histories share.

use std::time::Duration;

use crate::{
    matchmaker::{EdgeId, OwnRelay, RelayUrls},
    protocol::{
        Affinity, EndReason, ErrorCode, IceServer, Interest, Language, Media, NoticeKind, ReportResult, Role,
        Signalling, Tastes,
    },
};

/// Interests and languages that a page of a history may name; page actions refer to them by index.
///
/// Index 0 names nothing and is drawn most often.
pub(crate) const TASTES: [(&str, &str); 7] =
    [("", ""), ("art", ""), ("art", "de"), ("bees,art", "de,en"), ("", "de"), ("", "fr"), ("bees", "fr")];

/// Networks from which the pages of a history come. Each has an edge of its own.
pub(crate) const NETWORKS: usize = 2;

/// Whether the signal of a history with this text is an offer; otherwise it is a candidate.
pub(crate) const fn is_offer(text: usize) -> bool {
    !text.is_multiple_of(3)
}

/// Converts an entry of [`TASTES`] to the protocol's type.
pub(crate) fn tastes((interests, languages): (&str, &str)) -> Tastes {
    let languages = languages.split(',').filter_map(Language::new).collect();
    Tastes { interests: Interest::all_in(interests), languages }
}

/// How often the credentials of a relay are renewed (ms). Nothing else is due after a multiple of it.
pub(crate) const RENEW_EVERY_MS: u64 = 400_003;

/// What the URLs of the relay of an edge begin with, before the id of the edge.
const RELAY: &str = "turn:edge-";

/// The relay of an edge.
pub(crate) fn relay_of(edge: EdgeId) -> OwnRelay {
    let sites = vec![RelayUrls { stun: "stun:edge".into(), turn: vec![format!("{RELAY}{}", edge.0)] }];
    OwnRelay { sites, lifetime: Duration::from_millis(RENEW_EVERY_MS * 3 / 2 + 1) }
}

/// The edge whose relay is among these servers.
pub(crate) fn relay_among(ice: &[IceServer]) -> Option<EdgeId> {
    let mut relays = ice.iter().flat_map(|it| &it.urls).filter_map(|it| it.strip_prefix(RELAY));
    let edge = relays.next().map(|it| EdgeId(it.parse().unwrap()));
    assert_eq!(relays.next(), None, "a match has one relay");
    edge
}

/// Something a page receives. Matches are numbered from 0 in the order in which the model makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModelEvent {
    Welcome {
        resumed: bool,
    },
    Waiting,
    Seeking {
        wants: Affinity,
        widens_in_ms: Option<u32>,
    },
    /// `shared` counts the interests and the languages in common; `relay` is the edge whose relay both ends use.
    Matched {
        match_index: usize,
        role: Role,
        partner: Media,
        shared: [usize; 2],
        relay: Option<EdgeId>,
    },
    /// New relay credentials, for the relay of this edge.
    Ice {
        match_index: usize,
        relay: Option<EdgeId>,
    },
    Signal {
        match_index: usize,
        epoch: u32,
        text: usize,
    },
    Partner {
        match_index: usize,
        signalling: Signalling,
    },
    Ended {
        match_index: usize,
        reason: EndReason,
    },
    Reported {
        match_index: Option<usize>,
        result: ReportResult,
    },
    Sanctioned(NoticeKind),
    Error(ErrorCode),
    ComeBack,
    Closed(ErrorCode),
}

/// A proof of a place that a page shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DrawnProof {
    /// The peer of the former server that had the place.
    pub(crate) peer: usize,
    /// How long it had waited (ms).
    pub(crate) waited_ms: u64,
    /// How old the proof is (ms).
    pub(crate) age_ms: u64,
}

/// A message that a page sends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PageAction {
    /// Joins the queue with this entry of [`TASTES`].
    Join(usize),
    /// Sends an offer for the next partner.
    Prepare,
    Leave,
    /// Blocks the partner of a match that the page was told of; `None` for an invented pair.
    Block(Option<usize>),
    Unblock,
    /// Unblocks the partner of a match that the page was told of.
    UnblockOne(usize),
    /// Reports with the ticket of this match that this page was told of, often the same one; `None` for a forged one.
    Report(Option<(usize, usize)>),
    /// A message about a match; `None` for a match that never existed.
    About(Option<usize>, MatchAction),
}

/// A message that a page sends about a match.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MatchAction {
    Next,
    Failed,
    Connected,
    Signal { epoch: u32, text: usize },
}

/// What a page is doing, as the server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageState {
    /// The socket is open and no hello has arrived; the server closes it at `until` (ms).
    AwaitingHello {
        until: u64,
    },
    Idle,
    /// The time of joining in ms, and a running number that orders pages which join at the same time.
    Waiting(u64, usize),
    /// In the match of this index.
    Matched(usize),
    Gone,
}

/// The state of a page's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireState {
    Working,
    /// Nothing passes, and the server has not noticed yet.
    Cut,
    /// The server knows that the socket is gone; the grace period ends at `until` (ms).
    Lost {
        until: u64,
    },
}
