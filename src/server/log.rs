//! The log of the process, on standard error.

use tracing_subscriber::{EnvFilter, fmt};

use super::config::{LogFormat, LogSettings};

/// Libraries of the relay. They warn of each malformed packet, and anybody can send those; and they would log keys.
const QUIET: [&str; 3] = ["stun_types", "stun_proto", "turn_types"];

/// Starts the log.
///
/// # Errors
///
/// If the filter is invalid, or the process has a log already.
pub fn start_log(log: &LogSettings) -> anyhow::Result<()> {
    let mut filter = EnvFilter::try_new(&log.filter)?;
    for target in QUIET {
        filter = filter.add_directive(format!("{target}=off").parse()?);
    }
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Not `init`: it would also forward the `log` crate, where parsers write what they parse.
    match log.format {
        LogFormat::Text => tracing::subscriber::set_global_default(lines.finish())?,
        LogFormat::Json => tracing::subscriber::set_global_default(lines.json().finish())?,
    }
    Ok(())
}
