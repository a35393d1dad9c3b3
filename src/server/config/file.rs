//! The configuration file: which one is read, and how a new one is written.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The file that is read if none is named. It may be missing.
pub const DEFAULT: &str = "Leptos.toml";

/// The text of a new file: every key with its meaning and its default.
const TEXT: &str = include_str!("../../../Leptos.toml");

/// The file to read: the named one, or else the default one if the current folder has it.
pub fn find(named: Option<PathBuf>) -> Option<PathBuf> {
    let is_missing = || fs::symlink_metadata(DEFAULT).is_err_and(|it| it.kind() == io::ErrorKind::NotFound);
    named.or_else(|| (!is_missing()).then(|| DEFAULT.into()))
}

/// Writes a new file that contains every key with its meaning and its default.
///
/// # Errors
///
/// If the file cannot be written, also because there is one already: it stays as it is.
pub fn create(path: &Path) -> io::Result<()> {
    fs::File::create_new(path)?.write_all(TEXT.as_bytes())
}
