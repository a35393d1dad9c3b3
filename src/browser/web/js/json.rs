//! Messages from their JSON text, read by the browser's own parser; it must not know what they mean.
//!
//! The same types as [`protocol`](crate::protocol) reads with `serde_json`, whose parser would be a tenth of the
//! page's wasm (12 of 117 KB after brotli).

use serde::de::DeserializeOwned;

/// The message in a text; fields that are not known are passed over. `None` for what this page does not understand.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_wasm_bindgen::from_value(js_sys::JSON::parse(text).ok()?).ok()
}
