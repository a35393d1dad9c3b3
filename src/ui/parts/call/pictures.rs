//! The two videos: the stranger's and the person's own.

use leptos::prelude::*;

use super::{
    chat::reaction_symbol,
    chips::{self, Chips},
    reveal::Reveal,
};
use crate::{
    call::{Device, Snapshot, Switch},
    ui::{
        i18n::{Words, words},
        parts::{
            derive::derived,
            icon::{self, Icon},
            live::live_text,
        },
        view_model,
    },
};

/// The stranger's video large, the own one small.
///
/// Both elements exist in every state, and the browser half sets their streams.
#[component]
pub(crate) fn Pictures() -> impl IntoView {
    let words = words();
    view! {
        <div class="pictures" data-fit=derived(|it| Some(it.preferences.fit().name()))>
            <div
                class="stranger"
                data-picture=derived(|it| Some(if lacks_picture(it) { "off" } else { "on" }))
                data-interrupted=derived(|it| chips::is_interrupted(it).then_some(""))
                data-screen-shared=derived(|it| it.stranger.screen.then_some(""))
                data-covered=derived(covered)
            >
                <canvas width="16" height="16" aria-hidden="true"></canvas>
                <video
                    data-who="stranger"
                    aria-label=words.stranger_picture
                    autoplay
                    playsinline
                    disableremoteplayback
                    disablepictureinpicture=derived(covered)
                ></video>
                <div class="blank"><Icon of=|_| icon::PERSON/></div>
            </div>
            <div
                class="self"
                data-own=""
                data-corner=derived(|it| Some(it.preferences.corner().name()))
                data-unmirrored=derived(|it| shows_as_others_see(it).then_some(""))
                data-hidden=derived(|it| it.preferences.has(Switch::HideOwnPicture).then_some(""))
                data-screen-shared=derived(|it| it.sharing.then_some(""))
                data-camera=derived(|it| Some(device_name(it.camera)))
                data-microphone=derived(|it| Some(device_name(it.microphone)))
            >
                <video
                    data-who="self"
                    aria-label=words.own_picture
                    autoplay
                    playsinline
                    disableremoteplayback
                    muted
                ></video>
                <p class="self-blank">
                    <Icon of=|_| icon::CAMERA_OFF/>
                    {live_text(own_camera)}
                </p>
                <span class="self-muted"><Icon of=|_| icon::MIC_OFF/></span>
            </div>
            <p class="reaction" data-whose="stranger" aria-hidden="true" translate="no">
                {derived(|it| it.chat.theirs.map_or("", reaction_symbol))}
            </p>
            <p class="reaction" data-whose="self" aria-hidden="true" translate="no">
                {derived(|it| it.chat.own.map_or("", reaction_symbol))}
            </p>
            <Reveal/>
            <Chips/>
        </div>
    }
}

/// Set while the stranger's picture is covered. Picture-in-picture would show it without the cover.
fn covered(snapshot: Snapshot) -> Option<&'static str> {
    view_model::is_covered(snapshot).then_some("")
}

/// Whether there is no picture that could be shown.
fn lacks_picture(snapshot: Snapshot) -> bool {
    chips::lacks_picture(snapshot) || chips::covers_picture(snapshot)
}

/// The stable name, for `data-camera` and `data-microphone`.
const fn device_name(device: Device) -> &'static str {
    match device {
        Device::Absent => "absent",
        Device::On => "on",
        Device::Off => "off",
        Device::Interrupted => "interrupted",
    }
}

/// Whether the own picture is not mirrored. What a camera on the back of a phone sees would be the wrong way round, and
/// so would text.
const fn shows_as_others_see(snapshot: Snapshot) -> bool {
    snapshot.preferences.has(Switch::Unmirrored) || snapshot.faces_away || snapshot.sharing
}

const fn own_camera(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match snapshot.camera {
        Device::Absent => words.own_camera_absent,
        Device::On => "",
        Device::Off => words.own_camera_off,
        Device::Interrupted => words.own_camera_interrupted,
    }
}
