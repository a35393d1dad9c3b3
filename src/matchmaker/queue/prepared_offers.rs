//! Offers that peers make while they wait, so that a match connects faster.
//!
//! [`OfferSlots`] chooses the peers that are asked for one; [`OfferState`] is what a peer has sent so far.

use std::{collections::BTreeMap, mem};

use super::place::{Place, Seeker};
use crate::{
    matchmaker::matches::privacy::{DroppedCandidate, Privacy},
    protocol::{
        Candidate, CandidateCount, CandidateRoom, ErrorCode, PeerId, PreparedOffer, Sdp, Signal,
        limits::{MAX_PREPARED, PREPARED_FOR},
    },
    time::Moment,
};

/// Chooses the peers that may prepare an offer: those at the head of the queue that do not hide their address.
///
/// Peers that are silent have slots of their own. So they do not keep others from being asked, nor others them.
#[derive(Debug, Default)]
pub(crate) struct OfferSlots {
    /// How many waiting peers have been asked and may still answer, or have answered; at most [`MAX_PREPARED`].
    taken: usize,
    /// How many silent peers have been asked and may still answer; at most [`MAX_PREPARED`].
    probed: usize,
    /// Waiting peers that have not been asked.
    candidates: BTreeMap<Place, PeerId>,
    /// The same, of silent peers.
    silent_candidates: BTreeMap<Place, PeerId>,
}

impl OfferSlots {
    /// Adds a waiting peer that may be asked for an offer.
    pub(crate) fn enroll(&mut self, place: Place, peer: PeerId, is_silent: bool) {
        let candidates = if is_silent { &mut self.silent_candidates } else { &mut self.candidates };
        candidates.insert(place, peer);
    }

    /// Removes a peer that no longer waits or that now hides its address. Its offer is dropped.
    pub(crate) fn release(&mut self, place: Place, offer: OfferState) {
        if matches!(offer, OfferState::NotRequested) {
            self.candidates.remove(&place);
            self.silent_candidates.remove(&place);
        }
        self.free(&offer);
    }

    /// Takes a slot for the peer that has waited longest, if a slot is free; it must be asked now. Also returns whether
    /// it is silent.
    pub(crate) fn take_next(&mut self) -> Option<(PeerId, bool)> {
        if self.taken < MAX_PREPARED
            && let Some((_, peer)) = self.candidates.pop_first()
        {
            self.taken += 1;
            return Some((peer, false));
        }
        if self.probed >= MAX_PREPARED {
            return None;
        }
        let (_, peer): Seeker = self.silent_candidates.pop_first()?;
        self.probed += 1;
        Some((peer, true))
    }

    /// The state of a silent peer that sends an offer. If no slot is free, the offer is dropped, and the peer is asked
    /// again later.
    pub(crate) fn reopen(&mut self, now: Moment, place: Place, peer: PeerId) -> OfferState {
        if self.taken >= MAX_PREPARED {
            self.enroll(place, peer, false);
            return OfferState::NotRequested;
        }
        self.taken += 1;
        OfferState::Requested { until: now }
    }

    /// Frees the slot of a peer whose offer was in this state.
    pub(crate) const fn free(&mut self, offer: &OfferState) {
        match offer {
            OfferState::Requested { .. } | OfferState::Received(_) => self.taken -= 1,
            OfferState::Probed { .. } => self.probed -= 1,
            OfferState::NotRequested | OfferState::Overdue => {}
        }
    }

    /// How many slots are taken.
    #[cfg(test)]
    pub(crate) const fn taken(&self) -> usize {
        self.taken + self.probed
    }
}

/// What a waiting peer has sent of its offer.
#[derive(Debug, Default)]
pub(crate) enum OfferState {
    /// The peer was not asked, or does not wait.
    #[default]
    NotRequested,
    /// The peer was asked.
    Requested {
        /// When it counts as silent if it has sent none.
        until: Moment,
    },
    /// The peer was asked although it is silent, and has a slot for silent peers.
    Probed {
        /// When it is given up.
        until: Moment,
    },
    /// The peer was asked and has sent none in time. It no longer has a slot.
    Overdue,
    /// The peer has sent one.
    Received(StoredOffer),
}

/// An offer made before the match: at most 32 KiB, and 64 candidates of half a KiB.
#[derive(Debug)]
pub(crate) struct StoredOffer {
    /// Its number; each peer numbers its own offers.
    pub(crate) number: u32,
    sdp: Sdp,
    candidates: Vec<Candidate>,
    count: CandidateCount,
    received_at: Moment,
}

impl StoredOffer {
    /// The offer as the polite end gets it, and why some of its candidates are not forwarded.
    pub(crate) fn for_partner(self, privacy: Privacy) -> (PreparedOffer, Vec<DroppedCandidate>) {
        let mut dropped = vec![DroppedCandidate::Surplus; self.count.surplus()];
        let allows = |it: &Candidate| privacy.check(it).map_err(|reason| dropped.push(reason)).is_ok();
        let candidates = self.candidates.into_iter().filter(allows).collect();
        (PreparedOffer::Theirs { offer: self.sdp, candidates }, dropped)
    }
}

impl OfferState {
    /// Stores a part of offer `number`. A newer offer replaces an older one; parts that do not fit are ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::TooManyCandidates`] if the offer already has as many as [`CandidateCount`] allows.
    pub(crate) fn receive(&mut self, now: Moment, number: u32, signal: Signal) -> Result<(), ErrorCode> {
        match (self, signal) {
            (Self::NotRequested | Self::Probed { .. } | Self::Overdue, _) => {}
            (Self::Received(offer), Signal::Offer { .. }) if number < offer.number => {}
            (state @ (Self::Requested { .. } | Self::Received(_)), Signal::Offer { sdp }) => {
                let (candidates, count) = (Vec::new(), CandidateCount::default());
                *state = Self::Received(StoredOffer { number, sdp, candidates, count, received_at: now });
            }
            (Self::Received(offer), Signal::Candidate(it)) if offer.number == number => {
                match offer.count.add(&it) {
                    CandidateRoom::Fits => offer.candidates.push(it),
                    CandidateRoom::Surplus => {}
                    CandidateRoom::TooMany => return Err(ErrorCode::TooManyCandidates),
                }
            }
            (Self::Requested { .. } | Self::Received(_), _) => {}
        }
        Ok(())
    }

    /// Takes the offer out, so that it is used only once. Returns `None` if there is none, or if it is older than
    /// [`PREPARED_FOR`].
    pub(crate) fn take_offer(&mut self, now: Moment) -> Option<StoredOffer> {
        let Self::Received(_) = self else { return None };
        // Until its peer no longer waits, it keeps the slot.
        match mem::replace(self, Self::Requested { until: now }) {
            Self::Received(offer) => (now - offer.received_at <= PREPARED_FOR).then_some(offer),
            Self::NotRequested | Self::Requested { .. } | Self::Probed { .. } | Self::Overdue => None,
        }
    }

    /// When the peer counts as silent unless it sends an offer.
    pub(crate) const fn due(&self) -> Option<Moment> {
        match self {
            Self::Requested { until } | Self::Probed { until } => Some(*until),
            Self::NotRequested | Self::Overdue | Self::Received(_) => None,
        }
    }
}
