//! The laws of this repository as tests: they read the source text and fail where a law is broken.
//!
//! Each law is a function from texts to breaches, so that a test beside it can show that it fails.

mod build;
mod circles;
mod imports;
mod prose;
mod shape;
mod syntax;

use std::{collections::BTreeMap, fs, path::Path};

/// A broken law and the line on which it is broken.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Breach {
    line: usize,
    law: String,
}

impl Breach {
    fn new(line: usize, law: impl Into<String>) -> Self {
        Self { line, law: law.into() }
    }
}

/// The lines of some breaches.
fn lines(breaches: Vec<Breach>) -> Vec<usize> {
    breaches.into_iter().map(|it| it.line).collect()
}

/// Files by their paths from the folder in which they were read.
type Files = BTreeMap<String, String>;

/// Reads all files under `folder` whose name ends with one of `endings`. Skips what npm installs and what fuzzers find.
fn read(folder: &Path, endings: &[&str], at: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{at}{}", entry.file_name().to_str().unwrap());
        let is_skipped =
            ["node_modules", "corpus", "artifacts", "target"].iter().any(|it| name.ends_with(it));
        if entry.file_type().unwrap().is_dir() {
            if !is_skipped {
                read(&entry.path(), endings, &format!("{name}/"), files);
            }
        } else if endings.iter().any(|it| name.ends_with(it)) {
            files.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// Whether a file holds nothing but tests.
fn is_test(file: &str) -> bool {
    file.starts_with("tests/") || file.contains("/tests/") || file.ends_with("/tests.rs")
}

/// A file without the tests at its end.
fn without_tests(text: &str) -> &str {
    match text.split_once("\n#[cfg(test)]\nmod tests {\n") {
        Some((code, tests)) if tests.find("\n}").is_none_or(|end| tests[end..].trim() == "}") => code,
        Some(_) | None => text,
    }
}

/// Files with prose that the laws of `prose` read, from the root of the repository.
fn prose_files(root: &Path) -> Files {
    let mut files = Files::new();
    for (folder, endings) in [
        ("src", [".rs", ".md"].as_slice()),
        ("benches", &[".rs"]),
        ("fuzz", &[".rs", ".toml", ".dict"]),
        (
            "docs",
            &[".md", ".1", ".env", ".service", ".socket", ".conf", "Caddyfile", "Containerfile", ".json"],
        ),
        ("end2end", &[".ts", ".mjs", ".html", "package.json"]),
        ("style", &[".css"]),
        ("scripts", &[""]),
        ("packaging", &[""]),
    ] {
        read(&root.join(folder), endings, &format!("{folder}/"), &mut files);
    }
    for name in ["README.md", "CHANGELOG.md", "Makefile", "Leptos.toml", "Cargo.toml", ".clippy.toml"] {
        files.insert(name.to_owned(), fs::read_to_string(root.join(name)).unwrap());
    }
    files
}

#[test]
fn the_repository_keeps_its_laws() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Files::new();
    read(&root.join("src"), &[".rs"], "", &mut files);
    assert!(
        files.contains_key("lib.rs") && files.contains_key("browser/web/mod.rs"),
        "some of the source is missing"
    );
    let mut breaches = Vec::new();
    let mut report = |file: &str, found: Vec<Breach>| {
        breaches.extend(found.into_iter().map(|it| format!("{file}:{}: {}", it.line, it.law)));
    };
    let laws = [
        imports::imports,
        imports::world,
        imports::browser_interfaces,
        imports::features,
        shape::first_sentence,
        shape::length,
    ];
    for (file, text) in &files {
        for law in laws {
            report(&format!("src/{file}"), law(file, text));
        }
    }
    for (file, text) in &prose_files(root) {
        report(file, prose::banned_phrases(file, text));
        report(file, prose::comment_length(file, text));
    }
    report("src", shape::folder_size(&files));
    report("src", shape::type_names(&files));
    report("src", circles::circles(&files));
    let read = |name| fs::read_to_string(root.join(name)).unwrap();
    let (cargo, leptos) = (read("Cargo.toml"), read("Leptos.toml"));
    report("Leptos.toml", build::leptos_keys(&cargo, &leptos));
    report("Cargo.toml", build::pinned(&cargo));
    let [fuzz, fuzzer, server] = ["fuzz/Cargo.toml", "fuzz/Cargo.lock", "Cargo.lock"].map(read);
    report("fuzz/Cargo.lock", build::same_versions(&fuzz, &fuzzer, &server));
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}
