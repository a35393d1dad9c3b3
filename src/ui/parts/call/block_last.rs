//! The button that blocks the stranger whose match is over.

use leptos::prelude::*;

use crate::{
    call::{Intent, LastStranger, Snapshot},
    ui::{
        PageContext,
        parts::derive::{derived, derived_text},
        view_model,
    },
};

/// The button; hidden if there was nobody. After a press it says that the stranger is blocked, and keeps the focus.
#[component]
pub(crate) fn BlockLast(
    /// Whether this copy of the button is hidden.
    #[prop(default = |_| false)]
    hidden: fn(Snapshot) -> bool,
) -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let is_hidden = move || {
        let now = snapshot.get();
        now.last_stranger == LastStranger::Nobody || hidden(now)
    };
    view! {
        <div class="block-last" hidden=is_hidden>
            <button
                class="button"
                type="button"
                data-kind="quiet"
                aria-disabled=derived(|it| (it.last_stranger == LastStranger::Blocked).then_some("true"))
                on:click=move |_| send_intent.run(Intent::BlockLast)
            >
                {derived_text(|words, it| view_model::block_last_label(words, it).unwrap_or_default())}
            </button>
        </div>
    }
}
