//! What single keys do, when nobody is writing; it must not know what comes of it.

use leptos::prelude::document;

use crate::{
    call::{ChatWish, Intent, Phase, Snapshot, Switch, WindowWish},
    ui::view_model,
};

/// What a key asks for, if it belongs to the page at this moment.
pub(crate) fn pressed(snapshot: Snapshot, key: &str) -> Option<Intent> {
    if is_dialog_open() {
        return None;
    }
    if key == "Escape" {
        let is_browsers = document().fullscreen_element().is_some();
        return (view_model::is_met(snapshot) && !is_browsers).then_some(Intent::Escape);
    }
    let is_stage = view_model::screen(snapshot) == view_model::Screen::Stage;
    if !is_stage || is_writing() || snapshot.preferences.has(Switch::NoKeys) && key != " " {
        return None;
    }
    let is_talking = matches!(snapshot.phase, Phase::Talking { .. });
    match key {
        " " if holds(snapshot, key) => Some(Intent::HoldToTalk(true)),
        "m" | "M" => Some(Intent::ToggleMicrophone),
        "c" | "C" => Some(Intent::ToggleCamera),
        "f" | "F" => Some(Intent::Window(WindowWish::ToggleFullScreen)),
        "h" | "H" => Some(Intent::Toggle(Switch::HideOwnPicture)),
        "p" | "P" if is_talking => Some(Intent::Window(WindowWish::TogglePictureInPicture)),
        "s" | "S" if is_talking => Some(Intent::ToggleScreen),
        "t" | "T" if is_talking => Some(Intent::Chat(ChatWish::Toggle)),
        // The list of keys is in it.
        "?" => Some(Intent::Window(WindowWish::OpenSheet)),
        _ => None,
    }
}

/// Whether this key holds the microphone open. Buttons are pressed with Enter then.
pub(crate) fn holds(snapshot: Snapshot, key: &str) -> bool {
    let is_stage = view_model::screen(snapshot) == view_model::Screen::Stage;
    key == " "
        && is_stage
        && snapshot.preferences.has(Switch::PushToTalk)
        && !is_dialog_open()
        && !is_writing()
}

fn is_dialog_open() -> bool {
    is_there("dialog[open], :popover-open")
}

fn is_writing() -> bool {
    is_there("input:focus, select:focus, textarea:focus")
}

fn is_there(selector: &str) -> bool {
    matches!(document().query_selector(selector), Ok(Some(_)))
}
