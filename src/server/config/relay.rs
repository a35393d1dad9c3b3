//! `[relay]`: this server's own relay.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::http::Uri;
use serde::{Deserialize, Deserializer, de};

use super::{
    keys::KeySource,
    value::{InvalidKey, is_host},
};
use crate::{
    matchmaker::{Ice, OwnRelay, RelayUrls},
    relay::RelayLimits,
    server::{
        bus::cluster::settings::Roles,
        http::origin::{self, Origins},
    },
};

/// The port of TURN and STUN (RFC 8656, 18, and RFC 8489, 17.6).
const PORT: u16 = 3478;

/// The relay of this server: it forwards the media of calls that cannot connect directly, and of people who hide their
/// address.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct RelaySettings {
    /// Where it listens. Default: auto. `PASSERBY__RELAY__ADDR`.
    pub addr: RelayAddress,
    /// The name or address of this machine as browsers know it. Default: the host of the page. `PASSERBY__RELAY__HOST`.
    pub host: String,
    /// Whether it runs as a process of its own, `passerby relay`, which calls outlive. `PASSERBY__RELAY__APART`.
    pub apart: bool,
    /// The maximum number of allocations, 1 or more; a call that needs the relay has a few at each end. Default: 10000.
    /// `PASSERBY__RELAY__MAX_ALLOCATIONS`.
    pub max_allocations: usize,
    /// How much the two ends of a call may send through it together, in KiB per second, 64 to 65536. Default: 1024.
    /// `PASSERBY__RELAY__CALL_KIB`.
    pub call_kib: u32,
}

/// Where the own relay listens (UDP and TCP).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RelayAddress {
    /// `auto`: at the address of the site, port 3478, if browsers reach this server directly and no external relay is
    /// configured. A server that cannot listen there has no relay.
    #[default]
    Auto,
    /// An empty text: nowhere.
    Nowhere,
    /// At this address.
    At(SocketAddr),
}

impl<'de> Deserialize<'de> for RelayAddress {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        match String::deserialize(input)?.as_str() {
            "auto" => Ok(Self::Auto),
            "" => Ok(Self::Nowhere),
            text => {
                let expected = |error| de::Error::custom(format_args!("{error}, nor \"auto\": {text:?}"));
                text.parse().map(Self::At).map_err(expected)
            }
        }
    }
}

/// What `[relay]` means together with the rest of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelayPlan {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// Which process runs it.
    pub(crate) running: RelayRunning,
    /// The host in its URLs, if it is not that of the page.
    host: Option<String>,
    /// Whether it is one of several, each in a process of a cluster.
    is_of_cluster: bool,
}

/// Which process runs the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RelayRunning {
    /// The server, if it can: nobody has asked for a relay.
    IfPossible,
    /// The server.
    Inside,
    /// One of its own.
    Apart,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            addr: RelayAddress::Auto,
            host: String::new(),
            apart: false,
            max_allocations: 10_000,
            call_kib: 1_024,
        }
    }
}

impl RelaySettings {
    /// The relay of a server whose site listens at `site` and has these origins; `None` if it has none. `is_direct`
    /// tells whether browsers reach the server without a proxy, and it has no external relay. `roles` are those of this
    /// process in a cluster.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if a value is out of range, or if browsers could not know where the relay is.
    pub(crate) fn resolve(
        &self,
        site: SocketAddr,
        (origins, is_direct): (&Origins, bool),
        (keys, roles): (&KeySource, Option<Roles>),
    ) -> Result<Option<RelayPlan>, InvalidKey> {
        if self.max_allocations == 0 {
            return Err(InvalidKey::new("relay.max_allocations", "must be 1 or more"));
        }
        if !(64..=65_536).contains(&self.call_kib) {
            return Err(InvalidKey::new("relay.call_kib", "must be 64 to 65536"));
        }
        if !self.host.is_empty()
            && (!is_host(&self.host) || self.host.contains(':') && !self.host.ends_with(']'))
        {
            let problem =
                format!("{:?} is not the name or address of a machine (IPv6 in brackets)", self.host);
            return Err(InvalidKey::new("relay.host", problem));
        }
        let is_of_cluster = roles.is_some() && !self.apart;
        if is_of_cluster && roles == Some(Roles::Core) {
            return Ok(None);
        }
        let (addr, running) = match self.addr {
            RelayAddress::Auto | RelayAddress::Nowhere if self.apart => {
                // The address of the site is not known to the other process, if the service manager gives it.
                return Err(InvalidKey::new("relay.apart", "needs an address in `relay.addr`"));
            }
            RelayAddress::Auto if is_of_cluster && self.host.is_empty() => return Ok(None),
            RelayAddress::Auto if is_direct => (SocketAddr::new(site.ip(), PORT), RelayRunning::IfPossible),
            RelayAddress::Auto | RelayAddress::Nowhere => return Ok(None),
            RelayAddress::At(addr) if addr.port() == 0 => {
                return Err(InvalidKey::new("relay.addr", "has port 0, but browsers must know the port"));
            }
            RelayAddress::At(_) if is_of_cluster && self.host.is_empty() => {
                let problem = "is required with `relay.addr` in a cluster, a name of this process alone: \
                               the name of the page leads to any of them";
                return Err(InvalidKey::new("relay.host", problem));
            }
            RelayAddress::At(addr)
                if addr.ip().is_loopback() && self.host.is_empty() && !origins.primary_is_loopback() =>
            {
                let problem = "is required: `relay.addr` is an address that only this machine reaches";
                return Err(InvalidKey::new("relay.host", problem));
            }
            RelayAddress::At(addr) => (addr, RelayRunning::Inside),
        };
        if self.apart && *keys == KeySource::Temporary {
            let problem = "is required with `relay.apart`: both processes must have the same key";
            return Err(InvalidKey::new("state.dir", problem));
        }
        let running = if self.apart { RelayRunning::Apart } else { running };
        let host = (!self.host.is_empty()).then(|| self.host.clone());
        Ok(Some(RelayPlan { addr, running, host, is_of_cluster }))
    }

    /// The limits of the relay.
    pub(crate) const fn limits(&self) -> RelayLimits {
        RelayLimits { max_allocations: self.max_allocations, match_bytes_per_second: self.call_kib * 1024 }
    }
}

impl RelayPlan {
    /// The relay as pages of these origins find it. `over_tls` tells whether browsers trust the certificate of the
    /// site's port, which serves the relay, too; in a cluster, for the host of this relay. Credentials are valid for
    /// `lifetime`.
    pub(crate) fn announce(&self, origins: &Origins, over_tls: bool, lifetime: Duration) -> OwnRelay {
        OwnRelay { sites: origins.iter().map(|it| self.urls(it, over_tls)).collect(), lifetime }
    }

    /// The host that the certificate of the site's port must name if the relay is to be reached there, unless that is
    /// the host of the page.
    pub(crate) fn tls_host(&self) -> Option<&str> {
        self.host.as_deref().filter(|_| self.is_of_cluster)
    }

    fn urls(&self, origin: &str, over_tls: bool) -> RelayUrls {
        let origin = origin.parse::<Uri>().unwrap_or_default();
        let page = origin.host().unwrap_or_default();
        let own = self.addr.ip();
        let host = match &self.host {
            Some(host) => host.clone(),
            // `localhost` may mean an address at which the relay does not listen.
            None if own.is_loopback() => in_url(own),
            None if origin::is_loopback_name(page) => in_url(Ipv4Addr::LOCALHOST.into()),
            None => page.to_owned(),
        };
        let authority = format!("{host}:{}", self.addr.port());
        let mut turn = ["udp", "tcp"].map(|it| format!("turn:{authority}?transport={it}")).to_vec();
        // The port of the site leads to the server, not to a relay apart.
        if over_tls && self.running != RelayRunning::Apart {
            let port = origin.port_u16().unwrap_or(443);
            // In a cluster, the name of the page leads to any process.
            let host = self.tls_host().unwrap_or(page);
            turn.push(format!("turns:{host}:{port}?transport=tcp"));
        }
        RelayUrls { stun: format!("stun:{authority}"), turn }
    }
}

/// What visitors get from these relays, in words for the operator. `roles` are those of this process in a cluster.
pub(crate) fn describe(ice: &Ice, roles: Option<Roles>) -> String {
    let urls: Vec<_> = ice.relay_urls().collect();
    match roles {
        _ if !urls.is_empty() => {
            format!("relay for people who cannot connect directly or hide their address: {}", urls.join(" "))
        }
        None => {
            "no relay (`relay.addr`): some people cannot meet, and nobody can hide their address".to_owned()
        }
        Some(Roles::Core) => "relays: those of the edges (`relay.addr` and `relay.host` there)".to_owned(),
        Some(Roles::Edge | Roles::Both) => {
            "no relay in this process (`relay.addr` and `relay.host`): calls use those of other edges; \
             without any, some people cannot meet, and nobody can hide their address"
                .to_owned()
        }
    }
}

/// An address as in a URL.
fn in_url(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(it) => it.to_string(),
        IpAddr::V6(it) => format!("[{it}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://passerby.example";

    fn origins(origin: &str) -> Origins {
        Origins::new(([0, 0, 0, 0], 443).into(), &[origin.to_owned()], Vec::new()).unwrap()
    }

    fn keys() -> KeySource {
        KeySource::Existing([7; 32].into())
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn plan(
        addr: &str,
        host: &str,
        (site, is_direct): (&str, bool),
    ) -> Result<Option<RelayPlan>, &'static str> {
        let addr = match addr {
            "auto" => RelayAddress::Auto,
            "" => RelayAddress::Nowhere,
            addr => RelayAddress::At(address(addr)),
        };
        let settings = RelaySettings { addr, host: host.to_owned(), ..RelaySettings::default() };
        settings
            .resolve(address(site), (&origins("http://localhost:3000"), is_direct), (&keys(), None))
            .map_err(|it| it.key)
    }

    #[test]
    fn it_listens_beside_the_site_if_browsers_reach_that_directly() {
        use RelayRunning::{IfPossible, Inside};
        let addr = |addr, site| plan(addr, "", site).unwrap().map(|it| (it.addr.to_string(), it.running));
        let at = |addr: &str, running| Some((addr.to_owned(), running));
        assert_eq!(addr("auto", ("127.0.0.1:3000", true)), at("127.0.0.1:3478", IfPossible));
        assert_eq!(addr("auto", ("[::]:443", true)), at("[::]:3478", IfPossible));
        assert_eq!(addr("auto", ("127.0.0.1:3000", false)), None);
        assert_eq!(addr("", ("127.0.0.1:3000", true)), None);
        assert_eq!(addr("0.0.0.0:99", ("127.0.0.1:3000", false)), at("0.0.0.0:99", Inside));
    }

    /// The URLs for a page of this origin.
    fn urls(addr: &str, host: &str, (origin, over_tls): (&str, bool)) -> Vec<String> {
        let plan = plan(addr, host, ("0.0.0.0:443", true)).unwrap().unwrap();
        let mut own = plan.announce(&origins(origin), over_tls, Duration::from_secs(600));
        let RelayUrls { stun, turn } = own.sites.pop().unwrap();
        assert_eq!(turn[0], format!("turn{}?transport=udp", stun.strip_prefix("stun").unwrap()));
        turn
    }

    #[test]
    fn pages_find_it_at_their_own_host() {
        let page = ("https://passerby.example", false);
        let of = |authority: &str| ["udp", "tcp"].map(|it| format!("turn:{authority}?transport={it}"));
        assert_eq!(urls("auto", "", page), of("passerby.example:3478"));
        assert_eq!(urls("192.0.2.1:99", "", page), of("passerby.example:99"), "it may be behind NAT");
        assert_eq!(urls("auto", "relay.example", page), of("relay.example:3478"));
        assert_eq!(urls("auto", "[2001:db8::1]", page), of("[2001:db8::1]:3478"));
        assert_eq!(urls("auto", "", ("https://[2001:db8::2]:8443", false)), of("[2001:db8::2]:3478"));
        for origin in ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
            assert_eq!(urls("auto", "", (origin, false)), of("127.0.0.1:3478"), "{origin}");
        }
        assert_eq!(urls("127.0.0.1:99", "", ("http://localhost:3000", false)), of("127.0.0.1:99"));
        assert_eq!(urls("[::1]:99", "", ("http://localhost:3000", false)), of("[::1]:99"));
    }

    #[test]
    fn the_port_of_a_trusted_page_is_a_relay_over_tls() {
        let last = |origin| urls("auto", "relay.example", (origin, true)).pop().unwrap();
        assert_eq!(last("https://passerby.example"), "turns:passerby.example:443?transport=tcp");
        assert_eq!(last("https://passerby.example:8443"), "turns:passerby.example:8443?transport=tcp");
    }

    #[test]
    fn a_relay_apart_needs_an_address_and_has_no_tls() {
        let apart = |addr| {
            let settings = RelaySettings { addr, apart: true, ..RelaySettings::default() };
            settings
                .resolve(address("0.0.0.0:443"), (&origins(ORIGIN), true), (&keys(), None))
                .map_err(|it| it.key)
        };
        assert_eq!(apart(RelayAddress::Auto), Err("relay.apart"));
        assert_eq!(apart(RelayAddress::Nowhere), Err("relay.apart"));
        let plan = apart(RelayAddress::At(address("0.0.0.0:99"))).unwrap().unwrap();
        assert_eq!(plan.running, RelayRunning::Apart);
        assert_eq!(plan.urls("https://passerby.example", true).turn.len(), 2);
    }

    #[test]
    fn a_relay_that_only_this_machine_reaches_is_not_announced_to_others() {
        let resolve = |origin, host: &str| {
            let (addr, host) = (RelayAddress::At(address("127.0.0.1:3478")), host.to_owned());
            let settings = RelaySettings { addr, host, ..RelaySettings::default() };
            settings
                .resolve(address("127.0.0.1:3000"), (&origins(origin), false), (&keys(), None))
                .map_err(|it| it.key)
        };
        assert_eq!(resolve(ORIGIN, ""), Err("relay.host"));
        assert!(resolve(ORIGIN, "relay.example").is_ok(), "something may forward to it");
        assert!(resolve("http://localhost:3000", "").is_ok());
    }

    #[test]
    fn the_operator_is_told_what_visitors_get() {
        let with = |it: &RelayPlan| {
            let own = Some(it.announce(&origins(ORIGIN), true, Duration::from_secs(600)));
            describe(&Ice { own, ..Ice::default() }, None)
        };
        assert_eq!(
            with(&plan("auto", "", ("0.0.0.0:443", true)).unwrap().unwrap()),
            "relay for people who cannot connect directly or hide their address: \
             turn:passerby.example:3478?transport=udp turn:passerby.example:3478?transport=tcp \
             turns:passerby.example:443?transport=tcp"
        );
        assert!(
            describe(&Ice::default(), None).starts_with("no relay (`relay.addr`): some people cannot meet")
        );
    }

    #[test]
    fn refuses_what_browsers_could_not_use() {
        let site = ("127.0.0.1:3000", true);
        assert_eq!(plan("127.0.0.1:0", "", site), Err("relay.addr"));
        for host in ["relay.example:3478", "2001:db8::1", "turn:relay.example", "a b", "a/b"] {
            assert_eq!(plan("0.0.0.0:3478", host, site), Err("relay.host"), "{host}");
        }
        let resolve = |it: RelaySettings| {
            it.resolve(address(site.0), (&origins(ORIGIN), true), (&keys(), None)).map(drop).unwrap_err().key
        };
        let none = RelaySettings { max_allocations: 0, ..RelaySettings::default() };
        assert_eq!(resolve(none), "relay.max_allocations");
        let slow = RelaySettings { call_kib: 63, ..RelaySettings::default() };
        assert_eq!(resolve(slow), "relay.call_kib");
    }

    /// What these settings mean to a process of a cluster with these roles.
    fn in_cluster(
        addr: RelayAddress,
        host: &str,
        (roles, apart): (Roles, bool),
    ) -> Result<Option<RelayPlan>, InvalidKey> {
        let settings = RelaySettings { addr, host: host.to_owned(), apart, ..RelaySettings::default() };
        settings.resolve(address("0.0.0.0:443"), (&origins(ORIGIN), true), (&keys(), Some(roles)))
    }

    #[test]
    fn in_a_cluster_a_relay_needs_a_host_of_its_own() {
        use RelayAddress::{At, Auto, Nowhere};
        let at = At(address("0.0.0.0:99"));
        for roles in [Roles::Edge, Roles::Both] {
            let plan = |addr, host| in_cluster(addr, host, (roles, false)).map(|it| it.map(|it| it.addr));
            let problem = plan(at, "").unwrap_err();
            assert_eq!(problem.key, "relay.host");
            assert_eq!(plan(at, "one.example").unwrap(), Some(address("0.0.0.0:99")));
            assert_eq!(plan(Auto, "").unwrap(), None, "nobody has asked for one");
            assert_eq!(plan(Auto, "one.example").unwrap(), Some(address("0.0.0.0:3478")));
            assert_eq!(plan(Nowhere, "one.example").unwrap(), None);
        }
        for addr in [at, Auto, Nowhere, At(address("127.0.0.1:99"))] {
            assert_eq!(in_cluster(addr, "", (Roles::Core, false)).unwrap(), None, "it serves nobody");
        }
        for roles in [Roles::Core, Roles::Edge, Roles::Both] {
            let plan = in_cluster(at, "", (roles, true)).unwrap().unwrap();
            assert_eq!(plan.running, RelayRunning::Apart, "one for all");
        }
    }

    #[test]
    fn in_a_cluster_the_relay_over_tls_is_at_the_host_of_its_edge() {
        let plan = in_cluster(RelayAddress::Auto, "one.example", (Roles::Edge, false)).unwrap().unwrap();
        assert_eq!(plan.tls_host(), Some("one.example"));
        let of = |over_tls| plan.urls("https://passerby.example:8443", over_tls).turn.split_off(2);
        assert_eq!(of(true), ["turns:one.example:8443?transport=tcp"]);
        assert!(of(false).is_empty());
        let alone = super::tests::plan("auto", "one.example", ("0.0.0.0:443", true)).unwrap().unwrap();
        assert_eq!(alone.tls_host(), None);
    }

    #[test]
    fn the_operator_of_a_cluster_is_told_whose_relays_calls_use() {
        let none = |roles| describe(&Ice::default(), Some(roles));
        assert!(none(Roles::Core).starts_with("relays: those of the edges"));
        for roles in [Roles::Edge, Roles::Both] {
            assert!(none(roles).starts_with("no relay in this process (`relay.addr` and `relay.host`)"));
        }
    }
}
