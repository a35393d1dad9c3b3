//! Configuration: what operators write ([`Config`]), and what it means to the server ([`Resolved`]).
//!
//! [`Config::load`] reads the file, if there is one, and the environment. [`Config::resolve`] checks the values against
//! each other, reads the files that they name, and creates nothing. [`run`](super::run) then works with the
//! [`Resolved`] values only.

pub mod file;
pub mod limits;
mod ice;
pub(crate) mod keys;
mod log;
pub mod operator;
pub mod relay;
mod server;
mod site;

mod environment;
pub(crate) mod value;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use config::{ConfigBuilder, File, FileFormat, builder::DefaultState};
use leptos::config::LeptosOptions;
use serde::Deserialize;

pub use environment::process_environment;
pub use log::{LogFormat, LogSettings, MetricsSettings};
pub use server::ServerSettings;
pub use value::InvalidConfig;

use super::{
    bus::cluster::settings::{ClusterPlan, ClusterSettings},
    http::{
        client_ip::{self, Proxies},
        origin::{self, Origins},
    },
    moderation::{ModerationSettings, ModeratorAccess},
    site_files::{EmbeddedPage, SiteFiles},
    tls::{Plan, TlsSettings},
};
use crate::{
    matchmaker::Ice,
    protocol::SoftStart,
    relay::RelayLimits,
    ui::{Operator, PageFiles},
};
use environment::{Overrides, SetBy, Variables};
use ice::IceSettings;
use keys::{KeySource, StateSettings};
use limits::LimitSettings;
use operator::{AgeCheck, AgeSettings, OperatorSettings, SafetySettings};
use relay::{RelayPlan, RelayRunning, RelaySettings};
use value::{InvalidKey, key_of};

/// The configuration as written. Errors name a key as `table.key`, and the environment variable that set it.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// `[server]`
    #[serde(default)]
    pub server: ServerSettings,
    /// `[tls]`
    #[serde(default)]
    pub tls: TlsSettings,
    /// `[operator]`
    #[serde(default)]
    pub operator: OperatorSettings,
    /// `[age]`
    #[serde(default)]
    pub age: AgeSettings,
    /// `[safety]`
    #[serde(default)]
    pub safety: SafetySettings,
    /// `[limits]`
    #[serde(default)]
    pub limits: LimitSettings,
    /// `[metrics]`
    #[serde(default)]
    pub metrics: MetricsSettings,
    /// `[moderation]`
    #[serde(default)]
    pub moderation: ModerationSettings,
    /// `[cluster]`
    #[serde(default)]
    pub cluster: ClusterSettings,
    /// `[ice]`
    #[serde(default)]
    pub ice: IceSettings,
    /// `[relay]`
    #[serde(default)]
    pub relay: RelaySettings,
    /// `[state]`
    #[serde(default)]
    pub state: StateSettings,
    /// `[log]`
    #[serde(default)]
    pub log: LogSettings,
    /// `[package.metadata.leptos]`; each key is overridden by `LEPTOS_KEY`. Without `site-root` the page inside the
    /// program is served.
    #[serde(rename = "package", deserialize_with = "site::leptos_options")]
    pub leptos: LeptosOptions,
    /// The page inside the program, if it contains one.
    #[serde(skip)]
    pub embedded: Option<EmbeddedPage>,
    /// Whether `cargo leptos watch` has started this server (`LEPTOS_WATCH`): pages then load its reload script.
    #[serde(skip)]
    pub is_watched: bool,
    #[serde(skip)]
    variables: Variables,
}

/// The configuration as the server uses it, checked and complete.
#[derive(Debug)]
pub struct Resolved {
    /// Where pages and sockets are served.
    pub(crate) site_addr: SocketAddr,
    /// Where plain HTTP is redirected to TLS.
    pub(crate) redirect_addr: Option<SocketAddr>,
    /// Where `/metrics` is served.
    pub(crate) metrics_addr: Option<SocketAddr>,
    /// Where and how moderators reach their pages.
    pub(crate) moderation: ModeratorAccess,
    /// The origins that the configuration names; may be empty.
    pub(crate) configured_origins: Vec<String>,
    /// The origins whose pages may connect to a server at `site_addr`.
    pub(crate) origins: Origins,
    /// Whether strangers can reach it.
    pub(crate) is_public: bool,
    /// The person or organisation that runs it; always known if it is public.
    pub(crate) operator: Option<Operator>,
    /// The version of the rules; people accept them again when it changes.
    pub(crate) rules_version: String,
    /// How calls start.
    pub(crate) soft_start: SoftStart,
    /// The provider that states that a person is 18 or older, if there is one.
    pub(crate) age: Option<AgeCheck>,
    /// The trusted proxies.
    pub(crate) proxies: Proxies,
    /// Where the certificate comes from, if there is one.
    pub(crate) tls: Plan,
    /// STUN and TURN servers.
    pub(crate) ice: Ice,
    /// This server's own relay, if it is to have one.
    pub(crate) relay: Option<RelayPlan>,
    /// The limits of the own relay.
    pub(crate) relay_limits: RelayLimits,
    /// How long credentials for a relay are valid.
    pub(crate) credential_lifetime: Duration,
    /// Where the keys for tickets and device names come from.
    pub(crate) keys: KeySource,
    /// Where the moderation store is; without one there is no moderation.
    pub(crate) moderation_dir: Option<PathBuf>,
    /// The part of this process in a cluster, if it is in one.
    pub(crate) cluster: Option<ClusterPlan>,
    /// Rates, sizes and timeouts.
    pub limits: LimitSettings,
    /// The maximum number of peers.
    pub max_connections: usize,
    /// How long calls may go on when the server is told to stop.
    pub(crate) grace: Duration,
    /// What is logged.
    pub log: LogSettings,
    /// What the page needs to know of `[package.metadata.leptos]`.
    pub(crate) leptos: LeptosOptions,
    /// Where the built page is.
    pub(crate) files: SiteFiles,
    /// The files that every page loads.
    pub(crate) page: PageFiles,
    /// The port of the reload script of `cargo leptos watch`, if that started this server.
    pub(crate) reload_port: Option<u32>,
}

impl Default for Config {
    /// A server on loopback with every default, as in the `Leptos.toml` of this repository.
    fn default() -> Self {
        let leptos = LeptosOptions::builder().output_name(site::OUTPUT).site_root("").build();
        Self {
            server: ServerSettings::default(),
            tls: TlsSettings::default(),
            operator: OperatorSettings::default(),
            safety: SafetySettings::default(),
            age: AgeSettings::default(),
            limits: LimitSettings::default(),
            metrics: MetricsSettings::default(),
            moderation: ModerationSettings::default(),
            cluster: ClusterSettings::default(),
            ice: IceSettings::default(),
            relay: RelaySettings::default(),
            state: StateSettings::default(),
            log: LogSettings::default(),
            leptos,
            embedded: None,
            is_watched: false,
            variables: Variables::default(),
        }
    }
}

impl Config {
    /// Takes the defaults, then what the file says, then what the environment says; outside tests that is
    /// [`process_environment`].
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`] if the file cannot be read, a key is unknown, a value has the wrong type or a secret is in the
    /// file.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, InvalidConfig> {
        let builder = config::Config::builder();
        let builder = match file {
            Some(path) => builder.add_source(File::from(path).format(FileFormat::Toml)),
            None => builder,
        };
        Self::read(builder, environment)
    }

    fn read(
        builder: ConfigBuilder<DefaultState>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, InvalidConfig> {
        let overrides = Overrides::new(environment);
        let variables = overrides.variables();
        let mut unknown = None;
        let builder = site::set_defaults(builder).and_then(|it| overrides.apply(it));
        let config = builder.and_then(|it| it.build()).and_then(|it| {
            serde_ignored::deserialize(it, |path| unknown = unknown.take().or(Some(path.to_string())))
        });
        let mut config: Self = config.map_err(|error| {
            let set_by = variables.set_by(key_of(&error));
            InvalidConfig::Unreadable(error, set_by)
        })?;
        if let Some(key) = unknown {
            let set_by = variables.set_by(Some(&key));
            return Err(InvalidConfig::UnknownKey(key, set_by));
        }
        let secrets = [
            ("cluster.redis", &config.cluster.redis),
            ("ice.secret", &config.ice.secret),
            ("moderation.proxy_secret", &config.moderation.proxy_secret),
            ("state.key", &config.state.key),
            ("tls.eab_key", &config.tls.eab_key),
        ];
        for (key, secret) in secrets {
            if secret.is_set() && !variables.contains(key) {
                let problem = "is a secret: set it in the environment, not in the file";
                return Err(InvalidConfig::InvalidValue(InvalidKey::new(key, problem), SetBy::default()));
            }
        }
        config.is_watched = overrides.is_watched;
        config.variables = variables;
        Ok(config)
    }

    /// What this configuration means. Reads the files that it names and looks for the built page, but creates nothing.
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`] with the key whose value cannot be used.
    pub fn resolve(mut self) -> Result<Resolved, InvalidConfig> {
        let variables = std::mem::take(&mut self.variables);
        self.resolve_tables().map_err(|invalid| {
            let set_by = variables.set_by(Some(invalid.key));
            InvalidConfig::InvalidValue(invalid, set_by)
        })
    }

    fn resolve_tables(self) -> Result<Resolved, InvalidKey> {
        let Self { server, tls, operator, safety, limits, metrics, moderation, ice, relay, .. } = self;
        let Self { state, age, log, leptos, embedded, is_watched, cluster, .. } = self;
        server.check()?;
        log.check()?;
        limits.check()?;
        let credential_lifetime = Duration::from_secs(ice.credential_seconds);
        let ice = ice.resolve()?;
        let keys = state.resolve()?;
        let proxies = Proxies::new(&server.proxies, server.forwarded_header)
            .map_err(|error| InvalidKey::new(client_ip::KEY, error))?;
        let plan = tls.resolve(&state.dir)?;
        let origins = Origins::new(leptos.site_addr, &server.origins, plan.origins(leptos.site_addr))
            .map_err(|error| InvalidKey::new(origin::KEY, error))?;
        let public = origins.first_public();
        let cluster = cluster.resolve(&keys, &moderation.home, public)?;
        let has_store = cluster.as_ref().is_none_or(|it| it.is_home);
        let moderation_dir = if has_store { state.moderation_dir(public)? } else { None };
        let moderation = moderation.resolve(moderation_dir.is_some())?;
        let (is_public, rules_version) = (public.is_some(), operator.rules_version.clone());
        let (operator, soft_start) = (operator.resolve(public)?, safety.resolve(is_public));
        let age = age.resolve()?;
        let has_proxy = !proxies.is_empty()
            || leptos.site_addr.ip().is_loopback() && !origins.primary_is_loopback()
            || !plan.is_used() && origins.are_all_https();
        let is_direct = !has_proxy && ice.turn.is_none();
        let roles = cluster.as_ref().map(|it| it.roles);
        let relay_plan = relay.resolve(leptos.site_addr, (&origins, is_direct), (&keys, roles))?;
        let (files, page) = site::resolve(&leptos, embedded)?;
        Ok(Resolved {
            site_addr: leptos.site_addr,
            redirect_addr: tls.redirect_addr,
            metrics_addr: metrics.addr,
            moderation,
            configured_origins: server.origins,
            origins,
            is_public,
            operator,
            rules_version,
            soft_start,
            age,
            proxies,
            tls: plan,
            ice,
            relay: relay_plan,
            relay_limits: relay.limits(),
            credential_lifetime,
            keys,
            moderation_dir,
            cluster,
            limits,
            max_connections: server.max_connections,
            grace: Duration::from_secs(server.grace_seconds),
            log,
            files,
            page,
            reload_port: is_watched.then_some(leptos.reload_external_port.unwrap_or(leptos.reload_port)),
            leptos,
        })
    }
}

impl Resolved {
    /// The origins whose pages may connect to a server at `address`.
    ///
    /// Only the port can differ from `site_addr`: if that is 0, the system chooses one when the server binds.
    pub(crate) fn origins_at(&self, address: SocketAddr) -> Origins {
        Origins::new(address, &self.configured_origins, self.tls.origins(address))
            .unwrap_or_else(|_| self.origins.clone())
    }

    /// How many connections there may be, with those of the relay.
    pub fn connections(&self) -> usize {
        let of_relay =
            self.relay.as_ref().map_or(0, |_| self.relay_limits.max_allocations + self.limits.open);
        self.max_connections.saturating_add(self.limits.open).saturating_add(of_relay)
    }

    /// What visitors get if the server can listen everywhere, in a few lines for the operator.
    pub fn summary(mut self) -> String {
        let origins = self.origins.clone();
        self.announce_relay(true, &origins);
        self.describe().join("\n")
    }

    /// Logs what visitors get.
    pub(crate) fn log_description(&self) {
        self.describe().iter().for_each(|it| tracing::info!("{it}"));
    }

    /// Which relays visitors get, whether strangers can reach the server, and whether there is moderation.
    fn describe(&self) -> Vec<String> {
        let operator = operator::describe(self.operator.as_ref(), self.is_public, self.soft_start);
        let elsewhere = self.cluster.as_ref().is_some_and(|it| it.is_moderated && !it.is_home);
        let moderation = keys::describe_moderation(self.moderation_dir.as_deref(), elsewhere);
        let cluster = self.cluster.as_ref().map(ClusterPlan::describe);
        let roles = self.cluster.as_ref().map(|it| it.roles);
        [relay::describe(&self.ice, roles), operator, moderation].into_iter().chain(cluster).collect()
    }

    /// Whether people can report others.
    pub(crate) fn is_moderated(&self) -> bool {
        self.cluster.as_ref().map_or(self.moderation_dir.is_some(), |it| it.is_moderated)
    }

    /// Whether the own relay is in this process.
    pub(crate) fn has_relay_inside(&self) -> bool {
        self.relay.as_ref().is_some_and(|it| it.running != RelayRunning::Apart)
    }

    /// Announces the own relay to the pages of these origins, if the server has sockets for it.
    pub(crate) fn announce_relay(&mut self, has_sockets: bool, origins: &Origins) {
        let is_there = |it: &&RelayPlan| has_sockets || it.running == RelayRunning::Apart;
        let plan = self.relay.as_ref().filter(is_there);
        // A proxy in front passes nothing but HTTP.
        let is_covered = |it: &RelayPlan| it.tls_host().is_none_or(|host| self.tls.covers(host));
        let over_tls = self.tls.is_trusted() && self.proxies.is_empty() && plan.is_some_and(is_covered);
        self.ice.own = plan.map(|it| it.announce(origins, over_tls, self.credential_lifetime));
    }
}

#[cfg(test)]
mod tests {
    use super::{limits::Rate, *};

    /// A folder with a file where the built page has its script.
    const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/support/site");

    /// What a public server needs.
    const OPERATOR: &str = "[operator]\nname = \"Example Ltd\"\ncontact = \"me@example.org\"\n\
                            abuse_contact = \"abuse@example.org\"\ncountry = \"NZ\"";

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, InvalidConfig> {
        let file = File::from_str(text, FileFormat::Toml);
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(config::Config::builder().add_source(file), environment)
    }

    /// The same with a built page, whose absence would be an error of its own.
    fn resolve(text: &str, environment: &[(&str, &str)]) -> Result<Resolved, InvalidConfig> {
        read(text, environment).and_then(with_site)
    }

    fn with_site(mut config: Config) -> Result<Resolved, InvalidConfig> {
        config.leptos.site_root = SITE.into();
        config.resolve()
    }

    fn problem(text: &str, environment: &[(&str, &str)]) -> String {
        resolve(text, environment).expect_err("this configuration is invalid").to_string()
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        let config = read("", &[]).unwrap();
        assert_eq!(config.server.max_connections, 10_000);
        assert_eq!(config.metrics.addr.unwrap().to_string(), "127.0.0.1:3002");
        assert_eq!(config.leptos.site_addr.to_string(), "127.0.0.1:3000");
        assert!(!config.is_watched);
        assert!(with_site(config).is_ok());
    }

    #[test]
    fn our_file_holds_the_defaults() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Leptos.toml"));
        let [ours, none, default] =
            [Config::load(Some(path), []).unwrap(), Config::load(None, []).unwrap(), Config::default()]
                .map(|it| format!("{it:#?}"));
        assert_eq!(none, default);
        assert_eq!(ours, default);
    }

    #[test]
    fn defaults_are_those_of_the_build() {
        let manifest = File::from_str(include_str!("../../../Cargo.toml"), FileFormat::Toml);
        let manifest = config::Config::builder().add_source(manifest).build().unwrap();
        let build = |key: &str| manifest.get_string(&format!("package.metadata.leptos.{key}")).unwrap();
        let leptos = Config::default().leptos;
        assert_eq!(*leptos.output_name, build("output-name"));
        assert_eq!(site::FOLDER, build("site-root"));
        assert_eq!(*leptos.site_pkg_dir, build("site-pkg-dir"));
        assert_eq!(leptos.site_addr.to_string(), build("site-addr"));
        assert_eq!(leptos.reload_port.to_string(), build("reload-port"));
    }

    #[test]
    fn environment_overrides_the_file() {
        let file = "[server]\nmax_connections = 5\n[limits.peer]\nnexts = { burst = 1, per_minute = 6 }\n\
                    [metrics]\naddr = \"127.0.0.1:1\"";
        let environment = [
            ("PASSERBY__SERVER__MAX_CONNECTIONS", "7"),
            ("PASSERBY__SERVER__ORIGINS", "https://a.example, https://b.example:8443"),
            ("PASSERBY__SERVER__PROXIES", "127.0.0.1, 10.0.0.0/8"),
            ("PASSERBY__LIMITS__PEER__NEXTS__BURST", "3"),
            ("PASSERBY__LIMITS__NETWORK__CONNECTIONS", "0"),
            ("PASSERBY__METRICS__ADDR", ""),
            ("PASSERBY__LOG__FORMAT", "json"),
            ("PASSERBY__OPERATOR__NAME", "Example Ltd"),
            ("PASSERBY__OPERATOR__CONTACT", "me@example.org"),
            ("PASSERBY__OPERATOR__ABUSE_CONTACT", "https://example.org/abuse"),
            ("PASSERBY__OPERATOR__COUNTRY", "NZ"),
            ("PASSERBY__OPERATOR__RULES_VERSION", "2"),
            ("PASSERBY__OPERATOR__DEMO", "false"),
            ("PASSERBY__SAFETY__SOFT_START", "forced"),
            ("LEPTOS_SITE_ADDR", "0.0.0.0:80"),
            ("LEPTOS_RELOAD_PORT", "99"),
            ("LEPTOS_WATCH", "true"),
            ("LEPTOS_LIB_DIR", "."),
        ];
        let config = read(file, &environment).unwrap();
        assert_eq!(config.server.max_connections, 7);
        assert_eq!(config.server.origins, ["https://a.example", "https://b.example:8443"]);
        assert_eq!(config.server.proxies, ["127.0.0.1", "10.0.0.0/8"]);
        assert_eq!(config.limits.peer.nexts, Rate { burst: 3, per_minute: 6 });
        assert_eq!(config.limits.network.connections, 0);
        assert_eq!(config.metrics.addr, None);
        assert_eq!(config.log.format, LogFormat::Json);
        assert_eq!(config.leptos.site_addr.to_string(), "0.0.0.0:80");
        assert_eq!(config.leptos.reload_port, 99);
        assert!(config.is_watched);
        let resolved = with_site(config).unwrap();
        assert_eq!((resolved.is_public, &*resolved.rules_version), (true, "2"));
        assert_eq!(resolved.soft_start, SoftStart::Forced);
        assert_eq!(resolved.operator.unwrap().name, "Example Ltd");
    }

    #[test]
    fn operators_page_lists_every_key() {
        let page = include_str!("../../../docs/operating.md");
        let mut table = "";
        let mut count = 0;
        for line in include_str!("../../../Leptos.toml").lines().filter(|it| !it.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[') {
                table = name.trim_end_matches(']');
            } else if let (Some((key, _)), false) = (line.split_once(" = "), table.starts_with("package")) {
                assert!(page.contains(&format!("`{table}.{key}`")), "{table}.{key}");
                count += 1;
            }
        }
        assert!(count > 30, "{count}");
    }

    #[test]
    fn config_errors_name_the_key() {
        for (text, key) in [
            ("[server]\nmax_conections = 1", "server.max_conections"),
            ("[sever]\norigins = []", "sever"),
            ("[server]\nmax_connections = \"many\"", "server.max_connections"),
            ("[server]\nmax_connections = 0", "server.max_connections"),
            ("[server]\nmax_connections = -1", "server.max_connections"),
            ("[server]\ngrace_seconds = 0", "server.grace_seconds"),
            ("[server]\norigins = [\"passerby.example\"]", "server.origins"),
            ("[server]\norigins = [\"https://passerby.example/path\"]", "server.origins"),
            ("[tls]\ncertificate = \"/nowhere/a.pem\"\nkey = \"/nowhere/a.key\"", "tls.certificate"),
            ("[tls]\ncertificate = \"Cargo.toml\"", "tls.key"),
            ("[tls]\ncertificate = \"Cargo.toml\"\nkey = \"Cargo.toml\"", "tls.certificate"),
            ("[tls]\nkey = \"a.key\"", "tls.certificate"),
            ("[tls]\nkey = \"a.key\"\ndomains = [\"a.example\"]", "tls.domains"),
            ("[tls]\nself_signed = true\ndomains = [\"a.example\"]", "tls.self_signed"),
            ("[tls]\nself_signed = true\ncertificate = \"a.pem\"", "tls.self_signed"),
            ("[tls]\nself_signed = true\ncontact = \"me@a.example\"", "tls.contact"),
            ("[tls]\ndirectory = \"https://acme.example\"", "tls.directory"),
            ("[tls]\ndirectory_ca = \"ca.pem\"", "tls.directory_ca"),
            ("[tls]\nredirect_addr = \"127.0.0.1:80\"", "tls.redirect_addr"),
            ("[tls]\nself_signed = true\nredirect_addr = \"here\"", "tls.redirect_addr"),
            ("[state]\ndir = \"\"\n[tls]\ndomains = [\"a.example\"]", "state.dir"),
            ("[state]\ndir = \"state\"\n[tls]\ndomains = [\"A.example\"]", "tls.domains"),
            ("[state]\ndir = \"state\"\n[tls]\ndomains = [\"192.0.2.7\"]", "tls.domains"),
            ("[state]\ndir = \"state\"\n[tls]\ndomains = [\"*.a.example\"]", "tls.domains"),
            ("[state]\ndir = \"state\"\n[tls]\ndomains = [\"a.example\"]\ncontact = \"me\"", "tls.contact"),
            (
                "[state]\ndir = \"state\"\n[tls]\ndomains = [\"a.example\"]\ndirectory = \"http://a\"",
                "tls.directory",
            ),
            (
                "[state]\ndir = \"state\"\n[tls]\ndomains = [\"a.example\"]\ndirectory_ca = \"Cargo.toml\"",
                "tls.directory_ca",
            ),
            ("[server]\nproxies = [\"localhost\"]", "server.proxies"),
            ("[server]\nforwarded_header = \"via\"", "server.forwarded_header"),
            ("[metrics]\naddr = \"here\"", "metrics.addr"),
            ("[moderation]\naddr = \"here\"", "moderation.addr"),
            ("[moderation]\nhosts = [\"a.example:443\"]", "moderation.hosts"),
            ("[state]\nkey = \"north\"", "state.key"),
            ("[tls]\neab_key = \"north\"", "tls.eab_key"),
            ("[relay]\naddr = \"here\"", "relay.addr"),
            ("[state]\ndir = \"\"\n[relay]\naddr = \"0.0.0.0:99\"\napart = true", "state.dir"),
            ("[operator]\nname = \"Example Ltd\"", "operator.contact"),
            ("[operator]\nrules_version = \"\"", "operator.rules_version"),
            ("[operator]\ndemo = \"perhaps\"", "operator.demo"),
            ("[safety]\nsoft_start = \"yes\"", "safety.soft_start"),
            ("[log]\nformat = \"xml\"", "log.format"),
            ("[log]\nfilter = \"=\\u0000=\"", "log.filter"),
        ] {
            let message = problem(text, &[]);
            assert!(message.contains(&format!("`{key}`")), "{key}: {message}");
        }
    }

    #[test]
    fn errors_in_limits_name_the_key() {
        for (text, key) in [
            ("[limits]\nnetworks = 0", "limits.networks"),
            ("[limits]\nopen = 0", "limits.open"),
            ("[limits]\nhead_seconds = 0", "limits.head_seconds"),
            ("[limits]\nidle_seconds = 0", "limits.idle_seconds"),
            ("[limits]\nidle_seconds = 4001", "limits.idle_seconds"),
            ("[limits]\nwrite_seconds = 61", "limits.write_seconds"),
            ("[limits]\nhello_seconds = 61", "limits.hello_seconds"),
            ("[limits]\noutbox_kib = 63", "limits.outbox_kib"),
            ("[limits]\noutbox_kib = 4097", "limits.outbox_kib"),
            ("[limits]\noutbox_total_mib = 15", "limits.outbox_total_mib"),
            ("[limits]\noutbox_total_mib = 65537", "limits.outbox_total_mib"),
            ("[limits]\nnexts = { burst = 1, per_minute = 1 }", "limits.nexts"),
            ("[limits.peer]\nnexts = { burst = 1, per_minute = 0 }", "limits.peer.nexts"),
            (
                "[limits.peer]\nnexts = { burst = 1, per_hour = 1, per_minute = 1 }",
                "limits.peer.nexts.per_hour",
            ),
            ("[limits.network]\njoins = { burst = 20000, per_minute = 1 }", "limits.network.joins"),
        ] {
            let message = problem(text, &[]);
            assert!(message.contains(&format!("`{key}`")), "{key}: {message}");
        }
    }

    #[test]
    fn config_errors_name_the_environment_variable() {
        for (name, value, key) in [
            ("PASSERBY__SERVER__MAX_CONECTIONS", "1", "server.max_conections"),
            ("PASSERBY__SERVER__MAX_CONNECTIONS", "many", "server.max_connections"),
            ("PASSERBY__METRICS__ADDR", "here", "metrics.addr"),
            ("PASSERBY__SERVER__ORIGINS", "here", "server.origins"),
            ("LEPTOS_SITE_ADDR", "here", "package.metadata.leptos.site-addr"),
        ] {
            let message = problem("", &[(name, value)]);
            assert!(message.contains(&format!("`{key}`")) && message.contains(name), "{name}: {message}");
        }
    }

    #[test]
    fn secrets_are_set_by_the_environment_only() {
        for (file, variable, key) in [
            ("[ice]\nsecret = \"north\"", "PASSERBY__ICE__SECRET", "ice.secret"),
            ("[state]\nkey = \"north\"", "PASSERBY__STATE__KEY", "state.key"),
            (
                "[moderation]\nproxy_secret = \"north\"",
                "PASSERBY__MODERATION__PROXY_SECRET",
                "moderation.proxy_secret",
            ),
        ] {
            let message = problem(file, &[]);
            assert!(message.contains(&format!("`{key}` is a secret")), "{message}");
            let config = read("", &[(variable, "north")]).unwrap();
            assert!(!format!("{config:?}").contains("north"), "Debug hides the secret");
        }
    }

    #[test]
    fn resolving_needs_the_built_page() {
        let mut config = Config::default();
        config.leptos.site_root = "/nowhere".into();
        let message = config.resolve().unwrap_err().to_string();
        assert!(message.contains("site-root`"), "{message}");
        let message =
            read("", &[("LEPTOS_SITE_ROOT", "/nowhere")]).unwrap().resolve().unwrap_err().to_string();
        assert!(message.contains("LEPTOS_SITE_ROOT"), "{message}");
    }

    #[test]
    fn own_origins_have_the_port_that_the_system_chose() {
        let resolved = resolve("", &[("LEPTOS_SITE_ADDR", "127.0.0.1:0")]).unwrap();
        let origins = resolved.origins_at(([127, 0, 0, 1], 4321).into());
        assert_eq!(origins.primary(), "http://localhost:4321");
        let configured = [("PASSERBY__SERVER__ORIGINS", "http://passerby.local")];
        let resolved = resolve("", &configured).unwrap();
        assert_eq!(resolved.origins_at(([127, 0, 0, 1], 4321).into()), resolved.origins);
    }

    #[test]
    fn a_public_address_needs_origins() {
        let message = problem("", &[("LEPTOS_SITE_ADDR", "0.0.0.0:3000")]);
        assert!(message.contains("`server.origins`"), "{message}");
    }

    #[test]
    fn a_public_address_with_known_names_needs_no_origins() {
        let public = ("LEPTOS_SITE_ADDR", "0.0.0.0:3443");
        // The operator, because this machine may have a public address.
        assert!(resolve(OPERATOR, &[public, ("PASSERBY__TLS__SELF_SIGNED", "true")]).is_ok());
        let domains = ("PASSERBY__TLS__DOMAINS", "a.example, b.example");
        let config = read(OPERATOR, &[public, domains, ("PASSERBY__STATE__DIR", "state")]).unwrap();
        assert_eq!(config.tls.domains, ["a.example", "b.example"]);
        assert!(with_site(config).is_ok());
    }

    #[test]
    fn a_public_server_needs_an_operator() {
        let loopback = ("LEPTOS_SITE_ADDR", "127.0.0.1:3000");
        let public = [
            // A proxy in front of a loopback server, a listener at a public address, and the domains of ACME.
            vec![loopback, ("PASSERBY__SERVER__ORIGINS", "http://localhost:3000,https://passerby.example")],
            vec![("LEPTOS_SITE_ADDR", "203.0.113.7:443"), ("PASSERBY__TLS__SELF_SIGNED", "true")],
            vec![
                ("LEPTOS_SITE_ADDR", "0.0.0.0:443"),
                ("PASSERBY__TLS__DOMAINS", "passerby.example"),
                ("PASSERBY__STATE__DIR", "state"),
            ],
        ];
        for environment in public {
            let message = problem("", &environment);
            for key in ["name", "contact", "abuse_contact", "country"] {
                assert!(message.contains(&format!("`operator.{key}`")), "{key}: {message}");
            }
            let message = problem("[operator]\ndemo = true", &environment);
            assert!(message.contains("`operator.demo`"), "{message}");
            let resolved = resolve(OPERATOR, &environment).unwrap();
            assert_eq!((resolved.is_public, resolved.soft_start), (true, SoftStart::On));
            let summary = resolved.summary();
            assert!(
                summary.contains("this server is public") && summary.contains("Example Ltd"),
                "{summary}"
            );
        }
        for environment in [
            vec![],
            vec![("LEPTOS_SITE_ADDR", "[::1]:3000")],
            vec![loopback, ("PASSERBY__SERVER__ORIGINS", "https://passerby.local")],
            vec![("LEPTOS_SITE_ADDR", "10.0.0.7:443"), ("PASSERBY__TLS__SELF_SIGNED", "true")],
        ] {
            let resolved = resolve("[operator]\ndemo = true", &environment).unwrap();
            assert_eq!((resolved.is_public, resolved.soft_start), (false, SoftStart::Off));
            assert_eq!(resolved.operator, None);
            let summary = resolved.summary();
            assert!(
                summary.contains("this server is private") && summary.contains("no operator"),
                "{summary}"
            );
        }
    }

    #[test]
    fn an_edge_is_reached_over_tls_only_at_a_host_that_its_certificate_names() {
        let key = "1a".repeat(32);
        let edge = |domains, host| {
            let environment = [
                ("LEPTOS_SITE_ADDR", "0.0.0.0:443"),
                ("PASSERBY__CLUSTER__REDIS", "redis://redis.example"),
                ("PASSERBY__MODERATION__HOME", "one"),
                ("PASSERBY__STATE__KEY", &*key),
                ("PASSERBY__STATE__DIR", "state"),
                ("PASSERBY__TLS__DOMAINS", domains),
                ("PASSERBY__RELAY__HOST", host),
            ];
            resolve(OPERATOR, &environment).unwrap().summary()
        };
        let summary = edge("passerby.example,one.example", "one.example");
        assert!(summary.contains("turn:one.example:3478?transport=tcp turns:one.example:443"), "{summary}");
        let summary = edge("passerby.example", "one.example");
        assert!(summary.contains("turn:one.example:3478") && !summary.contains("turns:"), "{summary}");
        let summary = edge("passerby.example", "");
        assert!(summary.contains("no relay in this process"), "{summary}");
    }
}
