//! Keyboard shortcuts: single keys, outside of text fields and dialogs.

use leptos::prelude::document;

use crate::{
    call::{ChatWish, Gesture, Intent, Snapshot, Switch, WindowWish},
    protocol::Reaction,
    ui::view_model,
};

/// The key, or the letter in its place on a Latin keyboard if the layout has other letters; `code` names that.
pub(crate) fn latin(key: String, code: &str) -> String {
    if key.is_ascii() { key } else { code.strip_prefix("Key").map_or(key, str::to_owned) }
}

/// The intent of a key press; `None` if the key does nothing now or belongs to the browser.
pub(crate) fn intent_of(snapshot: Snapshot, key: &str) -> Option<Intent> {
    if is_dialog_open() {
        return None;
    }
    if key == "Escape" && exists(".composer :focus") {
        return Some(Intent::Chat(ChatWish::Toggle));
    }
    if key == "Escape" && leads_back(snapshot) {
        return (!is_writing()).then_some(Intent::Stop);
    }
    if key == "Escape" {
        // The browser uses this Escape to leave full screen.
        let is_full_screen = document().fullscreen_element().is_some();
        return (snapshot.phase.is_matched() && !is_full_screen).then_some(Intent::Gesture(Gesture::Escape));
    }
    let is_call = view_model::layout(snapshot) == view_model::Layout::Call;
    if !is_call || is_writing() || snapshot.preferences.has(Switch::NoKeys) && key != " " {
        return None;
    }
    let is_talking = snapshot.phase.is_talking();
    match key {
        " " if is_talk_key(snapshot, key) => Some(Intent::HoldToTalk(true)),
        "m" | "M" => Some(Intent::ToggleMicrophone),
        "c" | "C" => Some(Intent::ToggleCamera),
        "f" | "F" => Some(Intent::Window(WindowWish::ToggleFullScreen)),
        "h" | "H" => Some(Intent::Toggle(Switch::HideOwnPicture)),
        "p" | "P" if is_talking => Some(Intent::Window(WindowWish::TogglePictureInPicture)),
        "s" | "S" if is_talking => Some(Intent::ToggleScreen),
        "t" | "T" if is_talking => Some(Intent::Chat(ChatWish::Toggle)),
        // The sheet contains the list of shortcuts.
        "?" => Some(Intent::Window(WindowWish::OpenSheet)),
        _ if is_talking => reaction(key).map(|it| Intent::Chat(ChatWish::React(it))),
        _ => None,
    }
}

/// Whether Escape leads back to the start page: from every question, problem and preview before a call.
fn leads_back(snapshot: Snapshot) -> bool {
    match view_model::layout(snapshot) {
        view_model::Layout::Notice | view_model::Layout::Mirror => true,
        view_model::Layout::Landing | view_model::Layout::Call => false,
    }
}

/// Whether this key unmutes the microphone while it is held. Buttons are pressed with Enter then.
pub(crate) fn is_talk_key(snapshot: Snapshot, key: &str) -> bool {
    let is_call = view_model::layout(snapshot) == view_model::Layout::Call;
    key == " "
        && is_call
        && snapshot.preferences.has(Switch::PushToTalk)
        && !is_dialog_open()
        && !is_writing()
}

/// The reaction with this number, counted from 1.
fn reaction(key: &str) -> Option<Reaction> {
    Reaction::ALL.get(key.parse::<usize>().ok()?.checked_sub(1)?).copied()
}

fn is_dialog_open() -> bool {
    exists("dialog[open], :popover-open")
}

fn is_writing() -> bool {
    exists("input:focus, select:focus, textarea:focus")
}

fn exists(selector: &str) -> bool {
    matches!(document().query_selector(selector), Ok(Some(_)))
}
