//! JSON decoding with the browser's own parser.
//!
//! `serde_json` reads the same types of [`protocol`](crate::protocol), but its parser would be a tenth of the page's
//! wasm: 12 of 117 KB after brotli.

use serde::de::DeserializeOwned;

/// Decodes a message. Ignores unknown fields; returns `None` for a message that this build does not understand.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_wasm_bindgen::from_value(js_sys::JSON::parse(text).ok()?).ok()
}
