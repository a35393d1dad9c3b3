//! Properties of session descriptions.

use super::{addresses, frame_with, parse_candidate, read_signal, signal_text};
use crate::{
    protocol::{
        ErrorCode, Sdp, Signal, encode,
        limits::{MAX_SDP_BYTES, MAX_SDP_LINE_BYTES, MAX_SDP_LINES},
    },
    server::read,
};
use std::net::{IpAddr, Ipv4Addr};
use webrtc_sdp::attribute_type::{SdpAttribute, SdpAttributeFingerprintHashType};

/// Lines in which a placeholder may take the place of an address, as they begin and end.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("c=", "IN IP4 0.0.0.0"),
    ("a=rtcp:9 ", "IN IP4 0.0.0.0"),
    ("o=", " IN IP4 0.0.0.0"),
    ("o=", " IN IP4 127.0.0.1"),
];

/// Lines whose values have the characters of addresses, and mean something else.
const CREDENTIALS: [&str; 3] = ["a=fingerprint:", "a=ice-ufrag:", "a=ice-pwd:"];

/// Checks that an accepted description stays within its limits, that each of its lines is one that was sent or a
/// placeholder, that no address is left, and that rewriting it again changes nothing.
pub fn sdp(text: &str) {
    let sdp = || Sdp(text.to_owned());
    let offer = Signal::Offer { sdp: sdp() };
    // An answer must not say `actpass`. Skipping it saves half of the time for most inputs.
    let answer = (!text.contains("actpass")).then(|| Signal::Answer { sdp: sdp() });
    for signal in [Some(offer), answer].into_iter().flatten() {
        let sent = frame_with(signal);
        let Some((frame, dropped)) = read_signal(&sent, ErrorCode::BadSdp) else { continue };
        let rewritten = signal_text(&frame);
        assert_bounded(text, rewritten);
        assert_eq!(rewritten.lines().count() + dropped, text.lines().count(), "lines that are not counted");
        assert_lines(text, rewritten);
        assert_safe(rewritten);
        assert_no_address(rewritten);
        let again = read(&encode(&frame));
        assert_eq!(
            again.as_ref().map(signal_text),
            Ok(rewritten),
            "rewriting twice differs from rewriting once"
        );
    }
}

fn assert_bounded(sent: &str, rewritten: &str) {
    for text in [sent, rewritten] {
        assert!(text.len() <= MAX_SDP_BYTES);
        assert!(text.lines().count() <= MAX_SDP_LINES);
        assert!(text.lines().all(|it| it.len() <= MAX_SDP_LINE_BYTES));
    }
    for line in rewritten.lines() {
        assert!(line.bytes().all(|it| matches!(it, b' '..=b'~')), "{line:?}");
        assert!(matches!(line.as_bytes(), [b'a'..=b'z', b'=', ..]), "{line:?}");
    }
}

/// Checks that the lines are those that were sent, in their order, apart from those that are rewritten.
fn assert_lines(sent: &str, rewritten: &str) {
    let is_rewritten =
        |line: &str| ["o=", "s=", "t=", "c=", "m=", "a=rtcp:"].iter().any(|it| line.starts_with(it));
    let mut sent = sent.lines();
    for line in rewritten.lines() {
        let found = sent.any(|it| it == line || (is_rewritten(line) && it.get(..2) == line.get(..2)));
        assert!(found, "{line} was not sent here");
    }
}

/// Checks that other parsers find nothing harmful in a description.
///
/// It has 1 to 3 media sections and a fingerprint of a secure hash, and no candidates.
fn assert_safe(text: &str) {
    assert!((1..=3).contains(&text.lines().filter(|it| it.starts_with("m=")).count()));
    let is_secure = |it: &str| {
        let Ok(SdpAttribute::Fingerprint(print)) = it.parse() else { return false };
        !matches!(
            print.hash_algorithm,
            SdpAttributeFingerprintHashType::Sha1 | SdpAttributeFingerprintHashType::Sha224
        )
    };
    assert!(attributes(text).any(is_secure), "without a fingerprint, anybody could answer");
    assert!(attributes(text).all(|it| parse_candidate(it).is_none()));
}

/// The attributes as a lenient parser reads them, which ignores white space around them.
fn attributes(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|it| it.strip_prefix("a=")).map(str::trim)
}

fn assert_no_address(text: &str) {
    for line in text.lines().filter(|line| !CREDENTIALS.iter().any(|it| line.starts_with(it))) {
        let is_placeholder = |(start, end): &(&str, &str)| line.starts_with(start) && line.ends_with(end);
        let expected: Vec<IpAddr> = match PLACEHOLDERS.iter().find(|it| is_placeholder(it)) {
            Some((_, end)) if end.ends_with(".1") => vec![Ipv4Addr::LOCALHOST.into()],
            Some(_) => vec![Ipv4Addr::UNSPECIFIED.into()],
            None => Vec::new(),
        };
        assert_eq!(addresses(line), expected, "{line}");
    }
}
