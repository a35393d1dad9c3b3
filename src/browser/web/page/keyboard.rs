//! [`Keyboard`]: keeps the page in order while an on-screen keyboard is open.
//!
//! It tells the style sheet how much of the page the keyboard covers. Most browsers shrink the page for the keyboard,
//! as its `viewport` element asks. Safari does not; there only the visual viewport shrinks.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, Window, window};

use crate::browser::web::js::reflect::{call, get};

/// Watches until it is dropped.
pub(crate) struct Keyboard {
    _resize: Option<EventListener>,
    _press: EventListener,
}

impl Keyboard {
    /// Sets the custom property `--keyboard` of the document at each change of the visual viewport.
    ///
    /// A press on Send leaves the focus in the field. Otherwise the keyboard would close, and another button would be
    /// under the finger.
    pub(crate) fn watch() -> Option<Self> {
        let window = window()?;
        let document = window.document()?;
        let options = EventListenerOptions::enable_prevent_default();
        let press = EventListener::new_with_options(&document, "mousedown", options, |event| {
            let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            if target.is_some_and(|it| matches!(it.closest(".composer button"), Ok(Some(_)))) {
                event.prevent_default();
            }
        });
        let resize =
            window.visual_viewport().map(|it| EventListener::new(&it, "resize", move |_| update(&window)));
        Some(Self { _resize: resize, _press: press })
    }
}

fn update(window: &Window) {
    let (Some(viewport), Some(root)) =
        (window.visual_viewport(), window.document().and_then(|it| it.document_element()))
    else {
        return;
    };
    let page = window.inner_height().ok().and_then(|it| it.as_f64()).unwrap_or_default();
    // Of a page that is enlarged with two fingers a part is visible, with and without a keyboard.
    let covered = if viewport.scale() > 1.0 { 0.0 } else { page - viewport.height() };
    // A fraction of a pixel does not matter, and negative differences become zero.
    let covered = covered as u32;
    call(&get(&root, "style"), "setProperty", ["--keyboard".into(), format!("{covered}px").into()]);
    if covered > 0 {
        // Safari has scrolled the page to show the field, which is in view without that.
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}
