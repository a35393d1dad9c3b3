//! Laws about files, folders and type names.

use std::collections::{BTreeMap, BTreeSet};

use super::{Breach, Files, is_test, lines, syntax::tokens, without_tests};

/// Lines of one file without its tests.
const MAX_LINES: usize = 400;

/// Source files in one folder, tests and fixtures apart.
const MAX_FILES: usize = 12;

/// The rooms of each half. A type name stands for one thing in a half.
const HALVES: [(&str, &[&str]); 2] = [
    ("server", &["time", "protocol", "matchmaker", "moderation", "server", "ui"]),
    ("browser", &["time", "protocol", "call", "ui", "browser"]),
];

/// Every file begins with a sentence that says what it is.
pub(super) fn first_sentence(file: &str, text: &str) -> Vec<Breach> {
    // The protocol's prose is a file of its own.
    if file == "protocol/mod.rs" && text.starts_with("#![doc = include_str!(\"README.md\")]") {
        return Vec::new();
    }
    let paragraph: Vec<_> = text.lines().map_while(|it| it.strip_prefix("//! ")).collect();
    let is_sentence = paragraph.last().is_some_and(|it| it.trim_end().ends_with('.'));
    if is_sentence { Vec::new() } else { vec![Breach::new(1, "does not begin with a `//!` sentence")] }
}

/// No file is longer than [`MAX_LINES`]; tests at its end do not count.
pub(super) fn length(file: &str, text: &str) -> Vec<Breach> {
    let code = without_tests(text);
    let lines = code.lines().count();
    if is_test(file) || lines <= MAX_LINES {
        return Vec::new();
    }
    vec![Breach::new(MAX_LINES + 1, format!("has {lines} lines without its tests, more than {MAX_LINES}"))]
}

/// No folder has more source files than [`MAX_FILES`].
pub(super) fn folder_size(files: &Files) -> Vec<Breach> {
    let mut counts = BTreeMap::<&str, usize>::new();
    for file in files.keys().filter(|it| !is_test(it)) {
        *counts.entry(file.rsplit_once('/').map_or("", |it| it.0)).or_default() += 1;
    }
    let too_many = counts.into_iter().filter(|(_, count)| *count > MAX_FILES);
    let law = |(folder, count)| format!("`{folder}` has {count} source files, more than {MAX_FILES}");
    too_many.map(|it| Breach::new(1, law(it))).collect()
}

/// In one half no two types that other files can use have the same name.
pub(super) fn type_names(files: &Files) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (half, rooms) in HALVES {
        let mut seen = BTreeMap::<String, BTreeSet<&str>>::new();
        for (file, text) in files {
            let room = file.split('/').next().unwrap_or_default().trim_end_matches(".rs");
            if rooms.contains(&room) && !is_test(file) && !file.contains("/reference/") {
                for name in public_types(without_tests(text)) {
                    seen.entry(name).or_default().insert(file);
                }
            }
        }
        for (name, files) in seen.into_iter().filter(|(_, files)| files.len() > 1) {
            let files = files.into_iter().collect::<Vec<_>>().join(", ");
            breaches
                .push(Breach::new(1, format!("the {half} half has several types named `{name}`: {files}")));
        }
    }
    breaches
}

/// The names of the types that a file declares with any `pub`.
fn public_types(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = |n: usize| tokens.get(at + n).map_or("", |it| it.text.as_str());
        if token.text != "pub" {
            continue;
        }
        // `pub struct A` or `pub(crate) struct A`.
        let after = if next(1) == "(" && next(3) == ")" { 4 } else { 1 };
        if matches!(next(after), "struct" | "enum" | "trait" | "type" | "union") {
            names.push(next(after + 1).to_owned());
        }
    }
    names
}

#[test]
fn finds_files_without_a_first_sentence() {
    for bad in [
        "",
        "\n",
        "use std::fmt;",
        "//!",
        "//! No end",
        "//! No end\n//!\n//! Later.",
        "\n//! Late.",
        "// None.",
    ] {
        assert_eq!(lines(first_sentence("ui/context.rs", bad)), [1], "{bad:?}");
    }
    for good in [
        "//! A sentence.",
        "//! A sentence on\n//! two lines.\n//!\n//! More",
        "//! A sentence.\nuse std::fmt;",
    ] {
        assert_eq!(first_sentence("ui/context.rs", good), []);
    }
    let prose = "#![doc = include_str!(\"README.md\")]";
    assert_eq!(first_sentence("protocol/mod.rs", prose), []);
    assert_eq!(lines(first_sentence("ui/mod.rs", prose)), [1]);
}

#[test]
fn finds_files_that_are_too_long() {
    let code = |lines: usize| "x\n".repeat(lines);
    let tests = |after: &str| format!("\n#[cfg(test)]\nmod tests {{\n{}}}\n{after}", "    y\n".repeat(500));
    assert_eq!(length("ui/context.rs", &code(MAX_LINES)), []);
    assert_eq!(lines(length("ui/context.rs", &code(MAX_LINES + 1))), [MAX_LINES + 1]);
    assert_eq!(length("ui/context.rs", &(code(MAX_LINES - 1) + &tests(""))), []);
    assert_eq!(lines(length("ui/context.rs", &(code(1) + &tests("fn after() {}\n")))), [MAX_LINES + 1]);
    assert_eq!(lines(length("matchmaker/reference/mod.rs", &code(MAX_LINES + 1))), [MAX_LINES + 1]);
    for file in ["tests/socket.rs", "matchmaker/tests/scene.rs", "call/tests.rs"] {
        assert_eq!(length(file, &code(1000)), []);
    }
}

fn files<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Files {
    texts.into_iter().map(|(file, text)| (file.to_owned(), text.to_owned())).collect()
}

#[test]
fn finds_folders_with_too_many_files() {
    let folder = |count: usize, at: &str| -> Files {
        (0..count).map(|n| (format!("{at}{n}.rs"), String::new())).collect()
    };
    assert_eq!(folder_size(&folder(MAX_FILES, "call/")), []);
    assert_eq!(folder_size(&folder(MAX_FILES + 1, "call/")).len(), 1);
    assert_eq!(folder_size(&folder(MAX_FILES + 1, "call/tests/")), []);
}

#[test]
fn finds_two_types_of_one_name() {
    let server = "pub struct Limits(u8);";
    assert_eq!(
        type_names(&files([("server/a.rs", server), ("protocol/b.rs", "pub(crate) enum Limits {}")])).len(),
        1
    );
    assert_eq!(type_names(&files([("ui/a.rs", server), ("protocol/b.rs", "pub trait Limits {}")])).len(), 2);
    assert_eq!(
        type_names(&files([
            ("server/a.rs", server),
            ("call/b.rs", server),
            ("server/c.rs", "struct Limits;")
        ])),
        []
    );
    assert_eq!(type_names(&files([("server/a.rs", server), ("server/tests/b.rs", server)])), []);
}
