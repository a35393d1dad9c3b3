//! [`Reveal`]: what the page says while the pictures are blurred, and the button that ends that.

use leptos::prelude::*;

use crate::{
    call::{Cover, Intent, Snapshot},
    ui::{
        PageContext,
        i18n::{Words, cover_text, words},
        parts::{derive::derived, live::live_text},
        view_model,
    },
};

/// Says over the stranger's picture which of the two have revealed theirs, with the button to do so.
#[component]
pub(crate) fn Reveal() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    view! {
        <div class="reveal" hidden=derived(|it| !view_model::is_covered(it))>
            <p>{live_text(text)}</p>
            <button
                class="button"
                type="button"
                data-kind="main"
                hidden=derived(|it| it.cover == Cover::OwnRevealed)
                on:click=move |_| send_intent.run(Intent::Reveal)
            >
                {words().reveal}
            </button>
        </div>
    }
}

const fn text(words: &'static Words, snapshot: Snapshot) -> &'static str {
    cover_text(words, snapshot.cover)
}
