//! Whose pages may connect: a page elsewhere must not speak in the name of its visitor. It must not know sockets.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderValue, Uri};

/// The configuration's key, for messages.
pub const KEY: &str = "server.origins";

/// How an origin over TLS begins.
const ENCRYPTED: &str = "https://";

/// The origins (RFC 6454) whose pages may open `/ws`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    allowed: Vec<String>,
    encrypted: bool,
}

/// Why no server can run with these.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Scheme, host and port are all there is in an origin.
    #[error("has {0:?}, which is no origin such as \"https://passerby.example\"")]
    Malformed(String),
    /// Who can be reached by others must say by whom.
    #[error("is empty, which is possible on a loopback address only, and this one is {0}")]
    Missing(SocketAddr),
}

impl Origins {
    /// The configured ones; without any, the server's `own`, where it can know them.
    ///
    /// # Errors
    ///
    /// A [`Problem`] with `configured`.
    pub fn new(address: SocketAddr, configured: &[String], own: Vec<String>) -> Result<Self, Problem> {
        if let Some(malformed) = configured.iter().find(|it| !is_origin(it)) {
            return Err(Problem::Malformed(malformed.clone()));
        }
        let allowed = if configured.is_empty() { own } else { configured.to_vec() };
        if allowed.is_empty() {
            return Err(Problem::Missing(address));
        }
        let encrypted = allowed.iter().all(|it| it.starts_with(ENCRYPTED));
        Ok(Self { allowed, encrypted })
    }

    /// Whether a page with this `Origin` header may connect; who sends none is no page.
    pub fn allow(&self, origin: Option<&HeaderValue>) -> bool {
        origin.is_some_and(|origin| self.allowed.iter().any(|it| origin == it))
    }

    /// The one that is told to the world: the first.
    pub fn home(&self) -> &str {
        self.allowed.first().map_or("", String::as_str)
    }

    /// Whether that one is only for this machine.
    pub fn home_is_loopback(&self) -> bool {
        let uri = self.home().parse::<Uri>().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || ip.is_ok_and(|it| it.is_loopback())
    }

    /// The first over TLS on this host, as it stands in a `Host` header without the port.
    pub fn encrypted_at(&self, host: &str) -> Option<&str> {
        let is_there = |origin: &str| {
            let origin = origin.parse::<Uri>().ok();
            origin.as_ref().and_then(Uri::host).is_some_and(|it| it.eq_ignore_ascii_case(host))
        };
        let mut encrypted = self.allowed.iter().filter(|it| it.starts_with(ENCRYPTED));
        encrypted.find(|it| is_there(it)).map(String::as_str)
    }

    /// Whether every page comes over TLS, so that it may be told to load nothing without.
    pub fn are_encrypted(&self) -> bool {
        self.encrypted
    }
}

/// The origins of a server on loopback, none for any other: it cannot know its names.
pub fn loopback(scheme: &str, address: SocketAddr) -> Vec<String> {
    if !address.ip().is_loopback() {
        return Vec::new();
    }
    ["localhost", "127.0.0.1", "::1"].map(|host| written(scheme, host, address.port())).to_vec()
}

/// An origin as a browser writes it; an IPv6 address comes without brackets.
pub fn written(scheme: &str, host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == usual_port(scheme) {
        format!("{scheme}://{host}")
    } else {
        format!("{scheme}://{host}:{port}")
    }
}

fn usual_port(scheme: &str) -> u16 {
    if scheme == "http" { 80 } else { 443 }
}

/// As a browser writes it: a scheme, a host in lower case, a port unless it is the scheme's own, no slash.
fn is_origin(text: &str) -> bool {
    let is_written = |uri: Uri| match (uri.scheme_str(), uri.authority()) {
        (Some(scheme @ ("http" | "https")), Some(authority)) => {
            authority.port_u16() != Some(usual_port(scheme))
                && !authority.as_str().contains('@')
                && text == format!("{scheme}://{}", authority.as_str().to_lowercase())
        }
        (Some(_) | None, Some(_) | None) => false,
    };
    text.parse().is_ok_and(is_written)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
    const PUBLIC: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 3000);

    fn origins(address: SocketAddr, configured: &[&str]) -> Result<Origins, Problem> {
        let configured: Vec<_> = configured.iter().map(|it| (*it).to_owned()).collect();
        Origins::new(address, &configured, loopback("http", address))
    }

    fn allows(origins: &Origins, origin: &str) -> bool {
        origins.allow(Some(&origin.parse().unwrap()))
    }

    #[test]
    fn on_loopback_the_own_port_is_enough() {
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
        assert!(!origins.allow(None));
        assert!(!origins.are_encrypted());
        assert!(origins.home_is_loopback());
    }

    #[test]
    fn elsewhere_only_the_configured_ones_are() {
        assert!(matches!(origins(PUBLIC, &[]), Err(Problem::Missing(_))));
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
        assert!(origins.are_encrypted());
        assert!(!origins.home_is_loopback());
    }

    #[test]
    fn a_host_is_found_among_those_over_tls() {
        let configured = ["http://a.example", "https://a.example:8443", "https://[2001:db8::1]"];
        let origins = origins(PUBLIC, &configured).unwrap();
        assert!(!origins.are_encrypted());
        assert_eq!(origins.encrypted_at("A.example"), Some("https://a.example:8443"));
        assert_eq!(origins.encrypted_at("[2001:db8::1]"), Some("https://[2001:db8::1]"));
        for elsewhere in ["", "b.example", "a.example.", "a.example:8443", "example"] {
            assert_eq!(origins.encrypted_at(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn the_usual_port_is_not_written() {
        assert_eq!(written("https", "a.example", 443), "https://a.example");
        assert_eq!(written("https", "2001:db8::1", 3443), "https://[2001:db8::1]:3443");
        assert_eq!(written("http", "a.example", 443), "http://a.example:443");
    }

    #[test]
    fn what_a_browser_would_never_send_is_malformed() {
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
            assert!(matches!(origins(LOOPBACK, &[bad]), Err(Problem::Malformed(_))), "{bad}");
        }
    }
}
