//! The document: its root element, the data that the server has put into it, and performance marks.

pub(crate) mod lifecycle;
pub(crate) mod activity;
pub(crate) mod wake_lock;
pub(crate) mod leaving;
pub(crate) mod tabs;

pub(crate) mod window;
pub(crate) mod sheet;
pub(crate) mod keyboard;
pub(crate) mod drag;
pub(crate) mod clipboard;
pub(crate) mod capabilities;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, HtmlElement, window};

use super::js::reflect::{call_async, get};
use crate::{
    call::SiteFacts,
    protocol::SoftStart,
    ui::{
        AGE_ATTRIBUTE, BUILD_ATTRIBUTE, DRIVEN_ATTRIBUTE, HOME_ATTRIBUTE, PRESSED_ATTRIBUTE, PRESSED_START,
        ROOT_ID, RULES_ATTRIBUTE, SOFT_ATTRIBUTE, WORDS_ID,
    },
};

/// Adds a performance mark, instead of an earlier one of this name: browsers keep all marks as long as the page.
pub(crate) fn mark(name: &str) {
    if let Some(performance) = window().and_then(|it| it.performance()) {
        let name = ["passerby:", name].concat();
        performance.clear_marks_with_mark_name(&name);
        // Marks are for developers only, so a failure does not matter.
        let _ = performance.mark(&name);
    }
}

/// The element that contains the views.
pub(crate) fn root() -> Option<HtmlElement> {
    document()?.get_element_by_id(ROOT_ID)?.dyn_into().ok()
}

/// What the server has written into the page for the call.
pub(crate) fn site_facts() -> SiteFacts {
    let attribute = |name| root().and_then(|it| it.get_attribute(name)).unwrap_or_default();
    SiteFacts {
        build: attribute(BUILD_ATTRIBUTE),
        rules: attribute(RULES_ATTRIBUTE),
        soft_start: SoftStart::from_name(&attribute(SOFT_ATTRIBUTE)),
        checks_age: !age_check().is_empty(),
    }
}

/// Where a provider checks the age of the person; empty if none does.
pub(crate) fn age_check() -> String {
    root().and_then(|it| it.get_attribute(AGE_ATTRIBUTE)).unwrap_or_default()
}

/// The public origin of the site, which may differ from the one that the page was loaded from.
pub(crate) fn home() -> String {
    root().and_then(|it| it.get_attribute(HOME_ATTRIBUTE)).unwrap_or_default()
}

/// The texts of the catalogue that the server has sent, one a line.
pub(crate) fn words() -> String {
    document().and_then(|it| it.get_element_by_id(WORDS_ID)?.text_content()).unwrap_or_default()
}

/// Whether Start was pressed before the call could handle it. A small script in the page records the press.
pub(crate) fn is_start_pressed() -> bool {
    root().and_then(|it| it.get_attribute(PRESSED_ATTRIBUTE)).as_deref() == Some(PRESSED_START)
}

/// Marks the page as driven by the call: presses are handled from now on and no longer recorded.
pub(crate) fn set_driven() {
    let Some(root) = root() else { return };
    // Both fail only for invalid attribute names.
    let _ = root.set_attribute(DRIVEN_ATTRIBUTE, "");
    let _ = root.remove_attribute(PRESSED_ATTRIBUTE);
}

/// Whether the server responds to requests.
pub(crate) async fn server_responds() -> bool {
    let window = window().map_or(JsValue::NULL, JsValue::from);
    call_async(&window, "fetch", ["/healthz".into()]).await.is_some_and(|it| get(&it, "ok").is_truthy())
}

fn document() -> Option<Document> {
    window()?.document()
}
