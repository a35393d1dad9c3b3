//! Tests of the rewriting: browsers' descriptions pass, another parser reads what passes, and no address does.

use proptest::{collection::vec, prelude::*, sample::select};
use webrtc_sdp::{
    SdpSession,
    attribute_type::{SdpAttribute, SdpAttributeFingerprintHashType, SdpAttributeType},
    media_type::SdpMedia,
    parse_sdp,
};

use super::{verdict::DroppedLine, *};
use crate::{protocol::limits::MAX_SDP_LINES, server::validate::address::may_hold_address};
use DescriptionKind::{Answer, Offer};

const CHROMIUM_OFFER: &str = include_str!("../fixtures/chromium-offer.sdp");
const FIREFOX_OFFER: &str = include_str!("../fixtures/firefox-offer.sdp");

/// Descriptions of browsers that hold no candidate, and so pass as they are.
const BROWSERS: [(DescriptionKind, &str); 8] = [
    (Offer, CHROMIUM_OFFER),
    (Answer, include_str!("../fixtures/chromium-answer.sdp")),
    (Offer, include_str!("../fixtures/chromium-data-first.sdp")),
    (Answer, include_str!("../fixtures/chromium-rejected.sdp")),
    (Offer, include_str!("../fixtures/chromium-simulcast.sdp")),
    (Answer, include_str!("../fixtures/firefox-rejected.sdp")),
    (Offer, include_str!("../fixtures/safari-17-offer.sdp")),
    (Offer, include_str!("../fixtures/safari-18-offer.sdp")),
];

/// Descriptions of browsers that had gathered candidates.
const GATHERED: [&str; 2] = [include_str!("../fixtures/chromium-gathered.sdp"), FIREFOX_OFFER];

/// What becomes of a description.
fn rewritten(kind: DescriptionKind, text: &str) -> Result<(String, DroppedLines), Flaw> {
    let mut text = text.to_owned();
    rewrite(&mut text, kind).map(|dropped| (text, dropped))
}

#[track_caller]
fn refused(text: &str, flaw: Flaw) {
    assert_eq!(rewritten(Offer, text), Err(flaw), "{text}");
}

/// The offer of Chromium with a part replaced.
#[track_caller]
fn changed(from: &str, to: &str) -> String {
    assert!(CHROMIUM_OFFER.contains(from), "{from}");
    CHROMIUM_OFFER.replace(from, to)
}

/// The offer without the lines that begin with `start`.
fn without(start: &str) -> String {
    CHROMIUM_OFFER.lines().filter(|it| !it.starts_with(start)).map(|it| format!("{it}\r\n")).collect()
}

/// The offer with a line in its audio section.
fn with_line(line: &str) -> String {
    changed("a=mid:0\r\n", &format!("a=mid:0\r\n{line}\r\n"))
}

#[test]
fn labels_are_in_the_order_of_the_variants() {
    assert!(DroppedLine::ALL.iter().enumerate().all(|(n, it)| it.0 as usize == n));
    assert!(Flaw::ALL.iter().enumerate().all(|(n, it)| it.0 as usize == n));
}

#[test]
fn descriptions_of_browsers_pass_as_they_are() {
    for (kind, text) in BROWSERS {
        let mut same = text.to_owned();
        let before = same.as_ptr();
        assert_eq!(rewrite(&mut same, kind), Ok(DroppedLines::default()), "{text}");
        assert_eq!(same, text);
        assert_eq!(same.as_ptr(), before, "the text is not copied");
        let unix = text.replace("\r\n", "\n");
        assert_eq!(rewritten(kind, &unix), Ok((unix, DroppedLines::default())));
    }
}

#[test]
fn gathered_descriptions_lose_their_candidates_only() {
    for text in GATHERED {
        let is_candidate =
            |it: &&str| it.starts_with("a=candidate:") || it.starts_with("a=end-of-candidates");
        let rest: String =
            text.lines().filter(|it| !is_candidate(it)).map(|it| format!("{it}\r\n")).collect();
        let (after, dropped) = rewritten(Offer, text).unwrap();
        assert_eq!(after, rest);
        let lost = u16::try_from(text.lines().filter(is_candidate).count()).unwrap();
        assert_eq!((dropped.counts()[DroppedLine::Candidate as usize], dropped.total()), (lost, lost));
    }
}

#[test]
fn another_parser_reads_all_descriptions_of_browsers() {
    for text in BROWSERS.iter().map(|it| it.1).chain(GATHERED) {
        // The parser does not know this attribute, which Chromium writes. It has no warning about anything else.
        let known: String =
            text.lines().filter(|it| !it.starts_with("a=rtcp-xr:")).map(|it| format!("{it}\r\n")).collect();
        parse_sdp(&known, true).unwrap_or_else(|error| panic!("{error}\n{known}"));
    }
}

#[test]
fn ports_and_addresses_are_replaced() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (line, after) in [
        ("m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", None),
        ("m=audio 0 UDP/TLS/RTP/SAVPF 111", None),
        ("m=audio 54321 UDP/TLS/RTP/SAVPF 111 63", Some("m=audio 9 UDP/TLS/RTP/SAVPF 111 63")),
        ("m=audio 00 UDP/TLS/RTP/SAVPF 111", Some("m=audio 0 UDP/TLS/RTP/SAVPF 111")),
        ("c=IN IP4 192.168.1.7", Some("c=IN IP4 0.0.0.0")),
        ("c=IN IP6 2001:db8::1", Some("c=IN IP4 0.0.0.0")),
        ("c=IN IP4 example.org", Some("c=IN IP4 0.0.0.0")),
        ("a=rtcp:54321 IN IP4 198.51.100.1", Some("a=rtcp:9 IN IP4 0.0.0.0")),
        ("o=- 42 2 IN IP4 192.168.1.7", Some("o=- 42 2 IN IP4 127.0.0.1")),
        ("o=- 42 2 IN IP4 0.0.0.0", None),
        ("s=Ada's laptop at 192.168.1.7", Some("s=-")),
        ("t=3034423619 3042462419", Some("t=0 0")),
    ] {
        let start = &line[..if line.starts_with("a=") { "a=rtcp:".len() } else { "m=".len() }];
        let before = CHROMIUM_OFFER.lines().find(|it| it.starts_with(start)).unwrap();
        let text = CHROMIUM_OFFER.replacen(before, line, 1);
        let (result, dropped) = rewritten(Offer, &text).unwrap();
        assert_eq!(result, text.replacen(line, after.unwrap_or(line), 1));
        assert_eq!(lines(&result).len(), lines(&text).len());
        assert_eq!(dropped.total(), 0, "{line}");
    }
}

#[test]
fn lines_that_no_browser_needs_are_dropped_and_counted() {
    for (line, why) in [
        ("a=candidate:1 1 udp 1 192.168.1.7 9 typ host", DroppedLine::Candidate),
        ("a=candidate:1 1 udp 1 example.org 9 typ host", DroppedLine::Candidate),
        ("a=remote-candidates:1 192.168.1.7 9", DroppedLine::Candidate),
        ("a=end-of-candidates", DroppedLine::Candidate),
        ("i=192.168.1.7", DroppedLine::Type),
        ("e=ada@example.org", DroppedLine::Type),
        ("u=http://192.168.1.7/", DroppedLine::Type),
        ("p=+44", DroppedLine::Type),
        ("k=clear:x", DroppedLine::Type),
        ("r=7d 1h 0 25h", DroppedLine::Type),
        ("z=0 0", DroppedLine::Type),
        ("t=0 0", DroppedLine::Type),
        ("q=x", DroppedLine::Type),
        ("a=", DroppedLine::Attribute),
        ("a=hologram:1", DroppedLine::Attribute),
        ("a=ice-lite", DroppedLine::Attribute),
        ("a=x-google-flag:conference", DroppedLine::Attribute),
        ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x", DroppedLine::Attribute),
        ("a=Candidate:1 1 udp 1 192.168.1.7 9 typ host", DroppedLine::Attribute),
        ("a= candidate:1 1 udp 1 192.168.1.7 9 typ host", DroppedLine::Attribute),
        ("a=RTCP:54321 IN IP4 192.168.1.7", DroppedLine::Attribute),
        ("a=MID:7", DroppedLine::Attribute),
        ("a=hologram:\u{2003}", DroppedLine::Attribute),
        ("a=rtpmap:111", DroppedLine::Value),
        ("a=rtpmap:opus 48000", DroppedLine::Value),
        ("a=fmtp:201 ;;=\u{fc}", DroppedLine::Value),
        ("a=fmtp:111 server=192.168.1.7", DroppedLine::Value),
        ("a=rtcp-fb:111 fe80::1", DroppedLine::Value),
        ("a=extmap:1/sideways urn:x", DroppedLine::Value),
        ("a=extmap:1 http://192.168.1.7/", DroppedLine::Value),
        ("a=ssrc:1 cname:ada@192.168.1.7", DroppedLine::Value),
        ("a=ssrc:1 hostname:x", DroppedLine::Value),
        ("a=ssrc-group:FID 1 x", DroppedLine::Value),
        ("a=msid:10.0.0.1 x", DroppedLine::Value),
        ("a=sendrecv:x", DroppedLine::Value),
        ("a=ptime:-1", DroppedLine::Value),
        ("a=sctp-port:65536", DroppedLine::Value),
        ("a=fingerprint:sha-1 00", DroppedLine::Value),
        ("b=CT:1", DroppedLine::Value),
        ("b=AS:x", DroppedLine::Value),
        ("c=IN IP4 192.168.1.7", DroppedLine::Misplaced),
        ("a=group:BUNDLE 0", DroppedLine::Misplaced),
        ("a=msid-semantic: WMS", DroppedLine::Misplaced),
    ] {
        let (after, dropped) =
            rewritten(Offer, &with_line(line)).unwrap_or_else(|it| panic!("{line}: {it:?}"));
        assert_eq!(after, CHROMIUM_OFFER, "{line}");
        assert_eq!((dropped.counts()[why as usize], dropped.total()), (1, 1), "{line}");
    }
    for line in ["c=IN IP4 192.168.1.7", "a=rtpmap:111 opus/48000/2", "b=AS:1", "a=rtcp:9 IN IP4 192.168.1.7"]
    {
        let text = changed("t=0 0\r\n", &format!("t=0 0\r\n{line}\r\n"));
        let (after, dropped) = rewritten(Offer, &text).unwrap();
        assert_eq!(after, CHROMIUM_OFFER, "{line} in the session");
        assert_eq!(dropped.counts()[DroppedLine::Misplaced as usize], 1, "{line}");
    }
}

#[test]
fn lines_of_browsers_pass_in_any_number() {
    for line in [
        "a=rtpmap:201 nothing-yet/90000",
        "a=fmtp:201 ;;=x",
        "a=rtcp-fb:* ccm fir",
        "a=extmap:4351/recvonly urn:x",
        "a=rtcp-mux-only",
        "a=rid:1 recv pt=96;max-width=1280",
        "a=maxptime:60",
        "b=TIAS:2500000",
        &format!("a=fingerprint:sha-384 {}AB", "AB:".repeat(47)),
        &format!("a=fingerprint:sha-512 {}ab", "ab:".repeat(63)),
    ] {
        let text = with_line(line);
        assert_eq!(rewritten(Offer, &text), Ok((text, DroppedLines::default())));
    }
}

#[test]
fn user_name_fragments_may_be_odd() {
    for ufrag in ["//pY", "++//", "0000", "a-b=c#d_", &"x".repeat(256)] {
        let text = changed("a=ice-ufrag:I+IT", &format!("a=ice-ufrag:{ufrag}"));
        assert_eq!(rewritten(Offer, &text), Ok((text, DroppedLines::default())), "{ufrag}");
    }
    for ufrag in ["", "abc", "10.0.0.1", "::12", "ab c", "abü", &"x".repeat(257)] {
        refused(&changed("a=ice-ufrag:I+IT", &format!("a=ice-ufrag:{ufrag}")), Flaw::Ice);
    }
}

/// Checks that each of these is refused for this reason.
#[track_caller]
fn refuse_all(flaw: Flaw, texts: &[String]) {
    texts.iter().for_each(|it| refused(it, flaw));
}

#[test]
fn descriptions_with_bad_lines_are_refused() {
    refuse_all(
        Flaw::Size,
        &[
            "x".repeat(MAX_SDP_BYTES + 1),
            with_line(&format!("a={}", "x".repeat(2_000))),
            CHROMIUM_OFFER.to_owned() + &"a=x\r\n".repeat(MAX_SDP_LINES),
        ],
    );
    refuse_all(Flaw::Line, &[with_line("a=\0"), with_line("hello"), with_line("A=x"), with_line("")]);
    refuse_all(
        Flaw::Header,
        &[
            String::new(),
            "v=0\r\n".into(),
            without("t="),
            without("s="),
            without("o="),
            changed("v=0", "v=1"),
            changed("v=0", "v=0 "),
            changed("s=-\r\nt=0 0\r\n", "t=0 0\r\ns=-\r\n"),
            changed("t=0 0\r\n", "a=sendrecv\r\nt=0 0\r\n"),
            changed("o=- ", "o=ada@192.168.1.7 "),
            changed("o=- ", "o=-  "),
            changed("o=- ", "o=- x"),
            with_line("v=0"),
            with_line("o=- 1 1 IN IP4 127.0.0.1"),
        ],
    );
}

#[test]
fn descriptions_with_bad_sections_are_refused() {
    refuse_all(
        Flaw::Section,
        &[
            CHROMIUM_OFFER.split("m=audio").next().unwrap_or_default().to_owned(),
            changed("m=audio", "m=video"),
            changed("m=audio", "m=text"),
            changed("m=audio", "m= audio"),
            changed("m=audio 9", "m=audio 65536"),
            changed("m=audio 9", "m=audio 9/2"),
            changed("SAVPF 111", "SAVPF opus"),
            changed("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
            changed("UDP/DTLS/SCTP", "TCP/DTLS/SCTP"),
            changed("webrtc-datachannel", "5000"),
            format!("{CHROMIUM_OFFER}m=video 9 UDP/NEW/RTP/SAVPF 96\r\n"),
        ],
    );
    refuse_all(Flaw::Connection, &[without("c="), CHROMIUM_OFFER.replacen("c=IN IP4 0.0.0.0\r\n", "", 1)]);
    refuse_all(
        Flaw::Mid,
        &[
            without("a=mid:"),
            changed("a=mid:1", "a=mid:0"),
            changed("a=mid:1", "a=mid:"),
            changed("a=mid:1", "a=mid:10.0.0.1"),
            changed("a=mid:1", "a=mid:12345678901234567"),
            with_line("a=mid:7"),
        ],
    );
    refuse_all(
        Flaw::Bundle,
        &[
            without("a=group:"),
            changed("a=group:BUNDLE 0 1 2", "a=group:BUNDLE 0 1 7"),
            changed("a=group:BUNDLE", "a=group:LS"),
            changed("a=group:BUNDLE", "a=group:BUNDLES"),
            changed("a=group:BUNDLE 0 1 2\r\n", "a=group:BUNDLE 0\r\na=group:BUNDLE 1 2\r\n"),
        ],
    );
}

#[test]
fn descriptions_without_what_secures_them_are_refused() {
    refuse_all(
        Flaw::Ice,
        &[
            without("a=ice-ufrag:"),
            without("a=ice-pwd:"),
            changed("a=ice-pwd:", "a=ice-pwd:short\r\na=x:"),
            with_line("a=ice-ufrag:abcd"),
            with_line("a=ice-pwd:abcdefghijklmnopqrstuv"),
        ],
    );
    refuse_all(
        Flaw::Fingerprint,
        &[
            without("a=fingerprint:"),
            changed("a=fingerprint:sha-256", "a=fingerprint:sha-1"),
            changed("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:"),
            changed("a=fingerprint:sha-256 ", "a=fingerprint:sha-384 "),
            changed("a=fingerprint:sha-256 05", "a=fingerprint:sha-256 0x"),
            changed("a=fingerprint:sha-256 ", "a=fingerprint:"),
        ],
    );
    refuse_all(
        Flaw::Setup,
        &[
            without("a=setup:"),
            changed("a=setup:actpass", "a=setup:holdconn"),
            changed("a=setup:actpass", "a=setup:sideways"),
            with_line("a=setup:actpass"),
        ],
    );
    assert_eq!(rewritten(Answer, CHROMIUM_OFFER), Err(Flaw::Setup), "an answer that leaves the role open");
}

#[test]
fn a_result_that_would_be_too_long_is_refused() {
    let filler = "a=rtpmap:1 x\r\n";
    let line = "c=IN IP6 ::\r\n";
    let text = changed("c=IN IP4 0.0.0.0\r\n", line);
    let mut long = text.clone();
    while long.len() + 1_000 + "a=fmtp:1 \r\n".len() <= MAX_SDP_BYTES {
        long += &format!("a=fmtp:1 {}\r\n", "x".repeat(1_000 - "a=fmtp:1 \r\n".len()));
    }
    assert!(rewritten(Offer, &long).is_ok());
    while long.len() + filler.len() <= MAX_SDP_BYTES {
        long += filler;
    }
    assert!(long.len() <= MAX_SDP_BYTES);
    assert_eq!(rewritten(Offer, &long), Err(Flaw::Size));
}

/// What the sections and the transport of a description mean, as another parser reads it.
fn meaning(text: &str) -> SdpSession {
    let starts = [
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
    ];
    let is_known = |line: &&str| starts.iter().any(|it| line.starts_with(it));
    let known: String = text.lines().filter(is_known).map(|it| format!("{it}\r\n")).collect();
    parse_sdp(&known, true).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn attributes(session: &SdpSession) -> impl Iterator<Item = &SdpAttribute> {
    session.attribute.iter().chain(session.media.iter().flat_map(SdpMedia::get_attributes))
}

/// Checks with another parser that a description is one that a browser may act on.
fn assert_usable(text: &str) {
    let session = meaning(text);
    let mids: std::collections::BTreeSet<_> =
        session.media.iter().map(|it| it.get_attribute(SdpAttributeType::Mid).unwrap().to_string()).collect();
    assert_eq!(mids.len(), session.media.len());
    assert!((1..=3).contains(&session.media.len()));
    let is_secure = |it: &SdpAttribute| {
        let SdpAttribute::Fingerprint(print) = it else { return false };
        !matches!(
            print.hash_algorithm,
            SdpAttributeFingerprintHashType::Sha1 | SdpAttributeFingerprintHashType::Sha224
        )
    };
    assert!(attributes(&session).any(is_secure));
    assert!(attributes(&session).any(|it| matches!(it, SdpAttribute::IceUfrag(_))));
    assert!(attributes(&session).any(|it| matches!(it, SdpAttribute::IcePwd(_))));
    assert!(attributes(&session).any(|it| matches!(it, SdpAttribute::Setup(_))));
}

/// Checks that nothing but a placeholder looks like an address.
fn assert_no_address(text: &str) {
    for line in text.lines() {
        let is_credential =
            ["a=fingerprint:", "a=ice-ufrag:", "a=ice-pwd:"].iter().any(|it| line.starts_with(it));
        let rest =
            line.strip_suffix("IN IP4 0.0.0.0").or(line.strip_suffix("IN IP4 127.0.0.1")).unwrap_or(line);
        assert!(is_credential || !may_hold_address(&rest[2..]), "{line}");
        let words = rest.split(|it: char| !it.is_ascii_hexdigit() && it != '.' && it != ':');
        let addresses: Vec<std::net::IpAddr> = words.filter_map(|it| it.parse().ok()).collect();
        assert!(addresses.is_empty() || is_credential, "{line}");
    }
}

/// How lines begin.
const STARTS: [&str; 30] = [
    "v=",
    "o=",
    "s=",
    "i=",
    "c=",
    "b=",
    "t=",
    "k=",
    "m=",
    "a=",
    "A=",
    "a=mid:",
    "a=group:",
    "a=candidate:",
    "a=rtcp:",
    "a=rtcp-mux",
    "a=ice-ufrag:",
    "a=ice-pwd:",
    "a=setup:",
    "a=fingerprint:",
    "a=ssrc:",
    "a=fmtp:",
    "a=extmap:",
    "a=msid:",
    "a=rtpmap:",
    "a=ice-options:",
    "a=x:",
    "a=rid:",
    "a=sctp-port:",
    "a=ssrc-group:",
];

/// What lines consist of, and what they must not hold.
const WORDS: [&str; 31] = [
    "0",
    "1",
    "9",
    "111",
    "-",
    "IN",
    "IP4",
    "IP6",
    "192.168.1.7",
    "fe80::1",
    "x.local",
    "BUNDLE",
    "actpass",
    "active",
    "UDP/TLS/RTP/SAVPF",
    "UDP/DTLS/SCTP",
    "webrtc-datachannel",
    "audio",
    "video",
    "application",
    "abcdefghijklmnopqrstuv",
    "sha-256",
    "sha-1",
    "AB:CD",
    "cname:a",
    "urn:x",
    "AS:1",
    "ü",
    "\u{85}",
    "FID",
    "",
];

/// A line that a browser or an attacker may write.
fn line() -> impl Strategy<Value = String> {
    let words = vec(select(WORDS.to_vec()), 0..6);
    (select(STARTS.to_vec()), words).prop_map(|(start, words)| format!("{start}{}", words.join(" ")))
}

/// A description of a browser in which lines are added, removed, doubled and exchanged.
fn description() -> impl Strategy<Value = (DescriptionKind, String)> {
    let browsers: Vec<_> = BROWSERS.into_iter().chain(GATHERED.map(|it| (Offer, it))).collect();
    let change = (0..4_usize, any::<prop::sample::Index>(), any::<prop::sample::Index>(), line());
    (select(browsers), vec(change, 0..4), any::<bool>()).prop_map(|((kind, text), changes, has_returns)| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        for (how, at, other, line) in changes {
            let (at, other) = (at.index(lines.len()), other.index(lines.len()));
            match how {
                0 => lines.insert(at, line),
                1 => drop(lines.remove(at)),
                2 => lines.insert(at, lines[other].clone()),
                _ => lines.swap(at, other),
            }
        }
        let end = if has_returns { "\r\n" } else { "\n" };
        (kind, lines.join(end) + end)
    })
}

proptest! {
    #[test]
    fn what_passes_is_usable_and_stays_the_same((kind, text) in description()) {
        if let Ok((after, dropped)) = rewritten(kind, &text) {
            let lines = after.lines().count() + usize::from(dropped.total());
            prop_assert_eq!(lines, text.lines().count(), "each line is passed, replaced or counted");
            assert_usable(&after);
            assert_no_address(&after);
            prop_assert_eq!(rewritten(kind, &after), Ok((after, DroppedLines::default())));
        }
    }

    #[test]
    fn any_text_is_rewritten_or_refused(text in "(v=0\r\no=- 1 1 IN IP4 ::1\r\ns=\r\nt=0 0\r\n)?([a-z]=[ -~]{0,20}\r?\n|\\PC{0,4})*") {
        let _ = rewritten(Offer, &text);
    }
}
