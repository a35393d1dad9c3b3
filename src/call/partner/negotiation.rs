//! Perfect negotiation of one connection, as the W3C example has it; it must not know the match or the server.
//!
//! The example's three variables are here by their names. What it awaits is here a command and, later, its result:
//! commands on a connection are done one after another, so each result belongs to the oldest open command of its kind.

use std::collections::VecDeque;

use super::{
    connection::Beginning,
    verification::{Fingerprint, fingerprint},
};
use crate::{
    call::{Description, DescriptionKind, Failed, PeerCommand, SignalingState},
    protocol::{Role, Sdp, Signal, limits::MAX_CANDIDATES},
};

/// What must be done next to the connection.
#[derive(Debug)]
pub(crate) enum Step {
    /// Give it our tracks and all that belongs to them.
    Attach,
    /// This.
    Do(PeerCommand),
}

/// An open `setRemoteDescription` command.
#[derive(Debug)]
struct SettingRemote {
    kind: DescriptionKind,
    /// The ICE username fragments of the description.
    fragments: Vec<String>,
    certificate: Option<Fingerprint>,
}

/// The state of a negotiation.
#[derive(Debug)]
pub(crate) struct Negotiation {
    polite: bool,
    making_offer: bool,
    ignore_offer: bool,
    is_setting_remote_answer_pending: bool,
    signaling_state: SignalingState,
    /// Whether our tracks are on the connection.
    attached: bool,
    /// The open `setLocalDescription` commands.
    setting_local: VecDeque<DescriptionKind>,
    /// The open `setRemoteDescription` commands.
    setting_remote: VecDeque<SettingRemote>,
    /// The username fragments of the remote description; empty before there is one.
    remote_fragments: Vec<String>,
    /// Candidates, and their ends, that came before the description they belong to was set; at most
    /// [`MAX_CANDIDATES`] and one.
    early: Vec<Signal>,
    own_certificate: Option<Fingerprint>,
    partners_certificate: Option<Fingerprint>,
}

impl Negotiation {
    /// A negotiation that has not begun. Who waits for the first offer attaches its tracks only then, so that the usual
    /// case has no collision.
    pub(crate) fn new(role: Role, beginning: Beginning) -> Self {
        Self {
            polite: role == Role::Polite,
            making_offer: false,
            ignore_offer: false,
            is_setting_remote_answer_pending: false,
            signaling_state: SignalingState::Stable,
            attached: beginning == Beginning::Offer,
            setting_local: VecDeque::new(),
            setting_remote: VecDeque::new(),
            remote_fragments: Vec::new(),
            early: Vec::new(),
            own_certificate: None,
            partners_certificate: None,
        }
    }

    /// `signalingstatechange`.
    pub(crate) fn signaling_state_changed(&mut self, state: SignalingState) {
        self.signaling_state = state;
    }

    /// `negotiationneeded`.
    pub(crate) fn needed(&mut self) -> Step {
        self.making_offer = true;
        self.set_local(DescriptionKind::Offer)
    }

    /// Begins again with an offer, if one is out that was never answered.
    pub(crate) fn again(&mut self) -> Option<Step> {
        (self.signaling_state == SignalingState::HaveLocalOffer).then(|| self.needed())
    }

    /// The oldest open `setLocalDescription` is done: the partner is to hear of it.
    pub(crate) fn local_set(
        &mut self,
        result: Result<Description, Failed>,
    ) -> Option<(DescriptionKind, Signal)> {
        if self.setting_local.pop_front() == Some(DescriptionKind::Offer) {
            self.making_offer = false;
        }
        let Description { kind, sdp } = result.ok()?;
        self.own_certificate = fingerprint(&sdp);
        let signal = match kind {
            DescriptionKind::Offer => Signal::Offer { sdp },
            DescriptionKind::Answer => Signal::Answer { sdp },
        };
        Some((kind, signal))
    }

    /// The oldest open `setRemoteDescription` is done: of which kind, and what follows; `None` if it was in vain.
    pub(crate) fn remote_set(&mut self, result: Result<(), Failed>) -> Option<(DescriptionKind, Vec<Step>)> {
        // After a failure too: else one bad answer would make every later offer look ready.
        self.is_setting_remote_answer_pending = false;
        let SettingRemote { kind, fragments, certificate } = self.setting_remote.pop_front()?;
        result.ok()?;
        (self.remote_fragments, self.partners_certificate) = (fragments, certificate);
        let mut steps = Vec::new();
        if kind == DescriptionKind::Offer {
            if !self.attached {
                self.attached = true;
                steps.push(Step::Attach);
            }
            steps.push(self.set_local(DescriptionKind::Answer));
        }
        let early = std::mem::take(&mut self.early);
        steps.extend(early.into_iter().filter_map(|it| self.signalled(it)));
        Some((kind, steps))
    }

    /// The certificate that our description names.
    pub(crate) const fn own_certificate(&self) -> Option<Fingerprint> {
        self.own_certificate
    }

    /// The certificate that the partner's description names.
    pub(crate) const fn partners_certificate(&self) -> Option<Fingerprint> {
        self.partners_certificate
    }

    /// Something from the partner.
    pub(crate) fn signalled(&mut self, signal: Signal) -> Option<Step> {
        match signal {
            Signal::Offer { sdp } => self.description(Description { kind: DescriptionKind::Offer, sdp }),
            Signal::Answer { sdp } => self.description(Description { kind: DescriptionKind::Answer, sdp }),
            trickled @ (Signal::Candidate(_) | Signal::EndOfCandidates { .. }) => self.trickled(trickled),
        }
    }

    fn description(&mut self, description: Description) -> Option<Step> {
        let stable = self.signaling_state == SignalingState::Stable;
        let ready_for_offer = !self.making_offer && (stable || self.is_setting_remote_answer_pending);
        let offer_collision = description.kind == DescriptionKind::Offer && !ready_for_offer;
        self.ignore_offer = !self.polite && offer_collision;
        if self.ignore_offer {
            return None;
        }
        self.is_setting_remote_answer_pending = description.kind == DescriptionKind::Answer;
        self.setting_remote.push_back(SettingRemote {
            kind: description.kind,
            fragments: fragments(&description.sdp),
            certificate: fingerprint(&description.sdp),
        });
        Some(Step::Do(PeerCommand::SetRemote(description)))
    }

    /// Keeps what is early, drops what belongs to an ICE generation that is over or was ignored.
    fn trickled(&mut self, signal: Signal) -> Option<Step> {
        let is_early = self.remote_fragments.is_empty() || !self.setting_remote.is_empty();
        if is_early {
            // The last place is the end's.
            let room = usize::from(MAX_CANDIDATES) + usize::from(!matches!(signal, Signal::Candidate(_)));
            if self.early.len() < room {
                self.early.push(signal);
            }
            return None;
        }
        let (fragment, command) = match signal {
            Signal::Candidate(it) => (it.username_fragment.clone(), PeerCommand::AddCandidate(it)),
            Signal::EndOfCandidates { username_fragment: it } => {
                (it.clone(), PeerCommand::EndCandidates { username_fragment: it })
            }
            Signal::Offer { .. } | Signal::Answer { .. } => return None,
        };
        let current = fragment.is_none_or(|it| self.remote_fragments.contains(&it));
        current.then_some(Step::Do(command))
    }

    fn set_local(&mut self, kind: DescriptionKind) -> Step {
        self.setting_local.push_back(kind);
        Step::Do(PeerCommand::SetLocal)
    }
}

/// The `ice-ufrag` values of a description (RFC 8839, 5.4).
fn fragments(sdp: &Sdp) -> Vec<String> {
    let values = sdp.0.lines().filter_map(|line| line.strip_prefix("a=ice-ufrag:"));
    let mut fragments: Vec<_> = values.map(|it| it.trim_end().to_owned()).collect();
    fragments.dedup();
    fragments
}
