//! The line that tells waiting people how busy the site is. It changes often, so screen readers do not announce it.

use leptos::prelude::*;

use crate::{
    call::{Phase, Snapshot},
    protocol::Occupancy,
    ui::{
        i18n::Words,
        parts::{derive::derived, live::live_text},
    },
};

/// How many people are here, and how long the wait is. It keeps its place while empty, so that nothing moves.
#[component]
pub(crate) fn OccupancyLine() -> impl IntoView {
    view! {
        <p class="crowd" hidden=derived(|it| !is_waiting(it))>
            {live_text(how_many)} " " {live_text(how_long)}
        </p>
    }
}

/// During a problem the last numbers of the server may be outdated, so they are hidden.
const fn is_waiting(snapshot: Snapshot) -> bool {
    matches!((snapshot.phase, snapshot.problem), (Phase::Waiting { .. }, None))
}

fn how_many(words: &'static Words, snapshot: Snapshot) -> &'static str {
    company(snapshot).map_or("", |it| words.crowds[it.steps().saturating_sub(1)])
}

fn how_long(words: &'static Words, snapshot: Snapshot) -> &'static str {
    company(snapshot).and_then(|it| it.wait).map_or("", |it| words.waits[it as usize])
}

/// How busy it is, unless the panel says that there is nobody new.
fn company(snapshot: Snapshot) -> Option<Occupancy> {
    snapshot.surroundings.here.filter(|it| it.around > 0 && !it.all_met)
}
