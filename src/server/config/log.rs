//! `[log]` and `[metrics]`: what the server tells its operator.

use std::net::SocketAddr;

use serde::Deserialize;

use super::value::{InvalidKey, address_or_none};

/// `[log]`: what is written to standard error.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct LogSettings {
    /// Plain text for people or one JSON object per line for machines. Default: text. `PASSERBY__LOG__FORMAT`.
    pub format: LogFormat,
    /// Directives of tracing-subscriber's `EnvFilter`. Default: info. `PASSERBY__LOG__FILTER`.
    pub filter: String,
}

/// `[metrics]`: where Prometheus can scrape metrics.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct MetricsSettings {
    /// The address of the listener for `/metrics`, empty for none. Default: 127.0.0.1:3002. `PASSERBY__METRICS__ADDR`.
    #[serde(deserialize_with = "address_or_none")]
    pub addr: Option<SocketAddr>,
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

impl Default for MetricsSettings {
    fn default() -> Self {
        Self { addr: Some(SocketAddr::from(([127, 0, 0, 1], 3002))) }
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
