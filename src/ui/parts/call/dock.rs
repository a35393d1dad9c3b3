//! The controls of a call, which always stay in the same place.

use leptos::prelude::*;

use crate::{
    call::{ChatWish, Device, Intent, Phase, ReportButton, ReportWish, Snapshot},
    ui::{
        PageContext, SHEET_ID,
        i18n::{Words, words},
        parts::{
            derive::{derived, derived_text},
            icon::{self, Icon},
            live::live_text,
        },
        view_model::{self, Layout},
    },
};

/// Microphone, camera, screen, chat, more, Stop, and at the end Report and Next, the largest.
#[component]
pub(crate) fn Dock() -> impl IntoView {
    view! {
        <div class="dock" hidden=derived(|it| view_model::layout(it) != Layout::Call)>
            <DeviceControls/>
            <Control
                intent=Intent::ToggleScreen kind="share"
                icon=|_| icon::SCREEN
                label=|words, it| if it.sharing { words.stop_sharing } else { words.share_screen }
                device=|it| match (it.surroundings.abilities.screen, it.sharing) {
                    (false, _) => Device::Absent,
                    (true, true) => Device::Off,
                    (true, false) => Device::On,
                }
                inactive=|it| !it.phase.is_matched() || !it.cover.is_lifted()
            />
            <Control
                intent=Intent::Chat(ChatWish::Toggle) kind="chat"
                icon=|_| icon::CHAT
                label=|words, it| if it.chat.open { words.chat_close } else { words.chat }
                device=|it| if it.chat.open { Device::Off } else { Device::On }
                inactive=|it| !it.phase.is_matched()
                badge=|it| it.chat.unread
            />
            <button
                class="button"
                type="button"
                data-kind="more"
                title=words().more
                popovertarget=SHEET_ID
            >
                <Icon of=|_| icon::MORE/>
                <span class="button-text">{words().more}</span>
            </button>
            <Control intent=Intent::Stop kind="stop" icon=|_| icon::STOP label=|words, _| words.stop/>
            <div class="dock-next">
                <p class="hint" hidden=derived(|it| it.asks.is_none())>
                    {live_text(|words, it| view_model::question(&words.gesture_hints, it))}
                </p>
                <Control
                    intent=Intent::Report(ReportWish::Partner) kind="report"
                    icon=|_| icon::FLAG
                    label=|words, _| words.report
                    device=|it| if it.report_button == ReportButton::Hidden { Device::Absent } else { Device::On }
                    inactive=|it| it.report_button != ReportButton::Active
                />
                <Control
                    intent=Intent::Next kind="next"
                    icon=|_| icon::NEXT
                    label=|words, _| words.next
                    inactive=has_nobody_to_leave
                />
            </div>
        </div>
    }
}

/// The switches of microphone and camera, in the dock and in the preview. They are there without a device, too: one
/// that is connected later can be turned on.
#[component]
pub(crate) fn DeviceControls() -> impl IntoView {
    view! {
        <Control
            intent=Intent::ToggleMicrophone kind="device"
            icon=|it| if it.microphone == Device::On { icon::MIC } else { icon::MIC_OFF }
            label=|words, it| if is_switched_on(it.microphone) { words.mute } else { words.unmute }
            device=|it| switch_state(it.microphone)
        />
        <Control
            intent=Intent::ToggleCamera kind="device"
            icon=|it| if it.camera == Device::On { icon::CAMERA } else { icon::CAMERA_OFF }
            label=|words, it| if is_switched_on(it.camera) { words.camera_off } else { words.camera_on }
            device=|it| switch_state(it.camera)
        />
    }
}

/// Whether a press turns the device off.
const fn is_switched_on(device: Device) -> bool {
    match device {
        Device::On | Device::Interrupted => true,
        Device::Absent | Device::Off => false,
    }
}

const fn switch_state(device: Device) -> Device {
    if is_switched_on(device) { Device::On } else { Device::Off }
}

/// A button with an icon and a text that is its accessible name.
#[component]
fn Control(
    /// The intent of a press.
    intent: Intent,
    /// The kind of button, for the style sheet.
    kind: &'static str,
    /// The icon.
    icon: fn(Snapshot) -> &'static str,
    /// The text.
    label: fn(&'static Words, Snapshot) -> &'static str,
    /// The state of its device. Without a device the control is hidden.
    #[prop(default = |_| Device::On)]
    device: fn(Snapshot) -> Device,
    /// Whether a press does nothing now. The button stays visible and keeps the focus.
    #[prop(default = |_| false)]
    inactive: fn(Snapshot) -> bool,
    /// The number on its badge, such as unread lines. Zero hides the badge.
    #[prop(default = |_| 0)]
    badge: fn(Snapshot) -> u32,
) -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let is_next = intent == Intent::Next;
    let is_report = kind == "report";
    let words = words();
    let press = move |_| {
        if !inactive(snapshot.get_untracked()) {
            send_intent.run(intent.clone());
        }
    };
    view! {
        <button
            class="button"
            type="button"
            title=derived_text(label)
            data-kind=kind
            data-intent=is_report.then_some(kind)
            data-state=move || (device(snapshot.get()) == Device::Off).then_some("off")
            aria-disabled=move || inactive(snapshot.get()).then_some("true")
            data-badge=move || Some(badge(snapshot.get())).filter(|it| *it > 0)
            aria-keyshortcuts=is_next.then_some("Escape")
            hidden=move || device(snapshot.get()) == Device::Absent
            on:click=press
        >
            <Icon of=icon/>
            <span class="button-text">{live_text(label)}</span>
            {is_next.then(|| view! { <kbd class="key" aria-hidden="true">{words.next_key}</kbd> })}
        </button>
    }
}

/// Whether Next does nothing, because there is no match.
const fn has_nobody_to_leave(snapshot: Snapshot) -> bool {
    match snapshot.phase {
        Phase::Landing
        | Phase::Gate
        | Phase::Asking
        | Phase::Mirror
        | Phase::Ready
        | Phase::Waiting { .. } => true,
        Phase::Connecting { .. } | Phase::Talking { .. } | Phase::Ended { .. } => false,
    }
}
