//! `[log]`: what is written to standard error.

use serde::Deserialize;

use super::value::InvalidKey;

/// `[log]`: what is written to standard error.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct LogSettings {
    /// Plain text for people or one JSON object per line for machines. Default: text. `PASSERBY__LOG__FORMAT`.
    pub format: LogFormat,
    /// Directives of tracing-subscriber's `EnvFilter`. Default: info. `PASSERBY__LOG__FILTER`.
    pub filter: String,
}

/// The format of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: "info".into() }
    }
}

impl LogSettings {
    /// Checks the filter.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if it is not one.
    pub(super) fn check(&self) -> Result<(), InvalidKey> {
        tracing_subscriber::EnvFilter::try_new(&self.filter)
            .map(drop)
            .map_err(|error| InvalidKey::new("log.filter", format!("is not a valid filter: {error}")))
    }
}
