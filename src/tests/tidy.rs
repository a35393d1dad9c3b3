//! The law of the house, read from the source text: who may use whom, how long a file may be, what a file says first.
//!
//! Each law is a function from a text to its breaches, so that each is shown below to find what it is there for.

use std::{collections::BTreeMap, fs, path::Path};

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};

/// Lines of one file, tests apart.
const MAX_LINES: usize = 400;

/// A law and where the text does not keep it.
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

/// Everything of ours that the files of a room may use, besides the room itself; a path stands for all below it.
fn may_use(room: &str) -> Option<&'static [&'static str]> {
    Some(match room {
        "time" | "protocol" => &[],
        "matchmaker" | "call" => &["protocol", "time"],
        // What is seen and what is wanted, and the plain types a snapshot is made of.
        "ui" => &[
            "call::Snapshot",
            "call::Author",
            "call::Browser",
            "call::ChatWish",
            "call::Codec",
            "call::DeviceInfo",
            "call::DeviceKind",
            "call::ChatLine",
            "call::Menus",
            "call::Sample",
            "call::Strength",
            "call::Switch",
            "call::TopicTexts",
            "call::WindowWish",
            "call::Phase",
            "call::Flow",
            "call::Details",
            "call::Code",
            "call::Milestone",
            "call::Path",
            "call::Preferences",
            "call::Farewell",
            "call::Problem",
            "call::Device",
            "call::Intent",
            "protocol::Affinity",
            "protocol::Media",
            "protocol::Reaction",
            "protocol::limits::CROWD_STEPS",
            "protocol::limits::MAX_CHAT_CHARS",
            "protocol::limits::MAX_INTERESTS",
            "protocol::limits::MAX_INTEREST_CHARS",
            "protocol::limits::WAIT_STEPS",
        ],
        "server" => &["matchmaker", "protocol", "time", "ui"],
        "browser" => &["call", "protocol", "time", "ui"],
        "main" => &["server"],
        // The map names every room; tests put rooms together.
        "lib" | "tests" => &["time", "protocol", "matchmaker", "call", "ui", "server", "browser"],
        _ => return None,
    })
}

/// What the two rooms that decide, and the two that they may use, must not touch.
const WORLD: [&str; 11] = [
    "axum",
    "getrandom",
    "leptos",
    "tokio",
    "tracing",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
];

/// The browser's interfaces, in whatever spelling; the first word of a crate's name.
const BROWSER_INTERFACES: [&str; 3] = ["web_sys", "js_sys", "wasm_bindgen"];

/// A piece of code: a word, or a mark that is no part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    line: usize,
    text: String,
}

/// The words and marks of a Rust text, without comments, strings and numbers. Two colons are one mark.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    flatten(text.parse().expect("Rust"), &mut tokens);
    tokens
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut after_colon = false;
    for tree in stream {
        let mut push = |span: Span, text: &str| {
            tokens.push(Token { line: span.start().line, text: text.to_owned() });
        };
        let first_colon = std::mem::take(&mut after_colon);
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(group.span_open(), open);
                flatten(group.stream(), tokens);
                tokens.push(Token { line: group.span_close().start().line, text: close.to_owned() });
            }
            TokenTree::Ident(word) => push(word.span(), &word.to_string()),
            TokenTree::Punct(mark) if mark.as_char() == ':' && first_colon => push(mark.span(), "::"),
            TokenTree::Punct(mark) if mark.as_char() == ':' && mark.spacing() == Spacing::Joint => {
                after_colon = true
            }
            TokenTree::Punct(mark) => push(mark.span(), &mark.to_string()),
            TokenTree::Literal(_) => {}
        }
    }
}

/// The room of a file of `src`, and the names of the modules down to it.
fn place(file: &str) -> (&str, Vec<String>) {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let names: Vec<_> = path.split('/').map(str::to_owned).collect();
    let room = path.split('/').next().unwrap_or_default();
    (room, if matches!(room, "lib" | "main") { Vec::new() } else { names })
}

/// Every path of ours that a file uses, from the crate's root, with the lines.
fn uses(file: &str, text: &str) -> Vec<(usize, Vec<String>)> {
    let tokens = tokens(text);
    let (room, mut module) = place(file);
    let (mut depth, mut inline) = (0, Vec::new());
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = |n: usize| tokens.get(at + n).map_or("", |it| it.text.as_str());
        match token.text.as_str() {
            "mod" if next(2) == "{" => {
                inline.push(depth);
                module.push(next(1).to_owned());
            }
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inline.last() == Some(&depth) {
                    inline.pop();
                    module.pop();
                }
            }
            root @ ("crate" | "passerby" | "super")
                if next(1) == "::" && (at == 0 || tokens[at - 1].text != "::") =>
            {
                let base = match root {
                    "super" => module[..module.len().saturating_sub(1)].to_vec(),
                    // The tests are a crate of their own.
                    "crate" if room == "tests" => vec![room.to_owned()],
                    _ => Vec::new(),
                };
                leaves(&tokens, at + 2, base, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Reads a path, or the tree of a `use`, from a token on; returns the token after it.
fn leaves(
    tokens: &[Token],
    mut at: usize,
    mut path: Vec<String>,
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.text.as_str() {
            "{" => {
                while tokens.get(at).is_some_and(|it| it.text != "}") {
                    at = leaves(tokens, at, path.clone(), found);
                    while tokens.get(at).is_some_and(|it| !matches!(it.text.as_str(), "," | "}")) {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at).is_some_and(|it| it.text == ","));
                }
                return at + 1;
            }
            "super" => drop(path.pop()),
            "self" => {}
            name => path.push(name.to_owned()),
        }
        if tokens.get(at).is_none_or(|it| it.text != "::") {
            found.push((token.line, path));
            return at;
        }
        at += 1;
    }
    at
}

/// Who may use whom.
fn imports(file: &str, text: &str) -> Vec<Breach> {
    let (room, _) = place(file);
    let Some(allowed) = may_use(room) else {
        return vec![Breach::new(1, format!("`{room}` is no room of the house (src/lib.rs)"))];
    };
    let is_below = |path: &str, above: &str| {
        path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let breach = |(line, path): (usize, Vec<String>)| {
        let path = path.join("::");
        let fine = is_below(&path, room) || allowed.iter().any(|it| is_below(&path, it));
        let rest = if allowed.is_empty() { "nothing of ours".to_owned() } else { allowed.join(", ") };
        (!fine).then(|| {
            Breach::new(line, format!("uses `{path}`, but `{room}` may use only {rest} (import law)"))
        })
    };
    uses(file, text).into_iter().filter_map(breach).collect()
}

/// What decides touches nothing.
fn world(file: &str, text: &str) -> Vec<Breach> {
    let (room, _) = place(file);
    if !matches!(room, "time" | "protocol" | "matchmaker" | "call") {
        return Vec::new();
    }
    let tokens = tokens(text);
    let mut breaches: Vec<_> = tokens
        .iter()
        .filter(|it| WORLD.contains(&it.text.as_str()))
        .map(|it| (it.line, it.text.clone()))
        .collect();
    let mut paths = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.text == "std" && tokens.get(at + 1).is_some_and(|it| it.text == "::") {
            leaves(&tokens, at, Vec::new(), &mut paths);
        }
    }
    let two = |path: &[String]| path[..path.len().min(2)].join("::");
    breaches.extend(
        paths.iter().map(|(line, path)| (*line, two(path))).filter(|it| WORLD.contains(&it.1.as_str())),
    );
    let law = |name| format!("says `{name}`, but `{room}` touches nothing: what it needs is told to it");
    breaches.into_iter().map(|(line, name)| Breach::new(line, law(name))).collect()
}

/// The browser's interfaces stay in their folder.
fn browser_interfaces(file: &str, text: &str) -> Vec<Breach> {
    if file.starts_with("browser/web/") {
        return Vec::new();
    }
    let is_entry = |it: &Token| file == "lib.rs" && it.text == "wasm_bindgen";
    let is_one = |it: &Token| BROWSER_INTERFACES.iter().any(|name| it.text.starts_with(name));
    let found = tokens(text).into_iter().filter(|it| is_one(it) && !is_entry(it));
    found
        .map(|it| Breach::new(it.line, format!("says `{}`, which only src/browser/web may", it.text)))
        .collect()
}

/// The two halves are told apart in one place.
fn features(file: &str, text: &str) -> Vec<Breach> {
    if matches!(file, "lib.rs" | "main.rs") {
        return Vec::new();
    }
    let tokens = tokens(text);
    let mut breaches = Vec::new();
    let (mut depth, mut condition) = (0, None);
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" => {
                let before = |n: usize| at.checked_sub(n).map_or("", |it| tokens[it].text.as_str());
                let name = if before(1) == "!" { before(2) } else { before(1) };
                if matches!(name, "cfg" | "cfg_attr") {
                    condition = condition.or(Some(depth));
                }
                depth += 1;
            }
            ")" => {
                depth -= 1;
                condition = condition.filter(|it| *it != depth);
            }
            "feature" if condition.is_some() => {
                breaches
                    .push(Breach::new(token.line, "asks for a feature, which only lib.rs and main.rs may"));
            }
            _ => {}
        }
    }
    breaches
}

/// A file says first, in a sentence, what it is.
fn first_words(file: &str, text: &str) -> Vec<Breach> {
    // The protocol's prose is too long for a comment.
    if file == "protocol/mod.rs" && text.starts_with("#![doc = include_str!(\"README.md\")]") {
        return Vec::new();
    }
    let paragraph: Vec<_> = text.lines().map_while(|it| it.strip_prefix("//! ")).collect();
    let is_sentence = paragraph.last().is_some_and(|it| it.trim_end().ends_with('.'));
    if is_sentence { Vec::new() } else { vec![Breach::new(1, "does not begin with a `//!` sentence")] }
}

/// Whether a file holds nothing but tests.
fn is_test(file: &str) -> bool {
    file.starts_with("tests/") || file.contains("/tests/") || file.ends_with("/tests.rs")
}

/// A file can be read in one go; a block of tests at its end does not count.
fn length(file: &str, text: &str) -> Vec<Breach> {
    let code = match text.split_once("\n#[cfg(test)]\nmod tests {\n") {
        Some((code, tests)) if tests.find("\n}").is_none_or(|end| tests[end..].trim() == "}") => code,
        Some(_) | None => text,
    };
    let lines = code.lines().count();
    if is_test(file) || lines <= MAX_LINES {
        return Vec::new();
    }
    vec![Breach::new(MAX_LINES + 1, format!("has {lines} lines without its tests, more than {MAX_LINES}"))]
}

/// The values in a table of a TOML text, with their lines; of a value on several lines, the first.
fn table<'a>(text: &'a str, name: &str) -> BTreeMap<&'a str, (usize, &'a str)> {
    let heading = format!("[{name}]");
    let lines = text.lines().enumerate().skip_while(|(_, it)| it.trim() != heading).skip(1);
    lines
        .take_while(|(_, it)| !it.starts_with('['))
        .filter_map(|(at, it)| it.split_once('=').map(|(key, value)| (key.trim(), (at + 1, value.trim()))))
        .filter(|(key, _)| !key.starts_with(['#', '"']))
        .collect()
}

/// What the build and the running server both know, they know alike.
fn leptos_keys(cargo: &str, leptos: &str) -> Vec<Breach> {
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

/// The library and the tool of wasm-bindgen refuse to work apart, so its version is one version.
fn pinned(cargo: &str) -> Vec<Breach> {
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

/// What is fuzzed is what is served: of what the fuzzer needs, it has the server's versions.
fn fuzzed(manifest: &str, fuzzer: &str, server: &str) -> Vec<Breach> {
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

/// The texts of all Rust files under `folder`, by their paths from there.
fn sources(folder: &Path, at: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{at}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            sources(&entry.path(), &format!("{name}/"), files);
        } else if name.ends_with(".rs") {
            files.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[test]
fn the_house_keeps_its_law() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeMap::new();
    sources(&root.join("src"), "", &mut files);
    assert!(
        files.contains_key("lib.rs") && files.contains_key("browser/web/mod.rs"),
        "the source is not all there"
    );
    let laws = [imports, world, browser_interfaces, features, first_words, length];
    let mut breaches = Vec::new();
    for (file, text) in &files {
        let found = laws.iter().flat_map(|law| law(file, text));
        breaches.extend(found.map(|it| format!("src/{file}:{}: {}", it.line, it.law)));
    }
    let read = |name| fs::read_to_string(root.join(name)).unwrap();
    let (cargo, leptos) = (read("Cargo.toml"), read("Leptos.toml"));
    breaches.extend(
        leptos_keys(&cargo, &leptos).into_iter().map(|it| format!("Leptos.toml:{}: {}", it.line, it.law)),
    );
    breaches.extend(pinned(&cargo).into_iter().map(|it| format!("Cargo.toml:{}: {}", it.line, it.law)));
    let [fuzz, fuzzer, server] = ["fuzz/Cargo.toml", "fuzz/Cargo.lock", "Cargo.lock"].map(read);
    breaches.extend(
        fuzzed(&fuzz, &fuzzer, &server)
            .into_iter()
            .map(|it| format!("fuzz/Cargo.lock:{}: {}", it.line, it.law)),
    );
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

/// The lines on which a law finds something.
fn lines(breaches: Vec<Breach>) -> Vec<usize> {
    breaches.into_iter().map(|it| it.line).collect()
}

#[test]
fn comments_and_strings_are_no_code() {
    let text = "a // crate::b\n/* c\n */ 'd' \"e\n\" r#\"f\"# 7 { g::h\n}";
    let tokens = tokens(text);
    let words: Vec<_> = tokens.iter().map(|it| (it.line, it.text.as_str())).collect();
    assert_eq!(words, [(1, "a"), (4, "{"), (4, "g"), (4, "::"), (4, "h"), (5, "}")]);
}

#[test]
fn every_spelling_of_a_path_is_read() {
    let text = "use crate::{\n call::{Call, self as c, *},\n ui,\n};\nuse super::super::super::protocol::Frame as F;\n\
                fn f(_: crate::time::Moment) { passerby::server::run() }\npub(in crate::ui::parts) mod x {\n\
                use super::super::{a, b};\n}\nuse super::y;";
    let paths: Vec<_> =
        uses("ui/parts/dock.rs", text).into_iter().map(|(line, it)| (line, it.join("::"))).collect();
    let paths: Vec<_> = paths.iter().map(|(line, it)| (*line, it.as_str())).collect();
    assert_eq!(
        paths,
        [
            (2, "call::Call"),
            (2, "call"),
            (2, "call::*"),
            (3, "ui"),
            (5, "protocol::Frame"),
            (6, "time::Moment"),
            (6, "server::run"),
            (7, "ui::parts"),
            (8, "ui::parts::a"),
            (8, "ui::parts::b"),
            (10, "ui::parts::y"),
        ]
    );
}

#[test]
fn the_import_law_can_fail() {
    for (file, bad) in [
        ("time.rs", "use crate::protocol;"),
        ("protocol/codec.rs", "use crate::time::Moment;"),
        ("protocol/mod.rs", "use super::time::Moment;"),
        ("matchmaker/mod.rs", "use crate::call::Call;"),
        ("matchmaker/tests/scene.rs", "fn f() { crate::server::run() }"),
        ("matchmaker/tests/scene.rs", "use super::super::super::call;"),
        ("call/line.rs", "use crate::{protocol::Frame, matchmaker::Input};"),
        ("call/line.rs", "use super::super::ui::Stage;"),
        ("ui/scene.rs", "use crate::call::Call;"),
        ("ui/scene.rs", "use crate::call::SnapshotLike;"),
        ("ui/scene.rs", "use crate::call;"),
        ("ui/scene.rs", "use crate::protocol::{Media, ToServer};"),
        ("ui/scene.rs", "use crate::time::Moment;"),
        ("server/driver.rs", "use crate::call::Call;"),
        ("server/driver.rs", "mod tests { use super::super::super::browser::start; }"),
        ("browser/driver.rs", "use crate::matchmaker::Input;"),
        ("browser/web/peer.rs", "use crate::server::Config;"),
        ("browser/driver.rs", "use crate::*;"),
        ("main.rs", "use passerby::matchmaker;"),
        ("attic/mod.rs", ""),
    ] {
        assert_eq!(lines(imports(file, bad)), [1], "{file}: {bad}");
    }
    for (file, good) in [
        ("protocol/codec.rs", "use super::{Frame, limits::MAX}; // not crate::time"),
        ("matchmaker/mod.rs", "use crate::{protocol::*, time::Moment}; mod tests { use super::*; }"),
        ("ui/scene.rs", "use crate::{call::{Snapshot, Phase::Talking}, protocol::Media, ui::Stage};"),
        ("ui/mod.rs", "mod tests { use super::words; }"),
        ("server/sdp.rs", "use crate::{matchmaker, protocol, time, ui};"),
        ("main.rs", "use passerby::server::{self, Config};"),
        ("tests/duet/mod.rs", "use passerby::{call::Call, matchmaker::Matchmaker};"),
    ] {
        assert_eq!(imports(file, good), [], "{file}: {good}");
    }
}

#[test]
fn what_decides_cannot_touch_the_world_unseen() {
    for (file, bad) in [
        ("matchmaker/mod.rs", "\nuse tokio::sync::mpsc;"),
        ("call/mod.rs", "\nfn f() { leptos::logging::log!() }"),
        ("protocol/codec.rs", "use std::fmt;\nuse std::{fs::File, sync::Arc};"),
        ("time.rs", "\nfn f() { std::thread::sleep(d) }"),
    ] {
        assert_eq!(lines(world(file, bad)), [2], "{file}: {bad}");
    }
    assert_eq!(world("call/mod.rs", "use std::{fmt, sync::Arc}; // tokio"), []);
    assert_eq!(world("server/mod.rs", "use tokio::net; use std::fs;"), []);
}

#[test]
fn the_browser_cannot_leave_its_folder_unseen() {
    for bad in [
        "\nuse web_sys::Window;",
        "\nuse leptos::{prelude::*, web_sys};",
        "\nfn f() -> leptos::wasm_bindgen::JsValue {}",
        "\nuse wasm_bindgen_futures::spawn_local;",
        "\nuse ::js_sys::Promise;",
    ] {
        for file in ["ui/stage.rs", "browser/driver.rs", "browser/webs.rs", "tests/pages.rs"] {
            assert_eq!(lines(browser_interfaces(file, bad)), [2], "{file}: {bad}");
        }
        assert_eq!(browser_interfaces("browser/web/peer.rs", bad), []);
    }
    assert_eq!(browser_interfaces("lib.rs", "#[wasm_bindgen::prelude::wasm_bindgen]"), []);
    assert_eq!(lines(browser_interfaces("lib.rs", "web_sys::window();")), [1]);
}

#[test]
fn the_halves_cannot_be_told_apart_elsewhere_unseen() {
    for bad in [
        "\n#[cfg(feature = \"ssr\")]",
        "\n#![cfg(all(unix, not(feature = \"ssr\")))]",
        "\n#[cfg_attr(feature = \"ssr\", derive(Debug))]",
        "\nif cfg!(feature = \"ssr\") {}",
    ] {
        assert_eq!(lines(features("ui/stage.rs", bad)), [2], "{bad}");
        assert_eq!(features("lib.rs", bad), []);
    }
    assert_eq!(features("ui/stage.rs", "#[cfg(test)] fn f(feature: u8) { g(feature) }"), []);
}

#[test]
fn a_file_cannot_begin_without_a_sentence() {
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
        assert_eq!(lines(first_words("ui/stage.rs", bad)), [1], "{bad:?}");
    }
    for good in [
        "//! A sentence.",
        "//! A sentence on\n//! two lines.\n//!\n//! More",
        "//! A sentence.\nuse std::fmt;",
    ] {
        assert_eq!(first_words("ui/stage.rs", good), []);
    }
    let prose = "#![doc = include_str!(\"README.md\")]";
    assert_eq!(first_words("protocol/mod.rs", prose), []);
    assert_eq!(lines(first_words("ui/mod.rs", prose)), [1]);
}

#[test]
fn a_file_cannot_grow_unseen() {
    let code = |lines: usize| "x\n".repeat(lines);
    let tests = |after: &str| format!("\n#[cfg(test)]\nmod tests {{\n{}}}\n{after}", "    y\n".repeat(500));
    assert_eq!(length("ui/stage.rs", &code(MAX_LINES)), []);
    assert_eq!(lines(length("ui/stage.rs", &code(MAX_LINES + 1))), [MAX_LINES + 1]);
    assert_eq!(length("ui/stage.rs", &(code(MAX_LINES - 1) + &tests(""))), []);
    assert_eq!(lines(length("ui/stage.rs", &(code(1) + &tests("fn after() {}\n")))), [MAX_LINES + 1]);
    assert_eq!(lines(length("matchmaker/reference.rs", &code(MAX_LINES + 1))), [MAX_LINES + 1]);
    for file in ["tests/socket.rs", "matchmaker/tests/scene.rs", "call/tests.rs"] {
        assert_eq!(length(file, &code(1000)), []);
    }
}

#[test]
fn the_two_files_of_settings_cannot_differ_unseen() {
    let file = |address: &str| {
        format!("[a]\nb = 1\n[package.metadata.leptos]\nsite-addr = {address}\nlist = [\n  \"x=y\",\n]\n")
    };
    assert_eq!(leptos_keys(&file("\"a\""), &file("\"a\"")), []);
    assert_eq!(lines(leptos_keys(&file("\"a\""), &file("\"b\""))), [4]);
    assert_eq!(lines(leptos_keys(&file("\"a\""), "[package.metadata.leptos]\nother = 1")), [1]);
    assert_eq!(lines(leptos_keys("", "")), [1]);
}

#[test]
fn a_loose_version_of_the_binding_is_seen() {
    for bad in ["wasm-bindgen = \"0.2.130\"", "wasm-bindgen = { version = \"0.2.130\", optional = true }"] {
        assert_eq!(lines(pinned(&format!("[dependencies]\n{bad}"))), [2]);
    }
    assert_eq!(lines(pinned("[dependencies]\nwasm-bindgen-futures = \"=1\"")), [1]);
    assert_eq!(pinned("[dependencies]\nwasm-bindgen = { version = \"=0.2.130\", optional = true }"), []);
    assert_eq!(pinned("[dependencies]\nwasm-bindgen = \"=0.2.130\""), []);
}

#[test]
fn the_fuzzer_cannot_try_another_version_unseen() {
    let manifest = "[dependencies]\na = \"1\"\nown = \"1\"";
    let lock = |a: &str| {
        format!(
            "[[package]]\nname = \"a\"\nversion = \"{a}\"\n\n[[package]]\nname = \"aa\"\nversion = \"7\"\n"
        )
    };
    let own = "[[package]]\nname = \"own\"\nversion = \"1\"\n";
    assert_eq!(fuzzed(manifest, &(lock("1.1") + own), &lock("1.1")), []);
    assert_eq!(lines(fuzzed(manifest, &(lock("1.2") + own), &lock("1.1"))), [3]);
    assert_eq!(fuzzed(manifest, &lock("1.2"), &(lock("1.1") + &lock("1.2"))), []);
}
