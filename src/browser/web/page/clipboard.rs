//! Writing to the clipboard.

use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use web_sys::window;

use crate::browser::web::js::reflect::{call_async, get};

/// Copies a text to the clipboard. Nothing happens if the browser refuses.
pub(crate) fn copy(text: String) {
    let clipboard = window().map(|it| get(&it.navigator(), "clipboard")).unwrap_or(JsValue::NULL);
    spawn_local(async move {
        let _ = call_async(&clipboard, "writeText", [text.into()]).await;
    });
}
