//! Properties of candidates.

use super::{
    addresses, assert_names_no_host, frame_with, is_private, is_unspecified, parse_candidate, read_signal,
    signal_text,
};
use crate::{
    protocol::{
        Candidate, ErrorCode, Sdp, Signal, ToServer, encode,
        limits::{MAX_CANDIDATE_BYTES, MAX_MID_BYTES, MAX_UFRAG_BYTES, RELAY_IPV4, RELAY_IPV6},
    },
    server::{
        privacy::{Privacy, Relays, Shown},
        read,
    },
};
use webrtc_sdp::{
    address::Address,
    attribute_type::{SdpAttributeCandidate, SdpAttributeCandidateType},
};

/// Checks that an accepted candidate names no host, that the server classifies it as a browser does, and that rewriting
/// removes what it should and nothing else.
///
/// The first line of the text is the candidate; two optional lines are its media section and its username fragment.
pub fn candidate(text: &str) {
    let mut lines = text.split('\n');
    let candidate = Candidate {
        candidate: Sdp(lines.next().unwrap_or_default().to_owned()),
        sdp_mid: lines.next().map(str::to_owned),
        sdp_m_line_index: None,
        username_fragment: lines.next().map(str::to_owned),
    };
    let sent = frame_with(Signal::Candidate(candidate.clone()));
    let Some((frame, _)) = read_signal(&sent, ErrorCode::BadCandidate) else { return };
    assert_bounded(&candidate);

    let ToServer::Signal { signal: Signal::Candidate(rewritten), .. } = &frame.msg else {
        panic!("{frame:?}")
    };
    assert_bounded(rewritten);
    let after = assert_classified(rewritten);
    // Another parser may refuse the value of an extension that the server drops anyway.
    if let Some(before) = parse_candidate(&candidate.candidate.0) {
        assert_rewritten(&before, &after);
    }
    assert_eq!(rewritten.sdp_mid, candidate.sdp_mid);
    assert_eq!(rewritten.username_fragment, candidate.username_fragment);
    let again = read(&encode(&frame));
    assert_eq!(
        again.as_ref().map(signal_text),
        Ok(signal_text(&frame)),
        "rewriting twice differs from rewriting once"
    );
}

fn assert_bounded(candidate: &Candidate) {
    let Sdp(text) = &candidate.candidate;
    assert!(text.len() <= MAX_CANDIDATE_BYTES && text.bytes().all(|it| matches!(it, b' '..=b'~')), "{text}");
    for (tag, bytes) in [(&candidate.sdp_mid, MAX_MID_BYTES), (&candidate.username_fragment, MAX_UFRAG_BYTES)]
    {
        let tag = tag.as_deref().unwrap_or_default();
        assert!(tag.len() <= bytes && addresses(tag).is_empty(), "{tag}");
    }
}

/// Checks that a browser's parser agrees with what the matchmaker reads in a candidate.
fn assert_classified(candidate: &Candidate) -> SdpAttributeCandidate {
    let text = &candidate.candidate.0;
    let parsed = parse_candidate(text).expect("the server accepts only candidates");
    assert_names_no_host(&parsed);
    let is_relay = parsed.c_type == SdpAttributeCandidateType::Relay;
    let has_private_address = matches!(parsed.address, Address::Ip(it) if is_private(it));
    assert_eq!(candidate.is_relay(), is_relay, "{text}");
    assert_eq!(candidate.is_host(), parsed.c_type == SdpAttributeCandidateType::Host, "{text}");
    let names = [RELAY_IPV4.into(), RELAY_IPV6.into()];
    let is_name = matches!(parsed.address, Address::Ip(it) if names.contains(&it));
    for (relays, relay_passes) in [(Relays::Any, true), (Relays::Own, is_name)] {
        let passes = |shown| Privacy { shown, relays }.check(candidate).is_ok();
        assert_eq!(passes(Shown::All), !is_relay || relay_passes, "{text}");
        let expected = if is_relay { relay_passes } else { !has_private_address };
        assert_eq!(passes(Shown::Public), expected, "{text}");
        assert_eq!(passes(Shown::None), is_relay && relay_passes, "{text}");
    }
    parsed
}

/// Checks that the related address and unknown extensions are gone, and that all else is as before.
fn assert_rewritten(before: &SdpAttributeCandidate, after: &SdpAttributeCandidate) {
    assert!(after.raddr.as_ref().is_none_or(is_unspecified), "{after}");
    assert!(after.rport.is_none_or(|it| it == 0), "{after}");
    assert_eq!(after.networkcost, None);
    assert!(after.unknown_extensions.is_empty(), "{after}");
    let mut expected = before.clone();
    expected.raddr.clone_from(&after.raddr);
    expected.rport = after.rport;
    expected.networkcost = None;
    expected.unknown_extensions.clear();
    assert_eq!(before.raddr.is_some(), after.raddr.is_some());
    assert_eq!(before.rport.is_some(), after.rport.is_some());
    assert_eq!(expected.to_string(), after.to_string(), "rewriting changed more than it should");
}
