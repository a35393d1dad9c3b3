//! [`PreparedConnection`]: a connection that makes its offer while this page waits, so that the next partner can answer
//! at once.

use std::time::Duration;

use crate::{
    call::{
        ConnectionId, Output, PeerEvent, SendProfile,
        partner::{
            connection::{Connection, ConnectionConfig},
            negotiation::FirstOffer,
        },
    },
    protocol::{Role, Signal, limits::PREPARED_FOR},
    time::Moment,
};

/// How long before the server discards an offer it is replaced.
const RENEW_BEFORE: Duration = Duration::from_secs(15);

/// A connection that waits for a partner.
#[derive(Debug)]
pub(crate) struct PreparedConnection {
    /// The connection.
    pub(crate) connection: Connection,
    /// The number of the offer. The server names it when it uses the offer.
    pub(crate) number: u32,
    /// How the connection was made.
    pub(crate) config: ConnectionConfig,
    made_at: Moment,
}

impl PreparedConnection {
    /// Opens the connection; its offer follows by itself.
    pub(crate) fn new(
        now: Moment,
        id: ConnectionId,
        number: u32,
        config: ConnectionConfig,
        out: &mut Vec<Output>,
    ) -> Self {
        let connection = Connection::open(id, Role::Impolite, FirstOffer::Ours, &config, out);
        Self { connection, number, config, made_at: now }
    }

    /// When the offer must be replaced.
    pub(crate) fn renew_at(&self) -> Moment {
        self.made_at + (PREPARED_FOR - RENEW_BEFORE)
    }

    /// Changes how much may be sent.
    pub(crate) fn set_send_profile(&mut self, send_profile: SendProfile, out: &mut Vec<Output>) {
        self.config.send_profile = send_profile;
        self.connection.set_send_profile(send_profile, out);
    }

    /// Handles an event of the connection; returns the signal that the server has to keep.
    pub(crate) fn on_peer_event(&mut self, event: PeerEvent, out: &mut Vec<Output>) -> Option<Signal> {
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
            // These need a partner.
            PeerEvent::RemoteSet(_)
            | PeerEvent::Connection(_)
            | PeerEvent::PathFound
            | PeerEvent::ChannelOpened { .. }
            | PeerEvent::FramePresented
            | PeerEvent::Message(_)
            | PeerEvent::Measured(_) => None,
            // The match asks for it again.
            PeerEvent::Sender { .. } => None,
        }
    }
}
