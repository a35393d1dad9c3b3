//! [`Ice`]: STUN and TURN servers with their credentials; and [`Privacy`]: which candidates reach a partner.

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::{
    matchmaker::input::Network,
    protocol::{Candidate, IceServer, MatchId, Role},
};

/// STUN and TURN servers, and whether private addresses are filtered. By default there are no servers, and they are.
#[derive(Clone, Debug, Default)]
pub struct Ice {
    /// `stun:` URLs.
    pub stun: Vec<String>,
    /// The TURN relay, if there is one.
    pub turn: Option<Turn>,
    /// Forwards every candidate, even with a private address. Only for debugging.
    pub unscrubbed: bool,
}

/// A TURN relay with time-limited credentials (draft-uberti-behave-turn-rest-00).
#[derive(Clone)]
pub struct Turn {
    /// `turn:` and `turns:` URLs.
    pub urls: Vec<String>,
    /// The secret that the relay and this server share.
    pub secret: String,
    /// How long credentials are valid.
    pub lifetime: Duration,
}

impl fmt::Debug for Turn {
    /// Hides the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("urls", &self.urls)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// What partners may learn of each other's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// All addresses.
    Open,
    /// All except private addresses, which mean nothing outside the sender's own network.
    Public,
    /// Only the addresses of the relay.
    Relay,
}

impl Privacy {
    /// Whether a candidate may be forwarded to the partner.
    pub(crate) fn allows(self, candidate: &Candidate) -> bool {
        match self {
            Self::Open => true,
            Self::Public => !candidate.is_private_host(),
            Self::Relay => candidate.is_relay(),
        }
    }
}

impl Ice {
    /// What partners in these networks may learn of each other. `relay_only` is set if one of them hides its address.
    ///
    /// Private addresses are removed only where the two can do without: they are in different networks, and there is a
    /// STUN server or a relay.
    pub(crate) fn privacy(&self, relay_only: bool, networks: [Option<Network>; 2]) -> Privacy {
        let has_server = !self.stun.is_empty() || self.turn.is_some();
        match (self.unscrubbed, relay_only) {
            (true, _) => Privacy::Open,
            (false, true) => Privacy::Relay,
            (false, false) if has_server && networks[0] != networks[1] => Privacy::Public,
            (false, false) => Privacy::Open,
        }
    }

    /// The servers for a peer without a partner: STUN only, since relay credentials belong to a match.
    pub(crate) fn stun_servers(&self) -> Vec<IceServer> {
        let stun = IceServer { urls: self.stun.clone(), username: None, credential: None };
        [stun].into_iter().filter(|it| !it.urls.is_empty()).collect()
    }

    /// The servers for one end of a match, with its own relay credentials. `now` is in Unix seconds.
    pub(crate) fn servers(
        &self,
        now: u64,
        match_id: MatchId,
        role: Role,
        relay_only: bool,
    ) -> Vec<IceServer> {
        let mut servers = if relay_only { Vec::new() } else { self.stun_servers() };
        if let Some(Turn { urls, secret, lifetime }) = &self.turn {
            let role = match role {
                Role::Impolite => "impolite",
                Role::Polite => "polite",
            };
            let username = format!("{}:{}:{role}", now + lifetime.as_secs(), match_id.0);
            let credential = Some(credential(secret, &username));
            servers.push(IceServer { urls: urls.clone(), username: Some(username), credential });
        }
        servers
    }

    /// The age at which credentials are renewed: two thirds of their lifetime, which leaves time to switch. `None` if
    /// there is no relay.
    pub(crate) fn renewed_after(&self) -> Option<Duration> {
        self.turn.as_ref().map(|it| it.lifetime * 2 / 3)
    }
}

fn credential(secret: &str, username: &str) -> String {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else {
        unreachable!("HMAC accepts a key of any length")
    };
    BASE64_STANDARD.encode(mac.chain_update(username).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Sdp;
    use uuid::Uuid;

    fn turn() -> Ice {
        let turn = Turn {
            urls: vec!["turn:relay.example".into()],
            secret: "north".into(),
            lifetime: Duration::from_secs(600),
        };
        Ice { stun: vec!["stun:relay.example".into()], turn: Some(turn), unscrubbed: false }
    }

    fn candidate(address: &str, kind: &str) -> Candidate {
        Candidate {
            candidate: Sdp(format!("candidate:1 1 udp 1 {address} 9 typ {kind}")),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        }
    }

    #[test]
    fn credentials_match_those_of_a_relay_with_the_same_secret() {
        let servers = turn().servers(1_764_000_000, MatchId(Uuid::nil()), Role::Polite, false);
        assert_eq!(servers[0].urls, ["stun:relay.example"]);
        let username = "1764000600:00000000-0000-0000-0000-000000000000:polite";
        assert_eq!(servers[1].username.as_deref(), Some(username));
        // printf %s "$username" | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(servers[1].credential.as_deref(), Some("PiYm9a3nKu/Co+73yvFlQlwhtbo="));
    }

    #[test]
    fn relay_only_peers_get_no_stun_server() {
        let servers = turn().servers(0, MatchId(Uuid::nil()), Role::Impolite, true);
        assert_eq!(servers.len(), 1);
        assert!(servers[0].username.is_some());
        assert!(Ice::default().servers(0, MatchId(Uuid::nil()), Role::Impolite, false).is_empty());
    }

    #[test]
    fn privacy_filters_candidates() {
        let kinds = [
            ("10.0.0.1", "host"),
            ("fd00::1", "host"),
            ("169.254.0.1", "host"),
            ("0b2c9a4e-6a3f-4e55-9f3e-3f0c5b1d2e4f.local", "host"),
            ("198.51.100.1", "host"),
            ("198.51.100.1", "srflx"),
            ("192.168.0.1", "relay"),
        ];
        let passing = |privacy: Privacy| {
            kinds.iter().map(|(at, kind)| privacy.allows(&candidate(at, kind))).collect::<Vec<_>>()
        };
        assert_eq!(passing(Privacy::Open), [true; 7]);
        assert_eq!(passing(Privacy::Public), [false, false, false, true, true, true, true]);
        assert_eq!(passing(Privacy::Relay), [false, false, false, false, false, false, true]);
    }

    #[test]
    fn hides_private_addresses_only_between_networks_with_a_server() {
        let [home, cafe] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|it| Some(Network::of(it.into())));
        assert_eq!(turn().privacy(false, [home, cafe]), Privacy::Public);
        assert_eq!(turn().privacy(false, [home, home]), Privacy::Open);
        assert_eq!(Ice::default().privacy(false, [home, cafe]), Privacy::Open);
        assert_eq!(turn().privacy(true, [home, home]), Privacy::Relay);
        assert_eq!(Ice { unscrubbed: true, ..turn() }.privacy(true, [home, cafe]), Privacy::Open);
    }

    #[test]
    fn one_ipv6_64_is_one_network() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
