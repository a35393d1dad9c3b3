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
    unix_time::Stamp,
};

/// How the names of the files begin and end; the month is in between.
const NAME: [&str; 2] = ["network-", ".key"];

/// The keys of this month and of the last one. Creates the one and deletes old ones, as [`KeyPlan`] says.
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
    for month in plan.delete {
        match fs::remove_file(path(dir, month)) {
            // Another process has done it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    let month = Month::of(stamp.now);
    // Not the key just made: another process may have been first.
    let current = read(&path(dir, month))?.ok_or(io::ErrorKind::NotFound)?;
    Ok(NetworkTags::new(month, current, read(&path(dir, month.previous()))?))
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
    use crate::moderation::{rules::unix_time::UnixTime, tests::Folder};

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
    fn damaged_key_is_named() {
        let folder = Folder::new("damaged-key");
        for text in ["", "xyz", &"é".repeat(32)] {
            fs::write(folder.0.join("network-2026-11.key"), text).unwrap();
            let problem = load(&folder.0, stamp(0)).unwrap_err().to_string();
            assert!(problem.contains("network-2026-11.key"), "{problem}");
        }
    }
}
