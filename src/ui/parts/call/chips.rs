//! What is laid over the pictures: short words about the call, and the details; it must not know where they come from.

use leptos::prelude::*;

use crate::{
    call::{Flow, Intent, Phase, Snapshot, Strength, WindowWish},
    ui::{
        Stage,
        i18n::{Words, words},
        parts::{
            derive::{say, see},
            icon::{self, Icon},
            settings::{details::Details, topics::Shared},
        },
        view_model,
    },
};

/// All of them; most are hidden most of the time.
#[component]
pub(crate) fn Chips() -> impl IntoView {
    let Stage { intend, .. } = expect_context();
    let words = words();
    view! {
        <div class="chips">
            <button
                class="button allow-sound"
                type="button"
                data-kind="main"
                hidden=see(|it| !(view_model::is_met(it) && it.surroundings.sound_blocked))
                on:click=move |_| intend.run(Intent::Window(WindowWish::AllowSound))
            >
                <Icon of=|_| icon::SOUND_OFF/>
                {words.allow_sound}
            </button>
            <Shared/>
            <Chip icon=icon::SCREEN hides=|it| !it.sharing text=|words, _| words.sharing/>
            <Chip icon=icon::SCREEN hides=|it| !(is_talking(it) && it.stranger.screen) text=|words, _| words.partner_shares/>
            <Chip icon=icon::AWAY hides=|it| !(is_talking(it) && it.stranger.away) text=|words, _| words.partner_away/>
            <Chip
                icon=icon::WIFI_OFF
                hides=|it| !is_talking(it) || is_interrupted(it) || it.details.strength == Strength::Good
                text=|words, it| words.strengths[it.details.strength as usize]
            />
            <Chip icon=icon::CHAT hides=|it| it.chat.unread == 0 text=|words, _| words.unread/>
            <Chip
                icon=icon::WIFI_OFF
                hides=|it| !is_interrupted(it)
                text=|words, it| if is_reconnecting(it) { words.reconnecting } else { words.interrupted }
            />
            <p class="chip" hidden=see(|it| !is_reconnecting(it))>{see(seconds)}" "{words.seconds}</p>
            <Chip icon=icon::CAMERA_OFF hides=|it| !lacks_picture(it) text=|words, _| words.partner_camera_off/>
            <Chip icon=icon::MIC_OFF hides=|it| !lacks_sound(it) text=|words, _| words.partner_muted/>
            <p class="chip" hidden=see(|it| !it.surroundings.outdated)>
                {words.outdated}
                <button
                    class="button"
                    type="button"
                    on:click=move |_| intend.run(Intent::Window(WindowWish::Reload))
                >
                    {words.reload}
                </button>
            </p>
            <Details/>
        </div>
    }
}

/// A few words, with an icon that says the same.
#[component]
fn Chip(
    icon: &'static str,
    hides: fn(Snapshot) -> bool,
    text: fn(&'static Words, Snapshot) -> &'static str,
) -> impl IntoView {
    view! {
        <p class="chip" hidden=see(hides)>
            <svg class="icon" aria-hidden="true" focusable="false"><use href=icon></use></svg>
            <span>{say(text)}</span>
        </p>
    }
}

const fn is_talking(snapshot: Snapshot) -> bool {
    matches!(snapshot.phase, Phase::Talking { .. })
}

pub(crate) fn lacks_picture(snapshot: Snapshot) -> bool {
    matches!(snapshot.phase, Phase::Talking { partner, .. } if !partner.video)
}

fn lacks_sound(snapshot: Snapshot) -> bool {
    matches!(snapshot.phase, Phase::Talking { partner, .. } if !partner.audio)
}

pub(crate) fn is_interrupted(snapshot: Snapshot) -> bool {
    matches!(snapshot.phase, Phase::Talking { flow: Flow::Interrupted | Flow::Reconnecting { .. }, .. })
}

fn is_reconnecting(snapshot: Snapshot) -> bool {
    matches!(snapshot.phase, Phase::Talking { flow: Flow::Reconnecting { .. }, .. })
}

/// How long a new path has been looked for.
const fn seconds(snapshot: Snapshot) -> u32 {
    match snapshot.phase {
        Phase::Talking { flow: Flow::Reconnecting { seconds }, .. } => seconds,
        Phase::Landing
        | Phase::Asking
        | Phase::Mirror
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Talking { .. }
        | Phase::Ended { .. } => 0,
    }
}
