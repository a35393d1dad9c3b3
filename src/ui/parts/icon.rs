//! Icons out of the one sprite; it must not know what they are used for.

use leptos::prelude::*;

use super::see::see;
use crate::call::Snapshot;

pub(super) const MARK: &str = "/icons.svg#mark";
pub(super) const PERSON: &str = "/icons.svg#person";
pub(super) const MIC: &str = "/icons.svg#mic";
pub(super) const MIC_OFF: &str = "/icons.svg#mic-off";
pub(super) const CAMERA: &str = "/icons.svg#camera";
pub(super) const CAMERA_OFF: &str = "/icons.svg#camera-off";
pub(super) const STOP: &str = "/icons.svg#stop";
pub(super) const NEXT: &str = "/icons.svg#next";
pub(super) const LOCK: &str = "/icons.svg#lock";
pub(super) const BROWSER: &str = "/icons.svg#browser";
pub(super) const SERVER: &str = "/icons.svg#server";
pub(super) const INFO: &str = "/icons.svg#info";
pub(super) const MORE: &str = "/icons.svg#more";
pub(super) const CHAT: &str = "/icons.svg#chat";
pub(super) const SCREEN: &str = "/icons.svg#screen";
pub(super) const SOUND_OFF: &str = "/icons.svg#sound-off";
pub(super) const AWAY: &str = "/icons.svg#away";
pub(super) const CLOCK: &str = "/icons.svg#clock";
pub(super) const WIFI_OFF: &str = "/icons.svg#wifi-off";

/// An icon beside a text that says the same: never read aloud.
#[component]
pub(super) fn Icon(
    /// Its address, which may depend on the state.
    of: fn(Snapshot) -> &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" focusable="false">
            <use href=see(of)></use>
        </svg>
    }
}
