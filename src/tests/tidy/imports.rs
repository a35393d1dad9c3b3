//! The import law: which room may use which, and what the state machines must not touch.

use super::{
    Breach, lines,
    syntax::{Token, leaves, place, tokens, uses},
};

/// What `ui` may use: the snapshot, the intents, and the plain types that they are made of.
const UI_MAY_USE: &[&str] = &[
    "call::Snapshot",
    "call::Author",
    "call::Browser",
    "call::ChatWish",
    "call::Codec",
    "call::Cover",
    "call::DeviceInfo",
    "call::DeviceNotice",
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
    "call::PictureWish",
    "call::Preferences",
    "call::Farewell",
    "call::PartnerPicture",
    "call::Setback",
    "call::PastStranger",
    "call::PastCall",
    "call::ReportButton",
    "call::Inquiry",
    "call::ReportStep",
    "call::ReportWish",
    "call::Sanction",
    "call::PathResult",
    "call::PathTests",
    "call::TestedPath",
    "call::Problem",
    "call::Device",
    "call::Fit",
    "call::Gesture",
    "call::Intent",
    "protocol::NoticeKind",
    "protocol::ReportReason",
    "protocol::SoftStart",
    "protocol::Affinity",
    "protocol::Media",
    "protocol::Occupancy",
    "protocol::Reaction",
    "protocol::limits::CROWD_STEPS",
    "protocol::limits::MAX_CHAT_CHARS",
    "protocol::limits::MAX_INTERESTS",
    "protocol::limits::MAX_REPORT_CHARS",
    "protocol::limits::MAX_INTEREST_CHARS",
    "protocol::limits::WAIT_STEPS",
];

/// What the files of a room may use of this crate, besides the room itself. A path includes everything below it.
fn may_use(room: &str) -> Option<&'static [&'static str]> {
    Some(match room {
        "time" | "protocol" => &[],
        "matchmaker" | "call" | "relay" | "moderation" => &["protocol", "time"],
        "ui" => UI_MAY_USE,
        "server" => &["matchmaker", "relay", "moderation", "protocol", "time", "ui"],
        "browser" => &["call", "protocol", "time", "ui"],
        "main" => &["server"],
        // The map names every room; tests combine rooms.
        "lib" | "tests" => {
            &["time", "protocol", "matchmaker", "relay", "moderation", "call", "ui", "server", "browser"]
        }
        _ => return None,
    })
}

/// What the three state machines, and the two rooms that they may use, must not touch.
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

/// The browser's interfaces: prefixes of crate names, in every spelling.
const BROWSER_INTERFACES: [&str; 3] = ["web_sys", "js_sys", "wasm_bindgen"];

/// The import law: which room may use which.
pub(super) fn imports(file: &str, text: &str) -> Vec<Breach> {
    let (room, _) = place(file);
    let Some(allowed) = may_use(room) else {
        return vec![Breach::new(1, format!("`{room}` is not a room in src/lib.rs"))];
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

/// The state machines, and the rules of moderation, touch nothing outside of themselves.
pub(super) fn world(file: &str, text: &str) -> Vec<Breach> {
    let (room, _) = place(file);
    let is_machine = matches!(room, "time" | "protocol" | "matchmaker" | "call" | "relay");
    if !is_machine && !file.starts_with("moderation/rules/") {
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
    let law = |name| format!("says `{name}`, but `{room}` touches nothing: pass it as an argument");
    breaches.into_iter().map(|(line, name)| Breach::new(line, law(name))).collect()
}

/// The browser's interfaces are used in one folder only.
pub(super) fn browser_interfaces(file: &str, text: &str) -> Vec<Breach> {
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

/// Only two files distinguish the halves.
pub(super) fn features(file: &str, text: &str) -> Vec<Breach> {
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

#[test]
fn finds_forbidden_imports() {
    for (file, bad) in [
        ("time.rs", "use crate::protocol;"),
        ("protocol/transport/codec.rs", "use crate::time::Moment;"),
        ("protocol/mod.rs", "use super::time::Moment;"),
        ("matchmaker/mod.rs", "use crate::call::Call;"),
        ("matchmaker/tests/scene.rs", "fn f() { crate::server::run() }"),
        ("matchmaker/tests/scene.rs", "use super::super::super::call;"),
        ("call/signalling/session.rs", "use crate::{protocol::Frame, matchmaker::Input};"),
        ("call/signalling/session.rs", "use super::super::super::ui::PageContext;"),
        ("ui/view_model.rs", "use crate::call::Call;"),
        ("ui/view_model.rs", "use crate::call::SnapshotLike;"),
        ("ui/view_model.rs", "use crate::call;"),
        ("ui/view_model.rs", "use crate::protocol::{Media, ToServer};"),
        ("ui/view_model.rs", "use crate::time::Moment;"),
        ("moderation/store/mod.rs", "use crate::matchmaker::Keys;"),
        ("moderation/rules/weights.rs", "use crate::server::Config;"),
        ("server/clock.rs", "use crate::call::Call;"),
        ("server/clock.rs", "mod tests { use super::super::super::browser::start; }"),
        ("browser/driver.rs", "use crate::matchmaker::Input;"),
        ("browser/web/peer/mod.rs", "use crate::server::Config;"),
        ("browser/driver.rs", "use crate::*;"),
        ("main.rs", "use passerby::matchmaker;"),
        ("attic/mod.rs", ""),
    ] {
        assert_eq!(lines(imports(file, bad)), [1], "{file}: {bad}");
    }
    for (file, good) in [
        ("protocol/mod.rs", "use self::limits::MAX; // not crate::time"),
        ("matchmaker/mod.rs", "use crate::{protocol::*, time::Moment}; mod tests { use super::*; }"),
        (
            "ui/view_model.rs",
            "use crate::{call::{Snapshot, Phase::Talking}, protocol::Media, ui::PageContext};",
        ),
        ("ui/mod.rs", "mod tests { use super::i18n; }"),
        ("moderation/handle.rs", "use crate::{protocol::DeviceId, moderation::rules};"),
        ("server/validate/sdp.rs", "use crate::{matchmaker, moderation, protocol, time, ui};"),
        ("main.rs", "use passerby::server::{self, Config};"),
        ("tests/duet/mod.rs", "use passerby::{call::Call, matchmaker::Matchmaker};"),
    ] {
        assert_eq!(imports(file, good), [], "{file}: {good}");
    }
}

#[test]
fn finds_side_effects_in_state_machines() {
    for (file, bad) in [
        ("matchmaker/mod.rs", "\nuse tokio::sync::mpsc;"),
        ("call/mod.rs", "\nfn f() { leptos::logging::log!() }"),
        ("protocol/transport/codec.rs", "use std::fmt;\nuse std::{fs::File, sync::Arc};"),
        ("time.rs", "\nfn f() { std::thread::sleep(d) }"),
        ("moderation/rules/weights.rs", "\nuse std::fs;"),
    ] {
        assert_eq!(lines(world(file, bad)), [2], "{file}: {bad}");
    }
    assert_eq!(world("call/mod.rs", "use std::{fmt, sync::Arc}; // tokio"), []);
    assert_eq!(world("server/mod.rs", "use tokio::net; use std::fs;"), []);
    assert_eq!(world("moderation/store/mod.rs", "use std::fs;"), []);
}

#[test]
fn finds_browser_interfaces_outside_of_their_folder() {
    for bad in [
        "\nuse web_sys::Window;",
        "\nuse leptos::{prelude::*, web_sys};",
        "\nfn f() -> leptos::wasm_bindgen::JsValue {}",
        "\nuse wasm_bindgen_futures::spawn_local;",
        "\nuse ::js_sys::Promise;",
    ] {
        for file in ["ui/context.rs", "browser/driver.rs", "browser/webs.rs", "tests/pages.rs"] {
            assert_eq!(lines(browser_interfaces(file, bad)), [2], "{file}: {bad}");
        }
        assert_eq!(browser_interfaces("browser/web/peer/mod.rs", bad), []);
    }
    assert_eq!(browser_interfaces("lib.rs", "#[wasm_bindgen::prelude::wasm_bindgen]"), []);
    assert_eq!(lines(browser_interfaces("lib.rs", "web_sys::window();")), [1]);
}

#[test]
fn finds_feature_conditions_elsewhere() {
    for bad in [
        "\n#[cfg(feature = \"ssr\")]",
        "\n#![cfg(all(unix, not(feature = \"ssr\")))]",
        "\n#[cfg_attr(feature = \"ssr\", derive(Debug))]",
        "\nif cfg!(feature = \"ssr\") {}",
    ] {
        assert_eq!(lines(features("ui/context.rs", bad)), [2], "{bad}");
        assert_eq!(features("lib.rs", bad), []);
    }
    assert_eq!(features("ui/context.rs", "#[cfg(test)] fn f(feature: u8) { g(feature) }"), []);
}
