//! The fake peer connection of a page: the signaling states of the W3C, without delays, with descriptions and
//! candidates that the real server accepts.
//!
//! A description is known by its ICE generation, so the two ends of a call find each other by what they have exchanged.

use passerby::{
    call::{
        ConnectionId, Description, DescriptionKind, Failed, Measurement, PeerCommand, PeerEvent,
        SignalingState,
    },
    protocol::{Candidate, Sdp},
};

use crate::support::{ANSWER, CANDIDATE, OFFER};

/// A peer connection.
pub(super) struct PeerConnection {
    pub(super) link: ConnectionId,
    /// The ICE generation of the local description in force.
    pub(super) local: Option<String>,
    /// The same of the remote description.
    pub(super) remote: Option<String>,
    /// The generation of the last candidate of the partner.
    pub(super) reachable: Option<String>,
    /// Media arrives.
    pub(super) is_connected: bool,
    state: SignalingState,
    needs_negotiation: bool,
    /// The next local description starts a new generation.
    restarts: bool,
    generation: Option<String>,
    /// The generation of an offer that is not answered yet.
    pending: Option<String>,
    counters: Measurement,
}

/// The ICE generation in a description.
pub(super) fn generation(sdp: &Sdp) -> Option<String> {
    sdp.0.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).map(|it| it.trim_end().to_owned())
}

/// A description of a real browser with another ICE generation.
fn description(kind: DescriptionKind, generation: &str) -> Description {
    let template = match kind {
        DescriptionKind::Offer => OFFER,
        DescriptionKind::Answer => ANSWER,
    };
    let own = self::generation(&Sdp(template.to_owned())).expect("an ICE generation");
    let line = |generation: &str| format!("a=ice-ufrag:{generation}");
    Description { kind, sdp: Sdp(template.replace(&line(&own), &line(generation))) }
}

impl PeerConnection {
    pub(super) fn new(link: ConnectionId) -> Self {
        Self {
            link,
            local: None,
            remote: None,
            reachable: None,
            is_connected: false,
            state: SignalingState::Stable,
            needs_negotiation: false,
            restarts: false,
            generation: None,
            pending: None,
            counters: Measurement::default(),
        }
    }

    /// Performs a command and returns what the browser reports. `fresh` is a generation that was never used.
    pub(super) fn perform(&mut self, command: PeerCommand, fresh: &str) -> Vec<PeerEvent> {
        let mut events = match command {
            PeerCommand::Attach => {
                self.needs_negotiation |= self.state == SignalingState::Stable;
                Vec::new()
            }
            PeerCommand::RestartIce => {
                (self.restarts, self.needs_negotiation) = (true, true);
                Vec::new()
            }
            PeerCommand::SetLocal => self.set_local(fresh),
            PeerCommand::SetRemote(description) => self.set_remote(&description),
            PeerCommand::AddCandidate(candidate) => {
                self.reachable = candidate.username_fragment;
                Vec::new()
            }
            PeerCommand::Measure => {
                let more = u64::from(self.is_connected);
                self.counters.frames_decoded += more;
                self.counters.audio_packets += more;
                self.counters.bytes_received += 1_000 * more;
                vec![PeerEvent::Measured(self.counters)]
            }
            PeerCommand::Open { .. }
            | PeerCommand::SetServers { .. }
            | PeerCommand::LimitBitrate(_)
            | PeerCommand::RefreshPicture
            | PeerCommand::EndCandidates { .. }
            | PeerCommand::Send(_)
            | PeerCommand::Close => Vec::new(),
        };
        if self.needs_negotiation && self.state == SignalingState::Stable {
            self.needs_negotiation = false;
            events.push(PeerEvent::NegotiationNeeded);
        }
        events
    }

    fn set_local(&mut self, fresh: &str) -> Vec<PeerEvent> {
        let (kind, state) = match self.state {
            SignalingState::Stable | SignalingState::HaveLocalOffer => {
                (DescriptionKind::Offer, SignalingState::HaveLocalOffer)
            }
            SignalingState::HaveRemoteOffer => (DescriptionKind::Answer, SignalingState::Stable),
            SignalingState::Closed => return vec![PeerEvent::LocalSet(Err(Failed))],
        };
        let gathers = std::mem::take(&mut self.restarts) || self.generation.is_none();
        if gathers {
            self.generation = Some(fresh.to_owned());
        }
        let generation = self.generation.clone().unwrap_or_default();
        self.state = state;
        match kind {
            DescriptionKind::Offer => self.pending = Some(generation.clone()),
            DescriptionKind::Answer => self.local = Some(generation.clone()),
        }
        let mut events =
            vec![PeerEvent::Signaling(state), PeerEvent::LocalSet(Ok(description(kind, &generation)))];
        if gathers {
            let username_fragment = Some(generation.clone());
            events.push(PeerEvent::CandidateFound(Candidate {
                candidate: Sdp(CANDIDATE.replace("I+IT", &generation)),
                sdp_mid: Some("0".to_owned()),
                sdp_m_line_index: Some(0),
                username_fragment: username_fragment.clone(),
            }));
            events.push(PeerEvent::CandidatesEnded { username_fragment });
        }
        events
    }

    fn set_remote(&mut self, description: &Description) -> Vec<PeerEvent> {
        let theirs = generation(&description.sdp);
        let state = match (description.kind, self.state) {
            (DescriptionKind::Offer, SignalingState::Stable | SignalingState::HaveLocalOffer) => {
                if self.pending.take().is_some() {
                    // An implicit rollback: the own change must still be negotiated, with a new generation.
                    (self.needs_negotiation, self.restarts) = (true, true);
                }
                // A new generation in the offer requires one in the answer.
                self.restarts |= self.remote.is_some() && self.remote != theirs;
                SignalingState::HaveRemoteOffer
            }
            (DescriptionKind::Answer, SignalingState::HaveLocalOffer) => {
                self.local = self.pending.take();
                SignalingState::Stable
            }
            (DescriptionKind::Offer, SignalingState::HaveRemoteOffer | SignalingState::Closed)
            | (
                DescriptionKind::Answer,
                SignalingState::Stable | SignalingState::HaveRemoteOffer | SignalingState::Closed,
            ) => return vec![PeerEvent::RemoteSet(Err(Failed))],
        };
        (self.remote, self.state) = (theirs, state);
        vec![PeerEvent::Signaling(state), PeerEvent::RemoteSet(Ok(()))]
    }
}
