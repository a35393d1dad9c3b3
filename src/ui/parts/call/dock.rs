//! The controls of a call, always in the same place; it must not know what they bring about.

use leptos::prelude::*;

use crate::{
    call::{ChatWish, Device, Intent, Phase, Snapshot},
    ui::{
        SHEET_ID, Stage,
        i18n::{Words, words},
        parts::{
            derive::{say, see},
            icon::{self, Icon},
        },
        view_model::{self, Screen},
    },
};

/// Microphone, camera, screen, chat, all else, Stop, and Next, the largest, at the end of the line.
#[component]
pub(crate) fn Dock() -> impl IntoView {
    view! {
        <div class="dock" hidden=see(|it| view_model::screen(it) != Screen::Stage)>
            <Control
                intent=Intent::ToggleMicrophone kind="device"
                icon=|it| if it.microphone == Device::On { icon::MIC } else { icon::MIC_OFF }
                label=|words, it| if it.microphone == Device::On { words.mute } else { words.unmute }
                device=|it| it.microphone
            />
            <Control
                intent=Intent::ToggleCamera kind="device"
                icon=|it| if it.camera == Device::On { icon::CAMERA } else { icon::CAMERA_OFF }
                label=|words, it| if it.camera == Device::On { words.camera_off } else { words.camera_on }
                device=|it| it.camera
            />
            <Control
                intent=Intent::ToggleScreen kind="share"
                icon=|_| icon::SCREEN
                label=|words, it| if it.sharing { words.stop_sharing } else { words.share_screen }
                device=|it| match (it.surroundings.abilities.screen, it.sharing) {
                    (false, _) => Device::Absent,
                    (true, true) => Device::Off,
                    (true, false) => Device::On,
                }
                idle=|it| !view_model::is_met(it)
            />
            <Control
                intent=Intent::Chat(ChatWish::Toggle) kind="chat"
                icon=|_| icon::CHAT
                label=|words, it| if it.chat.open { words.chat_close } else { words.chat }
                device=|it| if it.chat.open { Device::Off } else { Device::On }
                idle=|it| !view_model::is_met(it)
                badge=|it| it.chat.unread
            />
            <button
                class="button"
                type="button"
                data-kind="more"
                aria-label=words().more
                title=words().more
                popovertarget=SHEET_ID
            >
                <Icon of=|_| icon::MORE/>
            </button>
            <Control intent=Intent::Stop kind="stop" icon=|_| icon::STOP label=|words, _| words.stop/>
            <div class="dock-next">
                <p class="hint" hidden=see(|it| !it.asks_next)>{words().next_hint}</p>
                <Control
                    intent=Intent::Next kind="next"
                    icon=|_| icon::NEXT
                    label=|words, _| words.next
                    idle=nobody_to_leave
                />
            </div>
        </div>
    }
}

/// One control: an icon in a button that is named by its text.
#[component]
fn Control(
    /// What a press wants.
    intent: Intent,
    /// The kind of button, for style.
    kind: &'static str,
    /// The icon.
    icon: fn(Snapshot) -> &'static str,
    /// The text: the accessible name.
    label: fn(&'static Words, Snapshot) -> &'static str,
    /// The device it belongs to: no device, no control.
    #[prop(default = |_| Device::On)]
    device: fn(Snapshot) -> Device,
    /// Whether a press would mean nothing now. The button stays and keeps the focus.
    #[prop(default = |_| false)]
    idle: fn(Snapshot) -> bool,
    /// How many things wait behind it.
    #[prop(default = |_| 0)]
    badge: fn(Snapshot) -> u32,
) -> impl IntoView {
    let Stage { snapshot, intend, .. } = expect_context();
    let is_next = intent == Intent::Next;
    let words = words();
    let label = say(label);
    let press = move |_| {
        if !idle(snapshot.get_untracked()) {
            intend.run(intent.clone());
        }
    };
    view! {
        <button
            class="button"
            type="button"
            title=label
            data-kind=kind
            data-state=move || (device(snapshot.get()) == Device::Off).then_some("off")
            aria-disabled=move || idle(snapshot.get()).then_some("true")
            data-badge=move || Some(badge(snapshot.get())).filter(|it| *it > 0)
            aria-keyshortcuts=is_next.then_some("Escape")
            hidden=move || device(snapshot.get()) == Device::Absent
            on:click=press
        >
            <Icon of=icon/>
            <span class="button-text">{label}</span>
            {is_next.then(|| view! { <kbd class="key" aria-hidden="true">{words.next_key}</kbd> })}
        </button>
    }
}

/// Whether Next has nobody to leave: the next one is already being looked for.
const fn nobody_to_leave(snapshot: Snapshot) -> bool {
    match snapshot.phase {
        Phase::Landing | Phase::Asking | Phase::Mirror | Phase::Ready | Phase::Waiting { .. } => true,
        Phase::Connecting { .. } | Phase::Talking { .. } | Phase::Ended { .. } => false,
    }
}
