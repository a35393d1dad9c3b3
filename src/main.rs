//! The server program.

use std::{path::PathBuf, process};

use anyhow::Context;
use clap::Parser;
use passerby::server::{self, Config, Listeners};
use tikv_jemallocator::Jemalloc;
use tokio::signal::unix::{SignalKind, signal};

/// Returns freed memory to the system. glibc's allocator keeps so much of it that a peer costs 14 KiB after a call, not
/// 8 (`make load`). A background thread purges it; otherwise memory is purged only on allocation, which is rare after a
/// burst of calls.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Introduces strangers to each other for a video call.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file; its first lines explain how the environment overrides it
    #[arg(long, value_name = "PATH", default_value = "Leptos.toml")]
    config: PathBuf,
    /// Check whether the server can start with this configuration, and exit
    #[arg(long)]
    check_config: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let resolved = Config::load(&arguments.config, server::config::process_environment())
        .and_then(Config::resolve)
        .with_context(|| format!("cannot start with {}", arguments.config.display()))?;
    if arguments.check_config {
        return Ok(());
    }
    server::start_log(&resolved.log)?;
    server::raise_open_files_limit(resolved.max_connections, resolved.limits.open);
    let listeners = Listeners::bind(&resolved).await?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut stop_signal = async move || {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    };
    let stop_requested = async move {
        stop_signal().await;
        // A second signal exits at once.
        tokio::spawn(async move {
            stop_signal().await;
            process::exit(1)
        });
    };
    server::run(resolved, listeners, stop_requested).await
}
