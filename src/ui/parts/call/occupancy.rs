//! Who else is here, in one quiet line for who waits: it is there to be read, and not announced, because it changes while
//! nothing happens; it must not know who counts.

use leptos::prelude::*;

use crate::{
    call::{Phase, Snapshot},
    ui::{
        i18n::Words,
        parts::derive::{say, see},
    },
};

/// How many are here, and how long one waits. Its place is kept while that is not known, so that nothing moves.
#[component]
pub(crate) fn Crowd() -> impl IntoView {
    view! {
        <p class="crowd" hidden=see(|it| !waits(it))>
            {say(how_many)} " " {say(how_long)}
        </p>
    }
}

/// What the server has said holds as long as there is nothing wrong.
const fn waits(snapshot: Snapshot) -> bool {
    matches!((snapshot.phase, snapshot.problem), (Phase::Waiting { .. }, None))
}

fn how_many(words: &'static Words, snapshot: Snapshot) -> &'static str {
    snapshot.surroundings.here.map_or("", |it| words.crowds[it.steps()])
}

fn how_long(words: &'static Words, snapshot: Snapshot) -> &'static str {
    snapshot.surroundings.here.and_then(|it| it.wait).map_or("", |it| words.waits[it as usize])
}
