//! What the server's reading has to keep to whatever it is given: each law takes a text and panics where it is broken.

mod candidate;
mod message;
mod sdp;

pub use candidate::candidate;
pub use message::message;
pub use sdp::sdp;

use crate::{
    protocol::{Candidate, Epoch, ErrorCode, Frame, MatchId, Sdp, Signal, ToServer, encode},
    server::read,
};
use std::net::IpAddr;
use uuid::Uuid;
use webrtc_sdp::{
    address::Address,
    attribute_type::{SdpAttribute, SdpAttributeCandidate},
};

/// The numbers of every frame made here.
const SEQ: u64 = 7;
const ACK: u64 = 3;

/// A text that carries a signal.
fn carrying(signal: Signal) -> Frame<ToServer> {
    let msg = ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch::FIRST, signal };
    Frame { seq: SEQ, ack: ACK, msg }
}

/// What becomes of a signal, first as it is and then without addresses; `None` where it is refused with one of `codes`,
/// which has nothing to do with addresses and always names the frame.
fn passed(frame: &Frame<ToServer>, codes: &[ErrorCode]) -> Option<(Frame<ToServer>, Frame<ToServer>)> {
    let text = encode(frame);
    match (read(&text, false), read(&text, true)) {
        (Ok(said), Ok(clean)) => Some((said, clean)),
        (Err(one), Err(other)) => {
            assert_eq!(one, other, "scrubbing decides what is refused");
            match one.code {
                ErrorCode::TooLarge => assert_eq!((one.about, one.ack), (0, 0)),
                code => {
                    assert!(codes.contains(&code), "refused with {code:?}");
                    assert_eq!((one.about, one.ack), (SEQ, ACK), "the wrong frame is refused");
                }
            }
            None
        }
        (one, other) => panic!("scrubbing decides what is refused: {one:?}, {other:?}"),
    }
}

/// The text of a signal's description or candidate.
fn text(frame: &Frame<ToServer>) -> &str {
    let ToServer::Signal { signal, .. } = &frame.msg else { panic!("another message came out: {frame:?}") };
    match signal {
        Signal::Offer { sdp: Sdp(text) } | Signal::Answer { sdp: Sdp(text) } => text,
        Signal::Candidate(Candidate { candidate: Sdp(text), .. }) => text,
        Signal::EndOfCandidates { .. } => panic!("another signal came out: {frame:?}"),
    }
}

/// What a parser of another make reads in an attribute, be it `candidate:` or `CANDIDATE:`.
fn as_candidate(attribute: &str) -> Option<SdpAttributeCandidate> {
    match attribute.parse() {
        Ok(SdpAttribute::Candidate(candidate)) => Some(candidate),
        Ok(_) | Err(_) => None,
    }
}

/// Nobody is asked for the name of anything.
fn names_no_host(candidate: &SdpAttributeCandidate) {
    for address in [Some(&candidate.address), candidate.raddr.as_ref()].into_iter().flatten() {
        match address {
            Address::Ip(it) => assert!(!it.is_multicast(), "{candidate}"),
            Address::Fqdn(name) => {
                let hidden = name.strip_suffix(".local").and_then(|it| Uuid::try_parse(it).ok());
                assert!(hidden.is_some(), "a host is named: {candidate}");
            }
        }
    }
}

fn is_nowhere(address: &Address) -> bool {
    match address {
        Address::Ip(it) => it.is_unspecified(),
        Address::Fqdn(_) => false,
    }
}

/// Whether an address means nothing outside its own network.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(it) => it.is_private() || it.is_link_local() || it.is_loopback(),
        IpAddr::V6(it) => it.is_unique_local() || it.is_unicast_link_local() || it.is_loopback(),
    }
}
