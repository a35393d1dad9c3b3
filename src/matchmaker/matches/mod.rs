//! [`Matches`]: pairs of peers, current and recently ended.
//!
//! `lifecycle` begins, renews and ends a match; `rebuild` restores one from its tickets. `conduct` tells which end did
//! nothing.

pub(crate) mod lifecycle;
pub(crate) mod conduct;
pub(crate) mod rebuild;
pub(crate) mod ticket;
pub(crate) mod ice;
pub(crate) mod own_relay;
pub(crate) mod edge_relays;
pub(crate) mod relay_choice;
pub(crate) mod privacy;
pub(crate) mod relay_account;

use std::{collections::VecDeque, time::Duration};

use super::{
    deadlines::Due,
    id_map::IdMap,
    input::EdgeId,
    queue::{failures::PeerOrigin, place::Place},
};
use crate::{
    protocol::{CandidateCount, CandidateRoom, Epoch, MatchId, PeerId, Role, Signal},
    time::Moment,
};
use privacy::{DroppedCandidate, Privacy};

/// How long an ended match is remembered, to tell a late signal from a forged one and to accept a late report.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// Maximum number of ended matches that are remembered, about 5 MB. Beyond that, the oldest go first.
const MAX_REMEMBERED: usize = 50_000;

/// Two peers that were paired.
#[derive(Debug)]
pub(crate) struct Match {
    /// The impolite end and the polite end.
    pub(crate) ends: [MatchEnd; 2],
    /// When they were paired.
    pub(crate) since: Moment,
    /// When it ends unless it has connected; `None` once it has.
    pub(crate) connect_by: Option<Moment>,
    /// When both ends get new relay credentials; `None` without a relay.
    pub(crate) renew_at: Option<Moment>,
    /// The edge whose relay both ends use; `None` if they use that of the whole server, or none.
    pub(crate) relay: Option<EdgeId>,
    /// Whether only the relay may be used, because one of the two hides its address.
    pub(crate) relay_only: bool,
    /// What the two may learn of each other's addresses.
    pub(crate) privacy: Privacy,
    /// The number of the impolite end's prepared offer, if the match began with one.
    pub(crate) prepared_offer: Option<u32>,
}

/// One end of a match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MatchEnd {
    /// The peer.
    pub(crate) peer: PeerId,
    /// Its place in the queue. It returns there if the match does not connect.
    pub(crate) place: Place,
    /// Where it came from when the match began; `None` in a match that was rebuilt.
    pub(crate) origin: Option<PeerOrigin>,
    /// Whether it has reported that media or data arrives.
    pub(crate) connected: bool,
    /// Whether it has sent a signal, or its prepared offer was used.
    pub(crate) has_acted: bool,
    /// When it was its turn to send something: the impolite end makes an offer, the polite end answers one.
    pub(crate) asked_at: Option<Moment>,
    epoch: Epoch,
    candidates: CandidateCount,
}

/// Whether a signal is forwarded, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is forwarded.
    Forward,
    /// It is a description of an older connection of the same match.
    Stale,
    /// It is a candidate that is not forwarded.
    Drop(DroppedCandidate),
    /// Its epoch is impossible.
    BadEpoch,
    /// Its description already has the maximum number of candidates.
    TooManyCandidates,
}

impl MatchEnd {
    /// An end that has not sent anything yet.
    pub(crate) fn new(peer: PeerId, place: Place) -> Self {
        let (origin, connected, has_acted, asked_at) = (None, false, false, None);
        let candidates = CandidateCount::default();
        Self { peer, place, origin, connected, has_acted, asked_at, epoch: Epoch::FIRST, candidates }
    }

    /// Accepts signals of [`Epoch::PREPARED`], because the match begins with a prepared offer, or may have.
    pub(crate) const fn start_with_prepared_offer(&mut self) {
        self.epoch = Epoch::PREPARED;
    }

    fn admit(&mut self, epoch: Epoch, signal: &Signal, privacy: Privacy) -> Admission {
        if !epoch.is_possible() {
            return Admission::BadEpoch;
        }
        if epoch < self.epoch {
            return match signal {
                Signal::Candidate(_) => Admission::Drop(DroppedCandidate::Stale),
                Signal::Offer { .. } | Signal::Answer { .. } | Signal::EndOfCandidates { .. } => {
                    Admission::Stale
                }
            };
        }
        if epoch > self.epoch {
            (self.epoch, self.candidates) = (epoch, CandidateCount::default());
        }
        match signal {
            Signal::Candidate(candidate) => match self.candidates.add(candidate) {
                CandidateRoom::Fits => {
                    privacy.check(candidate).map_or_else(Admission::Drop, |()| Admission::Forward)
                }
                CandidateRoom::Surplus => Admission::Drop(DroppedCandidate::Surplus),
                CandidateRoom::TooMany => Admission::TooManyCandidates,
            },
            // A new description has candidates of its own.
            Signal::Offer { .. } | Signal::Answer { .. } => {
                self.candidates = CandidateCount::default();
                Admission::Forward
            }
            Signal::EndOfCandidates { .. } => Admission::Forward,
        }
    }
}

impl Match {
    /// The index of the impolite end.
    pub(crate) const IMPOLITE: usize = 0;

    /// Decides whether a signal of one end is forwarded, and counts it.
    pub(crate) fn admit(&mut self, now: Moment, peer: PeerId, epoch: Epoch, signal: &Signal) -> Admission {
        let (index, privacy) = (self.index_of(peer), self.privacy);
        let admission = self.ends[index].admit(epoch, signal, privacy);
        match admission {
            Admission::Forward
            | Admission::Drop(
                DroppedCandidate::Private | DroppedCandidate::Direct | DroppedCandidate::ForeignRelay,
            ) => {
                self.record_act(now, index, signal);
            }
            Admission::Drop(DroppedCandidate::Surplus | DroppedCandidate::Stale)
            | Admission::Stale
            | Admission::BadEpoch
            | Admission::TooManyCandidates => {}
        }
        admission
    }

    /// A signal that was to be forwarded will be sent again, because the partner's outbox has no room for it.
    pub(crate) fn on_not_forwarded(&mut self, peer: PeerId, signal: &Signal) {
        let index = self.index_of(peer);
        if let Signal::Candidate(candidate) = signal {
            self.ends[index].candidates.remove(candidate);
        }
    }

    /// The role of the end with this index.
    pub(crate) const fn role(index: usize) -> Role {
        if index == Self::IMPOLITE { Role::Impolite } else { Role::Polite }
    }

    /// The deadline for connecting this match.
    pub(crate) const fn connect_due(&self, match_id: MatchId) -> Due {
        Due::Connect(self.ends[Self::IMPOLITE].place, match_id)
    }

    /// The index of a peer's end.
    pub(crate) fn index_of(&self, peer: PeerId) -> usize {
        usize::from(self.ends[1].peer == peer)
    }

    /// The partner of a peer.
    pub(crate) fn partner_of(&self, peer: PeerId) -> PeerId {
        self.ends[1 - self.index_of(peer)].peer
    }
}

/// All current matches, and recently ended ones.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    current: IdMap<MatchId, Match>,
    ended: IdMap<MatchId, [PeerId; 2]>,
    ended_at: VecDeque<(Moment, MatchId)>,
}

impl Matches {
    /// Adds a current match.
    pub(crate) fn insert(&mut self, match_id: MatchId, it: Match) {
        self.current.insert(match_id, it);
    }

    /// A current match.
    pub(crate) fn get_mut(&mut self, match_id: MatchId) -> Option<&mut Match> {
        self.current.get_mut(&match_id)
    }

    /// The partner of a peer in a current match.
    pub(crate) fn partner_of(&self, match_id: MatchId, peer: PeerId) -> Option<PeerId> {
        self.current.get(&match_id).map(|it| it.partner_of(peer))
    }

    /// The edge whose relay a current match uses.
    pub(crate) fn edge_of_relay(&self, match_id: MatchId) -> Option<EdgeId> {
        self.current.get(&match_id)?.relay
    }

    /// Ends a current match and remembers its peers for a while.
    pub(crate) fn end(&mut self, now: Moment, match_id: MatchId) -> Option<Match> {
        let it = self.current.remove(&match_id)?;
        let stale = |(at, _): &(Moment, MatchId)| now - *at >= REMEMBERED_FOR;
        while self.ended_at.front().is_some_and(stale) || self.ended.len() >= MAX_REMEMBERED {
            if let Some((_, oldest)) = self.ended_at.pop_front() {
                self.ended.remove(&oldest);
            }
        }
        self.ended.insert(match_id, it.ends.map(|end| end.peer));
        self.ended_at.push_back((now, match_id));
        Some(it)
    }

    /// Whether the match has ended and the peer was in it.
    pub(crate) fn was_in(&self, match_id: MatchId, peer: PeerId) -> bool {
        self.ended.get(&match_id).is_some_and(|peers| peers.contains(&peer))
    }

    /// Whether the match is current or remembered.
    pub(crate) fn contains(&self, match_id: MatchId) -> bool {
        self.current.contains_key(&match_id) || self.ended.contains_key(&match_id)
    }

    /// All current matches, in the order in which they were made.
    pub(crate) fn current_ids(&self) -> Vec<MatchId> {
        #[expect(clippy::disallowed_methods, reason = "sorted at once")]
        let mut all: Vec<_> = self.current.keys().copied().collect();
        all.sort_unstable();
        all
    }

    /// How many matches are current.
    pub(crate) fn len(&self) -> usize {
        self.current.len()
    }
}
