//! Environment variables that override the configuration file.

use std::{collections::BTreeMap, fmt};

use config::{ConfigBuilder, ConfigError, builder::DefaultState};

/// The prefix of our own variables. Two underscores separate the parts of a key, whose names may contain one.
const PREFIX: &str = "PASSERBY__";

/// Leptos's variables that set a key at run time; any other `LEPTOS_` variable concerns the build.
const LEPTOS_KEYS: [(&str, &str); 7] = [
    ("LEPTOS_OUTPUT_NAME", "output-name"),
    ("LEPTOS_SITE_ROOT", "site-root"),
    ("LEPTOS_SITE_PKG_DIR", "site-pkg-dir"),
    ("LEPTOS_SITE_ADDR", "site-addr"),
    ("LEPTOS_RELOAD_PORT", "reload-port"),
    ("LEPTOS_RELOAD_EXTERNAL_PORT", "reload-external-port"),
    ("LEPTOS_RELOAD_WS_PROTOCOL", "reload-ws-protocol"),
];

/// The environment of the process, without variables that are not UTF-8: no key can be set by one.
pub fn process_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The values that the environment sets.
pub(super) struct Overrides {
    /// From the key to the variable's name and value.
    values: BTreeMap<String, (String, String)>,
    /// Whether `cargo leptos watch` has started this process (`LEPTOS_WATCH`).
    pub(super) is_watched: bool,
}

impl Overrides {
    /// Picks the variables that set a key.
    pub(super) fn new(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut overrides = Self { values: BTreeMap::new(), is_watched: false };
        for (name, value) in environment {
            overrides.is_watched |= name == "LEPTOS_WATCH";
            if let Some(key) = key(&name) {
                overrides.values.insert(key, (name, value));
            }
        }
        overrides
    }

    /// Sets the values on top of those of the file.
    pub(super) fn apply(
        &self,
        mut builder: ConfigBuilder<DefaultState>,
    ) -> Result<ConfigBuilder<DefaultState>, ConfigError> {
        for (key, (_, value)) in &self.values {
            builder = builder.set_override(key, value.as_str())?;
        }
        Ok(builder)
    }

    /// Which variable sets which key.
    pub(super) fn variables(&self) -> Variables {
        Variables(self.values.iter().map(|(key, (name, _))| (key.clone(), name.clone())).collect())
    }
}

/// The key that a variable sets, if it sets one.
fn key(variable: &str) -> Option<String> {
    if let Some(path) = variable.strip_prefix(PREFIX) {
        return Some(path.to_lowercase().replace("__", "."));
    }
    let (_, key) = LEPTOS_KEYS.iter().find(|it| it.0 == variable)?;
    Some(format!("package.metadata.leptos.{key}"))
}

/// From a key to the name of the variable that sets it. It holds no values: they may be secret.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Whether the environment sets this key.
    pub(super) fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// What to add to an error about this key.
    pub(super) fn set_by(&self, key: Option<&str>) -> SetBy {
        SetBy(key.and_then(|key| self.0.get(key)).cloned())
    }
}

/// The environment variable that a value came from; none for a value from the file.
#[derive(Debug, Default)]
pub struct SetBy(Option<String>);

impl fmt::Display for SetBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |name| write!(f, " (set by the environment variable {name})"))
    }
}
