//! The settings sheet: further actions during a call, devices, topics, switches, and the keyboard shortcuts.

use leptos::prelude::*;

use super::{devices::DeviceMenus, switches::Switches, topics::TopicsField};
use crate::{
    call::{Intent, Snapshot, Switch, WindowWish},
    ui::{
        PageContext, SHEET_ID,
        i18n::{Words, words},
        parts::{
            call::block_last::BlockLast,
            derive::{derived, derived_text},
        },
    },
};

/// The switches of the sheet, in their order.
const SWITCHES: [Switch; 10] = [
    Switch::CameraOff,
    Switch::MicrophoneOff,
    Switch::MyLanguages,
    Switch::HideAddress,
    Switch::SaveData,
    Switch::Blur,
    Switch::HideOwnPicture,
    Switch::Unmirrored,
    Switch::PushToTalk,
    Switch::NoKeys,
];

/// The sheet. Buttons open it by its id (`popovertarget`); the browser manages its focus and closes it on Escape.
#[component]
pub(crate) fn Sheet() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    let words = words();
    view! {
        <dialog class="sheet" id=SHEET_ID popover="auto" aria-label=words.settings>
            // At the top and always in view: the sheet is long, and a touch outside does not close it on iOS 17 and 18.
            <div class="sheet-head">
                <h2 class="sheet-title">{words.settings}</h2>
                <button
                    class="button"
                    type="button"
                    popovertarget=SHEET_ID
                    popovertargetaction="hide"
                    autofocus=true
                >
                    {words.close}
                </button>
            </div>
            <div class="sheet-call" hidden=derived(|it| !it.phase.is_matched())>
                <CallActions/>
                <Volume/>
            </div>
            <BlockLast/>
            <DeviceMenus/>
            <TopicsField/>
            <Switches of=&SWITCHES/>
            <section class="keys" aria-label=words.keys hidden=derived(|it| it.preferences.has(Switch::NoKeys))>
                <h2 class="sheet-heading">{words.keys}</h2>
                <ul>{words.key_names.map(|it| view! { <li>{it}</li> }).collect_view()}</ul>
            </section>
            <p class="sheet-note" hidden=derived(|it| it.blocked == 0)>{words.blocked_note}</p>
            <button
                class="button"
                type="button"
                hidden=derived(|it| it.blocked == 0)
                on:click=move |_| send_intent.run(Intent::Unblock)
            >
                {words.unblock}
            </button>
            <p class="sheet-note">{words.forget_note}</p>
            <button class="button" type="button" on:click=move |_| send_intent.run(Intent::ForgetEverything)>
                {words.forget}
            </button>
        </dialog>
    }
}

/// A button whose text and visibility depend on the state.
#[component]
fn CallAction(
    intent: Intent,
    label: fn(&'static Words, Snapshot) -> &'static str,
    #[prop(default = |_| false)] hidden: fn(Snapshot) -> bool,
) -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    view! {
        <button
            class="button"
            type="button"
            hidden=derived(hidden)
            on:click=move |_| send_intent.run(intent.clone())
        >
            {derived_text(label)}
        </button>
    }
}

#[component]
fn CallActions() -> impl IntoView {
    view! {
        <div class="commands">
            <CallAction
                intent=Intent::Window(WindowWish::TogglePictureInPicture)
                label=|words, it| {
                    if it.surroundings.in_picture { words.picture_back } else { words.picture_in_picture }
                }
                hidden=|it| !it.surroundings.abilities.picture_in_picture
            />
            <CallAction
                intent=Intent::Window(WindowWish::ToggleFullScreen)
                label=|words, it| {
                    if it.surroundings.fills_screen { words.full_screen_end } else { words.full_screen }
                }
                hidden=|it| !it.surroundings.abilities.full_screen
            />
            <CallAction
                intent=Intent::ToggleScreen
                label=|words, it| if it.sharing { words.stop_sharing } else { words.share_screen }
                hidden=|it| !it.surroundings.abilities.screen
            />
            <CallAction intent=Intent::NextCamera label=|words, _| words.next_camera hidden=|it| !it.can_change_camera/>
            <CallAction intent=Intent::Block label=|words, _| words.block/>
            <CallAction intent=Intent::Window(WindowWish::MoveOwnPicture) label=|words, _| words.move_picture/>
            <CallAction
                intent=Intent::Window(WindowWish::ToggleSound)
                label=|words, it| if it.sound.muted { words.unmute_stranger } else { words.mute_stranger }
            />
        </div>
    }
}

#[component]
fn Volume() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    let set = move |value: String| {
        if let Ok(volume) = value.parse() {
            send_intent.run(Intent::Window(WindowWish::SetVolume(volume)));
        }
    };
    view! {
        <label class="field" hidden=derived(|it| !it.surroundings.abilities.volume)>
            <span class="field-label">{words().volume}</span>
            <input
                type="range"
                min="0"
                max="100"
                step="5"
                prop:value=derived(|it| u32::from(it.sound.volume))
                on:input:target=move |event| set(event.target().value())
            />
        </label>
    }
}
