//! Signals: what two browsers send each other through the server (RFC 8829).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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

    /// Whether this is a host candidate with an address that is of use only in the sender's own network, see
    /// [`is_private`]. A `.local` name is not one: it already hides the address (mDNS).
    pub fn is_private_host(&self) -> bool {
        let address = self.candidate.0.split_ascii_whitespace().nth(4);
        self.is_typ("host") && address.and_then(|it| it.parse().ok()).is_some_and(is_private)
    }

    /// Reads the type where browsers read it: the eighth word, in any case (RFC 8839, 5.1).
    fn is_typ(&self, kind: &str) -> bool {
        let word = self.candidate.0.split_ascii_whitespace().nth(7);
        word.is_some_and(|it| it.eq_ignore_ascii_case(kind))
    }
}

/// Whether an address is of use only in its own network.
///
/// That is: private (RFC 1918), shared by the customers of a carrier or a VPN (100.64.0.0/10, RFC 6598), for protocols
/// (192.0.0.0/24, RFC 6890), for benchmarks (198.18.0.0/15, RFC 2544), unique local (RFC 4193), site local
/// (`fec0::/10`, RFC 3879), link local, loopback, or such an IPv4 address inside IPv6.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => is_private_v4(it),
        IpAddr::V6(it) => {
            let is_site_local = it.segments()[0] & 0xffc0 == 0xfec0;
            is_site_local
                || it.is_unique_local()
                || it.is_unicast_link_local()
                || it.is_loopback()
                || embedded_v4(it).is_some_and(is_private_v4)
        }
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && b & 0b1100_0000 == 64;
    let is_for_protocols = [a, b, c] == [192, 0, 0];
    let is_for_benchmarks = a == 198 && b & 0b1111_1110 == 18;
    is_shared
        || is_for_protocols
        || is_for_benchmarks
        || address.is_private()
        || address.is_link_local()
        || address.is_loopback()
}

/// The IPv4 address inside an IPv6 address: mapped (RFC 4291), NAT64 (`64:ff9b::/96`, RFC 6052) or 6to4 (`2002::/16`,
/// RFC 3056).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0x2002, high, low, ..] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(from(high, low)),
        _ => address.to_ipv4_mapped(),
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
    fn recognises_addresses_of_private_networks() {
        let is_private = |text: &str| is_private(text.parse().unwrap());
        for private in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.255.255",
            "127.0.0.1",
            "169.254.1.1",
            "100.64.0.0",
            "100.127.255.255",
            "192.0.0.8",
            "198.18.0.0",
            "198.19.255.255",
            "::1",
            "fc00::1",
            "fd7a:115c:a1e0::1",
            "fe80::1",
            "fec0::1",
            "feff::1",
            "::ffff:100.64.0.1",
            "64:ff9b::192.168.0.1",
            "2002:0a00:0001::1",
        ] {
            assert!(is_private(private), "{private}");
        }
        for public in [
            "100.63.255.255",
            "100.128.0.0",
            "192.0.1.1",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.113.1",
            "2001:db8::1",
            "ff02::1",
            "::ffff:203.0.113.1",
            "64:ff9b::203.0.113.1",
            "2002:cb00:7101::1",
        ] {
            assert!(!is_private(public), "{public}");
        }
    }

    #[test]
    fn reads_the_candidate_type_as_browsers_do() {
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
