//! The menus of cameras, microphones and speakers; it must not know what is done with them.

use leptos::prelude::*;

use crate::{
    call::{DeviceKind, Intent},
    ui::{
        Stage,
        i18n::{Words, words},
        parts::derive::see,
    },
};

/// A menu for each kind, and a tone to try the speaker with.
#[component]
pub(crate) fn Devices() -> impl IntoView {
    let Stage { intend, .. } = expect_context();
    view! {
        <div class="devices">
            {DeviceKind::ALL.map(|kind| view! { <Menu kind/> }).collect_view()}
            <button class="button" type="button" on:click=move |_| intend.run(Intent::TestSpeaker)>
                {words().test_speaker}
            </button>
        </div>
    }
}

#[component]
fn Menu(kind: DeviceKind) -> impl IntoView {
    let Stage { menus, intend, .. } = expect_context();
    let name = name(words(), kind);
    let speakers = see(|it| it.surroundings.abilities.speakers);
    let is_empty = move || menus.with(|it| it.of(kind).next().is_none());
    let options = move || {
        menus.with(|it| {
            let used = it.used.of(kind);
            let option = |(number, device): (usize, &crate::call::DeviceInfo)| {
                let label = if device.label.is_empty() {
                    format!("{name} {}", number + 1)
                } else {
                    device.label.clone()
                };
                let is_used = device.id == used || used.is_empty() && number == 0;
                view! { <option value=device.id.clone() prop:selected=is_used>{label}</option> }
            };
            it.of(kind).enumerate().map(option).collect_view()
        })
    };
    view! {
        <label class="field" hidden=move || is_empty() || kind == DeviceKind::Speaker && !speakers()>
            <span class="field-label">{name}</span>
            <select
                class="select"
                data-device=stable_name(kind)
                on:change:target=move |event| intend.run(Intent::Choose(kind, event.target().value()))
            >
                {options}
            </select>
        </label>
    }
}

const fn name(words: &'static Words, kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Camera => words.the_camera,
        DeviceKind::Microphone => words.the_microphone,
        DeviceKind::Speaker => words.the_speaker,
    }
}

/// The stable name, for `data-device`.
const fn stable_name(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Camera => "camera",
        DeviceKind::Microphone => "microphone",
        DeviceKind::Speaker => "speaker",
    }
}
