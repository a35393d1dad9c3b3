//! The topics of conversation: the field for them, the search for them, and what the match has in common.

use leptos::prelude::*;

use crate::{
    call::{Intent, Snapshot},
    protocol::{
        Affinity,
        limits::{MAX_INTEREST_CHARS, MAX_INTERESTS},
    },
    ui::{
        PageContext,
        i18n::{Words, fill, words},
        parts::{
            derive::{derived, derived_text},
            live::live,
        },
    },
};

/// The most characters of all topics together, with a comma and a space after each.
const MAX_CHARS: usize = MAX_INTERESTS * (MAX_INTEREST_CHARS + 2);

/// The field for the topics, separated by commas.
#[component]
pub(crate) fn TopicsField() -> impl IntoView {
    let PageContext { topics, send_intent, .. } = expect_context();
    let words = words();
    view! {
        <label class="field">
            <span class="field-label">{words.topics}</span>
            <input
                class="select"
                type="text"
                dir="auto"
                autocomplete="off"
                enterkeyhint="done"
                placeholder=words.topics_example
                maxlength=MAX_CHARS.to_string()
                prop:value=move || topics.get().written
                on:change:target=move |event| send_intent.run(Intent::TalkAbout(event.target().value()))
            />
            <span class="switch-note">{words.topics_note}</span>
        </label>
    }
}

/// What the next partner has to have in common, and how long the search is limited to that.
#[component]
pub(crate) fn SearchStatus() -> impl IntoView {
    let PageContext { snapshot, topics, .. } = expect_context();
    let words = words();
    view! {
        <p
            class="sought"
            data-wants=derived(|it| it.seeking.map(|it| affinity_name(it.wants)))
            hidden=derived(|it| it.seeking.is_none())
        >
            {live(move || fill(sought(words, snapshot.get()), &isolated(&topics.get().written)))}
            " "
            <span class="sought-widens">{live(derived_text(widens))}</span>
        </p>
    }
}

/// What the partners of the match have in common.
#[component]
pub(crate) fn CommonGround() -> impl IntoView {
    let PageContext { snapshot, topics, .. } = expect_context();
    let words = words();
    view! {
        <p
            class="chip"
            data-shared=derived(|it| it.shared.map(affinity_name))
            hidden=derived(|it| !it.phase.is_matched() || it.shared.is_none())
        >
            {live(move || fill(common_ground(words, snapshot.get()), &isolated(&topics.get().shared)))}
        </p>
    }
}

/// What the person has written, with a direction of its own (FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE, UAX 9).
fn isolated(written: &str) -> String {
    ["\u{2068}", written, "\u{2069}"].concat()
}

fn sought(words: &'static Words, snapshot: Snapshot) -> &'static str {
    snapshot.seeking.map_or("", |it| words.sought[it.wants as usize])
}

fn widens(words: &'static Words, snapshot: Snapshot) -> String {
    let seconds = snapshot.seeking.and_then(|it| it.seconds);
    seconds.map(|it| fill(words.widens, &it.to_string())).unwrap_or_default()
}

const fn common_ground(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match snapshot.shared {
        Some(Affinity::Interest) => words.shared_interest,
        Some(Affinity::Language) => words.shared_language,
        Some(Affinity::Anybody) | None => "",
    }
}

/// The stable name, for `data-wants` and `data-shared`.
const fn affinity_name(affinity: Affinity) -> &'static str {
    match affinity {
        Affinity::Interest => "interest",
        Affinity::Language => "language",
        Affinity::Anybody => "anybody",
    }
}
