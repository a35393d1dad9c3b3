//! [`CandidateCount`]: how many candidates of one description are sent and forwarded.

use crate::protocol::{
    Candidate,
    limits::{MAX_CANDIDATES, MAX_HOST_CANDIDATES},
};

/// Counts the candidates of one end for one description.
///
/// Host candidates are found first, and a machine may have any number of interfaces. They have a limit of their own,
/// so that there is room for reflexive and relayed candidates, which are found later and needed more often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CandidateCount {
    /// Host candidates that fitted.
    hosts: u16,
    /// Other candidates that fitted.
    others: u16,
    /// Host candidates that did not fit.
    surplus: u16,
}

/// Whether there is room for one more candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateRoom {
    /// There is.
    Fits,
    /// It is a host candidate that the two can do without: it is dropped.
    Surplus,
    /// No page of any version sends so many: it is refused.
    TooMany,
}

impl CandidateCount {
    /// Counts a candidate. At most [`MAX_CANDIDATES`] fit, at most [`MAX_HOST_CANDIDATES`] of them host candidates.
    ///
    /// None of the first [`MAX_CANDIDATES`] is ever refused, whatever their kinds: older pages send that many.
    pub fn add(&mut self, candidate: &Candidate) -> CandidateRoom {
        let has_room = self.hosts + self.others < MAX_CANDIDATES;
        if candidate.is_host() {
            if has_room && self.hosts < MAX_HOST_CANDIDATES {
                self.hosts += 1;
                CandidateRoom::Fits
            } else if self.hosts + self.surplus < MAX_CANDIDATES {
                self.surplus += 1;
                CandidateRoom::Surplus
            } else {
                CandidateRoom::TooMany
            }
        } else if has_room {
            self.others += 1;
            CandidateRoom::Fits
        } else {
            CandidateRoom::TooMany
        }
    }

    /// How many host candidates did not fit.
    pub const fn surplus(self) -> usize {
        self.surplus as usize
    }

    /// Takes back a candidate that fitted, because it will come again.
    pub fn remove(&mut self, candidate: &Candidate) {
        let count = if candidate.is_host() { &mut self.hosts } else { &mut self.others };
        *count = count.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Sdp;
    use proptest::{collection::vec, prelude::*};

    fn candidate(kind: &str) -> Candidate {
        Candidate {
            candidate: Sdp(format!("candidate:1 1 udp 1 192.0.2.1 9 typ {kind}")),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        }
    }

    #[test]
    fn surplus_hosts_do_not_displace_other_candidates() {
        let mut count = CandidateCount::default();
        let mut add = |kind, times| (0..times).map(|_| count.add(&candidate(kind))).collect::<Vec<_>>();
        assert_eq!(add("host", 40), [CandidateRoom::Fits; 40]);
        assert_eq!(add("host", 24), [CandidateRoom::Surplus; 24]);
        assert_eq!(add("host", 9), [CandidateRoom::TooMany; 9]);
        assert_eq!(add("srflx", 12), [CandidateRoom::Fits; 12]);
        assert_eq!(add("relay", 12), [CandidateRoom::Fits; 12]);
        assert_eq!(add("relay", 2), [CandidateRoom::TooMany; 2]);
    }

    /// Mostly hosts, so that their limit is reached before the other one.
    fn kind() -> impl Strategy<Value = &'static str> {
        prop_oneof![5 => Just("host"), 1 => Just("srflx"), 1 => Just("relay")]
    }

    proptest! {
        #[test]
        fn limits_hold_in_any_order(kinds in vec(kind(), 0..400)) {
            let mut count = CandidateCount::default();
            let rooms: Vec<_> = kinds.iter().map(|it| count.add(&candidate(it))).collect();
            let fitting = || kinds.iter().zip(&rooms).filter(|(_, room)| **room == CandidateRoom::Fits);
            prop_assert!(fitting().count() <= usize::from(MAX_CANDIDATES));
            prop_assert!(fitting().filter(|it| *it.0 == "host").count() <= usize::from(MAX_HOST_CANDIDATES));
            let limit = usize::from(MAX_CANDIDATES).min(rooms.len());
            prop_assert!(!rooms[..limit].contains(&CandidateRoom::TooMany), "the first 64 are not refused");
            let accepted = rooms.iter().filter(|it| **it != CandidateRoom::TooMany).count();
            prop_assert!(accepted <= 2 * usize::from(MAX_CANDIDATES), "a flood is refused");
            let others = kinds.iter().zip(&rooms).filter(|(kind, _)| **kind != "host");
            let reserved = usize::from(MAX_CANDIDATES - MAX_HOST_CANDIDATES);
            prop_assert!(others.take(reserved).all(|(_, room)| *room == CandidateRoom::Fits));
        }
    }
}
