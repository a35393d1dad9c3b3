//! `[state]`: what must outlive the server, above all the keys that seal tickets and sign device names.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::value::{InvalidKey, SecretText};
use crate::{matchmaker::Keys, server::clock::random_key};

/// The file in the state directory that holds the keys, one a line.
const KEY_FILE: &str = "ticket.key";

/// The maximum number of keys. Every former key adds one lookup per pair that a page remembers.
const MAX_KEYS: usize = 4;

/// What must outlive the server.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct StateSettings {
    /// The directory in which the server creates its key once, and keeps certificates and the moderation database.
    /// Empty for none, on private servers only: then calls do not survive a restart, and there is no moderation.
    /// Default: state, in the current folder. `PASSERBY__STATE__DIR`.
    pub dir: PathBuf,
    /// The key itself, 64 hexadecimal digits, instead of the file. Former keys may follow, separated by commas. Set by
    /// the environment only: `PASSERBY__STATE__KEY`.
    pub key: SecretText,
}

/// Where the keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// The configuration or the key file: the key that signs, then its former keys.
    Existing(Keys),
    /// A state directory without a key file.
    Create(PathBuf),
    /// No state directory: a random key for as long as the server runs.
    Temporary,
}

impl Default for StateSettings {
    fn default() -> Self {
        Self { dir: "state".into(), key: SecretText::default() }
    }
}

impl StateSettings {
    /// Reads the configured keys, or else those in the lines of the key file. Creates nothing.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if a key is malformed or the key file cannot be read.
    pub(crate) fn resolve(&self) -> Result<KeySource, InvalidKey> {
        if self.key.is_set() {
            let keys = parse_keys(self.key.0.expose_secret().split(',')).ok_or_else(|| {
                let problem = format!("must be 64 hexadecimal digits, or up to {MAX_KEYS} keys with commas");
                InvalidKey::new("state.key", problem)
            })?;
            return Ok(KeySource::Existing(keys));
        }
        if self.dir.as_os_str().is_empty() {
            return Ok(KeySource::Temporary);
        }
        Ok(read_keys(&self.dir)?.map_or_else(|| KeySource::Create(self.dir.clone()), KeySource::Existing))
    }
}

impl StateSettings {
    /// Where the moderation store is; `None` without a state directory, and then there is no moderation.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] without a state directory, if strangers can reach this origin of the server.
    pub(crate) fn moderation_dir(&self, public: Option<&str>) -> Result<Option<PathBuf>, InvalidKey> {
        match (self.dir.as_os_str().is_empty(), public) {
            (false, _) => Ok(Some(self.dir.clone())),
            (true, None) => Ok(None),
            (true, Some(origin)) => {
                let problem = format!(
                    "is empty, but strangers can reach {origin}: a public server must keep reports and bans (or use \
                     the server in a private network only)"
                );
                Err(InvalidKey::new("state.dir", problem))
            }
        }
    }
}

/// Whether there is moderation, and whether another process has the store, in words for the operator.
pub(crate) fn describe_moderation(dir: Option<&Path>, is_elsewhere: bool) -> String {
    match dir {
        Some(dir) => {
            format!("moderation is on: reports and bans are kept in {} (`state.dir`)", dir.display())
        }
        None if is_elsewhere => {
            "moderation is on: another process keeps reports and bans (`moderation.home`)".to_owned()
        }
        None => "moderation is off, and nobody can report anybody: `state.dir` is empty".to_owned(),
    }
}

impl KeySource {
    /// The keys that there are, for a process that must have the same ones as the server.
    ///
    /// # Errors
    ///
    /// If there are none yet.
    pub(crate) fn load(self) -> anyhow::Result<Keys> {
        match self {
            Self::Existing(keys) => Ok(keys),
            Self::Create(_) | Self::Temporary => {
                bail!("`state.dir` holds no key: start the server first, or copy its key")
            }
        }
    }

    /// The keys; creates the state directory and the key file if they are missing.
    ///
    /// # Errors
    ///
    /// If the state directory cannot be used, or the operating system has no randomness.
    pub(crate) fn load_or_create(self) -> anyhow::Result<Keys> {
        match self {
            Self::Existing(keys) => Ok(keys),
            Self::Create(dir) => {
                create_key_file(&dir).map_err(|error| unusable(&dir, &error))?;
                // Not the key just made: another server that starts now may have been first.
                let keys = read_keys(&dir)?;
                keys.with_context(|| format!("`state.dir` {}: the key file is gone", dir.display()))
            }
            Self::Temporary => {
                tracing::info!("no `state.dir`: calls do not survive a restart");
                Ok(random_key().context("the system has no randomness")?.into())
            }
        }
    }
}

/// The keys in the key file; `None` if there is no such file.
fn read_keys(dir: &Path) -> Result<Option<Keys>, InvalidKey> {
    let path = dir.join(KEY_FILE);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => Zeroizing::new(text.map_err(|error| unusable(dir, &error))?),
    };
    parse_keys(text.lines()).map(Some).ok_or_else(|| {
        InvalidKey::new("state.dir", format!("{} holds no key of 64 hexadecimal digits", path.display()))
    })
}

fn unusable(dir: &Path, error: &io::Error) -> InvalidKey {
    InvalidKey::new("state.dir", format!("{}: {error}", dir.display()))
}

/// Creates the key file, readable by this user only, unless it exists.
///
/// The key is written to another file first, which is then linked into place: of two servers that start at once, both
/// read the same key, and never half of it.
fn create_key_file(dir: &Path) -> io::Result<()> {
    let path = dir.join(KEY_FILE);
    fs::create_dir_all(dir)?;
    if path.exists() {
        return Ok(());
    }
    let hex: String = random_key()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let unlinked = path.with_extension(&hex[..16]);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unlinked)?;
    let linked =
        writeln!(file, "{hex}").and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&unlinked, &path));
    fs::remove_file(&unlinked)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The keys in these texts; the first one signs.
fn parse_keys<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Keys> {
    let all: Vec<_> = texts.take(MAX_KEYS + 1).map(|it| parse_key(it.trim())).collect::<Option<_>>()?;
    let (first, former) = all.split_first().filter(|(_, former)| former.len() < MAX_KEYS)?;
    Some(Keys::new(*first, former.to_vec()))
}

fn parse_key(hex: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh_dir(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("passerby-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    #[test]
    fn a_public_server_needs_a_place_for_reports() {
        let state = |dir: &str| StateSettings { dir: dir.into(), ..StateSettings::default() };
        let public = Some("https://passerby.example");
        assert_eq!(state("here").moderation_dir(public), Ok(Some("here".into())));
        assert_eq!(state("here").moderation_dir(None), Ok(Some("here".into())));
        assert_eq!(state("").moderation_dir(None), Ok(None));
        let error = state("").moderation_dir(public).unwrap_err();
        assert_eq!(error.key, "state.dir");
        assert!(error.to_string().contains("https://passerby.example"), "{error}");
    }

    #[test]
    fn creates_the_key_once_and_for_this_user_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = fresh_dir("key");
        let state = StateSettings { dir: dir.clone(), ..StateSettings::default() };
        assert_eq!(state.resolve(), Ok(KeySource::Create(dir.clone())));
        assert!(!dir.exists(), "resolving only reads");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| state.resolve().unwrap().load_or_create())).collect();
            threads.into_iter().map(|it| it.join().unwrap().unwrap()).collect()
        });
        assert!(keys.iter().all(|it| *it == keys[0]));
        let mode = fs::metadata(dir.join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "no other file is left in the directory");
        fs::write(dir.join(KEY_FILE), "no key").unwrap();
        assert_eq!(state.resolve().unwrap_err().key, "state.dir");
        let (new, old) = ("1a".repeat(32), "0f".repeat(32));
        fs::write(dir.join(KEY_FILE), format!("{new}\n{old}\n")).unwrap();
        assert_eq!(state.resolve(), Ok(KeySource::Existing(Keys::new([26; 32], vec![[15; 32]]))));
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn an_unusable_state_dir_is_named_when_the_key_is_created() {
        let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml/state"));
        let error = KeySource::Create(dir).load_or_create().unwrap_err();
        assert!(error.to_string().contains("`state.dir`"), "{error}");
    }

    #[test]
    fn a_configured_key_wins_and_must_be_well_formed() {
        let resolve =
            |key: &str| StateSettings { key: SecretText(key.into()), ..StateSettings::default() }.resolve();
        let (new, old) = ("1a".repeat(32), "0f".repeat(32));
        assert_eq!(resolve(&old), Ok(KeySource::Existing([15; 32].into())));
        assert_eq!(
            resolve(&format!("{new}, {old}")),
            Ok(KeySource::Existing(Keys::new([26; 32], vec![[15; 32]]))),
            "a former key is still accepted"
        );
        for wrong in ["0f", &"xy".repeat(32), &format!("{new},"), &[&*old; MAX_KEYS + 1].join(",")] {
            assert_eq!(resolve(wrong).unwrap_err().key, "state.key");
        }
        let nowhere = StateSettings { dir: PathBuf::new(), ..StateSettings::default() };
        assert_eq!(nowhere.resolve(), Ok(KeySource::Temporary));
    }
}
