//! [`live`] and [`live_text`]: texts that change while they are shown.
//!
//! A page translator replaces the text nodes of the page with elements of its own. A text that is written into its text
//! node after that is never seen. These texts are written as the content of an element, which stays.

use leptos::{html::Span, prelude::*};

use super::derive::derived_text;
use crate::{call::Snapshot, ui::i18n::Words};

/// A text derived from the snapshot and the catalogue.
pub(crate) fn live_text(text: fn(&'static Words, Snapshot) -> &'static str) -> impl IntoView {
    let text = derived_text(text);
    live(move || text().to_owned())
}

/// A text that is computed again after each change of what it reads.
pub(crate) fn live(text: impl Fn() -> String + Send + Sync + 'static) -> impl IntoView {
    element(Memo::new(move |_| text()))
}

fn element(text: Memo<String>) -> impl IntoView {
    let element = NodeRef::<Span>::new();
    let first = text.get_untracked();
    let rendered = first.clone();
    Effect::new(move |shown: Option<String>| {
        let text = text.get();
        // The same text is not written again: that would undo its translation. Of an empty one the server has made a
        // space, for the sake of hydration.
        if (text.is_empty() || text != *shown.as_ref().unwrap_or(&first))
            && let Some(element) = element.get_untracked()
        {
            element.set_text_content(Some(&text));
        }
        text
    });
    view! { <span node_ref=element>{rendered}</span> }
}
