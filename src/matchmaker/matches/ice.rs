//! [`Ice`]: STUN and TURN servers with their credentials, and what partners may learn of each other's addresses.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use uuid::Uuid;

use super::{
    own_relay::{OwnRelay, RelayUrls},
    privacy::{Privacy, Relays, Shown, is_private},
    relay_account::RelayAccount,
};
use crate::{
    matchmaker::{
        id_generator::IdGenerator,
        input::{Network, SiteIndex},
        keys::Keys,
    },
    protocol::{IceServer, MatchId, limits::CHECK_FOR},
};

/// STUN and TURN servers, and whether private addresses are filtered. By default there are no servers, and they are.
#[derive(Clone, Debug, Default)]
pub struct Ice {
    /// `stun:` URLs.
    pub stun: Vec<String>,
    /// The TURN relay, if there is one.
    pub turn: Option<Turn>,
    /// This server's own relay, if it has one. Those of the edges of a cluster are not among these.
    pub own: Option<OwnRelay>,
    /// Forwards candidates with private addresses to everybody, unless one of the two hides its address. Only for
    /// debugging.
    pub unscrubbed: bool,
}

/// A TURN relay with time-limited credentials (draft-uberti-behave-turn-rest-00).
#[derive(Clone, Debug)]
pub struct Turn {
    /// `turn:` and `turns:` URLs.
    pub urls: Vec<String>,
    /// The secret that the relay and this server share.
    pub secret: SecretString,
    /// How long credentials are valid.
    pub lifetime: Duration,
}

/// How much a page may send through the own relay in a check, in bytes.
const MAX_CHECK_BYTES: u64 = 64 * 1024;

impl Ice {
    /// Whether there is a relay; without one, no peer can hide its address.
    pub(crate) const fn has_relay(&self) -> bool {
        self.turn.is_some() || self.own.is_some()
    }

    /// The URLs of all relays, as the pages of the first site get them.
    pub(crate) fn relay_urls(&self) -> impl Iterator<Item = &str> {
        let own = self.own.as_ref().and_then(|it| it.urls(SiteIndex::default())).map(|it| &it.turn);
        let urls = own.into_iter().chain(self.turn.as_ref().map(|it| &it.urls));
        urls.flatten().map(String::as_str)
    }

    /// What partners in these networks may learn of each other. `relay_only` is set if one of them hides its address,
    /// and `has_own` if there is an own relay.
    ///
    /// Partners whose networks are not both known count as strangers.
    pub(crate) fn privacy(&self, relay_only: bool, networks: [Option<Network>; 2], has_own: bool) -> Privacy {
        let is_near = matches!(networks, [Some(one), Some(other)] if are_near(one, other));
        let shown = if relay_only {
            // Hiding never depends on a switch for debugging.
            Shown::None
        } else if self.unscrubbed || is_near {
            Shown::All
        } else {
            Shown::Public
        };
        let relays = if has_own && self.turn.is_none() { Relays::Own } else { Relays::Any };
        Privacy { shown, relays }
    }

    /// The servers for a peer without a partner, with this own relay: STUN only, since relay credentials belong to a
    /// match.
    pub(crate) fn stun_servers(&self, site: SiteIndex, own: Option<&OwnRelay>) -> Vec<IceServer> {
        let own = own.and_then(|it| Some(it.urls(site)?.stun.clone()));
        let urls: Vec<_> = self.stun.iter().cloned().chain(own).collect();
        let stun = IceServer { urls, username: None, credential: None };
        [stun].into_iter().filter(|it| !it.urls.is_empty()).collect()
    }

    /// The servers for one end of a match, with this own relay and credentials of its own; without STUN servers if it
    /// is to use relays only.
    pub(crate) fn servers(
        &self,
        ids: &mut IdGenerator,
        keys: &Keys,
        end: (MatchId, u8),
        (site, relay_only): (SiteIndex, bool),
        own: Option<&OwnRelay>,
    ) -> Vec<IceServer> {
        let mut servers = if relay_only { Vec::new() } else { self.stun_servers(site, own) };
        if let Some(turn) = &self.turn {
            servers.push(turn.server(ids.unix_seconds(), turn.lifetime, ids.relay_name()));
        }
        if let Some(own) = own {
            servers.extend(own.server(ids, keys, end, (site, own.lifetime, None)));
        }
        servers
    }

    /// The servers for a page that checks whether it can connect to anybody. Its relay credentials run out soon, so
    /// that they are of little use for anything else.
    pub(crate) fn check_servers(
        &self,
        ids: &mut IdGenerator,
        keys: &Keys,
        site: SiteIndex,
        own: Option<&OwnRelay>,
    ) -> Vec<IceServer> {
        let mut servers = self.stun_servers(site, own);
        if let Some(turn) = &self.turn {
            servers.push(turn.server(ids.unix_seconds(), CHECK_FOR.min(turn.lifetime), ids.relay_name()));
        }
        if let Some(own) = own {
            // A match of its own, of which the page is both ends.
            let (end, lifetime) = ((ids.match_id(), 0), CHECK_FOR.min(own.lifetime));
            servers.extend(own.server(ids, keys, end, (site, lifetime, Some(MAX_CHECK_BYTES))));
        }
        servers
    }

    /// The age at which credentials are renewed: two thirds of their lifetime, which leaves time to switch. `None` if
    /// there is neither a relay nor this own one.
    pub(crate) fn renewed_after(&self, own: Option<&OwnRelay>) -> Option<Duration> {
        let lifetimes = [self.turn.as_ref().map(|it| it.lifetime), own.map(|it| it.lifetime)];
        lifetimes.into_iter().flatten().min().map(|it| it * 2 / 3)
    }
}

impl Turn {
    /// The relay with credentials that are valid from `now`, in Unix seconds, for `lifetime`.
    ///
    /// The relay may log the user name together with addresses, so it must be random: from the id of the match, the
    /// logs of the relay and of this server together would tell who met whom.
    fn server(&self, now: u64, lifetime: Duration, name: Uuid) -> IceServer {
        let username = format!("{}:{}", now + lifetime.as_secs(), name.simple());
        let credential = Some(credential(self.secret.expose_secret(), &username));
        IceServer { urls: self.urls.clone(), username: Some(username), credential }
    }
}

impl OwnRelay {
    /// Where the pages of this site find it.
    fn urls(&self, SiteIndex(index): SiteIndex) -> Option<&RelayUrls> {
        self.sites.get(index).or(self.sites.first())
    }

    /// The relay with credentials for this end of a match: for the pages of a site, for how long, and for how many
    /// bytes if not for any number. `None` if no page finds it.
    fn server(
        &self,
        ids: &mut IdGenerator,
        keys: &Keys,
        (match_id, end): (MatchId, u8),
        (site, lifetime, max_bytes): (SiteIndex, Duration, Option<u64>),
    ) -> Option<IceServer> {
        let urls = self.urls(site)?.turn.clone();
        let expires_at = ids.unix_seconds() + lifetime.as_secs();
        let account = RelayAccount { match_id, end, expires_at, max_bytes, password: ids.relay_name() };
        let (username, credential) = (account.user_name(keys, ids.nonce()), account.password.to_string());
        Some(IceServer { urls, username: Some(username), credential: Some(credential) })
    }
}

/// Whether two peers may learn each other's private addresses: they are in one network, or each reaches the server by
/// a private address. Then they are near the server, and maybe near each other: a household with a server of its own.
fn are_near(one: Network, other: Network) -> bool {
    one == other || [one, other].iter().all(|it| is_private(it.address()))
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
    use crate::matchmaker::input::Readings;

    fn turn() -> Ice {
        let turn = Turn {
            urls: vec!["turn:relay.example".into()],
            secret: "north".into(),
            lifetime: Duration::from_secs(600),
        };
        Ice { stun: vec!["stun:relay.example".into()], turn: Some(turn), ..Ice::default() }
    }

    fn ids() -> IdGenerator {
        let mut ids = IdGenerator::new([7; 32]);
        ids.start_input(Readings { unix_ms: 1_764_000_000_999, random: [0; 32] });
        ids
    }

    const SITE: SiteIndex = SiteIndex(0);

    const END: (MatchId, u8) = (MatchId(Uuid::from_u128(7)), 1);

    fn keys() -> Keys {
        [7; 32].into()
    }

    #[test]
    fn the_own_relay_is_a_stun_server_and_knows_its_accounts() {
        let urls = |host: &str| RelayUrls {
            stun: format!("stun:{host}"),
            turn: ["udp", "tcp"].map(|it| format!("turn:{host}?transport={it}")).to_vec(),
        };
        let sites = vec![urls("one.example"), urls("other.example")];
        let own = OwnRelay { sites: sites.clone(), lifetime: Duration::from_secs(600) };
        let ice = Ice { own: Some(own), ..Ice::default() };
        let own = ice.own.as_ref();
        let mut ids = ids();
        assert!(ice.has_relay() && !Ice::default().has_relay());
        assert_eq!(ice.renewed_after(own), Some(Duration::from_secs(400)));
        assert_eq!(ice.privacy(false, [None; 2], true).relays, Relays::Own);
        let both = Ice { own: ice.own.clone(), ..turn() };
        assert_eq!(both.privacy(false, [None; 2], true).relays, Relays::Any);
        for (index, urls) in [(0, &sites[0]), (1, &sites[1]), (2, &sites[0])] {
            let servers = ice.servers(&mut ids, &keys(), END, (SiteIndex(index), false), own);
            assert_eq!((&servers[0].urls, &servers[1].urls), (&vec![urls.stun.clone()], &urls.turn));
        }
        let servers = ice.servers(&mut ids, &keys(), END, (SITE, false), ice.own.as_ref());
        let open = |it: &IceServer| {
            let account = RelayAccount::open(&keys(), it.username.as_deref().unwrap()).unwrap();
            assert_eq!(it.credential, Some(account.password.to_string()));
            account
        };
        let account = open(&servers[1]);
        assert_eq!(((account.match_id, account.end), account.max_bytes), (END, None));
        assert_eq!(account.expires_at, 1_764_000_600);
        let hidden = ice.servers(&mut ids, &keys(), END, (SITE, true), own);
        assert_eq!(hidden.len(), 1, "no STUN for one who hides");
        let checks = [0; 2].map(|_| open(&ice.check_servers(&mut ids, &keys(), SITE, ice.own.as_ref())[1]));
        assert_eq!((checks[0].max_bytes, checks[0].expires_at), (Some(65_536), 1_764_000_060));
        assert_ne!(checks[0].match_id, checks[1].match_id);
    }

    fn network(text: &str) -> Network {
        Network::of(text.parse().unwrap())
    }

    #[test]
    fn credentials_match_those_of_a_relay_with_the_same_secret() {
        let turn = turn().turn.unwrap();
        let server = turn.server(1_764_000_000, turn.lifetime, Uuid::nil());
        assert_eq!(server.username.as_deref(), Some("1764000600:00000000000000000000000000000000"));
        // printf %s "$username" | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(server.credential.as_deref(), Some("XLT7cPaa+XFlnyEQcTLAS8OizJQ="));
        assert!(!format!("{turn:?}").contains("north"), "Debug hides the secret");
    }

    #[test]
    fn each_end_has_its_own_name_at_the_relay() {
        let (ice, mut ids) = (turn(), ids());
        let mut name =
            || ice.servers(&mut ids, &keys(), END, (SITE, false), None).pop().unwrap().username.unwrap();
        let names = [name(), name(), name()];
        assert!(names.iter().all(|it| it.starts_with("1764000600:")));
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);
    }

    #[test]
    fn a_check_gets_stun_and_a_relay_for_a_minute() {
        let ice = turn();
        let mut ids = ids();
        let servers = ice.check_servers(&mut ids, &keys(), SITE, ice.own.as_ref());
        assert_eq!((servers.len(), servers[0].urls[0].as_str()), (2, "stun:relay.example"));
        let username = servers[1].username.as_deref().unwrap();
        assert!(username.starts_with("1764000060:"), "{username}");
        let expected = credential("north", username);
        assert_eq!(servers[1].credential.as_deref(), Some(&*expected));
        let short = Turn { lifetime: Duration::from_secs(30), ..ice.turn.unwrap() };
        let ice = Ice { turn: Some(short), ..Ice::default() };
        assert!(
            ice.check_servers(&mut ids, &keys(), SITE, ice.own.as_ref())[0]
                .username
                .as_deref()
                .unwrap()
                .starts_with("1764000030:")
        );
        assert!(Ice::default().check_servers(&mut ids, &keys(), SITE, None).is_empty());
    }

    #[test]
    fn relay_only_peers_get_no_stun_server() {
        let servers = turn().servers(&mut ids(), &keys(), END, (SITE, false), None);
        assert_eq!((servers.len(), servers[0].urls[0].as_str()), (2, "stun:relay.example"));
        let servers = turn().servers(&mut ids(), &keys(), END, (SITE, true), None);
        assert_eq!(servers.len(), 1);
        assert!(servers[0].username.is_some());
        assert!(Ice::default().servers(&mut ids(), &keys(), END, (SITE, false), None).is_empty());
    }

    #[test]
    fn hides_private_addresses_from_other_networks() {
        let [home, cafe] = ["192.0.2.1", "192.0.2.2"].map(|it| Some(network(it)));
        for ice in [turn(), Ice::default()] {
            assert_eq!(ice.privacy(false, [home, cafe], false).shown, Shown::Public);
            assert_eq!(ice.privacy(false, [home, home], false).shown, Shown::All);
            assert_eq!(ice.privacy(false, [home, None], false).shown, Shown::Public);
            assert_eq!(ice.privacy(false, [None, None], false).shown, Shown::Public);
            assert_eq!(ice.privacy(true, [home, home], false).shown, Shown::None);
        }
    }

    #[test]
    fn debugging_shows_private_addresses_but_not_those_of_hidden_peers() {
        let ice = Ice { unscrubbed: true, ..turn() };
        let [home, cafe] = ["192.0.2.1", "192.0.2.2"].map(|it| Some(network(it)));
        assert_eq!(ice.privacy(false, [home, cafe], false).shown, Shown::All);
        assert_eq!(ice.privacy(true, [home, cafe], false).shown, Shown::None);
    }

    #[test]
    fn visitors_near_the_server_count_as_one_network() {
        let privacy =
            |one, other| turn().privacy(false, [one, other].map(|it| Some(network(it))), false).shown;
        for (one, other) in [
            ("127.0.0.1", "192.168.0.7"),
            ("10.0.0.1", "10.0.0.2"),
            ("::1", "127.0.0.1"),
            ("::1", "fd00::7"),
            ("fe80::1", "fd00:0:0:1::1"),
            ("100.64.0.1", "100.100.0.1"),
            ("::ffff:10.0.0.1", "172.16.0.1"),
        ] {
            assert_eq!(privacy(one, other), Shown::All, "{one} and {other}");
        }
        for (one, other) in [
            ("127.0.0.1", "203.0.113.1"),
            ("203.0.113.1", "192.168.0.7"),
            ("::1", "2001:db8::1"),
            ("2001:db8::1", "2001:db8:0:1::1"),
        ] {
            assert_eq!(privacy(one, other), Shown::Public, "{one} and {other}");
        }
    }

    #[test]
    fn one_ipv6_64_is_one_network() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
