//! Offers that are made while their peers wait: who is asked for one, what is kept of it, what becomes of it; it must
//! not know how two are found for each other.

use std::collections::BTreeMap;

use super::Place;
use crate::{
    matchmaker::{
        Matchmaker, Standing,
        matches::{Match, ice::Privacy},
    },
    protocol::{
        Candidate, Epoch, ErrorCode, MatchId, PeerId, PreparedOffer, Sdp, Signal, ToBrowser,
        limits::{MAX_CANDIDATES, MAX_PREPARED, PREPARED_FOR},
    },
    time::Moment,
};

/// Who may make an offer ahead: the head of the queue, without those who hide.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    /// How many who wait have been asked.
    asked: usize,
    /// Those who have not.
    others: BTreeMap<Place, PeerId>,
}

impl Seats {
    /// Somebody waits who may be asked.
    pub(crate) fn wait(&mut self, place: Place, peer: PeerId) {
        self.others.insert(place, peer);
    }

    /// Somebody who was not asked waits no longer.
    fn remove(&mut self, place: Place) {
        self.others.remove(&place);
    }

    /// The one to be asked next, if there is a seat; it is taken.
    pub(crate) fn call_up(&mut self) -> Option<PeerId> {
        if self.asked >= MAX_PREPARED {
            return None;
        }
        let (_, peer) = self.others.pop_first()?;
        self.asked += 1;
        Some(peer)
    }

    /// Somebody who was asked waits no longer.
    pub(crate) fn leave(&mut self) {
        self.asked -= 1;
    }

    /// How many seats are taken.
    #[cfg(test)]
    pub(crate) fn asked(&self) -> usize {
        self.asked
    }
}

/// How far a waiting peer has come with its offer.
#[derive(Debug, Default)]
pub(crate) enum Preparation {
    /// It was not asked, or does not wait.
    #[default]
    Unasked,
    /// It was asked.
    Asked,
    /// It has made one.
    Offered(Offer),
}

/// An offer made ahead. At most 32 KiB and 64 candidates of half a KiB.
#[derive(Debug)]
pub(crate) struct Offer {
    /// Its number among this peer's.
    pub(crate) number: u32,
    sdp: Sdp,
    candidates: Vec<Candidate>,
    made_at: Moment,
}

impl Offer {
    /// What the polite end is told, as far as it may know it.
    pub(crate) fn told(self, privacy: Privacy) -> PreparedOffer {
        let candidates = self.candidates.into_iter().filter(|it| privacy.allows(it)).collect();
        PreparedOffer::Theirs { offer: self.sdp, candidates }
    }
}

impl Matchmaker {
    /// A peer waits from now on, or does not hide any more: it may be asked.
    pub(crate) fn seat(&mut self, id: PeerId, place: Place) {
        if self.peers.get(&id).is_some_and(|it| !it.hides) {
            self.seats.wait(place, id);
        }
    }

    /// A peer waits no longer, or hides: its offer is dropped, somebody else is asked.
    pub(crate) fn unseat(&mut self, id: PeerId, place: Place) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        match std::mem::take(&mut peer.preparation) {
            Preparation::Unasked => self.seats.remove(place),
            Preparation::Asked | Preparation::Offered(_) => self.seats.leave(),
        }
    }

    /// Asks the next ones for an offer, as long as there are seats.
    pub(crate) fn call_up(&mut self) {
        while let Some(id) = self.seats.call_up() {
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.preparation = Preparation::Asked;
            }
            let ice = self.ice.ahead();
            self.tell(id, ToBrowser::Prepare { ice });
        }
    }

    /// The offer that a waiting peer has made, if it can still be used; it is used once.
    pub(crate) fn take_offer(&mut self, now: Moment, id: PeerId) -> Option<Offer> {
        let preparation = &mut self.peers.get_mut(&id)?.preparation;
        match std::mem::replace(preparation, Preparation::Asked) {
            Preparation::Offered(offer) if now - offer.made_at <= PREPARED_FOR => Some(offer),
            Preparation::Offered(_) | Preparation::Asked => None,
            Preparation::Unasked => {
                *preparation = Preparation::Unasked;
                None
            }
        }
    }

    /// A part of an offer made ahead has come. Whoever was not asked, or is matched with another offer, has said it in
    /// vain: that is no fault, it was on its way.
    pub(crate) fn prepared(&mut self, now: Moment, id: PeerId, seq: u64, number: u32, signal: Signal) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        match (peer.standing, &mut peer.preparation, signal) {
            (Standing::Matched(match_id), _, signal) => self.late(now, id, seq, (match_id, number), signal),
            (Standing::Idle, _, _) | (Standing::Waiting { .. }, Preparation::Unasked, _) => {}
            (Standing::Waiting { .. }, Preparation::Offered(offer), Signal::Offer { .. })
                if number < offer.number => {}
            (Standing::Waiting { .. }, preparation, Signal::Offer { sdp }) => {
                let offer = Offer { number, sdp, candidates: Vec::new(), made_at: now };
                *preparation = Preparation::Offered(offer);
            }
            (Standing::Waiting { .. }, Preparation::Offered(offer), Signal::Candidate(it))
                if offer.number == number =>
            {
                if offer.candidates.len() < usize::from(MAX_CANDIDATES) {
                    offer.candidates.push(it);
                } else {
                    self.refuse(now, id, ErrorCode::TooManyCandidates, seq);
                }
            }
            (Standing::Waiting { .. }, _, _) => {}
        }
    }

    /// Passes on what belongs to the offer that a match has begun with.
    fn late(&mut self, now: Moment, id: PeerId, seq: u64, of: (MatchId, u32), signal: Signal) {
        let (match_id, number) = of;
        let Some(it) = self.matches.get_mut(match_id) else { return };
        if it.ahead == Some(number) && it.index_of(id) == Match::IMPOLITE {
            match signal {
                Signal::Candidate(_) | Signal::EndOfCandidates { .. } => {
                    self.signal(now, id, seq, (match_id, Epoch::PREPARED), signal);
                }
                Signal::Offer { .. } | Signal::Answer { .. } => {}
            }
        }
    }
}
