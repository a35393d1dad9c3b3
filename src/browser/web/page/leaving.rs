//! Leaving the page: the question of the browser, Back, and the way to the age check and back.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsValue;
use web_sys::{Window, window};

use super::age_check;
use crate::{
    browser::{
        inbox::Inbox,
        web::js::reflect::{call, get, set, text},
    },
    call::{Gesture, Input, Intent},
    protocol::limits::MAX_TOKEN_BYTES,
};

/// The state of the history entry that Back leads away from, while the page stays.
const CAUGHT: &str = "call";

/// The browser asks until this is dropped. Only a page that somebody has touched may have that asked.
pub(crate) struct LeaveQuestion {
    _listener: Option<EventListener>,
}

impl LeaveQuestion {
    /// Lets the browser ask from now on, in its own words.
    pub(crate) fn ask() -> Self {
        let options = EventListenerOptions::enable_prevent_default();
        let listen = |window: Window| {
            EventListener::new_with_options(&window, "beforeunload", options, |event| {
                event.prevent_default();
                // Safari asks only if there is a text, which it does not show.
                set(event, "returnValue", &" ".into());
            })
        };
        Self { _listener: window().map(listen) }
    }
}

/// Before a statement about the person's age, in the fragment of the address with which a provider leads back.
const STATEMENT: &str = "#age=";

/// Goes to the provider that checks the age. A page that does not know it is older than the server's settings.
pub(crate) fn prove_age() {
    let Some(window) = window() else { return };
    let provider = age_check();
    let _ =
        if provider.is_empty() { window.location().reload() } else { window.location().assign(&provider) };
}

/// Takes the statement about the person's age out of the address, if there is one.
pub(crate) fn take_age_statement() -> Option<String> {
    let window = window()?;
    let location = window.location();
    let statement = location.hash().ok()?.strip_prefix(STATEMENT)?.to_owned();
    let address = [location.pathname().ok()?, location.search().ok()?].concat();
    call(&get(&window, "history"), "replaceState", [JsValue::NULL, "".into(), address.into()]);
    (statement.len() <= MAX_TOKEN_BYTES).then_some(statement)
}

/// Listens until it is dropped.
pub(crate) struct BackReports {
    _listener: EventListener,
}

impl BackReports {
    /// Reports Back if it leads away from an entry of [`catch_back`].
    pub(crate) fn watch(inbox: &Inbox) -> Option<Self> {
        let (window, inbox) = (window()?, inbox.clone());
        let listener = EventListener::new(&window.clone(), "popstate", move |_| {
            // Forward leads to that entry again, and nothing happens.
            if !is_caught(&window) {
                inbox.put(Input::Intent(Intent::Gesture(Gesture::Back)));
            }
        });
        Some(Self { _listener: listener })
    }
}

/// Adds an entry to the history of the tab, for the same page, unless it is the current one.
pub(crate) fn catch_back() {
    if let Some(window) = window().filter(|it| !is_caught(it)) {
        call(&get(&window, "history"), "pushState", [CAUGHT.into(), "".into()]);
    }
}

/// Goes back one entry.
pub(crate) fn go_back() {
    if let Some(window) = window() {
        call(&get(&window, "history"), "back", []);
    }
}

fn is_caught(window: &Window) -> bool {
    text(&get(window, "history"), "state") == CAUGHT
}
