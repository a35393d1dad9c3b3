//! Who is with whom, and who was; it must not know why.

pub(crate) mod ice;
pub(crate) mod ticket;
pub(crate) mod rebuild;

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use super::queue::Place;
use crate::{
    protocol::{Epoch, MatchId, PeerId, Role, Signal, limits::MAX_CANDIDATES},
    time::Moment,
};
use ice::Privacy;

/// How long an ended match is remembered: a late signal is told from a forged one, and a report can still come.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// Ended matches remembered at most: about 5 MB; past that the oldest go first.
const MAX_REMEMBERED: usize = 50_000;

/// Two peers who were paired.
#[derive(Debug)]
pub(crate) struct Match {
    /// The impolite end and the polite end.
    pub(crate) ends: [End; 2],
    /// When they were paired.
    pub(crate) since: Moment,
    /// When it must be a call; `None` once it is.
    pub(crate) connect_by: Option<Moment>,
    /// When the two get new credentials for the relay, if there is one.
    pub(crate) renew_at: Option<Moment>,
    /// One of the two hides its address.
    pub(crate) relay_only: bool,
    /// What the two may learn of each other's addresses.
    pub(crate) privacy: Privacy,
    /// The number of the impolite end's offer, if that was made ahead.
    pub(crate) ahead: Option<u32>,
}

/// One end of a match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// Who.
    pub(crate) peer: PeerId,
    /// The place it had in the queue, should the two not be connected.
    pub(crate) place: Place,
    /// Whether it has said that what was promised arrives.
    pub(crate) connected: bool,
    epoch: Epoch,
    candidates: u16,
}

/// Whether a signal may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Yes.
    Free,
    /// It belongs to a connection that is over.
    Stale,
    /// No such connection can be.
    BadEpoch,
    /// The partner must not learn that address.
    Hidden,
    /// Its description has had all the candidates it may have.
    TooManyCandidates,
}

impl End {
    /// An end that has said nothing yet.
    pub(crate) const fn new(peer: PeerId, place: Place) -> Self {
        Self { peer, place, connected: false, epoch: Epoch::FIRST, candidates: 0 }
    }

    /// The match begins with an offer that was made ahead, or may have.
    pub(crate) const fn begin_ahead(&mut self) {
        self.epoch = Epoch::PREPARED;
    }

    /// Judges a signal of this end, and counts it.
    fn pass(&mut self, epoch: Epoch, signal: &Signal, privacy: Privacy) -> Passage {
        if !epoch.is_possible() {
            return Passage::BadEpoch;
        }
        if epoch < self.epoch {
            return Passage::Stale;
        }
        if epoch > self.epoch {
            (self.epoch, self.candidates) = (epoch, 0);
        }
        match signal {
            Signal::Candidate(_) if self.candidates >= MAX_CANDIDATES => Passage::TooManyCandidates,
            Signal::Candidate(candidate) => {
                self.candidates += 1;
                if privacy.allows(candidate) { Passage::Free } else { Passage::Hidden }
            }
            // A new path is looked for, with candidates of its own.
            Signal::Offer { .. } | Signal::Answer { .. } => {
                self.candidates = 0;
                Passage::Free
            }
            Signal::EndOfCandidates { .. } => Passage::Free,
        }
    }
}

impl Match {
    /// The index of the impolite end.
    pub(crate) const IMPOLITE: usize = 0;

    /// Judges a signal of one end, and counts it.
    pub(crate) fn pass(&mut self, peer: PeerId, epoch: Epoch, signal: &Signal) -> Passage {
        let (index, privacy) = (self.index_of(peer), self.privacy);
        self.ends[index].pass(epoch, signal, privacy)
    }

    /// The role of one end.
    pub(crate) const fn role(index: usize) -> Role {
        if index == Self::IMPOLITE { Role::Impolite } else { Role::Polite }
    }

    /// This peer's index among the ends.
    pub(crate) fn index_of(&self, peer: PeerId) -> usize {
        usize::from(self.ends[1].peer == peer)
    }

    /// The other one.
    pub(crate) fn partner_of(&self, peer: PeerId) -> PeerId {
        self.ends[1 - self.index_of(peer)].peer
    }
}

/// All matches, and for a while those that are over.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    current: HashMap<MatchId, Match>,
    over: HashMap<MatchId, [PeerId; 2]>,
    over_since: VecDeque<(Moment, MatchId)>,
}

impl Matches {
    /// Adds one.
    pub(crate) fn insert(&mut self, match_id: MatchId, it: Match) {
        self.current.insert(match_id, it);
    }

    /// One that goes on.
    pub(crate) fn get_mut(&mut self, match_id: MatchId) -> Option<&mut Match> {
        self.current.get_mut(&match_id)
    }

    /// The other end of one that goes on.
    pub(crate) fn partner_of(&self, match_id: MatchId, peer: PeerId) -> Option<PeerId> {
        self.current.get(&match_id).map(|it| it.partner_of(peer))
    }

    /// Ends one.
    pub(crate) fn end(&mut self, now: Moment, match_id: MatchId) -> Option<Match> {
        let it = self.current.remove(&match_id)?;
        let stale = |(at, _): &(Moment, MatchId)| now - *at >= REMEMBERED_FOR;
        while self.over_since.front().is_some_and(stale) || self.over.len() >= MAX_REMEMBERED {
            if let Some((_, oldest)) = self.over_since.pop_front() {
                self.over.remove(&oldest);
            }
        }
        self.over.insert(match_id, it.ends.map(|end| end.peer));
        self.over_since.push_back((now, match_id));
        Some(it)
    }

    /// Whether the match is over and was this peer's.
    pub(crate) fn was_of(&self, match_id: MatchId, peer: PeerId) -> bool {
        self.over.get(&match_id).is_some_and(|peers| peers.contains(&peer))
    }

    /// Whether anything is known of it: it goes on, or is over.
    pub(crate) fn knows(&self, match_id: MatchId) -> bool {
        self.current.contains_key(&match_id) || self.over.contains_key(&match_id)
    }

    /// How many go on.
    pub(crate) fn len(&self) -> usize {
        self.current.len()
    }
}
