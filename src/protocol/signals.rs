//! What two browsers say to each other through the server (RFC 8829); it must not know what the server does with it.

use core::net::IpAddr;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One step of a negotiation; the server checks its shape and hands it on.
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
    /// One way to reach the sender (RFC 8838).
    Candidate(Candidate),
    /// No more candidates will come for this username fragment (RFC 8838, 8.2).
    EndOfCandidates {
        /// The ICE generation that has ended; absent where the browser does not tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username_fragment: Option<String>,
    },
}

impl Signal {
    /// Bytes of its texts: what it costs to keep.
    pub fn weight(&self) -> usize {
        match self {
            Self::Offer { sdp } | Self::Answer { sdp } => sdp.0.len(),
            Self::Candidate(candidate) => candidate.candidate.0.len(),
            Self::EndOfCandidates { username_fragment } => username_fragment.as_ref().map_or(0, String::len),
        }
    }
}

/// A candidate: what `RTCIceCandidate.toJSON()` has, its names in snake case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The candidate attribute's value, `candidate:...`, at most 512 bytes.
    pub candidate: Sdp,
    /// The media section it belongs to, by its identification tag, at most 16 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The same by its index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
    /// The ICE generation it belongs to, at most 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

impl Candidate {
    /// Whether it leads through a relay (RFC 8839, 5.1: `typ relay`).
    pub fn is_relay(&self) -> bool {
        self.is_typ("relay")
    }

    /// Whether it is an address of the sender's own network that means nothing in any other: an address literal that is
    /// private, unique local, link local or loopback. A `.local` name is none: it hides the address already.
    pub fn is_private_host(&self) -> bool {
        let address = self.candidate.0.split_ascii_whitespace().nth(4);
        self.is_typ("host") && address.and_then(|it| it.parse().ok()).is_some_and(is_private)
    }

    /// Reads it where a browser does, in its place and in whatever letters (RFC 8839, 5.1).
    fn is_typ(&self, kind: &str) -> bool {
        let word = self.candidate.0.split_ascii_whitespace().nth(7);
        word.is_some_and(|it| it.eq_ignore_ascii_case(kind))
    }
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(it) => it.is_private() || it.is_link_local() || it.is_loopback(),
        IpAddr::V6(it) => it.is_unique_local() || it.is_unicast_link_local() || it.is_loopback(),
    }
}

/// A text that holds addresses of people: it travels, and is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sdp(pub String);

impl fmt::Debug for Sdp {
    /// Tells the length only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sdp({} bytes)", self.0.len())
    }
}

/// An offer that was made ahead of the match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ahead {
    /// Told to the impolite end: its own.
    Yours {
        /// Its number.
        number: u32,
    },
    /// Told to the polite end: to be answered at once.
    Theirs {
        /// The offer.
        offer: Sdp,
        /// Its candidates so far; more may follow as signals.
        candidates: Vec<Candidate>,
    },
}

impl Ahead {
    /// Bytes of its texts: what it costs to keep.
    pub fn weight(&self) -> usize {
        match self {
            Self::Yours { .. } => 0,
            Self::Theirs { offer, candidates } => {
                offer.0.len() + candidates.iter().map(|it| it.candidate.0.len()).sum::<usize>()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_is_what_a_browser_takes_it_for() {
        let candidate = |end: &str| Candidate {
            candidate: Sdp(format!("candidate:1 1 udp 1 192.168.1.7 9 {end}")),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        };
        for (end, is_private_host, is_relay) in [
            ("typ host generation 0", true, false),
            ("TYP Host", true, false),
            ("typ relay raddr 0.0.0.0 rport 0", false, true),
            ("Typ RELAY x host", false, true),
            ("TYP host x typ relay y", true, false),
            ("typ srflx typ host", false, false),
        ] {
            let candidate = candidate(end);
            assert_eq!(candidate.is_private_host(), is_private_host, "{end}");
            assert_eq!(candidate.is_relay(), is_relay, "{end}");
        }
    }
}
