//! What a match is given from outside: its terms, and at each moment what is around it; it must not know what it does
//! with them.

use super::{Link, Output};
use crate::{
    protocol::{MatchId, Media, Presence, Role},
    time::Moment,
};

/// What the server says of a match at its beginning.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Its name.
    pub(super) match_id: MatchId,
    /// Which end of the negotiation this is.
    pub(super) role: Role,
    /// What the partner is going to send.
    pub(super) partner: Media,
    /// What a server that has forgotten the match must be shown.
    pub(super) ticket: Option<String>,
}

/// What is around a match at this moment.
pub(super) struct Around<'a> {
    /// Now.
    pub(super) now: Moment,
    /// Whether the server can be reached.
    pub(super) line_open: bool,
    /// What this end sends.
    pub(super) presence: Presence,
    /// What the partner writes is being read.
    pub(super) chat_open: bool,
    /// The connections made so far.
    pub(super) links: &'a mut Links,
    /// What must be done.
    pub(super) out: &'a mut Vec<Output>,
}

/// Counts the connections of a page.
#[derive(Debug, Default)]
pub(super) struct Links(u32);

impl Links {
    /// A new one.
    pub(super) const fn next(&mut self) -> Link {
        self.0 += 1;
        Link(self.0)
    }
}
