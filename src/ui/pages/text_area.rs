//! What is inside a text area, on pages that the server renders for each request.

/// The HTML of this text inside a text area. Leptos does not escape a text there.
///
/// Leptos puts a space into an empty text area, so this is never empty. A browser drops the first line break, which
/// would otherwise be a person's own.
pub(crate) fn text_area_html(text: &str) -> String {
    ["\n", &text.replace('&', "&amp;").replace('<', "&lt;")].concat()
}
