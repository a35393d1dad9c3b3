//! `[server]`: which pages may connect, how many peers, and how the server stops.

use serde::Deserialize;

use super::value::{InvalidKey, list};
use crate::server::http::client_ip::ForwardedHeader;

/// `[server]`: which pages may connect, how many peers, and how the server stops.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct ServerSettings {
    /// Origins whose pages may open `/ws`: scheme, host and port only. Default: none, which is allowed on loopback
    /// only; the server's own pages may connect there. `PASSERBY__SERVER__ORIGINS`, separated by commas.
    #[serde(deserialize_with = "list")]
    pub origins: Vec<String>,
    /// Addresses and networks of the proxies in front of this server. Only their word is trusted for where a request
    /// comes from. Default: none. `PASSERBY__SERVER__PROXIES`, separated by commas.
    #[serde(deserialize_with = "list")]
    pub proxies: Vec<String>,
    /// The header in which the proxies name the client: `x-forwarded-for` or `forwarded`. Default: x-forwarded-for.
    /// `PASSERBY__SERVER__FORWARDED_HEADER`.
    pub forwarded_header: ForwardedHeader,
    /// The maximum number of peers, 1 or more; peers that lost their socket and may still resume count too. Default:
    /// 10000. `PASSERBY__SERVER__MAX_CONNECTIONS`.
    pub max_connections: usize,
    /// The grace period for calls when the server is told to stop, in seconds, 1 to 300. Default: 8, because
    /// `cargo leptos watch` kills the server after 10. `PASSERBY__SERVER__GRACE_SECONDS`.
    pub grace_seconds: u64,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            max_connections: 10_000,
            grace_seconds: 8,
        }
    }
}

impl ServerSettings {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] for a number outside of its range.
    pub(super) fn check(&self) -> Result<(), InvalidKey> {
        if self.max_connections == 0 {
            return Err(InvalidKey::new("server.max_connections", "must be 1 or more"));
        }
        if !(1..=300).contains(&self.grace_seconds) {
            return Err(InvalidKey::new("server.grace_seconds", "must be 1 to 300"));
        }
        Ok(())
    }
}
