//! What operators can set, read once at the start; it must not know what the settings do.

pub mod limits;
pub(crate) mod ice;

use std::{collections::BTreeMap, net::SocketAddr, path::Path};

use config::{ConfigError, File, FileFormat};
use leptos::config::LeptosOptions;
use serde::{Deserialize, Deserializer, de};

use super::{
    http::{
        client_ip::{self, ForwardedHeader, Proxies},
        origin::{self, Origins},
    },
    tls::Tls,
};
use ice::{Ice, State};
use limits::Limits;

/// Everything. Each key is named in an error as `table.key`, with the environment variable if it came from there.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[tls]`
    pub tls: Tls,
    /// `[limits]`
    pub limits: Limits,
    /// `[metrics]`
    pub metrics: Metrics,
    /// `[ice]`
    pub ice: Ice,
    /// `[state]`
    pub state: State,
    /// `[log]`
    pub log: Log,
    /// `[package.metadata.leptos]`; each key is overridden by `LEPTOS_KEY`.
    pub leptos: LeptosOptions,
    /// Whether `cargo leptos watch` has started this server (`LEPTOS_WATCH`): pages then load its reload script.
    pub watched: bool,
}

/// Who may connect, how many, and how it ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Server {
    /// Origins whose pages may open `/ws`: scheme, host and port, nothing else. Default: none, which is allowed on loopback
    /// only, where the server's own pages may. `PASSERBY__SERVER__ORIGINS`, separated by commas.
    pub origins: Vec<String>,
    /// Addresses and networks of the proxies in front of this server, whose word is taken for where a request comes from.
    /// Default: none. `PASSERBY__SERVER__PROXIES`, separated by commas.
    pub proxies: Vec<String>,
    /// Where they write it: `x-forwarded-for` or `forwarded`. Default: x-forwarded-for.
    /// `PASSERBY__SERVER__FORWARDED_HEADER`.
    pub forwarded_header: ForwardedHeader,
    /// Peers at most, those who may still come back included; 1 or more. Default: 10000. `PASSERBY__SERVER__MAX_CONNECTIONS`.
    pub max_connections: usize,
    /// Seconds that calls are given when the server is told to stop, 1 to 300. Default: 8, because `cargo leptos watch`
    /// kills after 10. `PASSERBY__SERVER__GRACE_SECONDS`.
    pub grace_seconds: u64,
}

/// Where the numbers are told.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// The address of the listener for `/metrics`, empty for none. Default: 127.0.0.1:3002. `PASSERBY__METRICS__ADDR`.
    #[serde(deserialize_with = "address_or_none")]
    pub addr: Option<SocketAddr>,
}

/// What is written to standard error.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Log {
    /// One line for people or one JSON object for machines. Default: text. `PASSERBY__LOG__FORMAT`.
    pub format: Format,
    /// Directives of tracing-subscriber's `EnvFilter`. Default: info. `PASSERBY__LOG__FILTER`.
    pub filter: String,
}

/// The shape of a line in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

impl Default for Server {
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

impl Default for Metrics {
    fn default() -> Self {
        Self { addr: Some(SocketAddr::from(([127, 0, 0, 1], 3002))) }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: Format::default(), filter: "info".into() }
    }
}

/// The settings as they stand in the file.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    server: Server,
    #[serde(default)]
    tls: Tls,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    metrics: Metrics,
    #[serde(default)]
    ice: Ice,
    #[serde(default)]
    state: State,
    #[serde(default)]
    log: Log,
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    leptos: LeptosOptions,
}

/// Why the server does not start; each message names the key.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read or is no TOML, or a value is of the wrong type.
    #[error("{0}{1}")]
    Unreadable(ConfigError, Origin),
    /// There is no such key.
    #[error("unknown key `{0}`{1}")]
    Unknown(String, Origin),
    /// The value cannot be meant.
    #[error("`{key}` {problem}{origin}")]
    Impossible {
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        problem: String,
        /// Where it was set.
        origin: Origin,
    },
}

/// The environment variable that a value came from, if it did.
#[derive(Debug, Default)]
pub struct Origin(Option<String>);

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |name| write!(f, " (set by the environment variable {name})"))
    }
}

/// Leptos' keys in the environment; a `LEPTOS_` variable that is not listed is for the build.
const LEPTOS_KEYS: [(&str, &str); 11] = [
    ("LEPTOS_OUTPUT_NAME", "output-name"),
    ("LEPTOS_SITE_ROOT", "site-root"),
    ("LEPTOS_SITE_PKG_DIR", "site-pkg-dir"),
    ("LEPTOS_ENV", "env"),
    ("LEPTOS_SITE_ADDR", "site-addr"),
    ("LEPTOS_RELOAD_PORT", "reload-port"),
    ("LEPTOS_RELOAD_EXTERNAL_PORT", "reload-external-port"),
    ("LEPTOS_RELOAD_WS_PROTOCOL", "reload-ws-protocol"),
    ("LEPTOS_NOT_FOUND_PATH", "not-found-path"),
    ("LEPTOS_HASH_FILE_NAME", "hash-file"),
    ("LEPTOS_HASH_FILES", "hash-files"),
];

/// What the environment sets: from the key to the variable's name and value.
struct Overrides(BTreeMap<String, (String, String)>);

impl Overrides {
    fn new(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let key = |name: &str| match name.strip_prefix("PASSERBY__") {
            Some(path) => Some(path.to_lowercase().replace("__", ".")),
            None => LEPTOS_KEYS
                .iter()
                .find(|it| it.0 == name)
                .map(|it| format!("package.metadata.leptos.{}", it.1)),
        };
        let set = environment.into_iter().filter_map(|(name, value)| Some((key(&name)?, (name, value))));
        Self(set.collect())
    }

    fn origin(&self, key: Option<&str>) -> Origin {
        Origin(key.and_then(|key| self.0.get(key)).map(|(name, _)| name.clone()))
    }
}

/// The process's environment; what is no UTF-8 in it cannot be meant for us.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Config {
    /// Reads the file, then what the environment ([`environment`]) overrides.
    ///
    /// # Errors
    ///
    /// A [`Problem`] with a key that is unknown, of the wrong type or impossible.
    pub fn load(
        path: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Problem> {
        let file = File::from(path).format(FileFormat::Toml);
        Self::read(config::Config::builder().add_source(file), environment)
    }

    fn read(
        mut builder: config::ConfigBuilder<config::builder::DefaultState>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Problem> {
        let environment: Vec<_> = environment.into_iter().collect();
        let watched = environment.iter().any(|(name, _)| name == "LEPTOS_WATCH");
        let overrides = Overrides::new(environment);
        let unreadable = |error: ConfigError| {
            let origin = overrides.origin(key_of(&error));
            Problem::Unreadable(error, origin)
        };
        for (key, (_, value)) in &overrides.0 {
            builder = match key.as_str() {
                "server.origins" | "server.proxies" | "tls.domains" | "ice.stun" | "ice.turn" => {
                    builder.set_override(key, list(value))
                }
                _ => builder.set_override(key, value.as_str()),
            }
            .map_err(unreadable)?;
        }
        let mut unknown = None;
        let document: Document = builder
            .build()
            .and_then(|it| {
                serde_ignored::deserialize(it, |path| unknown = unknown.take().or(Some(path.to_string())))
            })
            .map_err(unreadable)?;
        if let Some(key) = unknown {
            let origin = overrides.origin(Some(&key));
            return Err(Problem::Unknown(key, origin));
        }
        let Document { server, tls, limits, metrics, ice, state, log, package } = document;
        for (key, is_set) in [("ice.secret", ice.secret.is_set()), ("state.key", state.key.is_set())] {
            if is_set && !overrides.0.contains_key(key) {
                let problem = "is a secret and does not belong into a file of settings".into();
                return Err(Problem::Impossible { key, problem, origin: Origin::default() });
            }
        }
        let leptos = package.metadata.leptos;
        let config = Self { server, tls, limits, metrics, ice, state, log, leptos, watched };
        config.check().map_err(|(key, problem)| {
            let origin = overrides.origin(Some(key));
            Problem::Impossible { key, problem, origin }
        })?;
        Ok(config)
    }

    /// Whether the build has left the list of hashed names where Leptos looks for it: without it every page would panic.
    ///
    /// # Errors
    ///
    /// A [`Problem`] with `hash-files`, where it promises a list that is not there.
    pub fn check_build(&self) -> Result<(), Problem> {
        let names = std::env::current_exe().map(|it| it.with_file_name(&*self.leptos.hash_file));
        if !self.leptos.hash_files || names.as_ref().is_ok_and(|it| it.exists()) {
            return Ok(());
        }
        let hash_file = &self.leptos.hash_file;
        Err(Problem::Impossible {
            key: "package.metadata.leptos.hash-files",
            problem: format!(
                "is true, but there is no {hash_file} beside the executable: \
                 build with `cargo leptos build`, or set LEPTOS_HASH_FILES=false"
            ),
            origin: Origin::default(),
        })
    }

    /// What the types do not say.
    fn check(&self) -> Result<(), (&'static str, String)> {
        if self.server.max_connections == 0 {
            return Err(("server.max_connections", "must be 1 or more".into()));
        }
        if !(1..=300).contains(&self.server.grace_seconds) {
            return Err(("server.grace_seconds", "must be 1 to 300".into()));
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log.filter) {
            return Err(("log.filter", format!("is no filter: {error}")));
        }
        self.ice.settle()?;
        self.limits.check()?;
        self.state.known_keys()?;
        if let Err(malformed) = Proxies::new(&self.server.proxies, self.server.forwarded_header) {
            return Err((client_ip::KEY, malformed.to_string()));
        }
        let own = self.tls.settle(&self.state)?.origins(self.leptos.site_addr);
        match Origins::new(self.leptos.site_addr, &self.server.origins, own) {
            Ok(_) => Ok(()),
            Err(error @ (origin::OriginError::Malformed(_) | origin::OriginError::Missing(_))) => {
                Err((origin::KEY, error.to_string()))
            }
        }
    }
}

impl Default for Config {
    /// A server on loopback with every default, as in the `Leptos.toml` of this repository.
    fn default() -> Self {
        let leptos = LeptosOptions::builder().output_name("passerby").site_root("target/site").build();
        Self {
            server: Server::default(),
            tls: Tls::default(),
            limits: Limits::default(),
            metrics: Metrics::default(),
            ice: Ice::default(),
            state: State::default(),
            log: Log::default(),
            leptos,
            watched: false,
        }
    }
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

fn key_of(error: &ConfigError) -> Option<&str> {
    if let ConfigError::At { key, .. } | ConfigError::Type { key, .. } = error {
        key.as_deref()
    } else {
        None
    }
}

pub(crate) fn address_or_none<'de, D: Deserializer<'de>>(input: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(input)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| de::Error::custom(format_args!("{error}: {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::limits::Rate;
    use super::*;

    const LEPTOS: &str = "[package.metadata.leptos]\noutput-name = \"passerby\"\n";

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let file = File::from_str(&format!("{text}\n{LEPTOS}"), FileFormat::Toml);
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(config::Config::builder().add_source(file), environment).map_err(|it| it.to_string())
    }

    fn problem(text: &str, environment: &[(&str, &str)]) -> String {
        read(text, environment).expect_err("it must not start")
    }

    #[test]
    fn without_settings_there_are_the_defaults() {
        let config = read("", &[]).unwrap();
        assert_eq!(config.server.max_connections, 10_000);
        assert_eq!(config.metrics.addr.unwrap().to_string(), "127.0.0.1:3002");
        assert_eq!(config.leptos.site_addr.to_string(), "127.0.0.1:3000");
        assert!(!config.watched);
    }

    #[test]
    fn our_file_says_what_the_defaults_say_and_what_the_build_says() {
        let ours = Config::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Leptos.toml")), []).unwrap();
        assert_eq!(
            format!("{:?}{:?}{:?}{:?}", ours.server, ours.tls, ours.limits, ours.metrics),
            format!(
                "{:?}{:?}{:?}{:?}",
                Server::default(),
                Tls::default(),
                Limits::default(),
                Metrics::default()
            )
        );

        let manifest = File::from_str(include_str!("../../../Cargo.toml"), FileFormat::Toml);
        let manifest = config::Config::builder().add_source(manifest).build().unwrap();
        let build = |key: &str| manifest.get_string(&format!("package.metadata.leptos.{key}")).unwrap();
        assert_eq!(*ours.leptos.output_name, build("output-name"));
        assert_eq!(*ours.leptos.site_root, build("site-root"));
        assert_eq!(*ours.leptos.site_pkg_dir, build("site-pkg-dir"));
        assert_eq!(ours.leptos.site_addr.to_string(), build("site-addr"));
        assert_eq!(ours.leptos.reload_port.to_string(), build("reload-port"));
        assert_eq!(ours.leptos.hash_files.to_string(), build("hash-files"));
    }

    #[test]
    fn the_environment_wins() {
        let file = "[server]\nmax_connections = 5\n[limits.peer]\nnexts = { burst = 1, per_minute = 6 }\n[metrics]\naddr = \"127.0.0.1:1\"";
        let environment = [
            ("PASSERBY__SERVER__MAX_CONNECTIONS", "7"),
            ("PASSERBY__SERVER__ORIGINS", "https://a.example, https://b.example:8443"),
            ("PASSERBY__SERVER__PROXIES", "127.0.0.1, 10.0.0.0/8"),
            ("PASSERBY__LIMITS__PEER__NEXTS__BURST", "3"),
            ("PASSERBY__LIMITS__NETWORK__CONNECTIONS", "0"),
            ("PASSERBY__METRICS__ADDR", ""),
            ("PASSERBY__LOG__FORMAT", "json"),
            ("LEPTOS_SITE_ADDR", "0.0.0.0:80"),
            ("LEPTOS_HASH_FILES", "true"),
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
        assert_eq!(config.log.format, Format::Json);
        assert_eq!(config.leptos.site_addr.to_string(), "0.0.0.0:80");
        assert!(config.leptos.hash_files);
        assert!(config.watched);
    }

    #[test]
    fn every_setting_stands_on_the_page_for_operators() {
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
    fn what_is_wrong_is_named() {
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
            ("[tls]\ndomains = [\"a.example\"]", "state.dir"),
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
            ("[limits]\nnetworks = 0", "limits.networks"),
            ("[limits]\nopen = 0", "limits.open"),
            ("[limits]\nhead_seconds = 0", "limits.head_seconds"),
            ("[limits]\nwrite_seconds = 61", "limits.write_seconds"),
            ("[limits]\nhello_seconds = 61", "limits.hello_seconds"),
            ("[limits]\noutbox_kib = 63", "limits.outbox_kib"),
            ("[state]\nkey = \"north\"", "state.key"),
            ("[limits]\noutbox_kib = 4097", "limits.outbox_kib"),
            ("[limits]\nnexts = { burst = 1, per_minute = 1 }", "limits.nexts"),
            ("[limits.peer]\nnexts = { burst = 1, per_minute = 0 }", "limits.peer.nexts"),
            (
                "[limits.peer]\nnexts = { burst = 1, per_hour = 1, per_minute = 1 }",
                "limits.peer.nexts.per_hour",
            ),
            ("[limits.network]\njoins = { burst = 20000, per_minute = 1 }", "limits.network.joins"),
            ("[log]\nformat = \"xml\"", "log.format"),
            ("[log]\nfilter = \"=\\u0000=\"", "log.filter"),
        ] {
            let message = problem(text, &[]);
            assert!(message.contains(&format!("`{key}`")), "{key}: {message}");
        }
    }

    #[test]
    fn what_is_wrong_in_the_environment_is_named_twice() {
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
    fn hashed_names_need_their_list() {
        let mut config = Config::default();
        assert!(config.check_build().is_ok());
        config.leptos.hash_files = true;
        config.leptos.hash_file = "no-such-list.txt".into();
        let message = config.check_build().unwrap_err().to_string();
        assert!(message.contains("hash-files") && message.contains("no-such-list.txt"), "{message}");
    }

    #[test]
    fn a_public_address_needs_origins() {
        let message = problem("", &[("LEPTOS_SITE_ADDR", "0.0.0.0:3000")]);
        assert!(message.contains("`server.origins`"), "{message}");
    }

    #[test]
    fn a_public_address_whose_names_are_known_needs_none() {
        let public = ("LEPTOS_SITE_ADDR", "0.0.0.0:3443");
        assert!(read("", &[public, ("PASSERBY__TLS__SELF_SIGNED", "true")]).is_ok());
        let domains = ("PASSERBY__TLS__DOMAINS", "a.example, b.example");
        let config = read("", &[public, domains, ("PASSERBY__STATE__DIR", "state")]).unwrap();
        assert_eq!(config.tls.domains, ["a.example", "b.example"]);
    }
}
