//! What is said aloud by a screen reader: one polite region, one urgent one; it must not know what is drawn.

use leptos::prelude::*;

use crate::ui::{Stage, scene, words::words};

/// The live regions. The urgent one is seen too while a call goes on: then it is all that is shown of a problem.
#[component]
pub(in crate::ui) fn Announcer() -> impl IntoView {
    let Stage { snapshot, .. } = expect_context();
    let words = words();
    view! {
        <p class="visually-hidden" role="status">{move || scene::status(words, snapshot.get())}</p>
        <p class="strip" role="alert">{move || scene::alert(words, snapshot.get())}</p>
    }
}
