//! Addresses in signals: which are literals, and which texts hide one.

use std::net::IpAddr;

use uuid::Uuid;

use crate::protocol::transport::word::equal_to;

/// Bytes of a UUID with its hyphens.
const UUID_BYTES: usize = 36;

/// Colons of an IPv6 address without `::` (RFC 4291, 2.2), if its first group has been cut off.
const MIN_COLONS: u32 = 6;

/// Whether a text is an address literal as a browser reads it, or a name that hides a local address: `<uuid>.local`
/// (draft-ietf-mmusic-mdns-ice-candidates).
///
/// Anything else is a host name, and looking it up would reveal the partner to the owner of the name.
pub(crate) fn is_address(text: &str) -> bool {
    let is_hidden = || {
        text.strip_suffix(".local").is_some_and(|it| it.len() == UUID_BYTES && Uuid::try_parse(it).is_ok())
    };
    text.parse().map_or_else(|_| is_hidden(), |ip: IpAddr| !ip.is_multicast())
}

/// Whether a text may contain an IP address, also together with a name and a colon before it.
///
/// It also finds some texts that are no address, such as 1.2.3.4 in a version; no browser sends them.
pub(crate) fn may_hold_address(text: &str) -> bool {
    text.starts_with(':')
        || (has_traces(text.as_bytes())
            && text
                .as_bytes()
                .split(|it| !it.is_ascii_hexdigit() && !matches!(it, b'.' | b':'))
                .any(|run| is_like_v6(run) || run.split(|it| *it == b':').any(is_like_v4)))
}

/// Whether a text has what every address has: a digit before a dot, two colons in a row, or six colons. Most texts do
/// not even have dots or colons, and this takes a fraction of the time of a real look.
fn has_traces(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let has_separator = |it: &[u8; 8]| {
        let word = u64::from_le_bytes(*it);
        equal_to(word, b'.') | equal_to(word, b':') != 0
    };
    if !words.iter().any(has_separator) && !rest.iter().any(|it| matches!(it, b'.' | b':')) {
        return false;
    }
    let pairs = text.iter().zip(text.get(1..).unwrap_or_default());
    // Without branches, so that the compiler looks at many bytes at once.
    let is_trace = |a: u8, b: u8| (a.is_ascii_digit() & (b == b'.')) | ((a == b':') & (b == b':'));
    let has_pair = pairs.fold(false, |found, (a, b)| found | is_trace(*a, *b));
    has_pair || text.iter().fold(0_u32, |colons, it| colons + u32::from(*it == b':')) >= MIN_COLONS
}

/// Whether a run of the characters of addresses looks like an IPv6 address, or would after another group.
///
/// It has `::` or seven groups (RFC 4291, 2.2). The form with six groups and an IPv4 address contains the latter.
fn is_like_v6(run: &[u8]) -> bool {
    run.windows(2).any(|it| it == b"::")
        || run.iter().filter(|it| **it == b':').count() >= MIN_COLONS as usize
}

/// Whether four decimal numbers with dots between them are in this.
fn is_like_v4(part: &[u8]) -> bool {
    let mut numbers = 0;
    part.split(|it| *it == b'.').any(|group| {
        let is_number = (1..=3).contains(&group.len()) && group.iter().all(u8::is_ascii_digit);
        numbers = if is_number { numbers + 1 } else { 0 };
        numbers >= 4
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn recognises_literals_and_hidden_addresses_only() {
        for good in ["192.0.2.7", "2001:db8::1", "::1", "54062a68-f199-4853-803b-aeb6f26c276d.local"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "example.org",
            "printer.local",
            "54062a68f1994853803baeb6f26c276d.local",
            "127.1",
            "010.0.0.1",
            "0x7f000001",
            "fe80::1%eth0",
            "[::1]",
            "224.0.0.251",
            "ff02::fb",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn finds_addresses_in_texts() {
        for text in [
            "192.168.1.7",
            "cname:192.168.1.7",
            "x192.168.1.7y",
            "0-15;a=10.0.0.1",
            "[fe80::1]",
            "cname:fe80::1",
            "1:2:3:4:5:6:7:8",
            "x:1:2:3:4:5:6:7:8",
            "64:ff9b:0:0:0:0:192.0.2.7",
            "user@2001:db8::9",
            "2:3:4:5:6:7:8",
            ":1",
        ] {
            assert!(may_hold_address(text), "{text}");
        }
        for text in [
            "",
            "-",
            "111 opus/48000/2",
            "3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            "13 urn:3gpp:video-orientation",
            "6 http://tools.ietf.org/html/draft-ietf-avtext-framemarking-07",
            "mozilla...THIS_IS_SDPARTA-99.0",
            "level-idx=5;profile=0;tier=0",
            "{a0c5c0f2-4b1b-4a40-8f1f-3a2f62d8a6d1} {6f0d9a52-90de-4f5b-93a9-6d7c1f6b1f11}",
            "1.2.3",
            "1:2:3:4:5:6",
        ] {
            assert!(!may_hold_address(text), "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(20_000))]

        /// The quick look first changes nothing.
        #[test]
        fn looks_closely_wherever_an_address_may_be(text in "([0-9a-f]{1,4}|[.:]|::|[/g-z]|1\\.2\\.3|1:2:3:4){0,12}") {
            let runs = || text.split(|it: char| !it.is_ascii_hexdigit() && !matches!(it, '.' | ':'));
            let has_v6 = runs().any(|it| it.contains("::") || it.matches(':').count() >= 6);
            let is_number = |it: &str| (1..=3).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
            let has_v4 = runs().flat_map(|it| it.split(':')).any(|part| {
                part.split('.').collect::<Vec<_>>().windows(4).any(|it| it.iter().copied().all(is_number))
            });
            proptest::prop_assert_eq!(may_hold_address(&text), text.starts_with(':') || has_v6 || has_v4);
        }

        #[test]
        fn finds_every_address(v4: u32, v6: u128, before in "[ =:;,/@g-z]{0,3}", after in "[ =;,/@g-z]{0,3}") {
            for address in [IpAddr::V4(Ipv4Addr::from(v4)), IpAddr::V6(Ipv6Addr::from(v6))] {
                let text = format!("{before}{address}{after}");
                proptest::prop_assert!(may_hold_address(&text), "{}", text);
            }
        }
    }
}
