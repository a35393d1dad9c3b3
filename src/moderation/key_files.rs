//! The keys of [`NetworkTags`] as files beside the database, so that a backup of the database has none.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::rules::{
    network_tags::{KeyPlan, Month, MonthKey, NetworkTags},
    unix_time::{Stamp, UnixTime},
};

/// How the names of the files begin and end; the month is in between.
const NAME: [&str; 2] = ["network-", ".key"];

/// The keys of this month and of the last one. Creates the one and deletes old ones, as [`KeyPlan`] says.
///
/// An old key that cannot be deleted is logged only: it is not read, so nothing recognises its tags any more, and
/// without the keys of today the server could not run. [`delete_old`] tries it again.
///
/// # Errors
///
/// If the directory cannot be used, or a file has no key.
pub(crate) fn load(dir: &Path, stamp: Stamp) -> io::Result<NetworkTags> {
    fs::create_dir_all(dir)?;
    let plan = KeyPlan::at(stamp.now, &months(dir)?);
    if let Some(month) = plan.create {
        create(&path(dir, month), &stamp.random)?;
    }
    if let Err(error) = delete(dir, &plan.delete) {
        tracing::warn!(%error, "an old key of the networks is not deleted yet");
    }
    let month = Month::of(stamp.now);
    // Not the key just made: another process may have been first.
    let current = read(&path(dir, month))?.ok_or(io::ErrorKind::NotFound)?;
    Ok(NetworkTags::new(month, current, read(&path(dir, month.previous()))?))
}

/// Deletes the keys that nobody may have any more. To be called every hour, for those that could not be deleted before.
///
/// # Errors
///
/// If one of them cannot be deleted; the others are.
pub(crate) fn delete_old(dir: &Path, now: UnixTime) -> io::Result<()> {
    delete(dir, &KeyPlan::at(now, &months(dir)?).delete)
}

/// Deletes the keys of these months, as far as it can.
fn delete(dir: &Path, months: &[Month]) -> io::Result<()> {
    let mut result = Ok(());
    for month in months {
        let path = path(dir, *month);
        match fs::remove_file(&path) {
            // Another process may have done it.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                result = Err(io::Error::new(error.kind(), format!("{}: {error}", path.display())));
            }
            Ok(()) | Err(_) => {}
        }
    }
    result
}

fn path(dir: &Path, month: Month) -> PathBuf {
    dir.join(format!("{}{month}{}", NAME[0], NAME[1]))
}

/// The months that have a key.
fn months(dir: &Path) -> io::Result<Vec<Month>> {
    let mut months = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let month = name.to_str().and_then(|it| it.strip_prefix(NAME[0])?.strip_suffix(NAME[1]));
        months.extend(month.and_then(Month::parse));
    }
    Ok(months)
}

/// Writes a key file for this user only, unless it exists. It is written under another name and then linked: of two
/// processes that start at once, both read the same key, and never half of it.
fn create(path: &Path, random: &[u8; 32]) -> io::Result<()> {
    let hex = Zeroizing::new(random.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let unlinked = path.with_extension(std::process::id().to_string());
    // One that a killed process has left.
    let _ = fs::remove_file(&unlinked);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unlinked)?;
    let linked = writeln!(file, "{}", *hex)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&unlinked, path));
    fs::remove_file(&unlinked)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The key in a file; `None` if there is no such file.
fn read(path: &Path) -> io::Result<Option<MonthKey>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => Zeroizing::new(text?),
    };
    let hex = text.trim();
    let mut key = Zeroizing::new([0; 32]);
    let is_key = hex.len() == 64 && hex.bytes().all(|it| it.is_ascii_hexdigit());
    for (at, byte) in key.iter_mut().enumerate().filter(|_| is_key) {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).map_err(io::Error::other)?;
    }
    let problem = || io::Error::other(format!("{} holds no key of 64 hexadecimal digits", path.display()));
    if is_key { Ok(Some(key)) } else { Err(problem()) }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::moderation::tests::Folder;

    /// The middle of November 2026.
    const NOVEMBER: u64 = 1_794_700_800;

    const MONTH: u64 = 30 * 24 * 60 * 60;

    fn stamp(months: u64) -> Stamp {
        Stamp { now: UnixTime(NOVEMBER + months * MONTH), random: [months as u8 + 1; 32] }
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn keys_come_and_go_with_the_months() {
        let folder = Folder::new("months");
        let here: IpAddr = [192, 0, 2, 1].into();
        let first = load(&folder.0, stamp(0)).unwrap().tag(here);
        assert_eq!(load(&folder.0, stamp(0)).unwrap().tag(here), first, "the key is kept");
        let mode = fs::metadata(folder.0.join("network-2026-11.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let december = load(&folder.0, stamp(1)).unwrap();
        assert_ne!(december.tag(here), first);
        assert!(december.known_as(here).any(|it| it == first));
        assert_eq!(names(&folder.0), ["network-2026-11.key", "network-2026-12.key"]);
        let january = load(&folder.0, stamp(2)).unwrap();
        assert!(!january.known_as(here).any(|it| it == first));
        assert_eq!(names(&folder.0), ["network-2026-12.key", "network-2027-01.key"]);
    }

    #[test]
    fn old_key_that_cannot_be_deleted_is_left_for_later() {
        let folder = Folder::new("stuck-key");
        // A folder with something in it is not deleted as a file is, even by root.
        let stuck = folder.0.join("network-2026-06.key");
        fs::create_dir_all(stuck.join("x")).unwrap();
        fs::write(folder.0.join("network-2026-07.key"), "an old one").unwrap();
        load(&folder.0, stamp(0)).unwrap();
        assert_eq!(names(&folder.0), ["network-2026-06.key", "network-2026-11.key"], "the other one is");
        let problem = delete_old(&folder.0, stamp(0).now).unwrap_err().to_string();
        assert!(problem.contains("network-2026-06.key"), "{problem}");
        fs::remove_dir(stuck.join("x")).unwrap();
        fs::remove_dir(&stuck).unwrap();
        fs::write(&stuck, "an old one").unwrap();
        delete_old(&folder.0, stamp(0).now).unwrap();
        assert_eq!(names(&folder.0), ["network-2026-11.key"]);
    }

    #[test]
    fn damaged_key_is_named() {
        let folder = Folder::new("damaged-key");
        for text in ["", "xyz", &"é".repeat(32)] {
            fs::write(folder.0.join("network-2026-11.key"), text).unwrap();
            let problem = load(&folder.0, stamp(0)).unwrap_err().to_string();
            assert!(problem.contains("network-2026-11.key"), "{problem}");
        }
    }
}
