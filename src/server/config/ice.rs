//! `[ice]`: the STUN and TURN servers that help two browsers connect.

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;

use super::value::{InvalidKey, SecretText, is_host, list};
use crate::matchmaker::{Ice, Turn};

/// The maximum number of URLs of one kind: each one slows down gathering for every call.
const MAX_URLS: usize = 8;

/// STUN and TURN servers. Default: none; browsers then connect only if their networks let them.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct IceSettings {
    /// `stun:` URLs, at most 8. `PASSERBY__ICE__STUN`, separated by commas.
    #[serde(deserialize_with = "list")]
    pub stun: Vec<String>,
    /// `turn:` and `turns:` URLs, at most 8; they need the secret. `PASSERBY__ICE__TURN`, separated by commas.
    #[serde(deserialize_with = "list")]
    pub turn: Vec<String>,
    /// The secret that this server shares with the relay (coturn: `static-auth-secret`). Set by the environment only:
    /// `PASSERBY__ICE__SECRET`.
    pub secret: SecretText,
    /// A file that holds the secret instead. `PASSERBY__ICE__SECRET_FILE`.
    pub secret_file: PathBuf,
    /// Seconds for which relay credentials are valid, 5 to 86400; they are renewed before they expire. Default: 600.
    /// `PASSERBY__ICE__CREDENTIAL_SECONDS`.
    pub credential_seconds: u64,
    /// Whether private addresses are kept from partners in other networks. Default: true. Set it to false for debugging
    /// only: strangers then learn more about each other than they expect. Addresses that no connection needs are always
    /// removed, and people who hide their address stay hidden. `PASSERBY__ICE__SCRUB`.
    pub scrub: bool,
}

impl Default for IceSettings {
    fn default() -> Self {
        Self {
            stun: Vec::new(),
            turn: Vec::new(),
            secret: SecretText::default(),
            secret_file: PathBuf::new(),
            credential_seconds: 600,
            scrub: true,
        }
    }
}

impl IceSettings {
    /// The settings as the matchmaker needs them; reads the secret's file.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if a value is out of range or contradicts another.
    pub(crate) fn resolve(&self) -> Result<Ice, InvalidKey> {
        check_urls("ice.stun", &self.stun, &["stun", "stuns"])?;
        check_urls("ice.turn", &self.turn, &["turn", "turns"])?;
        if !(5..=86_400).contains(&self.credential_seconds) {
            return Err(InvalidKey::new("ice.credential_seconds", "must be 5 to 86400"));
        }
        let file = ("ice.secret_file", self.secret_file.as_path());
        let secret = self.secret.or_file("PASSERBY__ICE__SECRET", file)?;
        let turn = match (self.turn.is_empty(), secret) {
            (true, None) => None,
            (true, Some(_)) => {
                let problem = "is empty, but a secret is set: add the URLs of the relay";
                return Err(InvalidKey::new("ice.turn", problem));
            }
            (false, None) => {
                let problem = "is required for a relay: set PASSERBY__ICE__SECRET or `ice.secret_file`";
                return Err(InvalidKey::new("ice.secret", problem));
            }
            (false, Some(secret)) => {
                let lifetime = Duration::from_secs(self.credential_seconds);
                Some(Turn { urls: self.turn.clone(), secret, lifetime })
            }
        };
        Ok(Ice { stun: self.stun.clone(), turn, own: None, unscrubbed: !self.scrub })
    }
}

fn check_urls(key: &'static str, urls: &[String], schemes: &[&str]) -> Result<(), InvalidKey> {
    if urls.len() > MAX_URLS {
        return Err(InvalidKey::new(key, format!("has more than {MAX_URLS} URLs")));
    }
    match urls.iter().find(|it| !is_url(it, schemes)) {
        Some(url) => {
            let problem =
                format!("contains {url:?}, which is not a URL like {}:relay.example:3478", schemes[0]);
            Err(InvalidKey::new(key, problem))
        }
        None => Ok(()),
    }
}

/// RFC 7064 and RFC 7065: no slashes, no path, and no parameter but the transport.
fn is_url(url: &str, schemes: &[&str]) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let (host, transport) = rest.split_once('?').unwrap_or((rest, "transport=udp"));
    schemes.contains(&scheme) && matches!(transport, "transport=udp" | "transport=tcp") && is_host(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(ice: IceSettings) -> Result<Ice, InvalidKey> {
        ice.resolve()
    }

    fn key_of(result: Result<Ice, InvalidKey>) -> &'static str {
        result.map(|_| ()).unwrap_err().key
    }

    fn urls(urls: &[&str]) -> Vec<String> {
        urls.iter().map(|it| (*it).to_owned()).collect()
    }

    fn secret() -> SecretText {
        SecretText("north".into())
    }

    #[test]
    fn defaults_to_no_servers_and_scrubs() {
        let ice = resolve(IceSettings::default()).unwrap();
        assert!(ice.stun.is_empty() && ice.turn.is_none() && !ice.unscrubbed);
    }

    #[test]
    fn a_relay_and_its_secret_belong_together() {
        let turn = urls(&["turn:relay.example:3478?transport=udp", "turns:relay.example:443?transport=tcp"]);
        let good = IceSettings { turn: turn.clone(), secret: secret(), ..IceSettings::default() };
        let resolved = resolve(good.clone()).unwrap().turn.unwrap();
        assert_eq!((resolved.urls, resolved.lifetime.as_secs()), (turn.clone(), 600));
        assert_eq!(key_of(resolve(IceSettings { turn, ..IceSettings::default() })), "ice.secret");
        assert_eq!(key_of(resolve(IceSettings { secret: secret(), ..IceSettings::default() })), "ice.turn");
        let both = IceSettings { secret_file: "secret".into(), ..good.clone() };
        assert_eq!(key_of(resolve(both)), "ice.secret_file");
        let missing = IceSettings {
            secret: SecretText::default(),
            secret_file: "/nowhere/secret".into(),
            ..good.clone()
        };
        assert_eq!(key_of(resolve(missing)), "ice.secret_file");
        let short = IceSettings { credential_seconds: 4, ..good.clone() };
        assert_eq!(key_of(resolve(short)), "ice.credential_seconds");
        assert!(!format!("{good:?}").contains("north"), "Debug hides the secret");
    }

    #[test]
    fn rejects_malformed_urls() {
        for bad in [
            "relay.example",
            "http://relay.example",
            "stun:",
            "stun://a",
            "stun:a b",
            "stun:a?x=1",
            "stun:a/b",
        ] {
            let ice = IceSettings { stun: urls(&[bad]), ..IceSettings::default() };
            assert_eq!(key_of(resolve(ice)), "ice.stun", "{bad}");
        }
        for good in ["stun:relay.example", "stun:192.0.2.1:3478", "stun:[2001:db8::1]:3478", "stuns:a:1"] {
            assert!(resolve(IceSettings { stun: urls(&[good]), ..IceSettings::default() }).is_ok(), "{good}");
        }
        let many = IceSettings { stun: urls(&["stun:a"; 9]), ..IceSettings::default() };
        assert_eq!(key_of(resolve(many)), "ice.stun");
    }
}
