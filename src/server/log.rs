//! The log of the process, on standard error.

use tracing_subscriber::{EnvFilter, fmt};

use super::config::{LogFormat, LogSettings};

/// Starts the log.
///
/// # Errors
///
/// If the filter is invalid, or the process has a log already.
pub fn start_log(log: &LogSettings) -> anyhow::Result<()> {
    let lines = fmt().with_env_filter(EnvFilter::try_new(&log.filter)?).with_writer(std::io::stderr);
    // Not `init`: it would also forward the `log` crate, where parsers write what they parse.
    match log.format {
        LogFormat::Text => tracing::subscriber::set_global_default(lines.finish())?,
        LogFormat::Json => tracing::subscriber::set_global_default(lines.json().finish())?,
    }
    Ok(())
}
