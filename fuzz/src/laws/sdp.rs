//! Properties of session descriptions.

use super::{assert_names_no_host, frame_with, is_unspecified, parse_candidate, read_both, signal_text};
use crate::{
    protocol::{
        ErrorCode, Sdp, Signal, encode,
        limits::{MAX_SDP_BYTES, MAX_SDP_LINE_BYTES, MAX_SDP_LINES},
    },
    server::read,
};
use webrtc_sdp::attribute_type::SdpAttribute;

/// Checks that an accepted description stays within its limits and names no host, and that scrubbing removes all
/// addresses and nothing else.
pub fn sdp(text: &str) {
    let sdp = || Sdp(text.to_owned());
    let offer = Signal::Offer { sdp: sdp() };
    // An answer must not say `actpass`. Skipping it saves half of the time for most inputs.
    let answer = (!text.contains("actpass")).then(|| Signal::Answer { sdp: sdp() });
    for signal in [Some(offer), answer].into_iter().flatten() {
        let sent = frame_with(signal);
        let Some((full, scrubbed_frame)) = read_both(&sent, &[ErrorCode::BadSdp]) else { continue };
        assert_eq!(full, sent, "reading changed the frame");
        assert_bounded(text);
        assert_safe(text);
        let scrubbed = signal_text(&scrubbed_frame);
        assert_scrubbed(scrubbed);
        assert_eq!(without_addresses(text), without_addresses(scrubbed), "scrubbing changed another line");
        // Scrubbing may lengthen a line by a few bytes, since a placeholder address can be longer than the original.
        if scrubbed.len() <= MAX_SDP_BYTES {
            let again = read(&encode(&scrubbed_frame), true);
            assert_eq!(
                again.as_ref().map(signal_text),
                Ok(scrubbed),
                "scrubbing twice differs from scrubbing once"
            );
        }
    }
}

fn assert_bounded(text: &str) {
    assert!(text.len() <= MAX_SDP_BYTES);
    assert!(text.lines().count() <= MAX_SDP_LINES);
    for line in text.lines() {
        assert!(line.len() <= MAX_SDP_LINE_BYTES);
        assert!(!line.contains(char::is_control), "{line:?}");
        assert!(matches!(line.as_bytes(), [b'a'..=b'z', b'=', ..]), "{line:?}");
    }
}

/// Checks that other parsers find nothing harmful in a description.
///
/// It has 1 to 3 media sections and a fingerprint, and its addresses need no DNS look-up.
fn assert_safe(text: &str) {
    assert!((1..=3).contains(&text.lines().filter(|it| it.starts_with("m=")).count()));
    let attributes: Vec<SdpAttribute> = attributes(text).filter_map(|it| it.parse().ok()).collect();
    assert!(
        attributes.iter().any(|it| matches!(it, SdpAttribute::Fingerprint(_))),
        "without a fingerprint, anybody could answer"
    );
    for attribute in &attributes {
        if let SdpAttribute::Candidate(candidate) = attribute {
            assert_names_no_host(candidate);
        }
    }
    for line in text.lines().filter_map(|it| it.strip_prefix("c=")) {
        let word = line.split_ascii_whitespace().nth(2).expect("an address");
        assert!(word.parse::<std::net::IpAddr>().is_ok() || word.ends_with(".local"), "{line}");
    }
}

/// The attributes as a lenient parser reads them, which ignores white space around them.
fn attributes(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|it| it.strip_prefix("a=")).map(str::trim)
}

fn assert_scrubbed(text: &str) {
    for attribute in attributes(text) {
        assert!(parse_candidate(attribute).is_none(), "{attribute}");
        if let Ok(SdpAttribute::Rtcp(rtcp)) = attribute.parse() {
            let address = rtcp.unicast_addr.map(Into::into);
            assert!(rtcp.port == 9 && address.as_ref().is_none_or(is_unspecified), "{attribute}");
        }
    }
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        match &line[..2] {
            "c=" => assert_eq!(line, "c=IN IP4 0.0.0.0"),
            "o=" => assert_eq!(words.next_back(), Some("127.0.0.1"), "{line}"),
            "m=" => assert!(matches!(words.nth(1), Some("0" | "9")), "{line}"),
            _ => {}
        }
    }
}

/// The lines of a description that hold no address.
fn without_addresses(text: &str) -> Vec<&str> {
    let prefixes = ["c=", "o=", "m=", "a=rtcp:", "a=candidate:", "a=end-of-candidates"];
    let holds_address = |line: &str| {
        prefixes.iter().any(|it| line.get(..it.len()).is_some_and(|start| start.eq_ignore_ascii_case(it)))
    };
    text.lines().filter(|it| !holds_address(it)).collect()
}
