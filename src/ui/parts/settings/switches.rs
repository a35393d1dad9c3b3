//! The choices that this device keeps, as switches; it must not know what follows from them.

use leptos::prelude::*;

use crate::{
    call::{Intent, Switch},
    ui::{
        Stage,
        i18n::{Words, words},
        parts::derive::see,
    },
};

/// These switches, each with what it brings and costs.
#[component]
pub(crate) fn Choices(
    /// Which.
    of: &'static [Switch],
) -> impl IntoView {
    of.iter().map(|switch| view! { <Choice of=*switch/> }).collect_view()
}

#[component]
fn Choice(of: Switch) -> impl IntoView {
    let Stage { snapshot, intend, .. } = expect_context();
    let (label, note) = texts(words(), of);
    let offered = see(|it| it.surroundings.abilities.blur);
    view! {
        <label class="switch" data-switch=of.name() hidden=move || of == Switch::Blur && !offered()>
            <input
                type="checkbox"
                role="switch"
                aria-label=label
                prop:checked=move || snapshot.get().preferences.has(of)
                on:change=move |_| intend.run(Intent::Toggle(of))
            />
            <span class="switch-text">
                <span class="switch-label">{label}</span>
                <span class="switch-note">{note}</span>
            </span>
        </label>
    }
}

/// The name of a switch, and what it brings and costs.
const fn texts(words: &'static Words, of: Switch) -> (&'static str, &'static str) {
    match of {
        Switch::HideAddress => (words.hide_address, words.hide_address_note),
        Switch::MyLanguages => (words.my_languages, words.my_languages_note),
        Switch::SaveData => (words.save_data, words.save_data_note),
        Switch::PushToTalk => (words.push_to_talk, words.push_to_talk_note),
        Switch::Blur => (words.blur, words.blur_note),
        Switch::Unmirrored => (words.unmirrored, words.unmirrored_note),
        Switch::HideOwnPicture => (words.hide_picture, words.hide_picture_note),
        Switch::NoKeys => (words.no_keys, words.no_keys_note),
    }
}
