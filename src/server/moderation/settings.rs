//! `[moderation]`: where moderators reach their pages, and how they sign in.

use std::{net::SocketAddr, path::PathBuf};

use axum::http::HeaderName;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::server::{
    config::value::{InvalidKey, SecretText, address_or_none, is_host, list},
    http::client_ip::{ForwardedHeader, Proxies},
};

/// The header in which a proxy proves that it is the one that may name moderators.
pub(crate) const SECRET_HEADER: HeaderName = HeaderName::from_static("x-passerby-secret");

/// The minimum length of the secret, in bytes: 128 bits as hexadecimal digits.
const MIN_SECRET_BYTES: usize = 32;

/// Names under which moderators reach their pages, at most.
const MAX_HOSTS: usize = 16;

/// `[moderation]`: the pages of the moderators. There are none without `state.dir`, where the store is.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct ModerationSettings {
    /// The address of the listener, empty for none. Default: 127.0.0.1:3004. `PASSERBY__MODERATION__ADDR`.
    #[serde(deserialize_with = "address_or_none")]
    pub addr: Option<SocketAddr>,
    /// In a cluster, the `cluster.edge_name` of the process that keeps reports and bans for all. Default: none.
    /// `PASSERBY__MODERATION__HOME`.
    pub home: String,
    /// Names under which moderators reach it over TLS, besides loopback names, at most 16. Default: none.
    /// `PASSERBY__MODERATION__HOSTS`, separated by commas.
    #[serde(deserialize_with = "list")]
    pub hosts: Vec<String>,
    /// Addresses and networks of the proxies that sign moderators in. Default: none. `PASSERBY__MODERATION__PROXY`,
    /// separated by commas.
    #[serde(deserialize_with = "list")]
    pub proxy: Vec<String>,
    /// The header in which these proxies name the moderator. Default: remote-user.
    /// `PASSERBY__MODERATION__PROXY_HEADER`.
    pub proxy_header: String,
    /// The secret that they send in the header `X-Passerby-Secret`, at least 32 bytes. Set by the environment only:
    /// `PASSERBY__MODERATION__PROXY_SECRET`.
    pub proxy_secret: SecretText,
    /// A file that holds the secret instead. `PASSERBY__MODERATION__PROXY_SECRET_FILE`.
    pub proxy_secret_file: PathBuf,
}

/// What `[moderation]` means.
#[derive(Clone, Debug)]
pub(crate) struct ModeratorAccess {
    /// Where the pages are served, if they are.
    pub(crate) addr: Option<SocketAddr>,
    /// The names besides loopback names, in lower case.
    pub(crate) hosts: Vec<String>,
    /// Which proxies may sign moderators in.
    pub(crate) proxy: Option<SignInProxy>,
}

/// The proxies that sign moderators in.
#[derive(Clone, Debug)]
pub(crate) struct SignInProxy {
    /// Where their requests come from.
    pub(crate) from: Proxies,
    /// The header with the moderator's name.
    pub(crate) header: HeaderName,
    /// What [`SECRET_HEADER`] must hold.
    pub(crate) secret: SecretString,
}

impl Default for ModerationSettings {
    fn default() -> Self {
        Self {
            addr: Some(SocketAddr::from(([127, 0, 0, 1], 3004))),
            home: String::new(),
            hosts: Vec::new(),
            proxy: Vec::new(),
            proxy_header: "remote-user".to_owned(),
            proxy_secret: SecretText::default(),
            proxy_secret_file: PathBuf::new(),
        }
    }
}

impl ModerationSettings {
    /// How moderators reach their pages; reads the secret's file. `has_store` tells whether there is something to
    /// moderate.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if a value is malformed or contradicts another.
    pub(crate) fn resolve(&self, has_store: bool) -> Result<ModeratorAccess, InvalidKey> {
        let is_name = |it: &String| is_host(it) && (!it.contains(':') || it.ends_with(']'));
        if let Some(host) = self.hosts.iter().find(|it| !is_name(it)) {
            let problem = format!("has {host:?}, which is not a name or an address (IPv6 in brackets) alone");
            return Err(InvalidKey::new("moderation.hosts", problem));
        }
        if self.hosts.len() > MAX_HOSTS {
            return Err(InvalidKey::new("moderation.hosts", format!("has more than {MAX_HOSTS} names")));
        }
        Ok(ModeratorAccess {
            addr: self.addr.filter(|_| has_store),
            hosts: self.hosts.iter().map(|it| it.to_ascii_lowercase()).collect(),
            proxy: self.proxy()?,
        })
    }

    fn proxy(&self) -> Result<Option<SignInProxy>, InvalidKey> {
        let from = Proxies::new(&self.proxy, ForwardedHeader::default())
            .map_err(|error| InvalidKey::new("moderation.proxy", error))?;
        let file = ("moderation.proxy_secret_file", self.proxy_secret_file.as_path());
        let secret = self.proxy_secret.or_file("PASSERBY__MODERATION__PROXY_SECRET", file)?;
        let secret = match (from.is_empty(), secret) {
            (true, None) => return Ok(None),
            (true, Some(_)) => {
                let problem = "is empty, but a secret is set: add the addresses of the proxy";
                return Err(InvalidKey::new("moderation.proxy", problem));
            }
            (false, None) => {
                let problem = "is required for a proxy that signs moderators in: set \
                               PASSERBY__MODERATION__PROXY_SECRET or `moderation.proxy_secret_file`";
                return Err(InvalidKey::new("moderation.proxy_secret", problem));
            }
            (false, Some(secret)) => secret,
        };
        if secret.expose_secret().len() < MIN_SECRET_BYTES {
            let problem = format!("has fewer than {MIN_SECRET_BYTES} bytes");
            return Err(InvalidKey::new("moderation.proxy_secret", problem));
        }
        let header = HeaderName::try_from(&self.proxy_header).ok().filter(|it| *it != SECRET_HEADER);
        let header = header.ok_or_else(|| {
            InvalidKey::new("moderation.proxy_header", "is not the name of a header for names")
        })?;
        Ok(Some(SignInProxy { from, header, secret }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(change: impl FnOnce(&mut ModerationSettings)) -> &'static str {
        let mut settings = with_proxy();
        change(&mut settings);
        settings.resolve(true).unwrap_err().key
    }

    fn with_proxy() -> ModerationSettings {
        ModerationSettings {
            hosts: vec!["Moderate.Passerby.example".into(), "[2001:db8::1]".into()],
            proxy: vec!["127.0.0.1".into(), "10.0.0.0/8".into()],
            proxy_secret: SecretText("s".repeat(MIN_SECRET_BYTES).into()),
            ..ModerationSettings::default()
        }
    }

    #[test]
    fn there_are_no_pages_without_a_store() {
        let settings = ModerationSettings::default();
        let access = settings.resolve(true).unwrap();
        assert_eq!(access.addr.unwrap().to_string(), "127.0.0.1:3004");
        assert!(access.hosts.is_empty() && access.proxy.is_none());
        assert_eq!(settings.resolve(false).unwrap().addr, None);
    }

    #[test]
    fn a_proxy_and_its_secret_belong_together() {
        let access = with_proxy().resolve(true).unwrap();
        assert_eq!(access.hosts, ["moderate.passerby.example", "[2001:db8::1]"]);
        let proxy = access.proxy.unwrap();
        assert!(proxy.from.trusts([10, 1, 2, 3].into()) && !proxy.from.trusts([11, 1, 2, 3].into()));
        assert_eq!(proxy.header, "remote-user");
        assert!(!format!("{:?} {proxy:?}", with_proxy()).contains("sss"), "Debug hides the secret");

        assert_eq!(key_of(|it| it.proxy.clear()), "moderation.proxy");
        assert_eq!(key_of(|it| it.proxy = vec!["localhost".into()]), "moderation.proxy");
        assert_eq!(key_of(|it| it.proxy_secret = SecretText::default()), "moderation.proxy_secret");
        assert_eq!(key_of(|it| it.proxy_secret = SecretText("short".into())), "moderation.proxy_secret");
        assert_eq!(key_of(|it| it.proxy_secret_file = "secret".into()), "moderation.proxy_secret_file");
        for name in ["", "remote user", "X-Passerby-Secret"] {
            assert_eq!(key_of(|it| it.proxy_header = name.into()), "moderation.proxy_header", "{name}");
        }
    }

    #[test]
    fn hosts_are_names_without_a_port() {
        for wrong in ["", "a.example:443", "https://a.example", "a b", "2001:db8::1"] {
            assert_eq!(key_of(|it| it.hosts = vec![wrong.into()]), "moderation.hosts", "{wrong}");
        }
        assert_eq!(key_of(|it| it.hosts = vec!["a.example".into(); MAX_HOSTS + 1]), "moderation.hosts");
    }
}
