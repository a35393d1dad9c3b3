//! The perfect negotiation of one connection, as in the example of the W3C specification (webrtc-pc).
//!
//! The example's three variables keep their names. Where the example awaits a promise, a command goes out here and its
//! result comes in later. The browser performs the commands of a connection one after another, so each result belongs
//! to the oldest pending command of its kind.

use std::collections::VecDeque;

use super::verification::{Fingerprint, fingerprint};
use crate::{
    call::{Description, DescriptionKind, Failed, PeerCommand, SignalingState},
    protocol::{CandidateCount, CandidateRoom, Role, Sdp, Signal, limits::MAX_CANDIDATES},
};

/// Which end makes the first offer on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstOffer {
    /// This end.
    Ours,
    /// The partner.
    Theirs,
}

impl FirstOffer {
    /// Whose first offer it is on a connection that is not prepared: the impolite end's, so that none is rolled back.
    pub(crate) const fn of(role: Role) -> Self {
        match role {
            Role::Impolite => Self::Ours,
            Role::Polite => Self::Theirs,
        }
    }
}

/// A pending `setRemoteDescription` command.
#[derive(Debug)]
struct PendingRemote {
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
    /// The pending `setLocalDescription` commands.
    pending_local: VecDeque<DescriptionKind>,
    /// The pending `setRemoteDescription` commands.
    pending_remote: VecDeque<PendingRemote>,
    /// The username fragments of the remote description; empty before there is one.
    remote_fragments: Vec<String>,
    /// Candidates and ends of candidates that arrived before their description was set; at most [`MAX_CANDIDATES`] of
    /// each, and one.
    early: Vec<Signal>,
    /// The candidates among them.
    early_candidates: CandidateCount,
    own_certificate: Option<Fingerprint>,
    partner_certificate: Option<Fingerprint>,
}

impl Negotiation {
    /// A negotiation that has not begun.
    ///
    /// The end that waits for the first offer attaches its tracks only when the offer is there. So the two do not
    /// collide in the usual case.
    pub(crate) fn new(role: Role, first_offer: FirstOffer) -> Self {
        Self {
            polite: role == Role::Polite,
            making_offer: false,
            ignore_offer: false,
            is_setting_remote_answer_pending: false,
            signaling_state: SignalingState::Stable,
            attached: first_offer == FirstOffer::Ours,
            pending_local: VecDeque::new(),
            pending_remote: VecDeque::new(),
            remote_fragments: Vec::new(),
            early: Vec::new(),
            early_candidates: CandidateCount::default(),
            own_certificate: None,
            partner_certificate: None,
        }
    }

    /// `signalingstatechange`.
    pub(crate) fn on_signaling_state(&mut self, state: SignalingState) {
        self.signaling_state = state;
    }

    /// `negotiationneeded`.
    ///
    /// The end that waits for the first offer makes none before. A rollback of a first offer takes the sections away
    /// from its transceivers, and those without a track never get them back (RFC 8829, 5.10).
    pub(crate) fn on_negotiation_needed(&mut self) -> Option<PeerCommand> {
        self.attached.then(|| {
            self.making_offer = true;
            self.set_local(DescriptionKind::Offer)
        })
    }

    /// Makes another offer if the last one was never answered.
    pub(crate) fn repeat_offer(&mut self) -> Option<PeerCommand> {
        if self.signaling_state == SignalingState::HaveLocalOffer {
            self.on_negotiation_needed()
        } else {
            None
        }
    }

    /// The oldest pending `setLocalDescription` is done. Returns the kind and the signal to send.
    pub(crate) fn on_local_set(
        &mut self,
        result: Result<Description, Failed>,
    ) -> Option<(DescriptionKind, Signal)> {
        if self.pending_local.pop_front() == Some(DescriptionKind::Offer) {
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

    /// The oldest pending `setRemoteDescription` is done. Returns its kind and the next commands; `None` if it failed.
    pub(crate) fn on_remote_set(
        &mut self,
        result: Result<(), Failed>,
    ) -> Option<(DescriptionKind, Vec<PeerCommand>)> {
        // Also after a failure: otherwise one bad answer would make every later offer look ready.
        self.is_setting_remote_answer_pending = false;
        let PendingRemote { kind, fragments, certificate } = self.pending_remote.pop_front()?;
        result.ok()?;
        (self.remote_fragments, self.partner_certificate) = (fragments, certificate);
        let mut commands = Vec::new();
        if kind == DescriptionKind::Offer {
            if !self.attached {
                self.attached = true;
                commands.push(PeerCommand::Attach);
            }
            commands.push(self.set_local(DescriptionKind::Answer));
        }
        let early = std::mem::take(&mut self.early);
        self.early_candidates = CandidateCount::default();
        commands.extend(early.into_iter().filter_map(|it| self.on_signal(it)));
        Some((kind, commands))
    }

    /// The certificate that our description names.
    pub(crate) const fn own_certificate(&self) -> Option<Fingerprint> {
        self.own_certificate
    }

    /// The certificate that the partner's description names.
    pub(crate) const fn partner_certificate(&self) -> Option<Fingerprint> {
        self.partner_certificate
    }

    /// A signal from the partner.
    pub(crate) fn on_signal(&mut self, signal: Signal) -> Option<PeerCommand> {
        match signal {
            Signal::Offer { sdp } => self.on_description(Description { kind: DescriptionKind::Offer, sdp }),
            Signal::Answer { sdp } => self.on_description(Description { kind: DescriptionKind::Answer, sdp }),
            candidate @ (Signal::Candidate(_) | Signal::EndOfCandidates { .. }) => {
                self.on_candidate(candidate)
            }
        }
    }

    fn on_description(&mut self, description: Description) -> Option<PeerCommand> {
        let stable = self.signaling_state == SignalingState::Stable;
        let ready_for_offer = !self.making_offer && (stable || self.is_setting_remote_answer_pending);
        let offer_collision = description.kind == DescriptionKind::Offer && !ready_for_offer;
        self.ignore_offer = !self.polite && offer_collision;
        if self.ignore_offer {
            return None;
        }
        self.is_setting_remote_answer_pending = description.kind == DescriptionKind::Answer;
        self.pending_remote.push_back(PendingRemote {
            kind: description.kind,
            fragments: fragments(&description.sdp),
            certificate: fingerprint(&description.sdp),
        });
        Some(PeerCommand::SetRemote(description))
    }

    /// Keeps a candidate that is early; drops one of an ICE generation that has ended or was ignored.
    fn on_candidate(&mut self, signal: Signal) -> Option<PeerCommand> {
        let is_early = self.remote_fragments.is_empty() || !self.pending_remote.is_empty();
        if is_early {
            let has_room = match &signal {
                Signal::Candidate(it) => self.early_candidates.add(it) == CandidateRoom::Fits,
                // There is always a place for one end of candidates.
                Signal::Offer { .. } | Signal::Answer { .. } | Signal::EndOfCandidates { .. } => {
                    self.early.len() <= usize::from(MAX_CANDIDATES)
                }
            };
            if has_room {
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
        current.then_some(command)
    }

    fn set_local(&mut self, kind: DescriptionKind) -> PeerCommand {
        self.pending_local.push_back(kind);
        PeerCommand::SetLocal
    }
}

/// The `ice-ufrag` values of a description (RFC 8839, 5.4).
fn fragments(sdp: &Sdp) -> Vec<String> {
    let values = sdp.0.lines().filter_map(|line| line.strip_prefix("a=ice-ufrag:"));
    let mut fragments: Vec<_> = values.map(|it| it.trim_end().to_owned()).collect();
    fragments.dedup();
    fragments
}
