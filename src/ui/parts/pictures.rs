//! The two moving pictures and what is laid over them; it must not know where the pictures come from.

use leptos::prelude::*;

use super::{
    details::Details,
    icon::{self, Icon},
};
use crate::{
    call::{Device, Flow, Phase, Snapshot},
    ui::{
        Stage,
        words::{Words, words},
    },
};

/// The stranger large, oneself small. Both `<video>` elements are always there: they are fed from outside.
#[component]
pub(in crate::ui) fn Pictures() -> impl IntoView {
    let Stage { snapshot, .. } = expect_context();
    let words = words();
    view! {
        <div class="pictures">
            <div
                class="stranger"
                data-picture=move || if lacks_picture(snapshot.get()) { "off" } else { "on" }
                data-interrupted=move || is_interrupted(snapshot.get()).then_some("")
            >
                <video data-who="stranger" aria-label=words.stranger_picture autoplay playsinline disableremoteplayback></video>
                <div class="blank"><Icon of=|_| icon::PERSON/></div>
            </div>
            <div
                class="self"
                data-camera=move || device(snapshot.get().camera)
                data-microphone=move || device(snapshot.get().microphone)
            >
                <video data-who="self" aria-label=words.own_picture autoplay playsinline disableremoteplayback muted></video>
                <p class="self-blank">
                    <Icon of=|_| icon::CAMERA_OFF/>
                    <span>{move || own_camera(words, snapshot.get())}</span>
                </p>
                <span class="self-muted"><Icon of=|_| icon::MIC_OFF/></span>
            </div>
            <div class="chips">
                <p class="chip" hidden=move || !is_interrupted(snapshot.get())>
                    <Icon of=|_| icon::PAUSE/>
                    <span>
                        {move || if is_reconnecting(snapshot.get()) { words.reconnecting } else { words.interrupted }}
                    </span>
                    <span hidden=move || !is_reconnecting(snapshot.get())>
                        {move || seconds(snapshot.get())} " s"
                    </span>
                </p>
                <p class="chip" hidden=move || !lacks_picture(snapshot.get())>
                    <Icon of=|_| icon::CAMERA_OFF/><span>{words.partner_camera_off}</span>
                </p>
                <p class="chip" hidden=move || !lacks_sound(snapshot.get())>
                    <Icon of=|_| icon::MIC_OFF/><span>{words.partner_muted}</span>
                </p>
                <Details/>
            </div>
        </div>
    }
}

fn lacks_picture(snapshot: Snapshot) -> bool {
    matches!(snapshot.phase, Phase::Talking { partner, .. } if !partner.video)
}

fn lacks_sound(snapshot: Snapshot) -> bool {
    matches!(snapshot.phase, Phase::Talking { partner, .. } if !partner.audio)
}

fn is_interrupted(snapshot: Snapshot) -> bool {
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
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Talking { .. }
        | Phase::Ended { .. } => 0,
    }
}

const fn device(device: Device) -> &'static str {
    match device {
        Device::Absent => "absent",
        Device::On => "on",
        Device::Off => "off",
    }
}

const fn own_camera(words: &Words, snapshot: Snapshot) -> &'static str {
    match snapshot.camera {
        Device::Absent => words.own_camera_absent,
        Device::On => "",
        Device::Off => words.own_camera_off,
    }
}
