//! Takes out of a signal what the partner has no need to know: text in, text out; it must not know who gets it.
//!
//! What may pass at all is decided elsewhere: what is not among the candidates that a partner may have is not sent. Occupancy
//! the rest is made free of what no browser acts on: candidates that stand in a description too, the default address of
//! each section, the local address behind a reflexive or relayed one, and names of the sender's interfaces.

use std::borrow::Cow;

use crate::protocol::{Candidate, Sdp, Signal, ToServer};

/// An address that says nothing (RFC 8840, 4.3).
const NOWHERE: &str = "IN IP4 0.0.0.0";

/// The origin that browsers name who keep their own address to themselves.
const NOBODY: &str = "IN IP4 127.0.0.1";

/// The port that says nothing.
const NO_PORT: &str = "9";

/// Takes addresses out of a message that carries something to another browser.
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

/// Every candidate is sent by itself (trickle ICE), so those in the text are copies.
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
        Some(format!("c={NOWHERE}").into())
    } else if line.starts_with("a=rtcp:") {
        Some(format!("a=rtcp:{NO_PORT} {NOWHERE}").into())
    } else if let Some(media) = line.strip_prefix("m=") {
        Some(section(media).into())
    } else if let Some(origin) = line.strip_prefix("o=") {
        // The user name, the session's id and its version stay; the address behind them is nobody's business.
        let kept: Vec<_> = origin.split_ascii_whitespace().take(3).collect();
        Some(format!("o={} {NOBODY}", kept.join(" ")).into())
    } else {
        Some(line.into())
    }
}

/// A port of 0 rejects a section and stays (RFC 3264, 6).
fn section(media: &str) -> String {
    let mut words = media.split_ascii_whitespace();
    let (kind, port) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    // Several ports may be counted after a slash (RFC 8866, 5.14).
    let is_rejected = port.split('/').next().is_some_and(|it| it.parse() == Ok(0_u16));
    let port = if is_rejected { "0" } else { NO_PORT };
    let rest: Vec<_> = words.collect();
    format!("m={kind} {port} {}", rest.join(" "))
}

/// Keeps what the ICE agent at the other end needs (RFC 8839, 5.1).
fn candidate(candidate: &mut Candidate) {
    let Sdp(text) = &mut candidate.candidate;
    let mut words = text.split_ascii_whitespace();
    // Foundation, component, transport, priority, address and port, then pairs.
    let mut clean: Vec<_> = words.by_ref().take(6).collect();
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        match name.to_ascii_lowercase().as_str() {
            // Of the same family, so that it is never longer than what it stands for.
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
        let ToServer::Signal { signal, .. } = message else { unreachable!("only signals are made here") };
        match signal {
            Signal::Offer { sdp } | Signal::Answer { sdp } => &sdp.0,
            Signal::Candidate(it) => &it.candidate.0,
            Signal::EndOfCandidates { .. } => "",
        }
    }

    #[test]
    fn what_real_browsers_describe_holds_no_address_afterwards_and_is_still_good() {
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
            assert_eq!(text(&message), after, "once is enough");
        }
    }

    #[test]
    fn ports_that_mean_something_stay() {
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
    fn a_candidate_tells_where_it_leads_and_not_where_it_comes_from() {
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
