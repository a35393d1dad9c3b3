//! The driver of the moderation store; for now its command lines.

mod commands;

pub use commands::{ModerationCommand, run_moderation_command};
