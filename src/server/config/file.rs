//! The configuration file: which one is read.

use std::{fs, io, path::PathBuf};

/// The file that is read if none is named. It may be missing.
pub const DEFAULT: &str = "Leptos.toml";

/// The file to read: the named one, or else the default one if the current folder has it.
pub fn find(named: Option<PathBuf>) -> Option<PathBuf> {
    let is_missing = || fs::symlink_metadata(DEFAULT).is_err_and(|it| it.kind() == io::ErrorKind::NotFound);
    named.or_else(|| (!is_missing()).then(|| DEFAULT.into()))
}
