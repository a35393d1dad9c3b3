//! Who is at the other end where proxies are in between; it must not know what follows from it.
//!
//! Anybody can send the header, so it is read from the right, where the proxies that this server knows have written.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use serde::Deserialize;

use crate::matchmaker::Network;

/// The configuration's key, for messages.
pub const KEY: &str = "server.proxies";

/// What most proxies write; in no standard.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header in which the proxies say from whom they have a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Header {
    /// `X-Forwarded-For`: addresses, separated by commas.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239): the parameter `for` of each element.
    Forwarded,
}

impl Header {
    const fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => header::FORWARDED,
        }
    }
}

/// The proxies whose word is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxies {
    trusted: Vec<IpNet>,
    header: Header,
}

/// What is no address and no network.
#[derive(Debug, thiserror::Error)]
#[error("has {0:?}, which is neither an address nor a network such as \"10.0.0.0/8\"")]
pub struct Malformed(String);

impl Proxies {
    /// Those at the configured addresses and in the configured networks.
    ///
    /// # Errors
    ///
    /// [`Malformed`] with the first that is neither.
    pub fn new(configured: &[String], header: Header) -> Result<Self, Malformed> {
        let network = |text: &String| {
            let address = text.parse::<IpAddr>().map(IpNet::from);
            address.or_else(|_| text.parse::<IpNet>()).map_err(|_| Malformed(text.clone()))
        };
        Ok(Self { trusted: configured.iter().map(network).collect::<Result<_, _>>()?, header })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.trusted.is_empty()
    }

    /// Whether a request from this address brings somebody else's word that is not taken: a proxy that should perhaps be
    /// configured, or a visitor who invents one.
    pub fn ignores(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        !self.trusts(peer.to_canonical()) && headers.contains_key(self.header.name())
    }

    /// The address of who sends a request: the first from the right that is not one of these proxies'. Where what a proxy
    /// has written is no address, that proxy's own.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let values = headers.get_all(self.header.name());
        // What is not text is one hop that is no address.
        let texts = values.iter().rev().map(|it| it.to_str().unwrap_or_default());
        let mut hops = texts.flat_map(|it| Hops { rest: Some(it), quotes: self.header == Header::Forwarded });
        while self.trusts(client) {
            let hop = hops.next().and_then(|it| match self.header {
                Header::XForwardedFor => address(it),
                Header::Forwarded => named(it),
            });
            match hop {
                Some(before) => client = before,
                None => break,
            }
        }
        client
    }

    /// Whether all may come from this address: loopback where no proxies are configured, which is the developer, or a
    /// proxy that nobody has named.
    pub(crate) fn may_be_all(&self, address: IpAddr) -> bool {
        self.is_empty() && address.is_loopback()
    }

    /// As what network a connection is counted before it is known who sends a request; `None` for one that may be many
    /// people's.
    pub(crate) fn network(&self, peer: IpAddr) -> Option<Network> {
        let peer = peer.to_canonical();
        let speaks_for_many = self.trusts(peer) || self.may_be_all(peer);
        (!speaks_for_many).then(|| Network::of(peer))
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|it| it.contains(&address))
    }
}

/// The elements of a list, the last one first. A quote that was opened further left cannot hide what stands right of it.
struct Hops<'a> {
    rest: Option<&'a str>,
    /// Whether a comma may stand between quotes and is part of the element then.
    quotes: bool,
}

impl<'a> Iterator for Hops<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest?;
        let mut quoted = false;
        let is_escaped = |at: usize| text[..at].ends_with('\\');
        let comma = text.char_indices().rev().find(|&(at, it)| {
            quoted ^= self.quotes && it == '"' && !is_escaped(at);
            it == ',' && !quoted
        });
        let (rest, hop) = match comma {
            Some((at, _)) => (Some(&text[..at]), &text[at + 1..]),
            None => (None, text),
        };
        self.rest = rest;
        Some(hop.trim())
    }
}

/// An address as proxies write it: an IPv6 address may stand in brackets, and a port may follow.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().map(|it: std::net::SocketAddr| it.ip());
    bare.parse().or_else(|_| with_port()).ok().map(|it: IpAddr| it.to_canonical())
}

/// The address in the one `for` of an element; there is none in "unknown" and in names that begin with "_".
fn named(element: &str) -> Option<IpAddr> {
    let mut nodes = element.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    });
    let (node, another) = (nodes.next()?, nodes.next());
    let bare = node.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(node);
    another.is_none().then(|| address(bare))?
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn proxies(header: Header) -> Proxies {
        let configured = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"].map(str::to_owned);
        Proxies::new(&configured, header).unwrap()
    }

    /// Who sends a request that comes from `peer` with these lines of the header.
    fn client(header: Header, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header.name(), HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        proxies(header).client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn who_is_no_proxy_of_ours_is_the_client_whatever_it_says() {
        for lines in [&[][..], &["192.0.2.1"], &["192.0.2.1, 10.0.0.1"]] {
            assert_eq!(client(Header::XForwardedFor, "203.0.113.9", lines), "203.0.113.9");
        }
        let headers = HeaderMap::from_iter([(X_FORWARDED_FOR, HeaderValue::from_static("192.0.2.1"))]);
        assert!(proxies(Header::XForwardedFor).ignores([203, 0, 113, 9].into(), &headers));
        assert!(!proxies(Header::XForwardedFor).ignores([10, 0, 0, 9].into(), &headers));
        assert!(!proxies(Header::Forwarded).ignores([203, 0, 113, 9].into(), &headers));
    }

    #[test]
    fn the_first_from_the_right_that_is_no_proxy_of_ours_is_the_client() {
        for (lines, expected) in [
            (&[][..], "127.0.0.1"),
            (&["192.0.2.1"], "192.0.2.1"),
            (&["198.51.100.7, 192.0.2.1"], "192.0.2.1"),
            (&["198.51.100.7,192.0.2.1 ,10.1.2.3,  10.255.0.1"], "192.0.2.1"),
            (&["198.51.100.7", "192.0.2.1, 10.1.2.3", "fd12::1"], "192.0.2.1"),
            (&["10.1.2.3, 10.0.0.1"], "10.1.2.3"),
            (&["192.0.2.1:443"], "192.0.2.1"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["[2001:db8::7]:4711, [fd00::1]:80"], "2001:db8::7"),
            (&["::ffff:192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.1, ::ffff:10.0.0.1"], "192.0.2.1"),
        ] {
            assert_eq!(client(Header::XForwardedFor, "127.0.0.1", lines), expected, "{lines:?}");
            assert_eq!(client(Header::XForwardedFor, "::ffff:127.0.0.1", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn where_a_proxy_has_written_no_address_it_stands_for_its_client() {
        for (line, expected) in [
            ("", "127.0.0.1"),
            ("192.0.2.1, ", "127.0.0.1"),
            ("192.0.2.1, unknown", "127.0.0.1"),
            ("192.0.2.1, unknown, 10.0.0.1", "10.0.0.1"),
            ("192.0.2.1, 10.0.0.256, 10.0.0.1", "10.0.0.1"),
            ("192.0.2.1, [2001:db8::7:80, 10.0.0.1", "10.0.0.1"),
            ("192.0.2.1, é", "127.0.0.1"),
        ] {
            assert_eq!(client(Header::XForwardedFor, "127.0.0.1", &[line]), expected, "{line}");
        }
    }

    #[test]
    fn the_standard_header_is_read_as_well() {
        for (line, expected) in [
            ("for=192.0.2.1", "192.0.2.1"),
            ("For=198.51.100.7, FOR=192.0.2.1;proto=https;by=10.0.0.1", "192.0.2.1"),
            ("for=192.0.2.1, for=\"[fd00::1]:4711\"", "192.0.2.1"),
            ("proto=https; for=\"192.0.2.1:80\" ;host=passerby.example", "192.0.2.1"),
            ("for=192.0.2.1;host=\"a, for=198.51.100.7\"", "192.0.2.1"),
            ("for=192.0.2.1;host=\"a\\\", for=198.51.100.7\"", "192.0.2.1"),
            ("for=\", for=192.0.2.1", "192.0.2.1"),
            ("for=198.51.100.7, for=unknown, for=10.0.0.1", "10.0.0.1"),
            ("for=198.51.100.7, for=_hidden", "127.0.0.1"),
            ("for=198.51.100.7, for=192.0.2.1;for=192.0.2.2", "127.0.0.1"),
            ("for=198.51.100.7, proto=https", "127.0.0.1"),
        ] {
            assert_eq!(client(Header::Forwarded, "127.0.0.1", &[line]), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        let problem = |text: &str| {
            Proxies::new(&[text.to_owned()], Header::default()).expect_err("it is none").to_string()
        };
        for text in ["localhost", "10.0.0.0/33", "10.0.0", "", "fd00::/8 "] {
            assert!(problem(text).contains(&format!("{text:?}")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nobody_can_write_to_the_right_of_a_proxy(
            said in "[ -~]{0,40}",
            lines in proptest::collection::vec("[ -~]{0,20}", 0..3),
            header in prop_oneof![Just(Header::XForwardedFor), Just(Header::Forwarded)],
        ) {
            let written = match header {
                Header::XForwardedFor => format!("{said}, 192.0.2.1"),
                Header::Forwarded => format!("{said}, for=192.0.2.1"),
            };
            let mut all: Vec<_> = lines.iter().map(String::as_str).collect();
            all.push(&written);
            prop_assert_eq!(client(header, "10.0.0.1", &all), "192.0.2.1");
        }
    }
}
