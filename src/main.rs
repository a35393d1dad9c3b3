//! The server program.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use passerby::server::{
    self, Config, InheritedSockets, Listeners, ModerationCommand, Resolved, config, site_files::EmbeddedPage,
};
use tikv_jemallocator::Jemalloc;
use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

/// Returns freed memory to the system. glibc's allocator keeps so much of it that a peer costs 14 KiB after a call, not
/// 8 (`make load`). A background thread purges it; otherwise memory is purged only on allocation, which is rare after a
/// burst of calls.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Introduces strangers to each other for a video call.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file [default: Leptos.toml, if the current folder has it]; its first lines explain how the
    /// environment overrides it
    #[arg(long, value_name = "PATH", global = true)]
    config: Option<PathBuf>,
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
    /// Write a configuration file with every key, its meaning and its default
    Init {
        /// The new file
        #[arg(default_value = config::file::DEFAULT)]
        path: PathBuf,
    },
    /// Run only the relay, for a server whose configuration says `relay.apart`
    Relay,
    /// Copy the moderation database to a new file, also beside a running server
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Say who may moderate
    #[command(subcommand)]
    Moderator(ModeratorCommand),
    /// Look at the log of what moderators saw and did
    #[command(subcommand)]
    Audit(AuditCommand),
}

/// What to do with the moderators.
#[derive(Subcommand)]
enum ModeratorCommand {
    /// Add a moderator, and print the token with which the person signs in; it is shown only once
    Add {
        /// The name in the log: letters, digits, dots, hyphens and underscores
        name: String,
    },
    /// List the moderators
    List,
    /// Remove a moderator, whose token is invalid from then on
    Remove {
        /// The name
        name: String,
    },
}

/// What to do with the audit log.
#[derive(Subcommand)]
enum AuditCommand {
    /// Check that no row was changed or removed, and print the hash of the last one
    Verify,
    /// Check it, and write it to a new file, one row a line (JSON)
    Export {
        /// The new file
        file: PathBuf,
    },
}

impl From<ModeratorCommand> for ModerationCommand {
    fn from(command: ModeratorCommand) -> Self {
        match command {
            ModeratorCommand::Add { name } => Self::AddModerator(name),
            ModeratorCommand::List => Self::ListModerators,
            ModeratorCommand::Remove { name } => Self::RemoveModerator(name),
        }
    }
}

impl From<AuditCommand> for ModerationCommand {
    fn from(command: AuditCommand) -> Self {
        match command {
            AuditCommand::Verify => Self::VerifyAudit,
            AuditCommand::Export { file } => Self::ExportAudit(file),
        }
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let runs_relay = match arguments.command {
        Some(Command::Init { path }) => return init(&path),
        Some(Command::Relay) => true,
        Some(Command::Backup { file }) => {
            return moderate(arguments.config, ModerationCommand::Backup(file));
        }
        Some(Command::Moderator(command)) => return moderate(arguments.config, command.into()),
        Some(Command::Audit(command)) => return moderate(arguments.config, command.into()),
        None => false,
    };
    // Before there are threads.
    let inherited = InheritedSockets::take()?;
    let file = config::file::find(arguments.config);
    let resolved = load(file.as_deref(), &inherited).with_context(|| match &file {
        Some(path) => format!("cannot start with {}", path.display()),
        None => "cannot start with the default configuration".to_owned(),
    })?;
    let workers = Builder::new_multi_thread().enable_all().build()?;
    if arguments.check_config {
        let found = workers.block_on(server::check_cluster(&resolved))?;
        let lines = [resolved.summary()].into_iter().chain(found);
        return Ok(lines.into_iter().try_for_each(|it| writeln!(io::stdout(), "{it}"))?);
    }
    if arguments.health {
        return workers.block_on(server::check_health(&resolved));
    }
    server::start_log(&resolved.log)?;
    server::raise_open_files_limit(resolved.connections());
    if runs_relay {
        return workers.block_on(async { server::run_relay(resolved, stop_requested()?).await });
    }
    // The thread of the driver and of all sockets.
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listeners = Listeners::bind(&resolved, inherited, workers.handle())?;
        server::run(resolved, listeners, workers.handle().clone(), stop_requested()?).await
    })
}

fn init(path: &Path) -> anyhow::Result<()> {
    let name = path.display();
    config::file::create(path).with_context(|| format!("cannot write {name}"))?;
    let start = if path == Path::new(config::file::DEFAULT) {
        "passerby".to_owned()
    } else {
        format!("passerby --config {name}")
    };
    writeln!(io::stdout(), "Change what you need in {name}, then start the server with `{start}`.")?;
    Ok(())
}

/// Runs a command on the moderation store. It needs no page, so the configuration is read but not resolved.
fn moderate(file: Option<PathBuf>, command: ModerationCommand) -> anyhow::Result<()> {
    let config = Config::load(config::file::find(file).as_deref(), config::process_environment())?;
    let text = server::run_moderation_command(&config, command)?;
    Ok(writeln!(io::stdout(), "{text}")?)
}

fn load(file: Option<&Path>, inherited: &InheritedSockets) -> anyhow::Result<Resolved> {
    let mut config = Config::load(file, config::process_environment())?;
    config.embedded = embedded_page();
    inherited.replace_addresses(&mut config)?;
    Ok(config.resolve()?)
}

/// The page inside the program; none without the feature `embed`.
#[cfg(not(feature = "embed"))]
fn embedded_page() -> Option<EmbeddedPage> {
    None
}

/// The page inside the program, as the build has left it in a folder.
#[cfg(feature = "embed")]
fn embedded_page() -> Option<EmbeddedPage> {
    use std::time::{Duration, SystemTime};

    use passerby::server::site_files::EmbeddedFile;

    // Lints run before there is a page. A program without one does not start.
    #[derive(rust_embed::Embed)]
    #[folder = "target/site"]
    #[allow_missing = true]
    struct Files;

    // Not the Makefile's stamp.
    let paths = Files::iter().filter(|it| !it.starts_with('.'));
    let files = paths.filter_map(|path| {
        let file = Files::get(&path)?;
        let seconds = file.metadata.last_modified().unwrap_or_default();
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        Some((path.into_owned(), EmbeddedFile { contents: file.data, modified }))
    });
    Some(EmbeddedPage::new(files))
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
