//! STUN and TURN servers, credentials for them, and which candidates may pass between two ends; it must not know why two
//! are matched.

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::{
    matchmaker::Network,
    protocol::{Candidate, IceServer, MatchId, Role},
};

/// STUN and TURN servers, and what the two ends learn of each other. The default is none, and as little as possible.
#[derive(Clone, Debug, Default)]
pub struct Ice {
    /// `stun:` URLs.
    pub stun: Vec<String>,
    /// The relay.
    pub turn: Option<Turn>,
    /// Lets every candidate through, also those that name what nobody needs to know. Only to find faults.
    pub unscrubbed: bool,
}

/// A relay that takes time-limited credentials (draft-uberti-behave-turn-rest-00).
#[derive(Clone)]
pub struct Turn {
    /// `turn:` and `turns:` URLs.
    pub urls: Vec<String>,
    /// What the relay and this server both know, and nobody else.
    pub secret: String,
    /// How long credentials are good for.
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

/// What the two ends of a match may learn of each other's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// Everything.
    Open,
    /// All but addresses that mean nothing outside the sender's own network.
    Public,
    /// The relay's.
    Relay,
}

impl Privacy {
    /// Whether a candidate may pass.
    pub(crate) fn allows(self, candidate: &Candidate) -> bool {
        match self {
            Self::Open => true,
            Self::Public => !candidate.is_private_host(),
            Self::Relay => candidate.is_relay(),
        }
    }
}

impl Ice {
    /// What two in these networks may learn, if one of them hides or none does. Private addresses are kept from a
    /// partner only where the two can do without: two in one network may have no other way to each other.
    pub(crate) fn privacy(&self, relay_only: bool, networks: [Option<Network>; 2]) -> Privacy {
        let is_helped = !self.stun.is_empty() || self.turn.is_some();
        match (self.unscrubbed, relay_only) {
            (true, _) => Privacy::Open,
            (false, true) => Privacy::Relay,
            (false, false) if is_helped && networks[0] != networks[1] => Privacy::Public,
            (false, false) => Privacy::Open,
        }
    }

    /// The servers for who has no partner yet.
    pub(crate) fn ahead(&self) -> Vec<IceServer> {
        let stun = IceServer { urls: self.stun.clone(), username: None, credential: None };
        [stun].into_iter().filter(|it| !it.urls.is_empty()).collect()
    }

    /// The servers for one end of a match, with credentials of its own; `now` in Unix seconds.
    pub(crate) fn servers(
        &self,
        now: u64,
        match_id: MatchId,
        role: Role,
        relay_only: bool,
    ) -> Vec<IceServer> {
        let mut servers = if relay_only { Vec::new() } else { self.ahead() };
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

    /// How long after they were made credentials are made anew: while there is time to move over to the new ones.
    pub(crate) fn renewed_after(&self) -> Option<Duration> {
        self.turn.as_ref().map(|it| it.lifetime * 2 / 3)
    }
}

fn credential(secret: &str, username: &str) -> String {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else {
        unreachable!("a key of any length will do")
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
    fn credentials_are_those_that_a_relay_with_the_same_secret_makes() {
        let servers = turn().servers(1_764_000_000, MatchId(Uuid::nil()), Role::Polite, false);
        assert_eq!(servers[0].urls, ["stun:relay.example"]);
        let username = "1764000600:00000000-0000-0000-0000-000000000000:polite";
        assert_eq!(servers[1].username.as_deref(), Some(username));
        // printf %s "$username" | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(servers[1].credential.as_deref(), Some("PiYm9a3nKu/Co+73yvFlQlwhtbo="));
    }

    #[test]
    fn who_hides_is_told_of_the_relay_only() {
        let servers = turn().servers(0, MatchId(Uuid::nil()), Role::Impolite, true);
        assert_eq!(servers.len(), 1);
        assert!(servers[0].username.is_some());
        assert!(Ice::default().servers(0, MatchId(Uuid::nil()), Role::Impolite, false).is_empty());
    }

    #[test]
    fn a_candidate_passes_as_far_as_the_partner_may_know_it() {
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
    fn private_addresses_are_kept_back_only_from_another_network_and_where_there_is_help() {
        let [home, cafe] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|it| Some(Network::of(it.into())));
        assert_eq!(turn().privacy(false, [home, cafe]), Privacy::Public);
        assert_eq!(turn().privacy(false, [home, home]), Privacy::Open);
        assert_eq!(Ice::default().privacy(false, [home, cafe]), Privacy::Open);
        assert_eq!(turn().privacy(true, [home, home]), Privacy::Relay);
        assert_eq!(Ice { unscrubbed: true, ..turn() }.privacy(true, [home, cafe]), Privacy::Open);
    }

    #[test]
    fn a_household_is_one_network() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
