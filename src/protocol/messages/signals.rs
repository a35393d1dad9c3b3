//! Signals: what two browsers send each other through the server (RFC 8829).

use core::net::IpAddr;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One step of a negotiation; the server validates it and forwards it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// A session description that asks for an answer.
    Offer {
        /// The description.
        sdp: Sdp,
    },
    /// The session description that answers the last offer.
    Answer {
        /// The description.
        sdp: Sdp,
    },
    /// An address at which the sender may be reached (RFC 8838).
    Candidate(Candidate),
    /// No more candidates will come for this username fragment (RFC 8838, 8.2).
    EndOfCandidates {
        /// The ICE generation that has ended; absent if the browser does not report it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username_fragment: Option<String>,
    },
}

impl Signal {
    /// Frees the memory that its texts do not need, so that [`text_bytes`](Self::text_bytes) is what it costs.
    pub fn shrink_to_fit(&mut self) {
        match self {
            Self::Offer { sdp } | Self::Answer { sdp } => sdp.0.shrink_to_fit(),
            Self::Candidate(candidate) => candidate.candidate.0.shrink_to_fit(),
            Self::EndOfCandidates { .. } => {}
        }
    }

    /// Bytes of its texts, which is what it costs to keep.
    pub fn text_bytes(&self) -> usize {
        match self {
            Self::Offer { sdp } | Self::Answer { sdp } => sdp.0.len(),
            Self::Candidate(candidate) => candidate.text_bytes(),
            Self::EndOfCandidates { username_fragment } => username_fragment.as_ref().map_or(0, String::len),
        }
    }
}

/// A candidate: the fields of `RTCIceCandidate.toJSON()` in snake case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The candidate attribute's value, `candidate:...`, at most 512 bytes.
    pub candidate: Sdp,
    /// The identification tag of its media section, at most 16 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The index of its media section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
    /// Its ICE generation, at most 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

impl Candidate {
    /// Bytes of its texts, which is what it costs to keep.
    pub fn text_bytes(&self) -> usize {
        let len = |it: &Option<String>| it.as_ref().map_or(0, String::len);
        self.candidate.0.len() + len(&self.sdp_mid) + len(&self.username_fragment)
    }

    /// Whether this is a relayed candidate (RFC 8839, 5.1: `typ relay`).
    pub fn is_relay(&self) -> bool {
        self.is_typ("relay")
    }

    /// Whether this is a host candidate: an address of the sender's own interface (RFC 8839, 5.1: `typ host`).
    pub fn is_host(&self) -> bool {
        self.is_typ("host")
    }

    /// Its address; `None` for a `.local` name, which already hides the address (mDNS).
    pub fn address(&self) -> Option<IpAddr> {
        self.word(4)?.parse().ok()
    }

    /// Reads the type where browsers read it: the eighth word, in any case (RFC 8839, 5.1).
    fn is_typ(&self, kind: &str) -> bool {
        self.word(7).is_some_and(|it| it.eq_ignore_ascii_case(kind))
    }

    /// A word of the candidate, counted from 0. There is one space between two words, as in each valid candidate.
    fn word(&self, number: usize) -> Option<&str> {
        let text = &self.candidate.0;
        let mut rest = text.as_bytes();
        for _ in 0..number {
            rest = &rest[rest.iter().position(|it| *it == b' ')? + 1..];
        }
        let start = text.len() - rest.len();
        let length = rest.iter().position(|it| *it == b' ').unwrap_or(rest.len());
        text.get(start..start + length)
    }
}

/// A text that contains people's addresses; it is sent but never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sdp(pub String);

impl fmt::Debug for Sdp {
    /// Shows only the length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sdp({} bytes)", self.0.len())
    }
}

/// An offer that was prepared before the match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PreparedOffer {
    /// For the impolite end: its own offer is used.
    Yours {
        /// Its number.
        number: u32,
    },
    /// For the polite end: the partner's offer, to be answered at once.
    Theirs {
        /// The offer.
        offer: Sdp,
        /// The candidates so far; more may follow as signals.
        candidates: Vec<Candidate>,
    },
}

impl PreparedOffer {
    /// Bytes of its texts, which is what it costs to keep.
    pub fn text_bytes(&self) -> usize {
        match self {
            Self::Yours { .. } => 0,
            Self::Theirs { offer, candidates } => {
                offer.0.len() + candidates.iter().map(Candidate::text_bytes).sum::<usize>()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_candidate_type_as_browsers_do() {
        let candidate = |end: &str| Candidate {
            candidate: Sdp(format!("candidate:1 1 udp 1 192.168.1.7 9 {end}")),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        };
        for (end, is_host, is_relay) in [
            ("typ host generation 0", true, false),
            ("TYP Host", true, false),
            ("typ relay raddr 0.0.0.0 rport 0", false, true),
            ("Typ RELAY x host", false, true),
            ("TYP host x typ relay y", true, false),
            ("typ srflx typ host", false, false),
            ("typ", false, false),
        ] {
            let candidate = candidate(end);
            assert_eq!(candidate.is_host(), is_host, "{end}");
            assert_eq!(candidate.is_relay(), is_relay, "{end}");
            assert_eq!(candidate.address(), Some([192, 168, 1, 7].into()), "{end}");
        }
    }
}
