//! The server program.

use std::{path::PathBuf, process};

use anyhow::Context;
use clap::Parser;
use passerby::server::{self, Config, Listeners};
use tikv_jemallocator::Jemalloc;
use tokio::signal::unix::{SignalKind, signal};

/// Gives back what a thousand calls have freed; glibc's keeps so much of it that a peer after a call costs 14 KiB, not 8
/// (`make load`). A thread of its own does so: else it is done in passing by whoever allocates, and after a rush of calls
/// hardly anybody does.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Introduces strangers to each other for a video call.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The configuration; it says itself how the environment overrides it
    #[arg(long, value_name = "PATH", default_value = "Leptos.toml")]
    config: PathBuf,
    /// Say whether the server could start with the configuration, and exit
    #[arg(long)]
    check_config: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = Config::load(&arguments.config, server::config::environment())
        .with_context(|| format!("cannot start with {}", arguments.config.display()))?;
    if arguments.check_config {
        return Ok(config.check_build()?);
    }
    server::start_log(&config.log)?;
    server::allow_open_files(config.server.max_connections, config.limits.open);
    let listeners = Listeners::bind(&config).await?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut told_to_stop = async move || {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    };
    let shutdown = async move {
        told_to_stop().await;
        // Who says it twice does not want to wait.
        tokio::spawn(async move {
            told_to_stop().await;
            process::exit(1)
        });
    };
    server::run(config, listeners, shutdown).await
}
