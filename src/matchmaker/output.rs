//! All that the matchmaker can ask for; it must not know how the driver does it.

use std::{sync::Arc, time::Duration};

use super::SocketId;
use crate::protocol::{Affinity, EndReason, ErrorCode, Frame, MatchId, ToBrowser};

/// One deed, to be done in the order given.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send a message.
    Send {
        /// To whom.
        connection: SocketId,
        /// The message; shared with the outbox that keeps it for replay.
        frame: Frame<Arc<ToBrowser>>,
    },
    /// Close a socket, after what was sent to it before. The matchmaker has forgotten it already.
    Close {
        /// Which.
        connection: SocketId,
        /// Why; its [`close_code`](ErrorCode::close_code) goes into the close frame.
        code: ErrorCode,
    },
    /// Something worth a line in the log and a count.
    Note(Note),
}

/// What operators may know: ids and durations, nothing of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Two peers were paired.
    Matched {
        /// The new match.
        match_id: MatchId,
        /// How long the longer waiter had waited.
        waited: Duration,
        /// The closest that the two have in common.
        affinity: Affinity,
    },
    /// One end has said that what was promised arrives; the other had said so before.
    Connected {
        /// The match.
        match_id: MatchId,
        /// Since the two were paired.
        after: Duration,
    },
    /// A match was taken up that this server has not made.
    Rebuilt {
        /// The match.
        match_id: MatchId,
    },
    /// A match is over.
    Ended {
        /// The match.
        match_id: MatchId,
        /// As the end that did not cause it was told; of two alike, the impolite one.
        reason: EndReason,
        /// Since the two were paired.
        lasted: Duration,
    },
    /// Something was refused.
    Refused {
        /// Why.
        code: ErrorCode,
    },
}

/// How many there are of each; every peer is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Peers that neither wait nor are matched.
    pub idle: usize,
    /// Peers in the queue, those within their grace included.
    pub waiting: usize,
    /// Peers in a match that is not yet a call.
    pub connecting: usize,
    /// Peers in a call.
    pub talking: usize,
    /// Matches; each has two of the peers above.
    pub matches: usize,
    /// Open sockets, those that have not said hello included.
    pub connections: usize,
}
