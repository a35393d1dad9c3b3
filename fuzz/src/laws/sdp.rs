//! The laws of a session description.

use super::{as_candidate, carrying, is_nowhere, names_no_host, passed, text};
use crate::{
    protocol::{
        ErrorCode, Sdp, Signal, encode,
        limits::{MAX_SDP_BYTES, MAX_SDP_LINE_BYTES, MAX_SDP_LINES},
    },
    server::read,
};
use webrtc_sdp::attribute_type::SdpAttribute;

/// A description that passes keeps to its bounds and names no host; without its addresses it still passes, says nothing of
/// where its sender is, and all else that was in it.
pub fn sdp(text: &str) {
    let sdp = || Sdp(text.to_owned());
    let offer = Signal::Offer { sdp: sdp() };
    // What leaves the choice open is no answer, and is not tried as one: half the time for most inputs.
    let answer = (!text.contains("actpass")).then(|| Signal::Answer { sdp: sdp() });
    for signal in [Some(offer), answer].into_iter().flatten() {
        let sent = carrying(signal);
        let Some((said, clean)) = passed(&sent, &[ErrorCode::BadSdp]) else { continue };
        assert_eq!(said, sent, "it was changed on its way");
        is_bounded(text);
        is_sound(text);
        let scrubbed = self::text(&clean);
        is_clean(scrubbed);
        assert_eq!(others(text), others(scrubbed), "something else was changed too");
        // It may grow by a few bytes a line: an address that says nothing is longer than none.
        if scrubbed.len() <= MAX_SDP_BYTES {
            let again = read(&encode(&clean), true);
            assert_eq!(again.as_ref().map(self::text), Ok(scrubbed), "once is not enough");
        }
    }
}

fn is_bounded(text: &str) {
    assert!(text.len() <= MAX_SDP_BYTES);
    assert!(text.lines().count() <= MAX_SDP_LINES);
    for line in text.lines() {
        assert!(line.len() <= MAX_SDP_LINE_BYTES);
        assert!(!line.contains(char::is_control), "{line:?}");
        assert!(matches!(line.as_bytes(), [b'a'..=b'z', b'=', ..]), "{line:?}");
    }
}

/// What other parsers would act upon is fit to be acted upon.
fn is_sound(text: &str) {
    assert!((1..=3).contains(&text.lines().filter(|it| it.starts_with("m=")).count()));
    let attributes: Vec<SdpAttribute> = attributes(text).filter_map(|it| it.parse().ok()).collect();
    assert!(attributes.iter().any(|it| matches!(it, SdpAttribute::Fingerprint(_))), "anybody could answer");
    for attribute in &attributes {
        if let SdpAttribute::Candidate(candidate) = attribute {
            names_no_host(candidate);
        }
    }
    for line in text.lines().filter_map(|it| it.strip_prefix("c=")) {
        let word = line.split_ascii_whitespace().nth(2).expect("an address");
        assert!(word.parse::<std::net::IpAddr>().is_ok() || word.ends_with(".local"), "{line}");
    }
}

/// The lines of attributes, as a parser has them that is told `A=` or `a= ` and does not mind.
fn attributes(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|it| it.strip_prefix("a=")).map(str::trim)
}

fn is_clean(text: &str) {
    for attribute in attributes(text) {
        assert!(as_candidate(attribute).is_none(), "{attribute}");
        if let Ok(SdpAttribute::Rtcp(rtcp)) = attribute.parse() {
            let address = rtcp.unicast_addr.map(Into::into);
            assert!(rtcp.port == 9 && address.as_ref().is_none_or(is_nowhere), "{attribute}");
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

/// The lines that hold no address.
fn others(text: &str) -> Vec<&str> {
    let with = ["c=", "o=", "m=", "a=rtcp:", "a=candidate:", "a=end-of-candidates"];
    let holds = |line: &str| {
        with.iter().any(|it| line.get(..it.len()).is_some_and(|start| start.eq_ignore_ascii_case(it)))
    };
    text.lines().filter(|it| !holds(it)).collect()
}
