//! The rewriting of candidates from an allow-list of extensions (RFC 8839, 5.1).
//!
//! The matchmaker decides which candidates may go to a partner at all. Here a candidate loses only what no browser acts
//! on: the local address behind a reflexive or relayed candidate, and the network interfaces of the sender.

use std::ops::Range;

use super::{
    address::is_address,
    copy_on_change::CopyOnChange,
    description::values::{is_ice, is_mid, is_number, port},
};
use crate::protocol::{
    Candidate, Sdp,
    limits::{MAX_CANDIDATE_BYTES, MAX_UFRAG_BYTES},
};

/// How the value of a candidate attribute begins.
const PREFIX: &str = "candidate:";

/// The longest foundation, in bytes (RFC 8839, 5.1).
const MAX_FOUNDATION_BYTES: usize = 32;

/// The related port that goes with an unspecified related address (RFC 8839, 5.1).
const UNSPECIFIED_PORT: &str = "0";

/// An extension that browsers act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extension {
    RelatedAddress,
    RelatedPort,
    TcpType,
    Generation,
    Ufrag,
}

impl Extension {
    /// Reads a name as browsers do, in any case.
    fn named(name: &str) -> Option<Self> {
        let names = [
            ("raddr", Self::RelatedAddress),
            ("rport", Self::RelatedPort),
            ("tcptype", Self::TcpType),
            ("generation", Self::Generation),
            ("ufrag", Self::Ufrag),
        ];
        names.into_iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, it)| it)
    }

    /// The value to pass on; `None` if the value is invalid.
    fn rewritten(self, value: &str) -> Option<&str> {
        match self {
            // In the same address family, so that the text never grows.
            Self::RelatedAddress => {
                is_address(value).then(|| if value.contains(':') { "::" } else { "0.0.0.0" })
            }
            Self::RelatedPort => port(value).map(|_| UNSPECIFIED_PORT),
            Self::TcpType => is_any_of(value, &["active", "passive", "so"]).then_some(value),
            Self::Generation => is_number_of_32_bits(value).then_some(value),
            Self::Ufrag => is_fragment(Some(value)).then_some(value),
        }
    }
}

/// The words of a candidate, with exactly one space between two, and where each is.
struct Words<'a> {
    text: &'a str,
    /// Where the next word begins; beyond the end of the text if there is none.
    at: usize,
}

impl<'a> Words<'a> {
    /// The next word; `None` if there is none, or if it is empty or has other characters than printable ASCII.
    fn next(&mut self) -> Option<(&'a str, Range<usize>)> {
        let start = self.at;
        let rest = self.text.get(start..)?;
        let length = rest.bytes().position(|it| !it.is_ascii_graphic()).unwrap_or(rest.len());
        self.at = start + length + 1;
        let is_word = length > 0 && matches!(rest.as_bytes().get(length), None | Some(b' '));
        is_word.then(|| (&rest[..length], start..start + length))
    }

    const fn are_over(&self) -> bool {
        self.at > self.text.len()
    }
}

/// Removes from a candidate what the partner does not need. Returns `None` if no browser would send it.
pub(crate) fn rewrite(candidate: &mut Candidate) -> Option<()> {
    let Sdp(text) = &mut candidate.candidate;
    let is_good = text.len() <= MAX_CANDIDATE_BYTES
        && candidate.sdp_mid.as_ref().is_none_or(|it| it.is_empty() || is_mid(it))
        && is_fragment(candidate.username_fragment.as_deref());
    if !is_good {
        return None;
    }
    if let Some(changed) = rewritten(text)?.finish() {
        *text = changed;
    }
    Some(())
}

/// Whether this may name a generation of candidates; absent and empty names may.
pub(crate) fn is_fragment(username_fragment: Option<&str>) -> bool {
    username_fragment.is_none_or(|it| it.len() <= MAX_UFRAG_BYTES && is_ice(it))
}

fn rewritten(text: &str) -> Option<CopyOnChange<'_>> {
    let mut words = Words { text, at: text.starts_with(PREFIX).then_some(PREFIX.len())? };
    check_head(&mut words)?;
    let mut copy = CopyOnChange::of(text);
    while !words.are_over() {
        let (name, at) = words.next()?;
        let (value, value_at) = words.next()?;
        match Extension::named(name).map(|it| it.rewritten(value)) {
            Some(new) => {
                let new = new?;
                if new != value {
                    copy.replace(value_at, [new, "", ""]);
                }
            }
            // The space before the name goes, too.
            None => copy.remove(at.start - 1..value_at.end),
        }
    }
    Some(copy)
}

/// Reads what every candidate begins with, up to its type; `None` if any of it is invalid.
///
/// Port 0 is invalid: an active TCP candidate, which has no port, is written with port 9 (RFC 6544, 4.5). Some browsers
/// gather candidates for two components before they know that bundled media need only one.
fn check_head(words: &mut Words<'_>) -> Option<()> {
    let mut word = || words.next().map(|(it, _)| it);
    let (foundation, component, transport, priority) = (word()?, word()?, word()?, word()?);
    let (address, number, typ, kind) = (word()?, word()?, word()?, word()?);
    let is_good = foundation.len() <= MAX_FOUNDATION_BYTES
        && is_ice(foundation)
        && matches!(component, "1" | "2")
        && is_any_of(transport, &["udp", "tcp"])
        && is_number_of_32_bits(priority)
        && is_address(address)
        && port(number)? > 0
        && is_any_of(typ, &["typ"])
        && is_any_of(kind, &["host", "srflx", "prflx", "relay"]);
    is_good.then_some(())
}

fn is_any_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|it| it.eq_ignore_ascii_case(word))
}

fn is_number_of_32_bits(text: &str) -> bool {
    is_number(text) && text.parse::<u32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*, sample::select};
    use webrtc_sdp::attribute_type::{SdpAttribute, SdpAttributeCandidate};

    fn candidate(text: &str) -> Candidate {
        Candidate {
            candidate: Sdp(text.into()),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: Some("I+IT".into()),
        }
    }

    /// The candidate after rewriting.
    fn rewritten(text: &str) -> Option<String> {
        let mut candidate = candidate(text);
        super::rewrite(&mut candidate).map(|()| candidate.candidate.0)
    }

    fn parsed(text: &str) -> Option<SdpAttributeCandidate> {
        match text.parse() {
            Ok(SdpAttribute::Candidate(it)) => Some(it),
            Ok(_) | Err(_) => None,
        }
    }

    #[test]
    fn passes_candidates_of_browsers_as_they_are() {
        for text in [
            "candidate:1409928812 1 udp 2113937151 54062a68-f199-4853-803b-aeb6f26c276d.local 45407 typ host generation 0 ufrag I+IT",
            "candidate:2 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active generation 0 ufrag //pY",
            "candidate:842163049 1 udp 1677729535 198.51.100.3 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag I+IT",
            "candidate:3 1 udp 41885439 2001:db8::1 60000 typ relay raddr :: rport 0 generation 0 ufrag I+IT",
            "candidate:0 2 UDP 2122252542 127.0.0.1 56789 typ host",
            "candidate:1 1 TCP 2105524479 ::1 9 typ host tcptype active",
        ] {
            assert_eq!(rewritten(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn removes_the_related_address_and_unknown_extensions() {
        for (before, after) in [
            (
                "candidate:2 1 udp 16 198.51.100.1 4 typ srflx raddr 192.168.1.7 rport 5 generation 0 ufrag ab \
                 network-id 1 network-cost 10",
                "candidate:2 1 udp 16 198.51.100.1 4 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag ab",
            ),
            (
                "candidate:1 1 tcp 15 10.0.0.1 9 typ host x 192.168.1.7 tcptype active y z",
                "candidate:1 1 tcp 15 10.0.0.1 9 typ host tcptype active",
            ),
            (
                "candidate:1 1 udp 1 203.0.113.1 7 typ relay RADDR 2001:db8::1 RPORT 9",
                "candidate:1 1 udp 1 203.0.113.1 7 typ relay RADDR :: RPORT 0",
            ),
        ] {
            assert_eq!(rewritten(before).as_deref(), Some(after));
            assert_eq!(rewritten(after).as_deref(), Some(after));
        }
    }

    #[test]
    fn refuses_candidates_with_host_names_or_without_sense() {
        for text in [
            "",
            "candidate:",
            "a=candidate:1 1 udp 1 192.0.2.7 9 typ host",
            "Candidate:1 1 udp 1 192.0.2.7 9 typ host",
            "candidate:1 1 udp 1 example.org 9 typ host",
            "candidate:1 1 udp 1 printer.local 9 typ host",
            "candidate:1 1 udp 1 127.1 9 typ host",
            "candidate:1 1 udp 1 224.0.0.251 9 typ host",
            "candidate:1 1 udp 1 192.0.2.7 9 typ srflx raddr example.org rport 9",
            "candidate:1 1 udp 1 192.0.2.7 9 typ srflx raddr 192.0.2.8 rport 9 raddr example.org rport 9",
            "candidate:1 1 udp 1 192.0.2.7 9 typ srflx raddr 192.0.2.8 rport 65536",
            "candidate: 1 1 udp 1 192.0.2.7 9 typ host",
            "candidate:1  1 udp 1 192.0.2.7 9 typ host",
            "candidate:1 1 udp 1 192.0.2.7 9 typ host ",
            "candidate:1 1 udp 1 192.0.2.7 9 typ host generation",
            "candidate:1 1 udp 1 192.0.2.7 9 typ host generation x",
            "candidate:1 1 udp 1 192.0.2.7 9 typ host ufrag 192.0.2.7",
            "candidate:1 1 udp 1 192.0.2.7 9 typ host x \u{fc}",
            "candidate:f\u{a0}1\u{a0}udp\u{a0}1\u{a0}192.0.2.7\u{a0}9\u{a0}typ\u{a0}host\u{a0}x 1 udp 1 192.0.2.7 9 typ host",
            "candidate:1 1 udp 1 192.0.2.7 0 typ host",
            "candidate:1 1 udp 1 192.0.2.7 +9 typ host",
            "candidate:1 1 udp 1 192.0.2.7 65536 typ host",
            "candidate:1 1 udp 4294967296 192.0.2.7 9 typ host",
            "candidate:1 3 udp 1 192.0.2.7 9 typ host",
            "candidate:1 1 sctp 1 192.0.2.7 9 typ host",
            "candidate:1 1 udp 1 192.0.2.7 9 typ guest",
            "candidate:1 1 udp 1 192.0.2.7 9 typ host\r\na=x",
            "candidate:10.0.0.1 1 udp 1 192.0.2.7 9 typ host",
            &format!("candidate:{} 1 udp 1 192.0.2.7 9 typ host", "1".repeat(MAX_FOUNDATION_BYTES + 1)),
            &format!("candidate:1 1 udp 1 192.0.2.7 9 typ host x {}", "x".repeat(MAX_CANDIDATE_BYTES)),
        ] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }

    #[test]
    fn tags_are_bounded_and_hold_no_address() {
        let good = candidate("candidate:1 1 udp 1 192.0.2.7 9 typ host");
        let with = |sdp_mid: Option<&str>, username_fragment: Option<&str>| Candidate {
            sdp_mid: sdp_mid.map(Into::into),
            username_fragment: username_fragment.map(Into::into),
            ..good.clone()
        };
        for (mid, fragment) in [(None, None), (Some(""), Some("")), (Some("audio"), Some("//pY"))] {
            assert_eq!(super::rewrite(&mut with(mid, fragment)), Some(()), "{mid:?} {fragment:?}");
        }
        let long = "x".repeat(MAX_UFRAG_BYTES + 1);
        for bad in ["10.0.0.1", "::1", "a b", "\u{fc}", "a\n", &long] {
            assert_eq!(super::rewrite(&mut with(Some(bad), None)), None, "{bad}");
            assert_eq!(super::rewrite(&mut with(None, Some(bad))), None, "{bad}");
            assert!(!is_fragment(Some(bad)), "{bad}");
        }
    }

    /// Words of which candidates consist, and some that must not be there.
    fn word() -> impl Strategy<Value = &'static str> {
        select(vec![
            "raddr",
            "RPORT",
            "tcptype",
            "generation",
            "ufrag",
            "network-id",
            "x",
            "",
            "0",
            "9",
            "active",
            "I+IT",
            "192.168.1.7",
            "fe80::1",
            "example.org",
            "\u{a0}",
        ])
    }

    proptest! {
        /// Another parser reads what passes, and finds in it what it found before, without the related address.
        #[test]
        fn another_parser_agrees(words in vec(word(), 0..8), kind in select(vec!["host", "SRFLX", "relay", "x"])) {
            let text = format!("candidate:1 1 udp 1 192.0.2.7 9 typ {kind} {}", words.join(" "));
            if let Some(after) = rewritten(text.trim_end()) {
                let (before, found) = (parsed(text.trim_end()).unwrap(), parsed(&after).unwrap());
                let mut expected = before;
                expected.raddr.clone_from(&found.raddr);
                expected.rport = found.rport;
                expected.networkcost = None;
                expected.unknown_extensions.clear();
                prop_assert_eq!(found.to_string(), expected.to_string());
                prop_assert_eq!(rewritten(&after), Some(after));
            }
        }
    }
}
