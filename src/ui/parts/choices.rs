//! The choices that this device keeps, as switches; it must not know what follows from them.

use leptos::prelude::*;

use crate::{
    call::{Intent, Snapshot},
    ui::{Stage, words::words},
};

/// Hide my address, and Use less data, each with what it brings and costs.
#[component]
pub(in crate::ui) fn Choices() -> impl IntoView {
    let words = words();
    view! {
        <Switch
            intent=Intent::ToggleHideAddress
            is_on=|it| it.preferences.hide_address
            label=words.hide_address
            note=words.hide_address_note
        />
        <Switch
            intent=Intent::ToggleSaveData
            is_on=|it| it.preferences.save_data
            label=words.save_data
            note=words.save_data_note
        />
    }
}

#[component]
fn Switch(
    /// What a change wants.
    intent: Intent,
    /// Whether it is on.
    is_on: fn(Snapshot) -> bool,
    /// The accessible name.
    label: &'static str,
    /// What it brings and costs.
    note: &'static str,
) -> impl IntoView {
    let Stage { snapshot, intend } = expect_context();
    view! {
        <label class="switch">
            <input
                type="checkbox"
                role="switch"
                aria-label=label
                prop:checked=move || is_on(snapshot.get())
                on:change=move |_| intend.run(intent)
            />
            <span class="switch-text">
                <span class="switch-label">{label}</span>
                <span class="switch-note">{note}</span>
            </span>
        </label>
    }
}
