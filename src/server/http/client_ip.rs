//! What the proxies in front say about a request: the address of the client, and the host that it asked for.
//!
//! Anybody can send a forwarding header. The address is therefore read from the right, where the trusted proxies
//! append.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use serde::Deserialize;

use super::list_header;

/// The configuration key, for error messages.
pub const KEY: &str = "server.proxies";

/// The header that most proxies write. No standard defines it.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header in which most proxies write the host that the client asked for. No standard defines it.
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Headers in which some proxies name the client. Which one a proxy sends helps its operator to configure the server.
const CLIENT_HEADERS: [&str; 7] = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fly-client-ip",
];

/// The headers in which the proxies pass on what they know about the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: addresses separated by commas. The host is in `X-Forwarded-Host`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239): the parameters `for` and `host` of each element.
    Forwarded,
}

impl ForwardedHeader {
    /// The name of the header with the client's address.
    pub(crate) const fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => header::FORWARDED,
        }
    }
}

/// The trusted proxies, and the header they write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxies {
    trusted: Vec<IpNet>,
    header: ForwardedHeader,
}

/// A configured proxy that is neither an address nor a network.
#[derive(Debug, thiserror::Error)]
#[error("has {0:?}, which is neither an address nor a network such as \"10.0.0.0/8\"")]
pub struct InvalidProxy(String);

impl Proxies {
    /// The proxies with the configured addresses and in the configured networks.
    ///
    /// # Errors
    ///
    /// [`InvalidProxy`] with the first entry that is neither.
    pub fn new(configured: &[String], header: ForwardedHeader) -> Result<Self, InvalidProxy> {
        let network = |text: &String| {
            let address = text.parse::<IpAddr>().map(IpNet::from);
            address.or_else(|_| text.parse::<IpNet>()).map_err(|_| InvalidProxy(text.clone()))
        };
        Ok(Self { trusted: configured.iter().map(network).collect::<Result<_, _>>()?, header })
    }

    /// Whether no proxy is configured.
    pub fn is_empty(&self) -> bool {
        self.trusted.is_empty()
    }

    /// Whether a request from this address has a forwarding header that is ignored, because the address is not a
    /// trusted proxy. It may be a proxy that should be configured, or a visitor who made the header up.
    pub fn ignores_header(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        !self.trusts(peer.to_canonical()) && headers.contains_key(self.header.name())
    }

    /// The name of the header in which a trusted proxy should have named the client and did not, and the name of
    /// another one in which it did.
    ///
    /// All visitors then have the proxy's address: they count as one network.
    pub fn missing_header(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
    ) -> Option<(HeaderName, Option<&'static str>)> {
        let is_missing = self.trusts(peer.to_canonical()) && !headers.contains_key(self.header.name());
        let other = CLIENT_HEADERS.into_iter().find(|it| headers.contains_key(*it));
        is_missing.then(|| (self.header.name(), other))
    }

    /// The hosts that the client may have asked for, as the proxies say; empty if they do not say, or if `peer` is not
    /// trusted. A chain of proxies may name several, of which some can be its internal names.
    pub(crate) fn forwarded_hosts<'a>(&self, peer: IpAddr, headers: &'a HeaderMap) -> Vec<&'a str> {
        if !self.trusts(peer.to_canonical()) {
            return Vec::new();
        }
        match self.header {
            ForwardedHeader::XForwardedFor => list_header::items(headers, &X_FORWARDED_HOST).collect(),
            ForwardedHeader::Forwarded => {
                let lines = headers.get_all(header::FORWARDED).iter().filter_map(|it| it.to_str().ok());
                lines
                    .flat_map(|it| Hops { rest: Some(it), quotes: true })
                    .filter_map(|it| parameter(it, "host"))
                    .collect()
            }
        }
    }

    /// Whether a request came through a proxy: a trusted one, or one that may be missing in the configuration, since it
    /// names a client.
    pub(crate) fn is_proxied(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let forwards = |it: &&str| headers.contains_key(*it);
        self.trusts(peer.to_canonical()) || CLIENT_HEADERS.iter().any(forwards)
    }

    /// The address of the client: the first from the right that is not a trusted proxy. If a trusted proxy wrote
    /// something that is not an address, that proxy's own address.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let values = headers.get_all(self.header.name());
        // A value that is not text counts as one hop without an address.
        let texts = values.iter().rev().map(|it| it.to_str().unwrap_or_default());
        let mut hops =
            texts.flat_map(|it| Hops { rest: Some(it), quotes: self.header == ForwardedHeader::Forwarded });
        while self.trusts(client) {
            let hop = hops.next().and_then(|it| match self.header {
                ForwardedHeader::XForwardedFor => parse_address(it),
                ForwardedHeader::Forwarded => forwarded_for(it),
            });
            match hop {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }

    /// Whether this address may stand for every visitor: a loopback address when no proxies are configured. It is the
    /// developer, or a proxy that is missing in the configuration.
    pub(crate) fn may_be_everyone(&self, address: IpAddr) -> bool {
        self.is_empty() && address.is_loopback()
    }

    /// The address for which to count a connection before its first request; `None` for one that may stand for many
    /// visitors.
    pub(crate) fn counted_address(&self, peer: IpAddr) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        (!self.may_be_many(peer)).then_some(peer)
    }

    /// Whether this address, which is not an IPv4 address in IPv6, may stand for many visitors: it may be everyone, or
    /// it is that of a proxy that has not named its client.
    pub(crate) fn may_be_many(&self, address: IpAddr) -> bool {
        self.trusts(address) || self.may_be_everyone(address)
    }

    /// Whether a request from this address, which is not an IPv4 address in IPv6, comes from one of them.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|it| it.contains(&address))
    }
}

/// The elements of a header's list, last one first. A quote opened further left cannot hide the elements to its right.
struct Hops<'a> {
    rest: Option<&'a str>,
    /// Whether the syntax has quotes. A comma between quotes is part of the element.
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

/// Parses an address as proxies write it: an IPv6 address may be in brackets, and a port may follow.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().map(|it: std::net::SocketAddr| it.ip());
    bare.parse().or_else(|_| with_port()).ok().map(|it: IpAddr| it.to_canonical())
}

/// The address in the only `for` parameter of an element. `unknown` and names that begin with `_` are not addresses.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    parse_address(parameter(element, "for")?)
}

/// The value of the only parameter of an element with this name, without quotes.
fn parameter<'a>(element: &'a str, wanted: &str) -> Option<&'a str> {
    let mut values = element.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then_some(value.trim())
    });
    let (value, another) = (values.next()?, values.next());
    let bare = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(value);
    another.is_none().then_some(bare)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn proxies(header: ForwardedHeader) -> Proxies {
        let configured = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"].map(str::to_owned);
        Proxies::new(&configured, header).unwrap()
    }

    /// The client of a request from `peer` with these values of the header.
    fn client(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header.name(), HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        proxies(header).client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn an_untrusted_address_is_the_client_whatever_it_sends() {
        for lines in [&[][..], &["192.0.2.1"], &["192.0.2.1, 10.0.0.1"]] {
            assert_eq!(client(ForwardedHeader::XForwardedFor, "203.0.113.9", lines), "203.0.113.9");
        }
        let headers = HeaderMap::from_iter([(X_FORWARDED_FOR, HeaderValue::from_static("192.0.2.1"))]);
        assert!(proxies(ForwardedHeader::XForwardedFor).ignores_header([203, 0, 113, 9].into(), &headers));
        assert!(!proxies(ForwardedHeader::XForwardedFor).ignores_header([10, 0, 0, 9].into(), &headers));
        assert!(!proxies(ForwardedHeader::Forwarded).ignores_header([203, 0, 113, 9].into(), &headers));
    }

    #[test]
    fn a_trusted_proxy_without_the_configured_header_is_noticed() {
        let missing = |configured, peer: &str, sent: &[&'static str]| {
            let value = || HeaderValue::from_static("192.0.2.1");
            let headers = sent.iter().map(|it| (HeaderName::from_static(it), value())).collect();
            let missing = proxies(configured).missing_header(peer.parse().unwrap(), &headers);
            missing.map(|(name, other)| (name.as_str().to_owned(), other))
        };
        let (x_forwarded_for, forwarded) = (ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded);
        for (configured, sent, other) in [
            (x_forwarded_for, &[][..], None),
            (x_forwarded_for, &["via"], None),
            (x_forwarded_for, &["forwarded", "via"], Some("forwarded")),
            (x_forwarded_for, &["x-real-ip"], Some("x-real-ip")),
            (forwarded, &["x-real-ip", "x-forwarded-for"], Some("x-forwarded-for")),
        ] {
            let name = configured.name().as_str().to_owned();
            assert_eq!(missing(configured, "10.1.2.3", sent), Some((name, other)), "{sent:?}");
            assert_eq!(missing(configured, "203.0.113.9", sent), None, "not a proxy");
        }
        assert_eq!(missing(x_forwarded_for, "10.1.2.3", &["x-forwarded-for", "forwarded"]), None);
        assert_eq!(missing(forwarded, "10.1.2.3", &["forwarded"]), None);
    }

    #[test]
    fn only_trusted_proxies_name_the_host() {
        let hosts = |style: ForwardedHeader, peer: &str, sent: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.append(*name, HeaderValue::from_static(value));
            }
            let hosts = proxies(style).forwarded_hosts(peer.parse().unwrap(), &headers);
            hosts.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        let (x_forwarded_for, forwarded) = (ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded);
        let both = [
            ("x-forwarded-host", "a.example, b.example:8443"),
            ("x-forwarded-host", "c.example"),
            ("forwarded", "for=192.0.2.1;host=d.example, for=10.0.0.1; Host=\"e.example:8443\";proto=https"),
            ("forwarded", "for=10.0.0.2;host=f.example;host=g.example, by=10.0.0.3"),
            ("host", "h.example"),
        ];
        assert_eq!(hosts(x_forwarded_for, "10.1.2.3", &both), ["a.example", "b.example:8443", "c.example"]);
        assert_eq!(hosts(forwarded, "10.1.2.3", &both), ["e.example:8443", "d.example"]);
        assert_eq!(hosts(x_forwarded_for, "203.0.113.9", &both), none, "anybody can send it");
        assert_eq!(hosts(x_forwarded_for, "10.1.2.3", &both[2..]), none);
        assert_eq!(hosts(forwarded, "10.1.2.3", &both[..2]), none);
    }

    #[test]
    fn the_first_untrusted_address_from_the_right_is_the_client() {
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
            assert_eq!(client(ForwardedHeader::XForwardedFor, "127.0.0.1", lines), expected, "{lines:?}");
            assert_eq!(
                client(ForwardedHeader::XForwardedFor, "::ffff:127.0.0.1", lines),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_proxy_that_wrote_no_address_is_the_client() {
        for (line, expected) in [
            ("", "127.0.0.1"),
            ("192.0.2.1, ", "127.0.0.1"),
            ("192.0.2.1, unknown", "127.0.0.1"),
            ("192.0.2.1, unknown, 10.0.0.1", "10.0.0.1"),
            ("192.0.2.1, 10.0.0.256, 10.0.0.1", "10.0.0.1"),
            ("192.0.2.1, [2001:db8::7:80, 10.0.0.1", "10.0.0.1"),
            ("192.0.2.1, é", "127.0.0.1"),
        ] {
            assert_eq!(client(ForwardedHeader::XForwardedFor, "127.0.0.1", &[line]), expected, "{line}");
        }
    }

    #[test]
    fn reads_the_standard_forwarded_header() {
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
            assert_eq!(client(ForwardedHeader::Forwarded, "127.0.0.1", &[line]), expected, "{line}");
        }
    }

    #[test]
    fn the_error_names_the_invalid_proxy() {
        let problem = |text: &str| {
            Proxies::new(&[text.to_owned()], ForwardedHeader::default())
                .expect_err("not a network")
                .to_string()
        };
        for text in ["localhost", "10.0.0.0/33", "10.0.0", "", "fd00::/8 "] {
            assert!(problem(text).contains(&format!("{text:?}")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_client_cannot_forge_the_address_that_a_proxy_appends(
            forged in "[ -~]{0,40}",
            lines in proptest::collection::vec("[ -~]{0,20}", 0..3),
            header in prop_oneof![Just(ForwardedHeader::XForwardedFor), Just(ForwardedHeader::Forwarded)],
        ) {
            let appended = match header {
                ForwardedHeader::XForwardedFor => format!("{forged}, 192.0.2.1"),
                ForwardedHeader::Forwarded => format!("{forged}, for=192.0.2.1"),
            };
            let mut all: Vec<_> = lines.iter().map(String::as_str).collect();
            all.push(&appended);
            prop_assert_eq!(client(header, "10.0.0.1", &all), "192.0.2.1");
        }
    }
}
