//! [`Output`]: everything that the matchmaker can ask the driver to do.

use std::{sync::Arc, time::Duration};

use super::{
    input::SocketId,
    matches::privacy::DroppedCandidate,
    moderation::types::{GenuineReport, ReportRequest},
};
use crate::{
    protocol::{Affinity, EndReason, ErrorCode, Frame, MatchId, ReportResult, ToBrowser},
    time::Moment,
};

/// One command. The driver performs commands in the order given.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send a message.
    Send {
        /// The socket to send it on.
        socket: SocketId,
        /// The message, shared with the outbox that keeps it for replay.
        frame: Frame<Arc<ToBrowser>>,
    },
    /// Close a socket after the messages sent to it before. The matchmaker has already forgotten it.
    Close {
        /// The socket.
        socket: SocketId,
        /// The reason. Its [`close_code`](ErrorCode::close_code) goes into the close frame.
        code: ErrorCode,
    },
    /// Store a report for good, and answer with [`Input::ReportStored`](super::Input::ReportStored). Of each end of a
    /// match one report is kept.
    StoreReport {
        /// The number of this request.
        request: ReportRequest,
        /// The report.
        report: Box<GenuineReport>,
    },
    /// Log and count something.
    Note(Note),
}

/// An event for operators: ids and durations, nothing about people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Two peers were paired.
    Matched {
        /// The new match.
        match_id: MatchId,
        /// How long the peer that waited longer had waited.
        waited: Duration,
        /// The closest thing that the two have in common.
        affinity: Affinity,
    },
    /// Both ends of a match have reported that media or data arrives.
    Connected {
        /// The match.
        match_id: MatchId,
        /// The time since the two were paired.
        after: Duration,
    },
    /// A match that this server did not make was rebuilt from a ticket.
    Rebuilt {
        /// The match.
        match_id: MatchId,
    },
    /// A match is over.
    Ended {
        /// The match.
        match_id: MatchId,
        /// The reason sent to the end that did not cause it; both ends get the same one if neither caused it.
        reason: EndReason,
        /// The time since the two were paired.
        lasted: Duration,
    },
    /// A message or a peer was rejected.
    Refused {
        /// The reason.
        code: ErrorCode,
    },
    /// A report was not stored.
    ReportRefused {
        /// What its page is told.
        result: ReportResult,
    },
    /// A candidate was not forwarded.
    CandidateDropped {
        /// The reason.
        reason: DroppedCandidate,
    },
}

/// How many peers, matches and sockets there are. Every peer is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Peers that neither wait nor are matched.
    pub idle: usize,
    /// Waiting peers, including those in their grace period.
    pub waiting: usize,
    /// Peers in a match that has not connected yet.
    pub connecting: usize,
    /// Peers in a match that has connected.
    pub talking: usize,
    /// Matches. Each has two of the peers above.
    pub matches: usize,
    /// Open sockets, including those that have not sent `hello`.
    pub connections: usize,
}

/// The messages that peers have not acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxTotals {
    /// Bytes of their texts with what an allocator adds, plus a fixed cost for each message.
    pub bytes: u64,
    /// When the oldest one was first sent, up to a second too early; `None` if there is none.
    pub oldest: Option<Moment>,
}
