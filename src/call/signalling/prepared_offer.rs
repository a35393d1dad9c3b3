//! The offer that is made while this page waits, so that whoever comes can answer at once; it must not know the match
//! that may come of it.

use std::time::Duration;

use crate::{
    call::{
        ConnectionId, Output, PeerEvent,
        partner::{
            connection::{Connection, ConnectionConfig},
            negotiation::FirstOffer,
        },
    },
    protocol::{Role, Signal, limits::PREPARED_FOR},
    time::Moment,
};

/// How long before the server would not use it any more an offer is made anew.
const RENEWED_BEFORE: Duration = Duration::from_secs(15);

/// A connection that waits for a partner.
#[derive(Debug)]
pub(crate) struct PreparedConnection {
    /// The connection.
    pub(crate) connection: Connection,
    /// Its number, which the server tells when it is used.
    pub(crate) number: u32,
    /// How it is made.
    pub(crate) config: ConnectionConfig,
    made_at: Moment,
}

impl PreparedConnection {
    /// Makes the connection; its offer follows by itself.
    pub(crate) fn new(
        now: Moment,
        link: ConnectionId,
        number: u32,
        config: ConnectionConfig,
        out: &mut Vec<Output>,
    ) -> Self {
        let connection = Connection::open(link, Role::Impolite, FirstOffer::Ours, &config, out);
        Self { connection, number, config, made_at: now }
    }

    /// When the offer must be made anew.
    pub(crate) fn renew_at(&self) -> Moment {
        self.made_at + (PREPARED_FOR - RENEWED_BEFORE)
    }

    /// Takes in what happened to the connection; returns what the server is to keep of it.
    pub(crate) fn happened(&mut self, event: PeerEvent, out: &mut Vec<Output>) -> Option<Signal> {
        match event {
            PeerEvent::NegotiationNeeded => {
                self.connection.on_negotiation_needed(out);
                None
            }
            PeerEvent::LocalSet(result) => self.connection.on_local_set(result).map(|(_, signal)| signal),
            PeerEvent::CandidateFound(candidate) => self.connection.on_candidate(candidate),
            PeerEvent::CandidatesEnded { username_fragment } => {
                Some(Signal::EndOfCandidates { username_fragment })
            }
            PeerEvent::Signaling(state) => {
                self.connection.on_signaling_state(state);
                None
            }
            // Nobody is there who could have caused these.
            PeerEvent::RemoteSet(_)
            | PeerEvent::Connection(_)
            | PeerEvent::PathFound
            | PeerEvent::ChannelOpened { .. }
            | PeerEvent::FramePresented
            | PeerEvent::Message(_)
            | PeerEvent::Measured(_) => None,
        }
    }
}
