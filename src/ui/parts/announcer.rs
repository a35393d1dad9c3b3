//! The live regions that screen readers announce: polite ones and an urgent one.

use leptos::prelude::*;

use super::{
    call::chat::reaction_name,
    derive::derived_text,
    live::{live, live_text},
};
use crate::{
    call::Snapshot,
    ui::{
        i18n::{Words, fill},
        view_model,
    },
};

/// The live regions. The urgent one is visible too: during a call nothing else shows a problem.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    view! {
        <p class="visually-hidden" role="status">{live_text(view_model::status)}</p>
        <p class="visually-hidden" aria-live="polite">
            {live(derived_text(partner_reacts))}
        </p>
        <p class="strip" role="alert">{live_text(view_model::alert)}</p>
    }
}

fn partner_reacts(words: &'static Words, snapshot: Snapshot) -> String {
    let reaction = snapshot.chat.theirs;
    reaction.map(|it| fill(words.partner_reacts, reaction_name(words, it))).unwrap_or_default()
}
