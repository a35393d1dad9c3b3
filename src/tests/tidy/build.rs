//! Laws about Cargo.toml, Leptos.toml and the lock files.

use std::collections::BTreeMap;

use super::{Breach, lines};

/// The values of a table in a TOML text, with their lines; of a value on several lines, the first line.
fn table<'a>(text: &'a str, name: &str) -> BTreeMap<&'a str, (usize, &'a str)> {
    let heading = format!("[{name}]");
    let lines = text.lines().enumerate().skip_while(|(_, it)| it.trim() != heading).skip(1);
    lines
        .take_while(|(_, it)| !it.starts_with('['))
        .filter_map(|(at, it)| it.split_once('=').map(|(key, value)| (key.trim(), (at + 1, value.trim()))))
        .filter(|(key, _)| !key.starts_with(['#', '"']))
        .collect()
}

/// Keys that the build and the running server share have the same value.
pub(super) fn leptos_keys(cargo: &str, leptos: &str) -> Vec<Breach> {
    let name = "package.metadata.leptos";
    let (build, run) = (table(cargo, name), table(leptos, name));
    let mut shared =
        run.iter().filter_map(|(key, it)| build.get(key).map(|other| (key, it, other))).peekable();
    if shared.peek().is_none() {
        return vec![Breach::new(1, format!("shares no key of [{name}] with Cargo.toml"))];
    }
    shared
        .filter(|(_, here, there)| here.1 != there.1)
        .map(|(key, here, there)| {
            Breach::new(here.0, format!("says `{key} = {}`, but Cargo.toml says {}", here.1, there.1))
        })
        .collect()
}

/// The version of wasm-bindgen is exact, since the library and the tool must have the same version.
pub(super) fn pinned(cargo: &str) -> Vec<Breach> {
    let law = "the version of wasm-bindgen is not pinned with `=`";
    match table(cargo, "dependencies").get("wasm-bindgen") {
        Some((_, value)) if value.trim_start_matches("{ version = ").starts_with("\"=") => Vec::new(),
        Some((line, _)) => vec![Breach::new(*line, law)],
        None => vec![Breach::new(1, law)],
    }
}

/// The versions of a package in a lock file, with their lines.
fn locked<'a>(lock: &'a str, package: &str) -> Vec<(usize, &'a str)> {
    let name = format!("name = \"{package}\"");
    let pairs = lock.lines().zip(lock.lines().skip(1)).enumerate();
    pairs.filter(|(_, (first, _))| *first == name).map(|(at, (_, version))| (at + 2, version)).collect()
}

/// The fuzzer uses the server's versions of the packages that it depends on.
pub(super) fn same_versions(manifest: &str, fuzzer: &str, server: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for package in table(manifest, "dependencies").into_keys() {
        let served: Vec<_> = locked(server, package).into_iter().map(|it| it.1).collect();
        for (line, version) in locked(fuzzer, package) {
            if !served.is_empty() && !served.contains(&version) {
                let law = format!("has {package}'s {version}, but Cargo.lock {}", served.join(", "));
                breaches.push(Breach::new(line, law));
            }
        }
    }
    breaches
}

#[test]
fn finds_settings_that_differ() {
    let file = |address: &str| {
        format!("[a]\nb = 1\n[package.metadata.leptos]\nsite-addr = {address}\nlist = [\n  \"x=y\",\n]\n")
    };
    assert_eq!(leptos_keys(&file("\"a\""), &file("\"a\"")), []);
    assert_eq!(lines(leptos_keys(&file("\"a\""), &file("\"b\""))), [4]);
    assert_eq!(lines(leptos_keys(&file("\"a\""), "[package.metadata.leptos]\nother = 1")), [1]);
    assert_eq!(lines(leptos_keys("", "")), [1]);
}

#[test]
fn finds_a_loose_version_of_wasm_bindgen() {
    for bad in ["wasm-bindgen = \"0.2.130\"", "wasm-bindgen = { version = \"0.2.130\", optional = true }"] {
        assert_eq!(lines(pinned(&format!("[dependencies]\n{bad}"))), [2]);
    }
    assert_eq!(lines(pinned("[dependencies]\nwasm-bindgen-futures = \"=1\"")), [1]);
    assert_eq!(pinned("[dependencies]\nwasm-bindgen = { version = \"=0.2.130\", optional = true }"), []);
    assert_eq!(pinned("[dependencies]\nwasm-bindgen = \"=0.2.130\""), []);
}

#[test]
fn finds_other_versions_in_the_fuzzer() {
    let manifest = "[dependencies]\na = \"1\"\nown = \"1\"";
    let lock = |a: &str| {
        format!(
            "[[package]]\nname = \"a\"\nversion = \"{a}\"\n\n[[package]]\nname = \"aa\"\nversion = \"7\"\n"
        )
    };
    let own = "[[package]]\nname = \"own\"\nversion = \"1\"\n";
    assert_eq!(same_versions(manifest, &(lock("1.1") + own), &lock("1.1")), []);
    assert_eq!(lines(same_versions(manifest, &(lock("1.2") + own), &lock("1.1"))), [3]);
    assert_eq!(same_versions(manifest, &lock("1.2"), &(lock("1.1") + &lock("1.2"))), []);
}
