//! What to talk about: the field for it, who is looked for with it, and what was found; it must not know who else waits.

use leptos::prelude::*;

use crate::{
    call::{Intent, Snapshot},
    protocol::{
        Affinity,
        limits::{MAX_INTEREST_CHARS, MAX_INTERESTS},
    },
    ui::{
        Stage,
        i18n::{Words, words},
        parts::derive::{say, see},
        view_model,
    },
};

/// Characters of all topics with what stands between them.
const MAX_WRITTEN: usize = MAX_INTERESTS * (MAX_INTEREST_CHARS + 2);

/// The field.
#[component]
pub(crate) fn Topics() -> impl IntoView {
    let Stage { topics, intend, .. } = expect_context();
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
                maxlength=MAX_WRITTEN.to_string()
                prop:value=move || topics.get().written
                on:change:target=move |event| intend.run(Intent::TalkAbout(event.target().value()))
            />
            <span class="switch-note">{words.topics_note}</span>
        </label>
    }
}

/// Who is looked for, and for how long.
#[component]
pub(crate) fn Sought() -> impl IntoView {
    let Stage { topics, .. } = expect_context();
    view! {
        <p class="sought" data-wants=see(|it| it.seeking.map(|it| name(it.wants))) hidden=see(|it| it.seeking.is_none())>
            {say(|words, it| it.seeking.map_or("", |it| words.sought[it.wants as usize]))}
            " "
            <bdi hidden=see(|it| !wants_interest(it))>{move || topics.get().written}</bdi>
            <span class="sought-widens" hidden=see(|it| seconds(it).is_none())>
                {words().widens} " " {see(seconds)} " " {words().seconds}
            </span>
        </p>
    }
}

/// What the two have in common.
#[component]
pub(crate) fn Shared() -> impl IntoView {
    let Stage { topics, .. } = expect_context();
    view! {
        <p class="chip" data-shared=see(|it| it.shared.map(name)) hidden=see(|it| !view_model::is_met(it) || it.shared.is_none())>
            {say(in_common)}
            " "
            <bdi>{move || topics.get().shared}</bdi>
        </p>
    }
}

fn wants_interest(snapshot: Snapshot) -> bool {
    snapshot.seeking.is_some_and(|it| it.wants == Affinity::Interest)
}

fn seconds(snapshot: Snapshot) -> Option<u32> {
    snapshot.seeking?.seconds
}

const fn in_common(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match snapshot.shared {
        Some(Affinity::Interest) => words.shared_interest,
        Some(Affinity::Language) => words.shared_language,
        Some(Affinity::Anybody) | None => "",
    }
}

/// The stable name, for `data-wants` and `data-shared`.
const fn name(affinity: Affinity) -> &'static str {
    match affinity {
        Affinity::Interest => "interest",
        Affinity::Language => "language",
        Affinity::Anybody => "anybody",
    }
}
