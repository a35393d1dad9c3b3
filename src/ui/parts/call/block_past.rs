//! The buttons that block a stranger whose match is over, or unblock them.

use leptos::prelude::*;

use crate::{
    call::{Farewell, Phase, Snapshot},
    ui::{
        PageContext,
        i18n::words,
        parts::{derive::derived, live::live},
        past_strangers,
        view_model::{self, Layout},
    },
};

/// The button for one past stranger; hidden if there was none. It keeps the focus after a press.
#[component]
pub(crate) fn BlockPast(
    /// Which one: the latest is 0.
    index: usize,
    /// Whether this copy of the button is hidden.
    #[prop(default = |_| false)]
    hidden: fn(Snapshot) -> bool,
) -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let words = words();
    let label = move || past_strangers::block_label(words, snapshot.get(), index);
    let is_hidden = derived(hidden);
    let press = move |_| {
        if let Some(intent) = past_strangers::block_intent(snapshot.get_untracked(), index) {
            send_intent.run(intent);
        }
    };
    view! {
        <div class="block-last" hidden=move || is_hidden() || label().is_none()>
            <button class="button" type="button" data-kind="quiet" on:click=press>
                {live(move || label().unwrap_or_default().to_owned())}
            </button>
        </div>
    }
}

/// Whether the panel offers to block the last stranger.
pub(crate) fn offers_block(snapshot: Snapshot) -> bool {
    let has_own_buttons =
        matches!(snapshot.phase, Phase::Ended { why: Farewell::Blocked | Farewell::Reported });
    view_model::layout(snapshot) == Layout::Call && !snapshot.phase.is_talking() && !has_own_buttons
}
