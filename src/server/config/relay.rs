//! `[relay]`: this server's own relay.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;

use super::{
    ice::is_host,
    value::{InvalidKey, address_or_none},
};
use crate::{matchmaker::OwnRelay, relay::RelayLimits};

/// The relay of this server: it forwards the media of calls that cannot connect directly, and of people who hide their
/// address.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct RelaySettings {
    /// The address at which it listens (UDP and TCP), empty for no relay. Default: none. `PASSERBY__RELAY__ADDR`.
    #[serde(deserialize_with = "address_or_none")]
    pub addr: Option<SocketAddr>,
    /// The name or address of this machine as browsers know it. Default: the one in `relay.addr`.
    /// `PASSERBY__RELAY__HOST`.
    pub host: String,
    /// The maximum number of allocations, 1 or more; a call that needs the relay has a few at each end. Default: 10000.
    /// `PASSERBY__RELAY__MAX_ALLOCATIONS`.
    pub max_allocations: usize,
    /// How much the two ends of a call may send through it together, in KiB per second, 64 to 65536. Default: 1024.
    /// `PASSERBY__RELAY__CALL_KIB`.
    pub call_kib: u32,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self { addr: None, host: String::new(), max_allocations: 10_000, call_kib: 1_024 }
    }
}

impl RelaySettings {
    /// The relay as the matchmaker announces it; `None` if there is none. Credentials are valid for `lifetime`.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if a value is out of range, or if browsers could not know where the relay is.
    pub(crate) fn resolve(&self, lifetime: Duration) -> Result<Option<OwnRelay>, InvalidKey> {
        if self.max_allocations == 0 {
            return Err(InvalidKey::new("relay.max_allocations", "must be 1 or more"));
        }
        if !(64..=65_536).contains(&self.call_kib) {
            return Err(InvalidKey::new("relay.call_kib", "must be 64 to 65536"));
        }
        let Some(addr) = self.addr else { return Ok(None) };
        if addr.port() == 0 {
            return Err(InvalidKey::new("relay.addr", "has port 0, but browsers must know the port"));
        }
        let authority = match self.host.as_str() {
            "" if addr.ip().is_unspecified() => {
                let problem =
                    "is required: `relay.addr` does not say at which address browsers reach this machine";
                return Err(InvalidKey::new("relay.host", problem));
            }
            "" => addr.to_string(),
            host if is_host(host) && (!host.contains(':') || host.ends_with(']')) => {
                format!("{host}:{}", addr.port())
            }
            host => {
                let problem = format!("{host:?} is not the name or address of a machine (IPv6 in brackets)");
                return Err(InvalidKey::new("relay.host", problem));
            }
        };
        Ok(Some(OwnRelay { authority, lifetime }))
    }

    /// The limits of the relay.
    pub(crate) const fn limits(&self) -> RelayLimits {
        RelayLimits { max_allocations: self.max_allocations, match_bytes_per_second: self.call_kib * 1024 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(addr: &str, host: &str) -> Result<Option<String>, &'static str> {
        let addr = (!addr.is_empty()).then(|| addr.parse().unwrap());
        let settings = RelaySettings { addr, host: host.to_owned(), ..RelaySettings::default() };
        let relay = settings.resolve(Duration::from_secs(600)).map_err(|it| it.key)?;
        Ok(relay.map(|it| it.authority))
    }

    #[test]
    fn browsers_are_told_the_host_or_else_the_address() {
        assert_eq!(resolve("", ""), Ok(None));
        assert_eq!(resolve("192.0.2.1:3478", ""), Ok(Some("192.0.2.1:3478".to_owned())));
        assert_eq!(resolve("[2001:db8::1]:3478", ""), Ok(Some("[2001:db8::1]:3478".to_owned())));
        assert_eq!(resolve("0.0.0.0:99", "relay.example"), Ok(Some("relay.example:99".to_owned())));
        assert_eq!(resolve("[::]:99", "[2001:db8::1]"), Ok(Some("[2001:db8::1]:99".to_owned())));
    }

    #[test]
    fn refuses_what_browsers_could_not_use() {
        assert_eq!(resolve("0.0.0.0:3478", ""), Err("relay.host"));
        assert_eq!(resolve("127.0.0.1:0", ""), Err("relay.addr"));
        for host in ["relay.example:3478", "2001:db8::1", "turn:relay.example", "a b", "a/b"] {
            assert_eq!(resolve("0.0.0.0:3478", host), Err("relay.host"), "{host}");
        }
        let none = RelaySettings { max_allocations: 0, ..RelaySettings::default() };
        assert_eq!(none.resolve(Duration::ZERO).unwrap_err().key, "relay.max_allocations");
        let slow = RelaySettings { call_kib: 63, ..RelaySettings::default() };
        assert_eq!(slow.resolve(Duration::ZERO).unwrap_err().key, "relay.call_kib");
    }
}
