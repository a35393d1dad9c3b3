//! [`Privacy`]: which candidates reach a partner.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::protocol::{
    Candidate,
    limits::{RELAY_IPV4, RELAY_IPV6},
};

/// What partners may learn of each other's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Privacy {
    /// Which of their own addresses.
    pub(crate) shown: Shown,
    /// Which relays they may use.
    pub(crate) relays: Relays,
}

/// The addresses of a peer that its partner may learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All.
    All,
    /// All except private addresses, which mean nothing outside the sender's own network.
    Public,
    /// None: only those of relays.
    None,
}

/// The relays that may be named to a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relays {
    /// All, since an external relay may have any address.
    Any,
    /// Only this server's own.
    Own,
}

/// Why a candidate was not forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DroppedCandidate {
    /// Its address is private, and the partner is in another network.
    Private,
    /// It is not a relayed one, and one of the two hides its address.
    Direct,
    /// It is of a relay that this server has not named.
    ForeignRelay,
    /// It is a host candidate, and its description already has enough of them.
    Surplus,
    /// It belongs to an older connection of the same match.
    Stale,
}

impl DroppedCandidate {
    /// All reasons in order, each with its value of the metric label `kind`.
    pub const ALL: [(Self, &str); 5] = [
        (Self::Private, "private"),
        (Self::Direct, "direct"),
        (Self::ForeignRelay, "foreign-relay"),
        (Self::Surplus, "surplus"),
        (Self::Stale, "stale"),
    ];
}

impl Privacy {
    /// Whether a candidate may be forwarded to the partner, or why not.
    ///
    /// A private address identifies its owner to strangers whether an interface has it or a STUN server on the same
    /// network has seen it. The address of a relayed candidate is the relay's own.
    pub(crate) fn check(self, candidate: &Candidate) -> Result<(), DroppedCandidate> {
        let address = candidate.address();
        match self.shown {
            _ if candidate.is_relay() => match self.relays {
                Relays::Own if !address.is_some_and(is_of_own_relay) => Err(DroppedCandidate::ForeignRelay),
                Relays::Own | Relays::Any => Ok(()),
            },
            Shown::None => Err(DroppedCandidate::Direct),
            Shown::Public if address.is_some_and(is_private) => Err(DroppedCandidate::Private),
            Shown::Public | Shown::All => Ok(()),
        }
    }
}

fn is_of_own_relay(address: IpAddr) -> bool {
    [RELAY_IPV4.into(), RELAY_IPV6.into()].contains(&address)
}

/// Whether an address is of use only in its own network.
///
/// That is: private (RFC 1918), shared by the customers of a carrier or a VPN (100.64.0.0/10, RFC 6598), for protocols
/// (192.0.0.0/24, RFC 6890), for benchmarks (198.18.0.0/15, RFC 2544), unique local (RFC 4193), site local
/// (`fec0::/10`, RFC 3879), link local, loopback, or such an IPv4 address inside IPv6.
pub fn is_private(address: IpAddr) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Sdp;

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
    fn filters_candidates() {
        let candidate = |address: &str, kind: &str| Candidate {
            candidate: Sdp(format!("candidate:1 1 udp 1 {address} 9 typ {kind}")),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        };
        let kinds = [
            ("10.0.0.1", "host"),
            ("fd00::1", "host"),
            ("169.254.0.1", "host"),
            ("100.64.0.1", "srflx"),
            ("192.168.0.1", "prflx"),
            ("64:ff9b::192.168.0.1", "SRFLX"),
            ("0b2c9a4e-6a3f-4e55-9f3e-3f0c5b1d2e4f.local", "host"),
            ("198.51.100.1", "host"),
            ("198.51.100.1", "srflx"),
            ("192.168.0.1", "relay"),
            ("192.0.0.8", "relay"),
            ("100::8", "relay"),
        ];
        let passing = |shown, relays| {
            let privacy = Privacy { shown, relays };
            kinds.iter().map(|(at, kind)| privacy.check(&candidate(at, kind)).is_ok()).collect::<Vec<_>>()
        };
        assert_eq!(passing(Shown::All, Relays::Any), [true; 12]);
        let public = [false, false, false, false, false, false, true, true, true, true, true, true];
        assert_eq!(passing(Shown::Public, Relays::Any), public);
        assert_eq!(passing(Shown::None, Relays::Any), [[false; 9].as_slice(), &[true; 3]].concat());
        for (shown, any) in [Shown::All, Shown::Public, Shown::None].map(|it| (it, passing(it, Relays::Any)))
        {
            let own = passing(shown, Relays::Own);
            assert_eq!((&own[..9], &own[9..]), (&any[..9], &[false, true, true][..]), "{shown:?}");
        }
    }
}
