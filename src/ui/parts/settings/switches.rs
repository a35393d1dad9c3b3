//! The switches of the stored preferences.

use leptos::prelude::*;

use crate::{
    call::{Intent, Snapshot, Switch},
    protocol::SoftStart,
    ui::{
        PageContext,
        i18n::{Words, words},
    },
};

/// Some switches, each with a note about its effect.
#[component]
pub(crate) fn Switches(
    /// The switches to show.
    of: &'static [Switch],
) -> impl IntoView {
    of.iter().map(|switch| view! { <SwitchField of=*switch/> }).collect_view()
}

#[component]
fn SwitchField(of: Switch) -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let (label, note) = texts(words(), of);
    let is_useless = move || is_useless(of, snapshot.get());
    view! {
        <label class="switch" data-switch=of.name() hidden=is_useless>
            <input
                type="checkbox"
                role="switch"
                aria-label=label
                prop:checked=move || snapshot.get().preferences.has(of)
                on:change=move |_| send_intent.run(Intent::Toggle(of))
            />
            <span class="switch-text">
                <span class="switch-label">{label}</span>
                <span class="switch-note">{note}</span>
            </span>
        </label>
    }
}

/// Whether the switch would change nothing in this browser or on this server.
const fn is_useless(of: Switch, snapshot: Snapshot) -> bool {
    let abilities = snapshot.surroundings.abilities;
    match of {
        Switch::Blur => !abilities.blur,
        Switch::Notify => !abilities.notifications,
        Switch::SoftStart => !matches!(snapshot.soft_start, SoftStart::Off),
        Switch::NoSoftStart => !matches!(snapshot.soft_start, SoftStart::On),
        Switch::HideAddress
        | Switch::MyLanguages
        | Switch::SaveData
        | Switch::PushToTalk
        | Switch::Unmirrored
        | Switch::HideOwnPicture
        | Switch::NoKeys
        | Switch::NoChime
        | Switch::MicrophoneOff
        | Switch::CameraOff => false,
    }
}

/// The label and the note of a switch.
const fn texts(words: &'static Words, of: Switch) -> (&'static str, &'static str) {
    match of {
        Switch::HideAddress => (words.hide_address, words.hide_address_note),
        Switch::SoftStart => (words.soft_start, words.soft_start_note),
        Switch::NoSoftStart => (words.no_soft_start, words.no_soft_start_note),
        Switch::MyLanguages => (words.my_languages, words.my_languages_note),
        Switch::SaveData => (words.save_data, words.save_data_note),
        Switch::PushToTalk => (words.push_to_talk, words.push_to_talk_note),
        Switch::Blur => (words.blur, words.blur_note),
        Switch::Unmirrored => (words.unmirrored, words.unmirrored_note),
        Switch::HideOwnPicture => (words.hide_picture, words.hide_picture_note),
        Switch::NoKeys => (words.no_keys, words.no_keys_note),
        Switch::NoChime => (words.no_chime, words.no_chime_note),
        Switch::Notify => (words.notify, words.notify_note),
        Switch::MicrophoneOff => (words.microphone_off, words.microphone_off_note),
        Switch::CameraOff => (words.camera_is_off, words.camera_is_off_note),
    }
}
