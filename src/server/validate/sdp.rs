//! Whether a signal is one that a browser would make, in pure functions; it must not know who sent it or to whom it goes.
//!
//! The receiving browser parses everything again, in its sandbox. What is checked here is what it would act upon without
//! asking: where to send packets, whose certificate to trust, how much to allocate.
//! A line that is not judged passes unread, so that a new codec does not need a new server.

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

/// Bytes of an ICE username fragment at least (RFC 8445, 5.3: 24 random bits).
const MIN_UFRAG_BYTES: usize = 4;

/// Bytes of an ICE password at least (RFC 8445, 5.3: 128 random bits).
const MIN_PWD_BYTES: usize = 22;

/// Bytes of an ICE password at most (RFC 8839, 5.4).
const MAX_PWD_BYTES: usize = 256;

/// Bytes of a candidate's foundation at most (RFC 8839, 5.1).
const MAX_FOUNDATION_BYTES: usize = 32;

/// The component for RTCP. Bundled media needs only the first, but some browsers gather for both before they know.
const RTCP_COMPONENT: u32 = 2;

/// What is judged: the first part of these lines. Everything else is for the receiving browser.
const JUDGED: [&str; 13] = [
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

/// Attributes that some parsers would read even where browsers would not write them so, in capitals or after a space:
/// those that are judged here, and those that hold addresses.
const SPELT: [&str; 8] = [
    "a=group:",
    "a=mid:",
    "a=ice-",
    "a=fingerprint:",
    "a=setup:",
    "a=candidate:",
    "a=end-of-candidates",
    "a=rtcp:",
];

/// Checks what a message carries to another browser; other messages pass.
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
        && judged(text).is_some_and(|session| {
            are_sections(&session.media)
                && is_bundled(&session)
                && is_secured(&session)
                && attributes(&session).all(|it| is_attribute(it, is_setup))
        })
}

/// A letter, an equals sign and a plain value.
fn is_line(line: &str) -> bool {
    line.len() <= MAX_SDP_LINE_BYTES
        && line.starts_with(|it: char| it.is_ascii_lowercase())
        && line[1..].starts_with('=')
        && is_plain(line)
        && is_spelt(line)
}

/// Without control characters, and without spaces that are one to some parsers and a letter to others.
fn is_plain(text: &str) -> bool {
    !text.contains(|it: char| it.is_control() || (it.is_whitespace() && it != ' '))
}

/// What a forgiving parser would read as one of the attributes has to be one for the strict.
fn is_spelt(line: &str) -> bool {
    let Some(attribute) = line.strip_prefix("a=") else { return true };
    let forgiven = format!("a={}", attribute.trim_start().to_lowercase());
    SPELT.iter().all(|it| !forgiven.starts_with(it) || line.starts_with(it))
}

/// Parses the lines that are judged.
fn judged(text: &str) -> Option<SdpSession> {
    let is_judged = |line: &&str| JUDGED.iter().any(|start| line.starts_with(start));
    let starting = |start| text.lines().filter_map(move |line| line.strip_prefix(start));
    let are_addresses = starting("a=candidate:").all(names_addresses)
        && starting("c=").all(|it| it.split_ascii_whitespace().nth(2).is_some_and(is_address));
    let lines: Vec<_> = text.lines().filter(is_judged).collect();
    // A warning would be of a line that is passed over, and so not judged.
    parse_sdp(&(lines.join("\r\n") + "\r\n"), true).ok().filter(|_| are_addresses)
}

/// One of each kind at most, one in all at least, over DTLS.
fn are_sections(media: &[SdpMedia]) -> bool {
    let count = |kind| media.iter().filter(|it| *it.get_type() == kind).count();
    let kinds = [SdpMediaValue::Audio, SdpMediaValue::Video, SdpMediaValue::Application];
    let is_known = |it: &SdpMedia| kinds.contains(it.get_type());
    !media.is_empty()
        && media.iter().all(|it| is_known(it) && is_protocol(it))
        && kinds.clone().into_iter().all(|kind| count(kind) <= 1)
}

fn is_protocol(media: &SdpMedia) -> bool {
    match media.get_type() {
        SdpMediaValue::Audio | SdpMediaValue::Video => *media.get_proto() == SdpProtocolValue::UdpTlsRtpSavpf,
        SdpMediaValue::Application => *media.get_proto() == SdpProtocolValue::UdpDtlsSctp,
        SdpMediaValue::Unknown(_) => false,
    }
}

/// Every section has its own tag, and one bundle carries nothing but these.
fn is_bundled(session: &SdpSession) -> bool {
    let known: HashSet<_> = session.media.iter().flat_map(tags).collect();
    let mut groups = session.attribute.iter().filter_map(bundle);
    session.media.iter().all(|it| tags(it).count() == 1)
        && known.len() == session.media.len()
        && groups.next().is_some_and(|group| group.iter().all(|it| known.contains(it)))
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

/// With one bundled transport it is enough that each of these is said somewhere.
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

/// The parser has seen to it that a fingerprint is as long as its hash.
#[expect(clippy::wildcard_enum_match_arm, reason = "of the parser's forty kinds these five have bounds")]
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

/// RFC 8829, 5.2.1; `active` and `passive` are legal (RFC 5763, 5) though browsers do not say them in an offer.
fn is_setup_of_offer(setup: &SdpAttributeSetup) -> bool {
    match setup {
        SdpAttributeSetup::Actpass | SdpAttributeSetup::Active | SdpAttributeSetup::Passive => true,
        SdpAttributeSetup::Holdconn => false,
    }
}

/// RFC 5763, 5: who answers must choose.
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
        && text.strip_prefix("candidate:").is_some_and(|it| !it.starts_with(' ') && names_addresses(it))
        && parsed().as_ref().is_some_and(is_reachable)
}

fn is_short_ufrag(ufrag: &Option<String>) -> bool {
    ufrag.as_ref().is_none_or(|it| it.len() <= MAX_UFRAG_BYTES)
}

/// Port 9 stands in for the port that an active TCP candidate does not have (RFC 6544, 4.5).
fn is_reachable(candidate: &SdpAttributeCandidate) -> bool {
    (1..=RTCP_COMPONENT).contains(&candidate.component)
        && candidate.port > 0
        && candidate.foundation.len() <= MAX_FOUNDATION_BYTES
        && candidate.ufrag.as_ref().is_none_or(|it| it.len() <= MAX_UFRAG_BYTES)
}

/// Reads the addresses as a browser would, where the parser would take `127.1` or `0x7f.1` for one:
/// whatever is no address literal is a name, and asking for a name tells its owner about the one who asks.
fn names_addresses(value: &str) -> bool {
    let words: Vec<_> = value.split_ascii_whitespace().collect();
    let mut pairs = words.iter().zip(words.iter().skip(1));
    words.get(4).is_some_and(|it| is_address(it))
        && pairs.all(|(name, value)| !name.eq_ignore_ascii_case("raddr") || is_address(value))
}

/// An address literal, or the name that hides one in a local network: `<uuid>.local` (draft-ietf-mmusic-mdns-ice-candidates).
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

    /// The offer without the lines that start so.
    fn without(start: &str) -> String {
        CHROMIUM_OFFER.lines().filter(|it| !it.starts_with(start)).map(|it| format!("{it}\r\n")).collect()
    }

    #[test]
    fn what_browsers_say_passes() {
        assert_eq!(offer(CHROMIUM_OFFER), Ok(()));
        assert_eq!(offer(CHROMIUM_GATHERED), Ok(()));
        assert_eq!(offer(FIREFOX_OFFER), Ok(()));
        assert_eq!(answer(CHROMIUM_ANSWER), Ok(()));
    }

    #[test]
    fn what_the_parser_does_not_know_passes() {
        let novel = "a=rtpmap:201 nothing-yet/90000\r\na=fmtp:201 ;;=\u{fc}\r\na=rtcp-xr:rcvr-rtt=all\r\na=hologram:1\r\nb=XX:1\r\n";
        assert_eq!(offer(format!("{CHROMIUM_OFFER}{novel}")), Ok(()));
    }

    #[test]
    fn a_description_that_no_browser_makes_is_refused() {
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
        assert_eq!(answer(CHROMIUM_OFFER), Err(ErrorCode::BadSdp), "an answer that leaves the choice open");
    }

    #[test]
    fn what_browsers_gather_passes() {
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
    fn a_candidate_that_names_a_host_or_makes_no_sense_is_refused() {
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
    fn an_epoch_has_its_bounds() {
        let in_epoch = |epoch| {
            let signal = Signal::EndOfCandidates { username_fragment: None };
            check(&ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch(epoch), signal })
        };
        assert_eq!(in_epoch(0), Ok(()));
        assert_eq!(in_epoch(MAX_EPOCH), Ok(()));
        assert_eq!(in_epoch(MAX_EPOCH + 1), Err(ErrorCode::BadEpoch));
    }

    #[test]
    fn the_tags_of_a_candidate_have_their_bounds() {
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
