//! The menus of cameras, microphones and speakers.

use leptos::{html::Select, prelude::*};

use crate::{
    call::{DeviceKind, Intent},
    ui::{
        PageContext,
        i18n::{Words, words},
        parts::derive::derived,
    },
};

/// A menu for each kind of device, and a button that plays a tone on the speaker.
#[component]
pub(crate) fn DeviceMenus() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    view! {
        <div class="devices">
            {DeviceKind::ALL.map(|kind| view! { <DeviceMenu kind/> }).collect_view()}
            <button class="button" type="button" on:click=move |_| send_intent.run(Intent::TestSpeaker)>
                {words().test_speaker}
            </button>
        </div>
    }
}

#[component]
fn DeviceMenu(kind: DeviceKind) -> impl IntoView {
    let PageContext { menus, send_intent, .. } = expect_context();
    let name = name(words(), kind);
    let speakers = derived(|it| it.surroundings.abilities.speakers);
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
    // A choice that has failed leaves the device in use, and so the options, as they were.
    let select = NodeRef::<Select>::new();
    Effect::new(move |_| {
        let used = menus.with(|menus| {
            let used = menus.used.of(kind);
            menus.of(kind).any(|it| it.id == used).then(|| used.to_owned())
        });
        if let (Some(select), Some(used)) = (select.get(), used) {
            select.set_value(&used);
        }
    });
    view! {
        <label class="field" hidden=move || is_empty() || kind == DeviceKind::Speaker && !speakers()>
            <span class="field-label">{name}</span>
            <select
                class="select"
                node_ref=select
                data-device=stable_name(kind)
                on:change:target=move |event| send_intent.run(Intent::Choose(kind, event.target().value()))
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
