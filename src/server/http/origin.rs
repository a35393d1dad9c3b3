//! The origins whose pages may open a WebSocket.
//!
//! Browsers send the `Origin` header with every handshake. Checking it keeps a page of another site from connecting on
//! behalf of its visitor.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderValue, Uri, uri::Authority};

use crate::matchmaker::is_private;

/// The configuration key, for error messages.
pub const KEY: &str = "server.origins";

/// The endings of names that lead nowhere outside of a private network: multicast DNS (RFC 6762), names for this
/// machine and for tests (RFC 6761), and names for private networks (`internal` by ICANN, 2024, and RFC 8375).
const PRIVATE_ENDINGS: [&str; 5] = [".local", ".localhost", ".test", ".internal", ".home.arpa"];

/// The start of an origin over TLS.
const HTTPS: &str = "https://";

/// The origins (RFC 6454) whose pages may open `/ws`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    allowed: Vec<String>,
    all_https: bool,
    /// Whether the server listens on a loopback address.
    on_loopback: bool,
}

/// Why the configured origins cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// Not an origin, which has a scheme, a host and a port only.
    #[error("has {0:?}, which is not an origin such as \"https://passerby.example\"")]
    Malformed(String),
    /// None is configured, and the server cannot know its own, since it does not listen on a loopback address.
    #[error("is empty, which is allowed on a loopback address only, not on {0}")]
    Missing(SocketAddr),
}

impl Origins {
    /// The `configured` origins, or the server's `own` if none are configured.
    ///
    /// # Errors
    ///
    /// An [`OriginError`] if one is malformed, or if there is none at all.
    pub fn new(address: SocketAddr, configured: &[String], own: Vec<String>) -> Result<Self, OriginError> {
        if let Some(malformed) = configured.iter().find(|it| !is_origin(it)) {
            return Err(OriginError::Malformed(malformed.clone()));
        }
        let allowed = if configured.is_empty() { own } else { configured.to_vec() };
        if allowed.is_empty() {
            return Err(OriginError::Missing(address));
        }
        let all_https = allowed.iter().all(|it| it.starts_with(HTTPS));
        Ok(Self { allowed, all_https, on_loopback: address.ip().is_loopback() })
    }

    /// Which of the origins this `Origin` header names; `None` if its page may not connect. A client without the header
    /// is not a page.
    pub fn position(&self, origin: Option<&HeaderValue>) -> Option<usize> {
        origin.and_then(|origin| self.allowed.iter().position(|it| origin == it))
    }

    /// All origins.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.allowed.iter().map(String::as_str)
    }

    /// The origin to publish, for example in links to share: the first.
    pub fn primary(&self) -> &str {
        self.allowed.first().map_or("", String::as_str)
    }

    /// Whether the primary origin is reachable from this machine only.
    pub fn primary_is_loopback(&self) -> bool {
        let uri = self.primary().parse::<Uri>().ok();
        uri.as_ref().and_then(Uri::host).is_some_and(is_loopback_name)
    }

    /// The first origin that strangers can reach; `None` if the server is private.
    ///
    /// Without configured origins, these are the names and addresses at which the server listens. So a proxy in front
    /// makes a loopback server public, and so does an IPv4 address of this machine, if the server listens everywhere.
    pub fn first_public(&self) -> Option<&str> {
        let host = |origin: &str| origin.parse::<Uri>().ok().and_then(|it| it.host().map(str::to_owned));
        self.iter().find(|it| host(it).is_some_and(|it| is_public_host(&it)))
    }

    /// Whether a page may be asked for at this host, which is written as in a `Host` header: an origin has it, or it is
    /// a loopback name and the server listens on loopback.
    ///
    /// A host without a port matches an origin with any port, because some proxies leave the port out.
    pub(crate) fn serves(&self, host: &str) -> bool {
        let Some(asked) = host.parse::<Authority>().ok().filter(|it| !it.as_str().contains('@')) else {
            return false;
        };
        let matches = |origin: &String| {
            let Ok(origin) = origin.parse::<Uri>() else { return false };
            let scheme = origin.scheme_str().unwrap_or_default();
            let port = origin.port_u16().unwrap_or(default_port(scheme));
            origin.host().is_some_and(|it| it.eq_ignore_ascii_case(asked.host()))
                && asked.port_u16().is_none_or(|it| it == port)
        };
        (self.on_loopback && is_loopback_name(asked.host())) || self.allowed.iter().any(matches)
    }

    /// The first `https` origin with this host, which is written as in a `Host` header, without the port.
    pub fn https_origin(&self, host: &str) -> Option<&str> {
        let has_host = |origin: &str| {
            let origin = origin.parse::<Uri>().ok();
            origin.as_ref().and_then(Uri::host).is_some_and(|it| it.eq_ignore_ascii_case(host))
        };
        self.https().find(|it| has_host(it))
    }

    /// The first origin over TLS.
    pub fn first_https(&self) -> Option<&str> {
        self.https().next()
    }

    fn https(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|it| it.starts_with(HTTPS))
    }

    /// Whether all origins use TLS, so that pages may refuse to load anything without it.
    pub fn are_all_https(&self) -> bool {
        self.all_https
    }
}

/// The origins of a server on a loopback address. Empty for any other address, since a server cannot know its names.
pub fn loopback_origins(scheme: &str, address: SocketAddr) -> Vec<String> {
    if !address.ip().is_loopback() {
        return Vec::new();
    }
    ["localhost", "127.0.0.1", "::1"].map(|host| format_origin(scheme, host, address.port())).to_vec()
}

/// An origin as a browser writes it. An IPv6 `host` is given without brackets.
pub fn format_origin(scheme: &str, host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == default_port(scheme) {
        format!("{scheme}://{host}")
    } else {
        format!("{scheme}://{host}:{port}")
    }
}

/// Whether this name always means the machine itself. It is written as in a `Host` header, without the port.
pub(crate) fn is_loopback_name(host: &str) -> bool {
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|it| it.is_loopback())
}

/// Whether people outside of a private network may know this host, which is written as in a `Host` header, without the
/// port. Names are public unless they have one label only or an ending that is reserved for private networks. Nobody is
/// asked what a name means.
fn is_public_host(host: &str) -> bool {
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return !is_private(address);
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name.contains('.') && !PRIVATE_ENDINGS.iter().any(|it| name.ends_with(it))
}

fn default_port(scheme: &str) -> u16 {
    if scheme == "http" { 80 } else { 443 }
}

/// Whether this is an origin as a browser writes it: a scheme, a host in lower case, a port unless it is the scheme's
/// default, no slash.
fn is_origin(text: &str) -> bool {
    let is_canonical = |uri: Uri| match (uri.scheme_str(), uri.authority()) {
        (Some(scheme @ ("http" | "https")), Some(authority)) => {
            authority.port_u16() != Some(default_port(scheme))
                && !authority.as_str().contains('@')
                && text == format!("{scheme}://{}", authority.as_str().to_lowercase())
        }
        (Some(_) | None, Some(_) | None) => false,
    };
    text.parse().is_ok_and(is_canonical)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
    const PUBLIC: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 3000);

    fn origins(address: SocketAddr, configured: &[&str]) -> Result<Origins, OriginError> {
        let configured: Vec<_> = configured.iter().map(|it| (*it).to_owned()).collect();
        Origins::new(address, &configured, loopback_origins("http", address))
    }

    fn allows(origins: &Origins, origin: &str) -> bool {
        origins.position(Some(&origin.parse().unwrap())).is_some()
    }

    #[test]
    fn a_loopback_address_needs_no_configuration() {
        let origins = origins(LOOPBACK, &[]).unwrap();
        for good in ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
            assert!(allows(&origins, good), "{good}");
        }
        for bad in [
            "http://localhost",
            "http://localhost:3001",
            "https://localhost:3000",
            "null",
            "http://localhost:3000.example",
        ] {
            assert!(!allows(&origins, bad), "{bad}");
        }
        assert_eq!(origins.position(None), None);
        assert!(!origins.are_all_https());
        assert!(origins.primary_is_loopback());
    }

    #[test]
    fn other_addresses_allow_only_configured_origins() {
        assert!(matches!(origins(PUBLIC, &[]), Err(OriginError::Missing(_))));
        let origins = origins(PUBLIC, &["https://passerby.example", "https://b.example:8443"]).unwrap();
        assert!(allows(&origins, "https://passerby.example"));
        assert!(allows(&origins, "https://b.example:8443"));
        for bad in [
            "http://passerby.example",
            "https://b.example",
            "https://x.passerby.example",
            "http://localhost:3000",
        ] {
            assert!(!allows(&origins, bad), "{bad}");
        }
        assert!(origins.are_all_https());
        assert!(!origins.primary_is_loopback());
    }

    #[test]
    fn finds_the_https_origin_of_a_host() {
        let configured = ["http://a.example", "https://a.example:8443", "https://[2001:db8::1]"];
        let origins = origins(PUBLIC, &configured).unwrap();
        assert!(!origins.are_all_https());
        assert_eq!(origins.https_origin("A.example"), Some("https://a.example:8443"));
        assert_eq!(origins.https_origin("[2001:db8::1]"), Some("https://[2001:db8::1]"));
        for unknown in ["", "b.example", "a.example.", "a.example:8443", "example"] {
            assert_eq!(origins.https_origin(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn an_origin_is_public_unless_it_is_of_a_private_network() {
        for public in [
            "https://passerby.example",
            "http://a.b.example:8080",
            "https://local.example",
            "https://xlocal.net",
            "https://203.0.113.7",
            "http://[2001:db8::7]:3000",
            "https://[::ffff:203.0.113.7]",
        ] {
            let all = origins(PUBLIC, &["http://localhost:3000", public]).unwrap();
            assert_eq!(all.first_public(), Some(public));
        }
        for private in [
            "http://localhost:3000",
            "http://passerby:3000",
            "http://passerby",
            "http://passerby.local",
            "http://a.localhost",
            "https://passerby.test",
            "https://passerby.internal",
            "https://passerby.home.arpa",
            "http://passerby.local.",
            "http://127.1.2.3",
            "http://10.0.0.7:3000",
            "http://172.16.0.7",
            "http://192.168.1.7",
            "http://169.254.0.7",
            "http://100.64.0.7",
            "http://[::1]:3000",
            "http://[fd00::7]",
            "http://[fe80::7]",
        ] {
            assert_eq!(origins(PUBLIC, &[private]).unwrap().first_public(), None, "{private}");
        }
        assert_eq!(origins(LOOPBACK, &[]).unwrap().first_public(), None);
        // A public proxy in front of it.
        let proxied = origins(LOOPBACK, &["https://passerby.example"]).unwrap();
        assert_eq!(proxied.first_public(), Some("https://passerby.example"));
    }

    #[test]
    fn default_ports_are_omitted() {
        assert_eq!(format_origin("https", "a.example", 443), "https://a.example");
        assert_eq!(format_origin("https", "2001:db8::1", 3443), "https://[2001:db8::1]:3443");
        assert_eq!(format_origin("http", "a.example", 443), "http://a.example:443");
    }

    #[test]
    fn rejects_origins_that_no_browser_sends() {
        for bad in [
            "",
            "*",
            "null",
            "passerby.example",
            "https://",
            "https://a.example/",
            "https://A.example",
            "https://a.example:443",
            "ftp://a.example",
            "https://me@a.example",
        ] {
            assert!(matches!(origins(LOOPBACK, &[bad]), Err(OriginError::Malformed(_))), "{bad}");
        }
    }
}
