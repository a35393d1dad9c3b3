//! What is said aloud by a screen reader: one polite region, one urgent one; it must not know what is drawn.

use leptos::prelude::*;

use super::{chat::name, see::say};
use crate::ui::scene;

/// The live regions. The urgent one is seen too while a call goes on: then it is all that is shown of a problem.
#[component]
pub(in crate::ui) fn Announcer() -> impl IntoView {
    view! {
        <p class="visually-hidden" role="status">{say(scene::status)}</p>
        <p class="visually-hidden" aria-live="polite">
            {say(|words, it| if it.chat.theirs.is_some() { words.partner_reacts } else { "" })}
            " "
            {say(|words, it| it.chat.theirs.map_or("", |it| name(words, it)))}
        </p>
        <p class="strip" role="alert">{say(scene::alert)}</p>
    }
}
