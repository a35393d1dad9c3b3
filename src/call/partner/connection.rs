//! One peer connection: turns its events into commands for the browser and signals for the partner.
//!
//! It serves a match or the offer prepared before one. [`Negotiation`] decides which description comes next.

use super::{
    negotiation::{FirstOffer, Negotiation},
    verification::Certificates,
};
use crate::{
    call::{
        ConnectionId, Description, DescriptionKind, Failed, Output, PeerCommand, SendProfile, SignalingState,
    },
    protocol::{Candidate, CandidateCount, CandidateRoom, IceServer, Role, Signal},
};

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Identifies the connection in inputs and outputs.
    pub(crate) id: ConnectionId,
    role: Role,
    negotiation: Negotiation,
    /// Candidates sent since the last local description.
    candidates: CandidateCount,
    send_profile: SendProfile,
}

/// The settings of a connection.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionConfig {
    /// STUN and TURN servers.
    pub(crate) ice: Vec<IceServer>,
    /// Uses relay candidates only.
    pub(crate) relay_only: bool,
    /// Limits what is sent.
    pub(crate) send_profile: SendProfile,
}

impl Connection {
    /// Opens a connection. The end that makes the first offer, which is the impolite one, attaches its tracks at once.
    pub(crate) fn open(
        id: ConnectionId,
        role: Role,
        first_offer: FirstOffer,
        config: &ConnectionConfig,
        out: &mut Vec<Output>,
    ) -> Self {
        let ConnectionConfig { ref ice, relay_only, send_profile } = *config;
        let negotiation = Negotiation::new(role, first_offer);
        let it = Self { id, role, negotiation, candidates: CandidateCount::default(), send_profile };
        it.perform(PeerCommand::Open { ice: ice.clone(), relay_only }, out);
        match first_offer {
            FirstOffer::Ours => {
                it.perform(PeerCommand::Attach, out);
                it.perform(PeerCommand::LimitBitrate(send_profile), out);
            }
            FirstOffer::Theirs => {}
        }
        it
    }

    /// `negotiationneeded`.
    pub(crate) fn on_negotiation_needed(&mut self, out: &mut Vec<Output>) {
        if let Some(command) = self.negotiation.on_negotiation_needed() {
            self.perform(command, out);
        }
    }

    /// A local description was set or failed. Returns its kind and the signal to send.
    pub(crate) fn on_local_set(
        &mut self,
        result: Result<Description, Failed>,
    ) -> Option<(DescriptionKind, Signal)> {
        self.candidates = CandidateCount::default();
        self.negotiation.on_local_set(result)
    }

    /// A remote description was set or failed. Returns its kind.
    pub(crate) fn on_remote_set(
        &mut self,
        result: Result<(), Failed>,
        out: &mut Vec<Output>,
    ) -> Option<DescriptionKind> {
        let (kind, commands) = self.negotiation.on_remote_set(result)?;
        let attaches = commands.iter().any(|it| matches!(it, PeerCommand::Attach));
        for command in commands {
            self.perform(command, out);
        }
        // After the commands, so that it does not delay the answer.
        if attaches {
            self.perform(PeerCommand::LimitBitrate(self.send_profile), out);
        }
        Some(kind)
    }

    /// A local candidate was found. Returns the signal for the partner, or `None` if there is no room for it.
    ///
    /// The server would drop surplus host candidates. It would refuse other candidates that do not fit, and it closes
    /// the session after too many refusals.
    pub(crate) fn on_candidate(&mut self, candidate: Candidate) -> Option<Signal> {
        match self.candidates.add(&candidate) {
            CandidateRoom::Fits => Some(Signal::Candidate(candidate)),
            CandidateRoom::Surplus | CandidateRoom::TooMany => None,
        }
    }

    /// `signalingstatechange`.
    pub(crate) fn on_signaling_state(&mut self, state: SignalingState) {
        self.negotiation.on_signaling_state(state);
    }

    /// A signal from the partner.
    pub(crate) fn on_signal(&mut self, signal: Signal, out: &mut Vec<Output>) {
        if let Some(command) = self.negotiation.on_signal(signal) {
            self.perform(command, out);
        }
    }

    /// Restarts ICE to find a new path.
    pub(crate) fn restart_ice(&self, out: &mut Vec<Output>) {
        self.perform(PeerCommand::RestartIce, out);
    }

    /// Repeats an unanswered offer, which may be lost. Returns whether there is one.
    pub(crate) fn repeat_offer(&mut self, out: &mut Vec<Output>) -> bool {
        let Some(command) = self.negotiation.repeat_offer() else { return false };
        self.restart_ice(out);
        self.perform(command, out);
        true
    }

    /// Uses other STUN and TURN servers from the next gathering on.
    pub(crate) fn set_servers(&self, config: &ConnectionConfig, out: &mut Vec<Output>) {
        let (ice, relay_only) = (config.ice.clone(), config.relay_only);
        self.perform(PeerCommand::SetServers { ice, relay_only }, out);
    }

    /// Changes the limits on what is sent.
    pub(crate) fn set_send_profile(&mut self, send_profile: SendProfile, out: &mut Vec<Output>) {
        self.send_profile = send_profile;
        self.perform(PeerCommand::LimitBitrate(send_profile), out);
    }

    /// Sets the limits on what is sent again, which the browser may have refused.
    pub(crate) fn repeat_limits(&self, out: &mut Vec<Output>) {
        self.perform(PeerCommand::LimitBitrate(self.send_profile), out);
    }

    /// Closes the connection.
    pub(crate) fn close(&self, out: &mut Vec<Output>) {
        self.perform(PeerCommand::Close, out);
    }

    /// The certificates of both ends, once both descriptions are set.
    pub(crate) fn certificates(&self) -> Option<Certificates> {
        let (own, theirs) = (self.negotiation.own_certificate()?, self.negotiation.partner_certificate()?);
        Some(match self.role {
            Role::Impolite => Certificates { impolite: own, polite: theirs },
            Role::Polite => Certificates { impolite: theirs, polite: own },
        })
    }

    /// Emits a command for this connection.
    pub(crate) fn perform(&self, command: PeerCommand, out: &mut Vec<Output>) {
        out.push(Output::Peer { link: self.id, command });
    }
}
