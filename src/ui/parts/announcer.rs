//! The live regions that screen readers announce: polite ones and an urgent one.

use leptos::prelude::*;

use super::{call::chat::reaction_name, derive::derived_text};
use crate::ui::{i18n::fill, view_model};

/// The live regions. The urgent one is visible too: during a call nothing else shows a problem.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    view! {
        <p class="visually-hidden" role="status">{derived_text(view_model::status)}</p>
        <p class="visually-hidden" aria-live="polite">
            {derived_text(|words, it| it.chat.theirs.map(|it| fill(words.partner_reacts, reaction_name(words, it))))}
        </p>
        <p class="strip" role="alert">{derived_text(view_model::alert)}</p>
    }
}
