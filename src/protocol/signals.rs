//! What two browsers say to each other through the server (RFC 8829); it must not know what the server does with it.

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
