//! Properties of the server's validation and of the relay. Each public function takes an input and panics if a property
//! does not hold.

mod candidate;
mod message;
mod relay;
mod sdp;

pub use candidate::candidate;
pub use message::message;
pub use relay::relay;
pub use sdp::sdp;

use crate::{
    protocol::{Candidate, Epoch, ErrorCode, Frame, MatchId, Refusal, Sdp, Signal, ToServer, encode},
    server::read_counting,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use uuid::Uuid;
use webrtc_sdp::{
    address::Address,
    attribute_type::{SdpAttribute, SdpAttributeCandidate},
};

/// The sequence number of every frame made here.
const SEQ: u64 = 7;

/// The acknowledgement number of every frame made here.
const ACK: u64 = 3;

/// IPv4 networks whose addresses mean nothing outside them, with the bits of their prefixes.
///
/// In this order: private (RFC 1918), link local (RFC 3927), loopback (RFC 1122), shared (RFC 6598), protocol
/// assignments (RFC 6890), benchmarks (RFC 2544).
const PRIVATE_V4: [(Ipv4Addr, u32); 8] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
];

/// The same for IPv6: unique local (RFC 4193), link local, site local (RFC 3879) and loopback (RFC 4291).
const PRIVATE_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::LOCALHOST, 128),
];

/// IPv6 networks that embed IPv4 addresses, with the bits of their prefixes and the bits after the IPv4 address: mapped
/// (RFC 4291), NAT64 (RFC 6052) and 6to4 (RFC 3056).
const EMBEDS_V4: [(Ipv6Addr, u32, u32); 3] = [
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, 0),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, 0),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, 80),
];

/// A frame that carries a signal.
fn frame_with(signal: Signal) -> Frame<ToServer> {
    let msg = ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch::FIRST, signal };
    Frame { seq: SEQ, ack: ACK, msg }
}

/// Reads a signal; `None` if it is refused, which must be with `code` and about this frame.
fn read_signal(frame: &Frame<ToServer>, code: ErrorCode) -> Option<(Frame<ToServer>, usize)> {
    match read_counting(&encode(frame)) {
        (Ok(read), dropped) => Some((read, dropped)),
        (Err(Refusal { code: ErrorCode::TooLarge, about, ack }), _) => {
            assert_eq!((about, ack), (0, 0));
            None
        }
        (Err(refusal), _) => {
            assert_eq!(refusal, Refusal { code, about: SEQ, ack: ACK });
            None
        }
    }
}

/// The description or candidate of the signal in a frame.
fn signal_text(frame: &Frame<ToServer>) -> &str {
    let ToServer::Signal { signal, .. } = &frame.msg else { panic!("not a signal: {frame:?}") };
    match signal {
        Signal::Offer { sdp: Sdp(text) } | Signal::Answer { sdp: Sdp(text) } => text,
        Signal::Candidate(Candidate { candidate: Sdp(text), .. }) => text,
        Signal::EndOfCandidates { .. } => panic!("another signal: {frame:?}"),
    }
}

/// The words of a text that are IP addresses.
fn addresses(text: &str) -> Vec<IpAddr> {
    let is_part = |it: char| it.is_ascii_hexdigit() || matches!(it, '.' | ':');
    text.split(|it| !is_part(it)).filter_map(|it| it.parse().ok()).collect()
}

/// Parses an attribute with an independent parser, in capital or small letters; `None` if it is no candidate.
fn parse_candidate(attribute: &str) -> Option<SdpAttributeCandidate> {
    match attribute.parse() {
        Ok(SdpAttribute::Candidate(candidate)) => Some(candidate),
        Ok(_) | Err(_) => None,
    }
}

/// Checks that a candidate names no host that a browser would resolve in the DNS, and no multicast address.
fn assert_names_no_host(candidate: &SdpAttributeCandidate) {
    for address in [Some(&candidate.address), candidate.raddr.as_ref()].into_iter().flatten() {
        match address {
            Address::Ip(it) => assert!(!it.is_multicast(), "{candidate}"),
            Address::Fqdn(name) => {
                let mdns_id = name.strip_suffix(".local").and_then(|it| Uuid::try_parse(it).ok());
                assert!(mdns_id.is_some(), "the candidate names a host: {candidate}");
            }
        }
    }
}

fn is_unspecified(address: &Address) -> bool {
    match address {
        Address::Ip(it) => it.is_unspecified(),
        Address::Fqdn(_) => false,
    }
}

/// Whether an address means nothing outside its own network; written apart from the server's own check.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => is_private_v4(it.to_bits()),
        IpAddr::V6(it) => {
            let is_in =
                |network: Ipv6Addr, bits: u32| (it.to_bits() ^ network.to_bits()).leading_zeros() >= bits;
            let embedded = EMBEDS_V4.iter().find(|(network, bits, _)| is_in(*network, *bits));
            PRIVATE_V6.iter().any(|(network, bits)| is_in(*network, *bits))
                || embedded.is_some_and(|(_, _, after)| is_private_v4((it.to_bits() >> after) as u32))
        }
    }
}

fn is_private_v4(address: u32) -> bool {
    PRIVATE_V4.iter().any(|(network, bits)| (address ^ network.to_bits()).leading_zeros() >= *bits)
}
