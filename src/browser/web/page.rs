//! The document and the window: where the page is taken over and what happens to it; it must not know what is on it.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};

use crate::ui::{PRESSED_ATTRIBUTE, PRESSED_START, ROOT_ID};

/// Listeners for the page's life; they go when this is dropped.
pub(in crate::browser) struct Listeners {
    _pagehide: EventListener,
    _online: EventListener,
}

/// The element whose inside the views are.
pub(in crate::browser) fn root() -> Option<HtmlElement> {
    window()?.document()?.get_element_by_id(ROOT_ID)?.dyn_into().ok()
}

/// Whether Start was pressed before the views could hear it; the page's own small script has written that down.
/// `true` once only.
pub(in crate::browser) fn take_early_start() -> bool {
    let Some(root) = root() else { return false };
    let pressed = root.get_attribute(PRESSED_ATTRIBUTE).as_deref() == Some(PRESSED_START);
    // Removing an attribute fails for none but impossible names.
    let _ = root.remove_attribute(PRESSED_ATTRIBUTE);
    pressed
}

/// Listens for the page being left and for the network's return.
pub(in crate::browser) fn listen(
    hidden: impl Fn() + 'static,
    online: impl Fn() + 'static,
) -> Option<Listeners> {
    let window = window()?;
    Some(Listeners {
        _pagehide: EventListener::new(&window, "pagehide", move |_| hidden()),
        _online: EventListener::new(&window, "online", move |_| online()),
    })
}
