//! One peer connection and its negotiation: what happens to it becomes commands on it and signals for the partner; it must
//! not know the match it serves, nor whether there is one yet.

use super::{
    negotiation::{Negotiation, Step},
    verification::Certificates,
};
use crate::{
    call::{
        ConnectionId, Description, DescriptionKind, Failed, Output, PeerCommand, SendProfile, SignalingState,
    },
    protocol::{Candidate, IceServer, Role, Signal, limits::MAX_CANDIDATES},
};

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Which.
    pub(crate) link: ConnectionId,
    role: Role,
    negotiation: Negotiation,
    /// Candidates found since the last local description.
    candidates: u16,
    quality: SendProfile,
}

/// How a connection is made.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// STUN and TURN servers.
    pub(crate) ice: Vec<IceServer>,
    /// Through a relay or not at all.
    pub(crate) relay_only: bool,
    /// How much may be sent on it.
    pub(crate) quality: SendProfile,
}

/// Who makes the first offer on a connection. That they collide all the same does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// This end.
    Offer,
    /// The other one.
    Answer,
}

impl Connection {
    /// Opens one.
    pub(crate) fn open(
        link: ConnectionId,
        role: Role,
        beginning: Beginning,
        way: &Way,
        out: &mut Vec<Output>,
    ) -> Self {
        let Way { ref ice, relay_only, quality } = *way;
        let negotiation = Negotiation::new(role, beginning);
        let it = Self { link, role, negotiation, candidates: 0, quality };
        it.perform(PeerCommand::Open { ice: ice.clone(), relay_only }, out);
        match beginning {
            Beginning::Offer => {
                it.perform(PeerCommand::Attach, out);
                it.perform(PeerCommand::LimitBitrate(quality), out);
            }
            Beginning::Answer => {}
        }
        it
    }

    /// `negotiationneeded`.
    pub(crate) fn needed(&mut self, out: &mut Vec<Output>) {
        let step = self.negotiation.needed();
        self.step(step, out);
    }

    /// A local description is set, or could not be: what to send, and what kind it is.
    pub(crate) fn local_set(
        &mut self,
        result: Result<Description, Failed>,
    ) -> Option<(DescriptionKind, Signal)> {
        self.candidates = 0;
        self.negotiation.local_set(result)
    }

    /// A remote description is set, or could not be: what kind it is.
    pub(crate) fn remote_set(
        &mut self,
        result: Result<(), Failed>,
        out: &mut Vec<Output>,
    ) -> Option<DescriptionKind> {
        let (kind, steps) = self.negotiation.remote_set(result)?;
        let attaches = steps.iter().any(|it| matches!(it, Step::Attach));
        for step in steps {
            self.step(step, out);
        }
        // The answer does not wait for it.
        if attaches {
            self.perform(PeerCommand::LimitBitrate(self.quality), out);
        }
        Some(kind)
    }

    /// A candidate is found: for the partner, unless one more would be refused; too many refusals end the session.
    pub(crate) fn candidate_found(&mut self, candidate: Candidate) -> Option<Signal> {
        let passes = self.candidates < MAX_CANDIDATES;
        self.candidates += u16::from(passes);
        passes.then_some(Signal::Candidate(candidate))
    }

    /// `signalingstatechange`.
    pub(crate) fn signaling_state_changed(&mut self, state: SignalingState) {
        self.negotiation.signaling_state_changed(state);
    }

    /// Takes in what the partner has sent through the server.
    pub(crate) fn signalled(&mut self, signal: Signal, out: &mut Vec<Output>) {
        if let Some(step) = self.negotiation.signalled(signal) {
            self.step(step, out);
        }
    }

    /// Looks for a new path.
    pub(crate) fn restart_ice(&self, out: &mut Vec<Output>) {
        self.perform(PeerCommand::RestartIce, out);
    }

    /// Offers again, if an offer is out that may be lost, since the server has forgotten everything.
    pub(crate) fn offer_again(&mut self, out: &mut Vec<Output>) {
        if let Some(step) = self.negotiation.again() {
            self.restart_ice(out);
            self.step(step, out);
        }
    }

    /// Uses other servers from the next gathering on.
    pub(crate) fn set_servers(&self, way: &Way, out: &mut Vec<Output>) {
        self.perform(PeerCommand::SetServers { ice: way.ice.clone(), relay_only: way.relay_only }, out);
    }

    /// Changes how much may be sent.
    pub(crate) fn bound(&mut self, quality: SendProfile, out: &mut Vec<Output>) {
        self.quality = quality;
        self.perform(PeerCommand::LimitBitrate(quality), out);
    }

    /// Closes it.
    pub(crate) fn close(&self, out: &mut Vec<Output>) {
        self.perform(PeerCommand::Close, out);
    }

    /// The certificates at both ends, once both descriptions are set.
    pub(crate) fn certificates(&self) -> Option<Certificates> {
        let (own, theirs) = (self.negotiation.own_certificate()?, self.negotiation.partners_certificate()?);
        Some(match self.role {
            Role::Impolite => Certificates { impolite: own, polite: theirs },
            Role::Polite => Certificates { impolite: theirs, polite: own },
        })
    }

    /// Has something done.
    pub(crate) fn perform(&self, command: PeerCommand, out: &mut Vec<Output>) {
        out.push(Output::Peer { link: self.link, command });
    }

    fn step(&self, step: Step, out: &mut Vec<Output>) {
        match step {
            Step::Attach => self.perform(PeerCommand::Attach, out),
            Step::Do(command) => self.perform(command, out),
        }
    }
}
