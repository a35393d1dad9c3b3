//! What a match is given from outside: its terms, and at each moment what is around it; it must not know what it does
//! with them.

use crate::{
    call::{ConnectionId, Output},
    protocol::{MatchId, Media, Presence, Role},
    time::Moment,
};

/// What the server says of a match at its beginning.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// Its name.
    pub(crate) match_id: MatchId,
    /// Which end of the negotiation this is.
    pub(crate) role: Role,
    /// What the partner is going to send.
    pub(crate) partner: Media,
    /// What a server that has forgotten the match must be shown.
    pub(crate) ticket: Option<String>,
}

/// What is around a match at this moment.
pub(crate) struct Around<'a> {
    /// Now.
    pub(crate) now: Moment,
    /// Whether the server can be reached.
    pub(crate) line_open: bool,
    /// What this end sends.
    pub(crate) presence: Presence,
    /// What the partner writes is being read.
    pub(crate) chat_open: bool,
    /// The connections made so far.
    pub(crate) links: &'a mut ConnectionIds,
    /// What must be done.
    pub(crate) out: &'a mut Vec<Output>,
}

/// Counts the connections of a page.
#[derive(Debug, Default)]
pub(crate) struct ConnectionIds(u32);

impl ConnectionIds {
    /// A new one.
    pub(crate) const fn next(&mut self) -> ConnectionId {
        self.0 += 1;
        ConnectionId(self.0)
    }
}
