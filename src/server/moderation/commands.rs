//! The command lines around the moderation store. They work beside a running server.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::{
    moderation::{Anchor, Stamp, hex, offline},
    server::{
        clock::{random_key, stamp},
        config::Config,
    },
};

/// What an operator does with the moderation store besides serving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModerationCommand {
    /// Copies the database to a new file.
    Backup(PathBuf),
    /// Adds a moderator of this name.
    AddModerator(String),
    /// Lists the moderators.
    ListModerators,
    /// Removes the moderator of this name.
    RemoveModerator(String),
    /// Verifies the audit log.
    VerifyAudit,
    /// Writes the audit log to a new file.
    ExportAudit(PathBuf),
}

/// Runs a command on the store in `state.dir`, and returns what is to be printed.
///
/// # Errors
///
/// If `state.dir` is empty, the store or the file cannot be used, or the command is refused; the text says why.
pub fn run_moderation_command(config: &Config, command: ModerationCommand) -> anyhow::Result<String> {
    let dir = &*config.state.dir;
    if dir.as_os_str().is_empty() {
        bail!("`state.dir` is empty: without it there is no moderation");
    }
    run(dir, command).with_context(|| format!("`state.dir` {}", dir.display()))
}

fn run(dir: &Path, command: ModerationCommand) -> anyhow::Result<String> {
    // A token of a moderator must not depend on randomness that could not be read.
    let stamp = Stamp { random: random_key().context("the system has no randomness")?, ..stamp() };
    Ok(match command {
        ModerationCommand::Backup(file) => {
            offline::backup(dir, stamp, &file).with_context(|| format!("cannot write {}", file.display()))?;
            format!("{} has the moderation database, without the keys of the networks.", file.display())
        }
        ModerationCommand::AddModerator(name) => {
            let token = offline::add_moderator(dir, stamp, &name)?;
            format!("The token of {name}, which is shown only now:\n{}", *token)
        }
        ModerationCommand::ListModerators => {
            let all = offline::moderators(dir, stamp)?;
            let lines: Vec<_> =
                all.iter().map(|it| format!("{} since {}", it.name, it.added.utc_day())).collect();
            if lines.is_empty() { "There is no moderator.".to_owned() } else { lines.join("\n") }
        }
        ModerationCommand::RemoveModerator(name) => {
            offline::remove_moderator(dir, stamp, &name).with_context(|| format!("moderator {name}"))?;
            format!("The token of {name} is no longer valid.")
        }
        ModerationCommand::VerifyAudit => describe(offline::verify_audit(dir)?),
        ModerationCommand::ExportAudit(file) => {
            let exported = offline::export_audit(dir, stamp, &file);
            describe(exported.with_context(|| format!("cannot write {}", file.display()))?)
        }
    })
}

/// What was verified. The last hash, noted elsewhere, shows later whether the newest rows were removed.
fn describe((last, count): (Anchor, u64)) -> String {
    format!("The audit log is unchanged: {count} rows. Row {} has the hash {}.", last.number, hex(&last.hash))
}
