//! The document and the window: where the page is taken over and what happens to it; it must not know what is on it.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};

/// Listeners for the page's life; they go when this is dropped.
pub(in crate::browser) struct Listeners([EventListener; 2]);

/// The element whose inside the views are.
pub(in crate::browser) fn root() -> Option<HtmlElement> {
    window()?.document()?.get_element_by_id("root")?.dyn_into().ok()
}

/// Whether Start was pressed before the views could hear it; the page's own small script has written that down.
pub(in crate::browser) fn was_start_pressed() -> bool {
    root().is_some_and(|it| it.get_attribute("data-pressed").as_deref() == Some("start"))
}

/// Listens for the page being left and for the network's return.
pub(in crate::browser) fn listen(hidden: impl Fn() + 'static, online: impl Fn() + 'static) -> Option<Listeners> {
    let window = window()?;
    Some(Listeners([
        EventListener::new(&window, "pagehide", move |_| hidden()),
        EventListener::new(&window, "online", move |_| online()),
    ]))
}
