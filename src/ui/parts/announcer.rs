//! What is said aloud by a screen reader: one polite region, one urgent one; it must not know what is drawn.

use leptos::prelude::*;

use super::{call::chat::name, derive::say};
use crate::ui::view_model;

/// The live regions. The urgent one is seen too while a call goes on: then it is all that is shown of a problem.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    view! {
        <p class="visually-hidden" role="status">{say(view_model::status)}</p>
        <p class="visually-hidden" aria-live="polite">
            {say(|words, it| if it.chat.theirs.is_some() { words.partner_reacts } else { "" })}
            " "
            {say(|words, it| it.chat.theirs.map_or("", |it| name(words, it)))}
        </p>
        <p class="strip" role="alert">{say(view_model::alert)}</p>
    }
}
