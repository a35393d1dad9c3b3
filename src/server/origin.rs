//! Whose pages may connect: a page elsewhere must not speak in the name of its visitor. It must not know sockets.

use std::net::SocketAddr;

use axum::http::{HeaderValue, Uri};

/// The configuration's key, for messages.
pub const KEY: &str = "server.origins";

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
    /// The configured ones; without any a server on loopback takes the pages of its own port.
    ///
    /// # Errors
    ///
    /// A [`Problem`] with `configured`.
    pub fn new(address: SocketAddr, configured: &[String]) -> Result<Self, Problem> {
        if let Some(malformed) = configured.iter().find(|it| !is_origin(it)) {
            return Err(Problem::Malformed(malformed.clone()));
        }
        if !configured.is_empty() {
            let encrypted = configured.iter().all(|it| it.starts_with("https://"));
            return Ok(Self { allowed: configured.to_vec(), encrypted });
        }
        if !address.ip().is_loopback() {
            return Err(Problem::Missing(address));
        }
        let own = |host| format!("http://{host}:{}", address.port());
        Ok(Self { allowed: ["localhost", "127.0.0.1", "[::1]"].map(own).to_vec(), encrypted: false })
    }

    /// Whether a page with this `Origin` header may connect; who sends none is no page.
    pub fn allow(&self, origin: Option<&HeaderValue>) -> bool {
        origin.is_some_and(|origin| self.allowed.iter().any(|it| origin == it))
    }

    /// The one that is told to the world: the first.
    pub fn home(&self) -> &str {
        self.allowed.first().map_or("", String::as_str)
    }

    /// Whether every page comes over TLS, so that it may be told to load nothing without.
    pub fn are_encrypted(&self) -> bool {
        self.encrypted
    }
}

/// As a browser writes it: a scheme, a host in lower case, a port unless it is the scheme's own, no slash.
fn is_origin(text: &str) -> bool {
    let is_written = |uri: Uri| match (uri.scheme_str(), uri.authority()) {
        (Some(scheme @ ("http" | "https")), Some(authority)) => {
            let usual = if scheme == "http" { 80 } else { 443 };
            authority.port_u16() != Some(usual)
                && !authority.as_str().contains('@')
                && text == format!("{scheme}://{}", authority.as_str().to_lowercase())
        }
        (Some(_) | None, Some(_) | None) => false,
    };
    text.parse().is_ok_and(is_written)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
    const PUBLIC: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 3000);

    fn origins(address: SocketAddr, configured: &[&str]) -> Result<Origins, Problem> {
        let configured: Vec<_> = configured.iter().map(|it| (*it).to_owned()).collect();
        Origins::new(address, &configured)
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
