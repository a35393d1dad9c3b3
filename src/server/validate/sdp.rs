//! The checks of signals: whether a browser could have made this description or candidate.
//!
//! The receiving browser parses everything again, in its sandbox. The checks cover what it would act on without
//! asking: where to send packets, which certificate to trust, how much to allocate. All other lines pass unchecked,
//! so that a new codec does not need a new server.

use std::{collections::HashSet, net::IpAddr};

use uuid::Uuid;
use webrtc_sdp::{
    SdpSession,
    attribute_type::{
        SdpAttribute, SdpAttributeCandidate, SdpAttributeFingerprintHashType, SdpAttributeGroupSemantic,
        SdpAttributeSetup,
    },
    media_type::{SdpMedia, SdpMediaValue, SdpProtocolValue},
    parse_sdp,
};

use crate::protocol::{
    Candidate, Epoch, ErrorCode, Sdp, Signal, ToServer,
    limits::{
        MAX_CANDIDATE_BYTES, MAX_MID_BYTES, MAX_SDP_BYTES, MAX_SDP_LINE_BYTES, MAX_SDP_LINES, MAX_UFRAG_BYTES,
    },
};

/// The shortest ICE username fragment, in bytes (RFC 8445, 5.3: 24 random bits).
const MIN_UFRAG_BYTES: usize = 4;

/// The shortest ICE password, in bytes (RFC 8445, 5.3: 128 random bits).
const MIN_PWD_BYTES: usize = 22;

/// The longest ICE password, in bytes (RFC 8839, 5.4).
const MAX_PWD_BYTES: usize = 256;

/// The longest foundation of a candidate, in bytes (RFC 8839, 5.1).
const MAX_FOUNDATION_BYTES: usize = 32;

/// The component for RTCP. Bundled media need only component 1, but some browsers gather candidates for both before
/// they know.
const RTCP_COMPONENT: u32 = 2;

/// The lines that are checked, by how they begin. All others are left to the receiving browser.
const CHECKED_LINES: [&str; 13] = [
    "v=",
    "o=",
    "s=",
    "t=",
    "c=",
    "m=",
    "a=group:",
    "a=mid:",
    "a=ice-ufrag:",
    "a=ice-pwd:",
    "a=fingerprint:",
    "a=setup:",
    "a=candidate:",
];

/// Attributes that must be spelled exactly like this: those that are checked, and those with addresses. Some parsers
/// also accept them in capitals or after a space, and they would get past the checks that way.
const EXACT_SPELLINGS: [&str; 8] = [
    "a=group:",
    "a=mid:",
    "a=ice-",
    "a=fingerprint:",
    "a=setup:",
    "a=candidate:",
    "a=end-of-candidates",
    "a=rtcp:",
];

/// Checks the signal of a message; messages without one pass.
///
/// # Errors
///
/// [`ErrorCode::BadEpoch`], [`ErrorCode::BadSdp`] or [`ErrorCode::BadCandidate`].
pub(crate) fn check(message: &ToServer) -> Result<(), ErrorCode> {
    if let ToServer::Signal { epoch, .. } = message {
        check_epoch(*epoch)?;
    }
    // A prepared description is an offer; there is nothing yet that it could answer.
    if let ToServer::Prepared { signal: Signal::Answer { .. }, .. } = message {
        return Err(ErrorCode::BadSdp);
    }
    message.signal().map_or(Ok(()), check_signal)
}

fn check_epoch(epoch: Epoch) -> Result<(), ErrorCode> {
    if epoch.is_possible() { Ok(()) } else { Err(ErrorCode::BadEpoch) }
}

fn check_signal(signal: &Signal) -> Result<(), ErrorCode> {
    let (good, code) = match signal {
        Signal::Offer { sdp } => (is_description(sdp, is_setup_of_offer), ErrorCode::BadSdp),
        Signal::Answer { sdp } => (is_description(sdp, is_setup_of_answer), ErrorCode::BadSdp),
        Signal::Candidate(candidate) => (is_candidate(candidate), ErrorCode::BadCandidate),
        Signal::EndOfCandidates { username_fragment } => {
            (is_short_ufrag(username_fragment), ErrorCode::BadCandidate)
        }
    };
    if good { Ok(()) } else { Err(code) }
}

fn is_description(Sdp(text): &Sdp, is_setup: fn(&SdpAttributeSetup) -> bool) -> bool {
    text.len() <= MAX_SDP_BYTES
        && text.lines().count() <= MAX_SDP_LINES
        && text.lines().all(is_line)
        && parse_checked_lines(text).is_some_and(|session| {
            are_sections(&session.media)
                && is_bundled(&session)
                && is_secured(&session)
                && attributes(&session).all(|it| is_attribute(it, is_setup))
        })
}

/// A lower-case letter, an equals sign and a plain value.
fn is_line(line: &str) -> bool {
    line.len() <= MAX_SDP_LINE_BYTES
        && line.starts_with(|it: char| it.is_ascii_lowercase())
        && line[1..].starts_with('=')
        && is_plain(line)
        && is_spelled_exactly(line)
}

/// Without control characters, and without whitespace that only some parsers treat as such.
fn is_plain(text: &str) -> bool {
    !text.contains(|it: char| it.is_control() || (it.is_whitespace() && it != ' '))
}

/// Whether a line that a lenient parser would read as one of [`EXACT_SPELLINGS`] is one for a strict parser, too.
fn is_spelled_exactly(line: &str) -> bool {
    let Some(attribute) = line.strip_prefix("a=") else { return true };
    let lenient = format!("a={}", attribute.trim_start().to_lowercase());
    EXACT_SPELLINGS.iter().all(|it| !lenient.starts_with(it) || line.starts_with(it))
}

/// Parses the lines that are checked; `None` if they are invalid.
fn parse_checked_lines(text: &str) -> Option<SdpSession> {
    let is_checked = |line: &&str| CHECKED_LINES.iter().any(|start| line.starts_with(start));
    let starting = |start| text.lines().filter_map(move |line| line.strip_prefix(start));
    let are_addresses = starting("a=candidate:").all(has_literal_addresses)
        && starting("c=").all(|it| it.split_ascii_whitespace().nth(2).is_some_and(is_address));
    let lines: Vec<_> = text.lines().filter(is_checked).collect();
    // Warnings are turned into errors: the parser has them for lines that it skips, which would then go unchecked.
    parse_sdp(&(lines.join("\r\n") + "\r\n"), true).ok().filter(|_| are_addresses)
}

/// At least one section, at most one of each kind, all over DTLS.
fn are_sections(media: &[SdpMedia]) -> bool {
    let count = |kind| media.iter().filter(|it| *it.get_type() == kind).count();
    let kinds = [SdpMediaValue::Audio, SdpMediaValue::Video, SdpMediaValue::Application];
    let is_kind = |it: &SdpMedia| kinds.contains(it.get_type());
    !media.is_empty()
        && media.iter().all(|it| is_kind(it) && is_protocol(it))
        && kinds.clone().into_iter().all(|kind| count(kind) <= 1)
}

fn is_protocol(media: &SdpMedia) -> bool {
    match media.get_type() {
        SdpMediaValue::Audio | SdpMediaValue::Video => *media.get_proto() == SdpProtocolValue::UdpTlsRtpSavpf,
        SdpMediaValue::Application => *media.get_proto() == SdpProtocolValue::UdpDtlsSctp,
        SdpMediaValue::Unknown(_) => false,
    }
}

/// Each section has a tag of its own, and the only bundle lists no other tags.
fn is_bundled(session: &SdpSession) -> bool {
    let own_tags: HashSet<_> = session.media.iter().flat_map(tags).collect();
    let mut groups = session.attribute.iter().filter_map(bundle);
    session.media.iter().all(|it| tags(it).count() == 1)
        && own_tags.len() == session.media.len()
        && groups.next().is_some_and(|group| group.iter().all(|it| own_tags.contains(it)))
        && groups.next().is_none()
}

fn tags(media: &SdpMedia) -> impl Iterator<Item = &String> {
    media
        .get_attributes()
        .iter()
        .filter_map(|it| if let SdpAttribute::Mid(tag) = it { Some(tag) } else { None })
}

fn bundle(attribute: &SdpAttribute) -> Option<&[String]> {
    let SdpAttribute::Group(group) = attribute else { return None };
    matches!(group.semantics, SdpAttributeGroupSemantic::Bundle).then_some(&group.tags)
}

/// With a single bundled transport, each of these attributes has to occur only once in the description.
fn is_secured(session: &SdpSession) -> bool {
    let is_strong =
        |it: &SdpAttribute| matches!(it, SdpAttribute::Fingerprint(print) if is_strong(print.hash_algorithm));
    attributes(session).any(is_strong)
        && attributes(session).any(|it| matches!(it, SdpAttribute::IceUfrag(_)))
        && attributes(session).any(|it| matches!(it, SdpAttribute::IcePwd(_)))
        && attributes(session).any(|it| matches!(it, SdpAttribute::Setup(_)))
}

fn is_strong(hash: SdpAttributeFingerprintHashType) -> bool {
    match hash {
        SdpAttributeFingerprintHashType::Sha1 | SdpAttributeFingerprintHashType::Sha224 => false,
        SdpAttributeFingerprintHashType::Sha256
        | SdpAttributeFingerprintHashType::Sha384
        | SdpAttributeFingerprintHashType::Sha512 => true,
    }
}

fn attributes(session: &SdpSession) -> impl Iterator<Item = &SdpAttribute> {
    session.attribute.iter().chain(session.media.iter().flat_map(SdpMedia::get_attributes))
}

/// The parser has already checked that each fingerprint is as long as its hash.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only these five of the parser's forty attributes have bounds"
)]
fn is_attribute(attribute: &SdpAttribute, is_setup: fn(&SdpAttributeSetup) -> bool) -> bool {
    match attribute {
        SdpAttribute::Mid(tag) => (1..=MAX_MID_BYTES).contains(&tag.len()),
        SdpAttribute::IceUfrag(ufrag) => (MIN_UFRAG_BYTES..=MAX_UFRAG_BYTES).contains(&ufrag.len()),
        SdpAttribute::IcePwd(pwd) => (MIN_PWD_BYTES..=MAX_PWD_BYTES).contains(&pwd.len()),
        SdpAttribute::Setup(setup) => is_setup(setup),
        SdpAttribute::Candidate(candidate) => is_reachable(candidate),
        _ => true,
    }
}

/// Browsers offer `actpass` (RFC 8829, 5.2.1); `active` and `passive` are legal, too (RFC 5763, 5).
fn is_setup_of_offer(setup: &SdpAttributeSetup) -> bool {
    match setup {
        SdpAttributeSetup::Actpass | SdpAttributeSetup::Active | SdpAttributeSetup::Passive => true,
        SdpAttributeSetup::Holdconn => false,
    }
}

/// An answer must choose a role (RFC 5763, 5).
fn is_setup_of_answer(setup: &SdpAttributeSetup) -> bool {
    match setup {
        SdpAttributeSetup::Active | SdpAttributeSetup::Passive => true,
        SdpAttributeSetup::Actpass | SdpAttributeSetup::Holdconn => false,
    }
}

fn is_candidate(candidate: &Candidate) -> bool {
    let Sdp(text) = &candidate.candidate;
    let is_short = text.len() <= MAX_CANDIDATE_BYTES && is_plain(text);
    let is_mid = candidate.sdp_mid.as_ref().is_none_or(|it| it.len() <= MAX_MID_BYTES);
    let parsed = || match text.parse() {
        Ok(SdpAttribute::Candidate(candidate)) => Some(candidate),
        Ok(_) | Err(_) => None,
    };
    is_short
        && is_mid
        && is_short_ufrag(&candidate.username_fragment)
        && text.strip_prefix("candidate:").is_some_and(|it| !it.starts_with(' ') && has_literal_addresses(it))
        && parsed().as_ref().is_some_and(is_reachable)
}

fn is_short_ufrag(ufrag: &Option<String>) -> bool {
    ufrag.as_ref().is_none_or(|it| it.len() <= MAX_UFRAG_BYTES)
}

/// Any port but 0 is allowed: an active TCP candidate, which has no port, is written with port 9 (RFC 6544, 4.5).
fn is_reachable(candidate: &SdpAttributeCandidate) -> bool {
    (1..=RTCP_COMPONENT).contains(&candidate.component)
        && candidate.port > 0
        && candidate.foundation.len() <= MAX_FOUNDATION_BYTES
        && candidate.ufrag.as_ref().is_none_or(|it| it.len() <= MAX_UFRAG_BYTES)
}

/// Whether the address and all related addresses are address literals as a browser reads them. The parser would also
/// accept `127.1` or `0x7f.1`.
///
/// Anything else is a host name, and looking it up would reveal the partner to the owner of the name.
fn has_literal_addresses(value: &str) -> bool {
    let words: Vec<_> = value.split_ascii_whitespace().collect();
    let mut pairs = words.iter().zip(words.iter().skip(1));
    words.get(4).is_some_and(|it| is_address(it))
        && pairs.all(|(name, value)| !name.eq_ignore_ascii_case("raddr") || is_address(value))
}

/// An address literal, or a name that hides a local address: `<uuid>.local` (draft-ietf-mmusic-mdns-ice-candidates).
fn is_address(text: &str) -> bool {
    let is_hidden =
        || text.strip_suffix(".local").is_some_and(|it| it.len() == 36 && Uuid::try_parse(it).is_ok());
    text.parse().map_or_else(|_| is_hidden(), |ip: IpAddr| !ip.is_multicast())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{MatchId, limits::MAX_EPOCH};

    const CHROMIUM_OFFER: &str = include_str!("fixtures/chromium-offer.sdp");
    const CHROMIUM_ANSWER: &str = include_str!("fixtures/chromium-answer.sdp");
    const CHROMIUM_GATHERED: &str = include_str!("fixtures/chromium-gathered.sdp");
    const FIREFOX_OFFER: &str = include_str!("fixtures/firefox-offer.sdp");

    fn signal(signal: Signal) -> Result<(), ErrorCode> {
        check(&ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch::FIRST, signal })
    }

    fn offer(text: impl Into<String>) -> Result<(), ErrorCode> {
        signal(Signal::Offer { sdp: Sdp(text.into()) })
    }

    fn answer(text: impl Into<String>) -> Result<(), ErrorCode> {
        signal(Signal::Answer { sdp: Sdp(text.into()) })
    }

    fn candidate(text: &str) -> Result<(), ErrorCode> {
        let candidate = Candidate {
            candidate: Sdp(text.into()),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: Some("I+IT".into()),
        };
        signal(Signal::Candidate(candidate))
    }

    /// The offer without the lines that begin with `start`.
    fn without(start: &str) -> String {
        CHROMIUM_OFFER.lines().filter(|it| !it.starts_with(start)).map(|it| format!("{it}\r\n")).collect()
    }

    #[test]
    fn accepts_descriptions_of_browsers() {
        assert_eq!(offer(CHROMIUM_OFFER), Ok(()));
        assert_eq!(offer(CHROMIUM_GATHERED), Ok(()));
        assert_eq!(offer(FIREFOX_OFFER), Ok(()));
        assert_eq!(answer(CHROMIUM_ANSWER), Ok(()));
    }

    #[test]
    fn accepts_lines_unknown_to_the_parser() {
        let novel = "a=rtpmap:201 nothing-yet/90000\r\na=fmtp:201 ;;=\u{fc}\r\na=rtcp-xr:rcvr-rtt=all\r\na=hologram:1\r\nb=XX:1\r\n";
        assert_eq!(offer(format!("{CHROMIUM_OFFER}{novel}")), Ok(()));
    }

    #[test]
    fn rejects_descriptions_that_no_browser_makes() {
        let changed = |from: &str, to: &str| {
            assert!(CHROMIUM_OFFER.contains(from), "{from}");
            CHROMIUM_OFFER.replace(from, to)
        };
        let bad = [
            String::new(),
            "v=0\r\n".into(),
            "x".repeat(MAX_SDP_BYTES + 1),
            format!("{CHROMIUM_OFFER}a={}\r\n", "x".repeat(MAX_SDP_LINE_BYTES)),
            CHROMIUM_OFFER.to_owned() + &"a=x\r\n".repeat(MAX_SDP_LINES),
            format!("{CHROMIUM_OFFER}a=\0\r\n"),
            format!("{CHROMIUM_OFFER}hello\r\n"),
            format!("{CHROMIUM_OFFER}\u{fc}=hello\r\n"),
            changed("v=0", "v=1"),
            changed("m=audio", "m=video"),
            changed("m=audio", "m=text"),
            changed("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
            changed("UDP/DTLS/SCTP", "TCP/DTLS/SCTP"),
            changed("a=mid:1", "a=mid:0"),
            changed("a=group:BUNDLE 0 1 2", "a=group:BUNDLE 0 1 7"),
            changed("a=group:BUNDLE", "a=group:LS"),
            changed("a=fingerprint:sha-256", "a=fingerprint:sha-1"),
            changed("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:"),
            changed("a=setup:actpass", "a=setup:holdconn"),
            changed("a=setup:actpass", "a=setup:sideways"),
            format!("{CHROMIUM_OFFER}m=video 9 UDP/NEW/RTP/SAVPF 96\r\n"),
            changed("a=ice-pwd:", "a=ice-pwd:short\r\na=x:"),
            changed("c=IN IP4 0.0.0.0", "c=IN IP4 example.org"),
            format!("{CHROMIUM_OFFER}a=candidate:1 1 udp 1 example.org 9 typ host\r\n"),
            format!("{CHROMIUM_OFFER}a=Candidate:1 1 udp 1 192.0.2.7 9 typ host\r\n"),
            format!("{CHROMIUM_OFFER}a= candidate:1 1 udp 1 192.0.2.7 9 typ host\r\n"),
            format!("{CHROMIUM_OFFER}a=RTCP:54321 IN IP4 192.0.2.7\r\n"),
            format!("{CHROMIUM_OFFER}a=hologram:\u{2003}\r\n"),
            without("m="),
            without("a=mid:"),
            without("a=group:"),
            without("a=ice-ufrag:"),
            without("a=ice-pwd:"),
            without("a=fingerprint:"),
            without("a=setup:"),
        ];
        for text in bad {
            assert_eq!(offer(text.clone()), Err(ErrorCode::BadSdp), "{text}");
        }
        assert_eq!(answer(CHROMIUM_OFFER), Err(ErrorCode::BadSdp), "an answer that leaves the role open");
    }

    #[test]
    fn accepts_candidates_of_browsers() {
        for text in [
            "candidate:1409928812 1 udp 2113937151 54062a68-f199-4853-803b-aeb6f26c276d.local 45407 typ host generation 0 ufrag I+IT network-cost 999",
            "candidate:2 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active generation 0 ufrag I+IT network-id 1",
            "candidate:842163049 1 udp 1677729535 198.51.100.3 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag I+IT network-cost 999",
            "candidate:3 1 udp 41885439 2001:db8::1 60000 typ relay raddr 2001:db8::2 rport 5000 generation 0 ufrag I+IT",
            "candidate:0 2 UDP 2122252542 127.0.0.1 56789 typ host",
            "candidate:1 1 TCP 2105524479 ::1 9 typ host tcptype active",
        ] {
            assert_eq!(candidate(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn rejects_candidates_with_host_names_or_without_sense() {
        for text in [
            "",
            "candidate:",
            "a=candidate:1 1 udp 1 192.0.2.7 9 typ host",
            "candidate:1 1 udp 1 example.org 9 typ host",
            "candidate:1 1 udp 1 printer.local 9 typ host",
            "candidate:1 1 udp 1 54062a68f1994853803baeb6f26c276d.local 9 typ host",
            "candidate:1 1 udp 1 127.1 9 typ host",
            "candidate:1 1 udp 1 0x7f000001 9 typ host",
            "candidate:1 1 udp 1 224.0.0.251 9 typ host",
            "candidate:1 1 udp 1 192.0.2.7 9 typ srflx raddr example.org rport 9",
            "candidate:1 1 udp 1 192.0.2.7 9 typ srflx raddr 192.0.2.8 rport 9 raddr example.org rport 9",
            "candidate: 1 1 udp 1 192.0.2.7 9 typ host",
            "candidate:f\u{a0}1\u{a0}udp\u{a0}1\u{a0}192.0.2.7\u{a0}9\u{a0}typ\u{a0}host\u{a0}x 1 udp 1 192.0.2.7 9 typ host",
            "candidate:1 1 udp 1 192.0.2.7 0 typ host",
            "candidate:1 1 udp 1 192.0.2.7 65536 typ host",
            "candidate:1 3 udp 1 192.0.2.7 9 typ host",
            "candidate:1 1 sctp 1 192.0.2.7 9 typ host",
            "candidate:1 1 udp 1 192.0.2.7 9 typ guest",
            "candidate:1 1 udp 1 192.0.2.7 9 typ host\r\na=x",
            &format!("candidate:{} 1 udp 1 192.0.2.7 9 typ host", "1".repeat(MAX_FOUNDATION_BYTES + 1)),
            &format!("candidate:1 1 udp 1 192.0.2.7 9 typ host x {}", "x".repeat(MAX_CANDIDATE_BYTES)),
        ] {
            assert_eq!(candidate(text), Err(ErrorCode::BadCandidate), "{text}");
        }
    }

    #[test]
    fn epochs_are_bounded() {
        let in_epoch = |epoch| {
            let signal = Signal::EndOfCandidates { username_fragment: None };
            check(&ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch(epoch), signal })
        };
        assert_eq!(in_epoch(0), Ok(()));
        assert_eq!(in_epoch(MAX_EPOCH), Ok(()));
        assert_eq!(in_epoch(MAX_EPOCH + 1), Err(ErrorCode::BadEpoch));
    }

    #[test]
    fn tags_of_candidates_are_bounded() {
        let long = || Some("x".repeat(MAX_UFRAG_BYTES + 1));
        let good = Candidate {
            candidate: Sdp("candidate:1 1 udp 1 192.0.2.7 9 typ host".into()),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        };
        let bad = Err(ErrorCode::BadCandidate);
        assert_eq!(signal(Signal::Candidate(good.clone())), Ok(()));
        assert_eq!(signal(Signal::Candidate(Candidate { sdp_mid: long(), ..good.clone() })), bad);
        assert_eq!(signal(Signal::Candidate(Candidate { username_fragment: long(), ..good })), bad);
        assert_eq!(signal(Signal::EndOfCandidates { username_fragment: long() }), bad);
    }
}
