//! The laws of a candidate.

use super::{as_candidate, carrying, is_nowhere, is_private, names_no_host, passed, text};
use crate::{
    protocol::{
        Candidate, ErrorCode, Sdp, Signal, ToServer, encode,
        limits::{MAX_CANDIDATE_BYTES, MAX_MID_BYTES, MAX_UFRAG_BYTES},
    },
    server::read,
};
use webrtc_sdp::{
    address::Address,
    attribute_type::{SdpAttributeCandidate, SdpAttributeCandidateType},
};

/// A candidate that passes names no host, is to us what it is to a browser, and without its addresses still leads to the
/// same place. The text is the candidate, then perhaps lines with its section and its username fragment.
pub fn candidate(text: &str) {
    let mut lines = text.split('\n');
    let candidate = Candidate {
        candidate: Sdp(lines.next().unwrap_or_default().to_owned()),
        sdp_mid: lines.next().map(str::to_owned),
        sdp_m_line_index: None,
        username_fragment: lines.next().map(str::to_owned),
    };
    let sent = carrying(Signal::Candidate(candidate.clone()));
    let Some((said, clean)) = passed(&sent, &[ErrorCode::BadCandidate]) else { return };
    assert_eq!(said, sent, "it was changed on its way");
    is_bounded(&candidate);
    let before = is_what_it_seems(&candidate);

    let ToServer::Signal { signal: Signal::Candidate(scrubbed), .. } = &clean.msg else {
        panic!("{clean:?}")
    };
    is_bounded(scrubbed);
    let after = is_what_it_seems(scrubbed);
    is_clean(&before, &after);
    assert_eq!(scrubbed.sdp_mid, candidate.sdp_mid);
    assert_eq!(scrubbed.username_fragment, candidate.username_fragment);
    let again = read(&encode(&clean), true);
    assert_eq!(again.as_ref().map(self::text), Ok(self::text(&clean)), "once is not enough");
}

fn is_bounded(candidate: &Candidate) {
    let Sdp(text) = &candidate.candidate;
    assert!(text.len() <= MAX_CANDIDATE_BYTES && !text.contains(char::is_control), "{text}");
    assert!(candidate.sdp_mid.as_ref().is_none_or(|it| it.len() <= MAX_MID_BYTES));
    assert!(candidate.username_fragment.as_ref().is_none_or(|it| it.len() <= MAX_UFRAG_BYTES));
}

/// A browser's parser agrees with what the matchmaker goes by.
fn is_what_it_seems(candidate: &Candidate) -> SdpAttributeCandidate {
    let text = &candidate.candidate.0;
    let parsed = as_candidate(text).expect("a candidate, or it would not have passed");
    names_no_host(&parsed);
    let is_host = parsed.c_type == SdpAttributeCandidateType::Host;
    let is_near = matches!(parsed.address, Address::Ip(it) if is_private(it));
    assert_eq!(candidate.is_relay(), parsed.c_type == SdpAttributeCandidateType::Relay, "{text}");
    assert_eq!(candidate.is_private_host(), is_host && is_near, "{text}");
    parsed
}

fn is_clean(before: &SdpAttributeCandidate, after: &SdpAttributeCandidate) {
    assert!(after.raddr.as_ref().is_none_or(is_nowhere), "{after}");
    assert!(after.rport.is_none_or(|it| it == 0), "{after}");
    assert_eq!(after.networkcost, None);
    let is_kept = |it: &&(String, String)| !it.0.eq_ignore_ascii_case("network-id");
    assert!(before.unknown_extensions.iter().filter(is_kept).eq(&after.unknown_extensions), "{after}");
    let mut same = before.clone();
    same.raddr.clone_from(&after.raddr);
    same.rport = after.rport;
    same.networkcost = None;
    same.unknown_extensions.clone_from(&after.unknown_extensions);
    assert_eq!(before.raddr.is_some(), after.raddr.is_some());
    assert_eq!(before.rport.is_some(), after.rport.is_some());
    assert_eq!(same.to_string(), after.to_string(), "it leads to another place");
}
