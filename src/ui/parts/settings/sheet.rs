//! Everything that is not needed all the time, in one sheet: what else can be done in a call, devices, choices, keys. It must
//! not know what comes of it.

use leptos::prelude::*;

use super::{devices::Devices, switches::Choices, topics::Topics};
use crate::{
    call::{Intent, Snapshot, Switch, WindowWish},
    ui::{
        SHEET_ID, Stage,
        i18n::{Words, words},
        parts::derive::{say, see},
        view_model,
    },
};

/// All that is chosen, in the order in which it is offered.
const SWITCHES: [Switch; 8] = [
    Switch::MyLanguages,
    Switch::HideAddress,
    Switch::SaveData,
    Switch::Blur,
    Switch::HideOwnPicture,
    Switch::Unmirrored,
    Switch::PushToTalk,
    Switch::NoKeys,
];

/// The sheet. A button opens it by its id (`popovertarget`): the browser closes it, keeps its focus and hears Escape.
#[component]
pub(crate) fn Sheet() -> impl IntoView {
    let Stage { intend, .. } = expect_context();
    let words = words();
    view! {
        <div class="sheet" id=SHEET_ID popover="auto" role="dialog" aria-label=words.settings>
            <div class="sheet-call" hidden=see(|it| !view_model::is_met(it))>
                <Deeds/>
                <Volume/>
            </div>
            <Devices/>
            <Topics/>
            <Choices of=&SWITCHES/>
            <section class="keys" aria-label=words.keys hidden=see(|it| it.preferences.has(Switch::NoKeys))>
                <h2 class="sheet-heading">{words.keys}</h2>
                <ul>{words.key_names.map(|it| view! { <li>{it}</li> }).collect_view()}</ul>
            </section>
            <p class="sheet-note" hidden=see(|it| it.blocked == 0)>{words.blocked_note}</p>
            <button
                class="button"
                type="button"
                hidden=see(|it| it.blocked == 0)
                on:click=move |_| intend.run(Intent::Unblock)
            >
                {words.unblock}
            </button>
            <p class="sheet-note">{words.forget_note}</p>
            <button class="button" type="button" on:click=move |_| intend.run(Intent::ForgetEverything)>
                {words.forget}
            </button>
            <button class="button" type="button" data-kind="main" popovertarget=SHEET_ID popovertargetaction="hide">
                {words.close}
            </button>
        </div>
    }
}

/// A button whose text, and whose being there, follow the state.
#[component]
fn Deed(
    intent: Intent,
    label: fn(&'static Words, Snapshot) -> &'static str,
    #[prop(default = |_| false)] hides: fn(Snapshot) -> bool,
) -> impl IntoView {
    let Stage { intend, .. } = expect_context();
    view! {
        <button
            class="button"
            type="button"
            hidden=see(hides)
            on:click=move |_| intend.run(intent.clone())
        >
            {say(label)}
        </button>
    }
}

#[component]
fn Deeds() -> impl IntoView {
    view! {
        <div class="commands">
            <Deed
                intent=Intent::Window(WindowWish::TogglePictureInPicture)
                label=|words, it| {
                    if it.surroundings.in_picture { words.picture_back } else { words.picture_in_picture }
                }
                hides=|it| !it.surroundings.abilities.picture_in_picture
            />
            <Deed
                intent=Intent::Window(WindowWish::ToggleFullScreen)
                label=|words, it| {
                    if it.surroundings.fills_screen { words.full_screen_end } else { words.full_screen }
                }
                hides=|it| !it.surroundings.abilities.full_screen
            />
            <Deed
                intent=Intent::ToggleScreen
                label=|words, it| if it.sharing { words.stop_sharing } else { words.share_screen }
                hides=|it| !it.surroundings.abilities.screen
            />
            <Deed intent=Intent::NextCamera label=|words, _| words.next_camera hides=|it| !it.can_change_camera/>
            <Deed intent=Intent::Block label=|words, _| words.block/>
            <Deed intent=Intent::Window(WindowWish::MoveOwnPicture) label=|words, _| words.move_picture/>
            <Deed
                intent=Intent::Window(WindowWish::ToggleSound)
                label=|words, it| if it.sound.muted { words.unmute_stranger } else { words.mute_stranger }
            />
        </div>
    }
}

#[component]
fn Volume() -> impl IntoView {
    let Stage { intend, .. } = expect_context();
    let set = move |value: String| {
        if let Ok(volume) = value.parse() {
            intend.run(Intent::Window(WindowWish::SetVolume(volume)));
        }
    };
    view! {
        <label class="field">
            <span class="field-label">{words().volume}</span>
            <input
                type="range"
                min="0"
                max="100"
                step="5"
                prop:value=see(|it| u32::from(it.sound.volume))
                on:input:target=move |event| set(event.target().value())
            />
        </label>
    }
}
