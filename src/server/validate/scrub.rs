//! The scrubbing of signals: removes the addresses that the partner's browser does not need.
//!
//! The matchmaker decides which candidates may go to a partner at all. This module removes only what no browser acts
//! on: candidates repeated in a description, the default address of each section, the local address behind a reflexive
//! or relayed candidate, and the network interfaces of the sender.

use std::borrow::Cow;

use crate::protocol::{Candidate, Sdp, Signal, ToServer};

/// The default address of a description without candidates (RFC 8840, 4.3).
const UNSPECIFIED: &str = "IN IP4 0.0.0.0";

/// The address in the `o=` line of browsers that hide their own.
const HIDDEN: &str = "IN IP4 127.0.0.1";

/// The port that goes with [`UNSPECIFIED`] (RFC 8840, 4.3).
const UNSPECIFIED_PORT: &str = "9";

/// Removes addresses from a message that carries a signal.
pub(crate) fn message(message: &mut ToServer) {
    if let Some(signal) = message.signal_mut() {
        self::signal(signal);
    }
}

fn signal(signal: &mut Signal) {
    match signal {
        Signal::Offer { sdp } | Signal::Answer { sdp } => description(sdp),
        Signal::Candidate(candidate) => self::candidate(candidate),
        Signal::EndOfCandidates { .. } => {}
    }
}

/// Removes the candidates of a description: each is also sent separately (trickle ICE). Replaces all other addresses.
fn description(Sdp(text): &mut Sdp) {
    let mut clean = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let end = line.len() - line.trim_end_matches(['\r', '\n']).len();
        let (line, ending) = line.split_at(line.len() - end);
        if let Some(line) = self::line(line) {
            clean.push_str(&line);
            clean.push_str(ending);
        }
    }
    *text = clean;
}

fn line(line: &str) -> Option<Cow<'_, str>> {
    if line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates") {
        None
    } else if line.starts_with("c=") {
        Some(format!("c={UNSPECIFIED}").into())
    } else if line.starts_with("a=rtcp:") {
        Some(format!("a=rtcp:{UNSPECIFIED_PORT} {UNSPECIFIED}").into())
    } else if let Some(media) = line.strip_prefix("m=") {
        Some(section(media).into())
    } else if let Some(origin) = line.strip_prefix("o=") {
        // Keep the user name, the session id and its version, which browsers use, but not the address after them.
        let fields: Vec<_> = origin.split_ascii_whitespace().take(3).collect();
        Some(format!("o={} {HIDDEN}", fields.join(" ")).into())
    } else {
        Some(line.into())
    }
}

/// Replaces the port of a section, except for port 0, which rejects the section (RFC 3264, 6).
fn section(media: &str) -> String {
    let mut words = media.split_ascii_whitespace();
    let (kind, port) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    // A slash and a number of ports may follow (RFC 8866, 5.14).
    let is_rejected = port.split('/').next().is_some_and(|it| it.parse() == Ok(0_u16));
    let port = if is_rejected { "0" } else { UNSPECIFIED_PORT };
    let rest: Vec<_> = words.collect();
    format!("m={kind} {port} {}", rest.join(" "))
}

/// Keeps what the partner's ICE agent needs (RFC 8839, 5.1).
fn candidate(candidate: &mut Candidate) {
    let Sdp(text) = &mut candidate.candidate;
    let mut words = text.split_ascii_whitespace();
    // Foundation, component, transport, priority, address and port come first, then names and values in pairs.
    let mut clean: Vec<_> = words.by_ref().take(6).collect();
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        match name.to_ascii_lowercase().as_str() {
            // In the same address family, so that the text never grows.
            "raddr" => clean.extend([name, if value.contains(':') { "::" } else { "0.0.0.0" }]),
            "rport" => clean.extend([name, "0"]),
            "network-id" | "network-cost" => {}
            _ => clean.extend([name, value]),
        }
    }
    *text = clean.join(" ");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        protocol::{Epoch, MatchId},
        server::validate::sdp,
    };
    use uuid::Uuid;

    const DESCRIPTIONS: [(&str, bool); 4] = [
        (include_str!("fixtures/chromium-offer.sdp"), true),
        (include_str!("fixtures/chromium-answer.sdp"), false),
        (include_str!("fixtures/chromium-gathered.sdp"), true),
        (include_str!("fixtures/firefox-offer.sdp"), true),
    ];

    fn carrying(signal: Signal) -> ToServer {
        ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch::FIRST, signal }
    }

    fn described(text: &str, is_offer: bool) -> ToServer {
        let sdp = Sdp(text.to_owned());
        carrying(if is_offer { Signal::Offer { sdp } } else { Signal::Answer { sdp } })
    }

    fn text(message: &ToServer) -> &str {
        let ToServer::Signal { signal, .. } = message else { unreachable!("the tests scrub signals only") };
        match signal {
            Signal::Offer { sdp } | Signal::Answer { sdp } => &sdp.0,
            Signal::Candidate(it) => &it.candidate.0,
            Signal::EndOfCandidates { .. } => "",
        }
    }

    #[test]
    fn descriptions_of_browsers_lose_all_addresses_and_stay_valid() {
        for (before, is_offer) in DESCRIPTIONS {
            let before = before.replace("\r\n", "\n").replace('\n', "\r\n");
            let mut message = described(&before, is_offer);
            assert_eq!(sdp::check(&message), Ok(()));
            super::message(&mut message);
            let after = text(&message).to_owned();
            assert_eq!(sdp::check(&message), Ok(()), "{after}");
            for line in after.lines() {
                assert!(!line.starts_with("a=candidate"), "{line}");
                let words = line.split([' ', '=']).filter_map(|it| it.parse::<std::net::IpAddr>().ok());
                assert!(words.into_iter().all(|it| it.is_unspecified() || it.is_loopback()), "{line}");
            }
            assert!(after.ends_with("\r\n"));
            super::message(&mut message);
            assert_eq!(text(&message), after, "scrubbing twice changes nothing");
        }
    }

    #[test]
    fn replaces_ports_and_addresses_except_port_0() {
        for (before, after) in [
            ("m=audio 0 UDP/TLS/RTP/SAVPF 111", "m=audio 0 UDP/TLS/RTP/SAVPF 111"),
            ("m=audio 54321 UDP/TLS/RTP/SAVPF 111 63", "m=audio 9 UDP/TLS/RTP/SAVPF 111 63"),
            ("c=IN IP6 2001:db8::1", "c=IN IP4 0.0.0.0"),
            ("a=rtcp:54321 IN IP4 198.51.100.1", "a=rtcp:9 IN IP4 0.0.0.0"),
            ("a=rtcp-mux", "a=rtcp-mux"),
            ("m= audio  54321 UDP/TLS/RTP/SAVPF 111", "m=audio 9 UDP/TLS/RTP/SAVPF 111"),
            ("m=audio 0/2 UDP/TLS/RTP/SAVPF 111", "m=audio 0 UDP/TLS/RTP/SAVPF 111"),
            ("m=audio 00 UDP/TLS/RTP/SAVPF 111", "m=audio 0 UDP/TLS/RTP/SAVPF 111"),
            ("o= -  42 2 IN IP4 192.168.1.7", "o=- 42 2 IN IP4 127.0.0.1"),
            ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus/48000/2"),
            ("o=- 42 2 IN IP4 192.168.1.7", "o=- 42 2 IN IP4 127.0.0.1"),
        ] {
            assert_eq!(line(before).as_deref(), Some(after));
        }
    }

    #[test]
    fn candidates_keep_their_address_and_lose_the_related_one() {
        for (before, after) in [
            (
                "candidate:2 1 udp 16 198.51.100.1 4 typ srflx raddr 192.168.1.7 rport 5 generation 0 ufrag ab \
                 network-id 1 network-cost 10",
                "candidate:2 1 udp 16 198.51.100.1 4 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag ab",
            ),
            (
                "candidate:1 1 tcp 15 10.0.0.1 9 typ host tcptype active generation 0",
                "candidate:1 1 tcp 15 10.0.0.1 9 typ host tcptype active generation 0",
            ),
            (
                "candidate:1 1 udp 1 203.0.113.1 7 typ relay RADDR 2001:db8::1 RPORT 9",
                "candidate:1 1 udp 1 203.0.113.1 7 typ relay RADDR :: RPORT 0",
            ),
        ] {
            let mut message = carrying(Signal::Candidate(Candidate {
                candidate: Sdp(before.to_owned()),
                sdp_mid: Some("0".into()),
                sdp_m_line_index: None,
                username_fragment: None,
            }));
            assert_eq!(sdp::check(&message), Ok(()));
            super::message(&mut message);
            assert_eq!(text(&message), after);
            assert_eq!(sdp::check(&message), Ok(()));
        }
    }
}
