//! The actions of a call that have no place in the dock.

use leptos::prelude::*;

use crate::{
    call::{Intent, PictureWish, Snapshot, WindowWish},
    protocol::Reaction,
    ui::{
        PageContext, SHEET_ID,
        i18n::{Words, words},
        parts::{call::chat::ReactionButton, derive::derived, live::live_text},
    },
};

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
            {live_text(label)}
        </button>
    }
}

/// Further actions during a call.
#[component]
pub(crate) fn CallActions() -> impl IntoView {
    view! {
        <div class="reactions">
            {Reaction::ALL.map(|reaction| view! { <ReactionButton reaction closes=SHEET_ID/> }).collect_view()}
        </div>
        <div class="commands">
            <CallAction
                intent=Intent::Window(WindowWish::TogglePictureInPicture)
                label=|words, it| {
                    if it.surroundings.in_picture { words.picture_back } else { words.picture_in_picture }
                }
                hidden=|it| !it.surroundings.abilities.picture_in_picture || !it.cover.is_lifted()
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
                hidden=|it| !it.surroundings.abilities.screen || !it.cover.is_lifted()
            />
            <CallAction intent=Intent::NextCamera label=|words, _| words.next_camera hidden=|it| !it.can_change_camera/>
            <Block/>
            <CallAction intent=Intent::Window(WindowWish::Picture(PictureWish::MoveOwn)) label=|words, _| words.move_picture/>
            <CallAction
                intent=Intent::Window(WindowWish::ToggleSound)
                label=|words, it| if it.sound.muted { words.unmute_stranger } else { words.mute_stranger }
            />
        </div>
    }
}

/// How loud the stranger is.
#[component]
pub(crate) fn Volume() -> impl IntoView {
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

/// Blocks the stranger, and closes the sheet over what that leads to.
#[component]
fn Block() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    view! {
        <button
            class="button"
            type="button"
            popovertarget=SHEET_ID
            popovertargetaction="hide"
            on:click=move |_| send_intent.run(Intent::Block)
        >
            {words().block}
        </button>
    }
}
