//! The server program.

use std::{
    io::{self, Write},
    path::PathBuf,
    process,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use passerby::server::{self, Config, InheritedSockets, Listeners, Resolved};
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
    /// Check whether the server can start with this configuration, say what visitors get, and exit
    #[arg(long)]
    check_config: bool,
    /// Ask a running server with this configuration whether it is alive, and exit with 0 if it is
    #[arg(long, conflicts_with = "check_config")]
    health: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do instead of serving the page.
#[derive(Subcommand)]
enum Command {
    /// Run only the relay, for a server whose configuration says `relay.apart`
    Relay,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // Before there are threads.
    let inherited = InheritedSockets::take()?;
    let resolved = load(&arguments, &inherited)
        .with_context(|| format!("cannot start with {}", arguments.config.display()))?;
    if arguments.check_config {
        return Ok(writeln!(io::stdout(), "{}", resolved.summary())?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if arguments.health {
        return runtime.block_on(server::check_health(&resolved));
    }
    server::start_log(&resolved.log)?;
    server::raise_open_files_limit(resolved.max_connections, resolved.limits.open);
    runtime.block_on(async {
        let stop_requested = stop_requested()?;
        match arguments.command {
            Some(Command::Relay) => server::run_relay(resolved, stop_requested).await,
            None => {
                let listeners = Listeners::bind(&resolved, inherited)?;
                server::run(resolved, listeners, stop_requested).await
            }
        }
    })
}

fn load(arguments: &Arguments, inherited: &InheritedSockets) -> anyhow::Result<Resolved> {
    let mut config = Config::load(&arguments.config, server::config::process_environment())?;
    inherited.replace_addresses(&mut config)?;
    Ok(config.resolve()?)
}

/// Ends when the process is told to stop. A second signal exits at once.
fn stop_requested() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut stop_signal = async move || {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    };
    Ok(async move {
        stop_signal().await;
        tokio::spawn(async move {
            stop_signal().await;
            process::exit(1)
        });
    })
}
