//! The two moving pictures; it must not know where they come from.

use leptos::prelude::*;

use super::{
    chat::symbol,
    chips::{self, Chips},
};
use crate::{
    call::{Device, Snapshot, Switch},
    ui::{
        i18n::{Words, words},
        parts::{
            derive::{say, see},
            icon::{self, Icon},
        },
    },
};

/// The stranger large, oneself small. Both `<video>` elements are always there: they are fed from outside.
#[component]
pub(crate) fn Pictures() -> impl IntoView {
    let words = words();
    view! {
        <div class="pictures">
            <div
                class="stranger"
                data-picture=see(|it| Some(if chips::lacks_picture(it) { "off" } else { "on" }))
                data-interrupted=see(|it| chips::is_interrupted(it).then_some(""))
                data-screen-shared=see(|it| it.stranger.screen.then_some(""))
            >
                <video data-who="stranger" aria-label=words.stranger_picture autoplay playsinline disableremoteplayback></video>
                <div class="blank"><Icon of=|_| icon::PERSON/></div>
            </div>
            <div
                class="self"
                data-own=""
                data-corner=see(|it| Some(it.preferences.corner().name()))
                data-unmirrored=see(|it| it.preferences.has(Switch::Unmirrored).then_some(""))
                data-hidden=see(|it| it.preferences.has(Switch::HideOwnPicture).then_some(""))
                data-camera=see(|it| Some(device(it.camera)))
                data-microphone=see(|it| Some(device(it.microphone)))
            >
                <video data-who="self" aria-label=words.own_picture autoplay playsinline disableremoteplayback muted></video>
                <p class="self-blank">
                    <Icon of=|_| icon::CAMERA_OFF/>
                    <span>{say(own_camera)}</span>
                </p>
                <span class="self-muted"><Icon of=|_| icon::MIC_OFF/></span>
            </div>
            <p class="reaction" data-whose="stranger" aria-hidden="true">{see(|it| it.chat.theirs.map_or("", symbol))}</p>
            <p class="reaction" data-whose="self" aria-hidden="true">{see(|it| it.chat.own.map_or("", symbol))}</p>
            <Chips/>
        </div>
    }
}

const fn device(device: Device) -> &'static str {
    match device {
        Device::Absent => "absent",
        Device::On => "on",
        Device::Off => "off",
    }
}

const fn own_camera(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match snapshot.camera {
        Device::Absent => words.own_camera_absent,
        Device::On => "",
        Device::Off => words.own_camera_off,
    }
}
