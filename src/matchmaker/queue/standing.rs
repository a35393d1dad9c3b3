//! Standing: the lane of the queue in which a peer waits, and what decides it.
//!
//! A peer that does nothing when it is asked for an offer or an answer waits in [`Lane::Silent`] until it does
//! something. A peer that hides its address is not asked while it waits, and is exempt. A peer whose device or network
//! fails to connect waits in [`Lane::Apart`]. Both lapse after [`REMEMBERED_FOR`], or on a new network. In
//! [`Lane::Apart`] also wait the peers of a network of which moderators have decided it.

use std::{mem, time::Duration};

use super::{
    failures::{PeerOrigin, REMEMBERED_FOR},
    lane::{Lane, Waiter},
    place::Seeker,
    prepared_offers::OfferState,
    required_affinity,
};
use crate::{
    matchmaker::{
        Matchmaker,
        matches::{
            Match,
            conduct::{Ending, RESPOND_WITHIN},
        },
        peers::Peer,
    },
    protocol::{ErrorCode, PeerId, Signal},
    time::Moment,
};

/// Where a peer waits, and until when if nothing else happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Its lane.
    pub(crate) lane: Lane,
    /// When the reason for this lane lapses; `None` in the ordinary lane, and for a decision about the network.
    pub(crate) until: Option<Moment>,
}

impl Matchmaker {
    /// The standing of a waiting peer.
    pub(crate) fn standing(&self, now: Moment, peer: &Peer) -> Standing {
        let asked = peer.silent.filter(|(_, network)| !peer.hides_address && peer.network == Some(*network));
        let silent_until = asked.map(|(at, _)| at + REMEMBERED_FOR).filter(|it| *it > now);
        let apart_until = || self.failures.apart_until(now, peer.origin()?);
        match silent_until {
            Some(_) => Standing { lane: Lane::Silent, until: silent_until },
            // Until its peer searches again after the decision is over; nothing else waits for that.
            None if self.is_set_apart(peer.network_tags) => Standing { lane: Lane::Apart, until: None },
            None => match apart_until() {
                Some(until) => Standing { lane: Lane::Apart, until: Some(until) },
                None => Standing { lane: Lane::Ordinary, until: None },
            },
        }
    }

    /// Puts a waiting peer into the queue, or moves it to the lane where it belongs now.
    pub(super) fn enter_queue(&mut self, now: Moment, (place, id): Seeker) {
        self.expire_offer_request(now, id);
        let Some(peer) = self.peers.get(&id) else { return };
        let Some(origin) = peer.origin() else { return };
        let (requires, _) = required_affinity(&peer.tastes, now - place.since);
        let (tastes, Standing { lane, .. }) = (peer.tastes.clone(), self.standing(now, peer));
        self.queue.insert(place, lane, Waiter { peer: id, origin, tastes, requires });
    }

    /// Gives up on the offer of a peer that was asked for one and has not answered in time.
    fn expire_offer_request(&mut self, now: Moment, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.offer.due().is_some_and(|at| at <= now) {
            // The next peer is asked, so that silent peers do not keep all slots.
            self.offer_slots.free(&mem::replace(&mut peer.offer, OfferState::Overdue));
            peer.mark_silent(now);
        }
    }

    /// Records that a waiting peer leaves the queue. If it was asked for an offer, the time adds up: otherwise a peer
    /// that leaves again and again shortly before its offer is due would never count as silent.
    pub(crate) fn record_departure(&mut self, now: Moment, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if let Some(until) = peer.offer.due() {
            peer.unanswered = RESPOND_WITHIN.saturating_sub(until - now);
            if peer.unanswered >= RESPOND_WITHIN {
                peer.mark_silent(now);
            }
        }
    }

    /// Stores a part of a waiting peer's offer. An offer is a sign of life.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::TooManyCandidates`] as in [`OfferState::receive`].
    pub(crate) fn receive_prepared(
        &mut self,
        now: Moment,
        (place, id): Seeker,
        number: u32,
        signal: Signal,
    ) -> Result<(), ErrorCode> {
        let Some(peer) = self.peers.get_mut(&id) else { return Ok(()) };
        let is_offer = matches!(signal, Signal::Offer { .. });
        let was_asked = !matches!(peer.offer, OfferState::NotRequested);
        if is_offer && matches!(peer.offer, OfferState::Probed { .. } | OfferState::Overdue) {
            self.offer_slots.free(&peer.offer);
            peer.offer = self.offer_slots.reopen(now, place, id);
        }
        peer.offer.receive(now, number, signal)?;
        if is_offer && was_asked && peer.record_sign_of_life() {
            let seeker = self.seeker(id);
            self.search(now, seeker);
        }
        Ok(())
    }

    /// Records what the ends of a match have done in it, when it ends.
    pub(crate) fn record_conduct(&mut self, now: Moment, ended: &Match, ending: Ending, silent: [bool; 2]) {
        for (end, was_silent) in ended.ends.iter().zip(silent) {
            let Some(peer) = self.peers.get_mut(&end.peer) else { continue };
            if was_silent {
                (peer.silent, peer.unanswered) = (end.origin.map(|it| (now, it.network)), Duration::ZERO);
            } else if end.has_acted || end.connected {
                peer.record_sign_of_life();
            }
        }
        let has_failed = match ending {
            Ending::Failed(_) | Ending::TimedOut => ended.connect_by.is_some(),
            // A match that somebody leaves has not failed.
            Ending::Abandoned => silent.contains(&true),
        };
        if let ([Some(one), Some(other)], true) = (ended.ends.map(|end| end.origin), has_failed) {
            self.failures.record_failure(now, [one, other], silent);
        }
    }

    /// Records that both ends of a match are connected. Others may be set apart because of that, or no longer.
    pub(crate) fn record_connection(&mut self, now: Moment, origins: [Option<PeerOrigin>; 2]) {
        if let [Some(one), Some(other)] = origins {
            self.failures.record_connection(now, [one, other]);
        }
    }

    /// The peers in the queue whose standing may have changed since the last call. They must search again.
    pub(crate) fn affected_seekers(&mut self) -> Vec<Seeker> {
        let changes = self.failures.take_changes();
        changes.into_iter().flat_map(|it| self.queue.affected_by(it)).collect()
    }
}
