//! What a match gets from the rest of the call: its terms, and the context of each input.

use crate::{
    call::{ConnectionId, Output},
    protocol::{MatchId, Media, Presence, Role},
    time::Moment,
};

/// What the server says about a match when it begins.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// The id of the match.
    pub(crate) match_id: MatchId,
    /// The role of this page in the negotiation.
    pub(crate) role: Role,
    /// The media that the partner is going to send.
    pub(crate) partner: Media,
    /// The pictures of both stay blurred until both people have revealed theirs.
    pub(crate) soft: bool,
    /// Lets a server that has lost the match rebuild it.
    pub(crate) ticket: Option<String>,
}

/// The context in which a match handles one input.
pub(crate) struct MatchContext<'a> {
    /// The current time.
    pub(crate) now: Moment,
    /// Whether the session with the server is open.
    pub(crate) line_open: bool,
    /// What this page sends to the partner.
    pub(crate) presence: Presence,
    /// Whether the chat is open on the page, so that new lines count as read.
    pub(crate) chat_open: bool,
    /// Allocates ids for new connections.
    pub(crate) links: &'a mut ConnectionIds,
    /// Collects the outputs.
    pub(crate) out: &'a mut Vec<Output>,
}

/// Allocates the connection ids of a page.
#[derive(Debug, Default)]
pub(crate) struct ConnectionIds(u32);

impl ConnectionIds {
    /// The next id; the first is 1.
    pub(crate) const fn next(&mut self) -> ConnectionId {
        self.0 += 1;
        ConnectionId(self.0)
    }
}
