//! A field for some lines of text, on pages that the server renders for each request.

use leptos::{html, prelude::*};

/// A field with this text in it; `max` is its maximum length in characters, 0 for one that can only be read.
pub(crate) fn text_area(name: &'static str, text: &str, max: usize) -> impl IntoView + use<> {
    // Leptos does not escape what is inside a text area.
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let area = html::textarea().class("text-field").name(name).rows(5).readonly(max == 0);
    // Leptos puts a space into an empty one. A browser drops the first line break, which may be a person's own.
    area.maxlength((max > 0).then(|| max.to_string())).inner_html(["\n", &text].concat())
}
