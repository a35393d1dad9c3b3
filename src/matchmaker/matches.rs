//! Who is with whom, and who was; it must not know why.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use super::{ice::Privacy, queue::Place};
use crate::{
    protocol::{Epoch, MatchId, PeerId, Role, Signal, limits::MAX_CANDIDATES},
    time::Moment,
};

/// How long an ended match is remembered: a late signal is told from a forged one, and a report can still come.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// Ended matches remembered at most: about 5 MB; past that the oldest go first.
const MAX_REMEMBERED: usize = 50_000;

/// Two peers who were paired.
#[derive(Debug)]
pub(super) struct Match {
    /// The impolite end and the polite end.
    pub(super) ends: [End; 2],
    /// When they were paired.
    pub(super) since: Moment,
    /// When it must be a call; `None` once it is.
    pub(super) connect_by: Option<Moment>,
    /// When the two get new credentials for the relay, if there is one.
    pub(super) renew_at: Option<Moment>,
    /// One of the two hides its address.
    pub(super) relay_only: bool,
    /// What the two may learn of each other's addresses.
    pub(super) privacy: Privacy,
    /// The number of the impolite end's offer, if that was made ahead.
    pub(super) ahead: Option<u32>,
}

/// One end of a match.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// Who.
    pub(super) peer: PeerId,
    /// The place it had in the queue, should the two not be connected.
    pub(super) place: Place,
    /// Whether it has said that what was promised arrives.
    pub(super) connected: bool,
    epoch: Epoch,
    candidates: u16,
}

/// Whether a signal may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
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
    pub(super) const fn new(peer: PeerId, place: Place) -> Self {
        Self { peer, place, connected: false, epoch: Epoch::FIRST, candidates: 0 }
    }

    /// The match begins with an offer that was made ahead, or may have.
    pub(super) const fn begin_ahead(&mut self) {
        self.epoch = Epoch::AHEAD;
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
    pub(super) const IMPOLITE: usize = 0;

    /// Judges a signal of one end, and counts it.
    pub(super) fn pass(&mut self, peer: PeerId, epoch: Epoch, signal: &Signal) -> Passage {
        let (index, privacy) = (self.index_of(peer), self.privacy);
        self.ends[index].pass(epoch, signal, privacy)
    }

    /// The role of one end.
    pub(super) const fn role(index: usize) -> Role {
        if index == Self::IMPOLITE { Role::Impolite } else { Role::Polite }
    }

    /// This peer's index among the ends.
    pub(super) fn index_of(&self, peer: PeerId) -> usize {
        usize::from(self.ends[1].peer == peer)
    }

    /// The other one.
    pub(super) fn partner_of(&self, peer: PeerId) -> PeerId {
        self.ends[1 - self.index_of(peer)].peer
    }
}

/// All matches, and for a while those that are over.
#[derive(Debug, Default)]
pub(super) struct Matches {
    current: HashMap<MatchId, Match>,
    over: HashMap<MatchId, [PeerId; 2]>,
    over_since: VecDeque<(Moment, MatchId)>,
}

impl Matches {
    /// Adds one.
    pub(super) fn insert(&mut self, match_id: MatchId, it: Match) {
        self.current.insert(match_id, it);
    }

    /// One that goes on.
    pub(super) fn get_mut(&mut self, match_id: MatchId) -> Option<&mut Match> {
        self.current.get_mut(&match_id)
    }

    /// The other end of one that goes on.
    pub(super) fn partner_of(&self, match_id: MatchId, peer: PeerId) -> Option<PeerId> {
        self.current.get(&match_id).map(|it| it.partner_of(peer))
    }

    /// Ends one.
    pub(super) fn end(&mut self, now: Moment, match_id: MatchId) -> Option<Match> {
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
    pub(super) fn was_of(&self, match_id: MatchId, peer: PeerId) -> bool {
        self.over.get(&match_id).is_some_and(|peers| peers.contains(&peer))
    }

    /// Whether anything is known of it: it goes on, or is over.
    pub(super) fn knows(&self, match_id: MatchId) -> bool {
        self.current.contains_key(&match_id) || self.over.contains_key(&match_id)
    }

    /// How many go on.
    pub(super) fn len(&self) -> usize {
        self.current.len()
    }
}
