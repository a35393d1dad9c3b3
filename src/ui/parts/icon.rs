//! Icons from the SVG sprite.

use leptos::prelude::*;

use super::derive::derived;
use crate::call::Snapshot;

pub(crate) const MARK: &str = "/icons.svg#mark";
pub(crate) const PERSON: &str = "/icons.svg#person";
pub(crate) const MIC: &str = "/icons.svg#mic";
pub(crate) const MIC_OFF: &str = "/icons.svg#mic-off";
pub(crate) const CAMERA: &str = "/icons.svg#camera";
pub(crate) const CAMERA_OFF: &str = "/icons.svg#camera-off";
pub(crate) const STOP: &str = "/icons.svg#stop";
pub(crate) const NEXT: &str = "/icons.svg#next";
pub(crate) const LOCK: &str = "/icons.svg#lock";
pub(crate) const BROWSER: &str = "/icons.svg#browser";
pub(crate) const SERVER: &str = "/icons.svg#server";
pub(crate) const INFO: &str = "/icons.svg#info";
pub(crate) const FLAG: &str = "/icons.svg#flag";
pub(crate) const MORE: &str = "/icons.svg#more";
pub(crate) const CHAT: &str = "/icons.svg#chat";
pub(crate) const SCREEN: &str = "/icons.svg#screen";
pub(crate) const WHOLE: &str = "/icons.svg#whole";
pub(crate) const FILLING: &str = "/icons.svg#filling";
pub(crate) const SOUND_OFF: &str = "/icons.svg#sound-off";
pub(crate) const AWAY: &str = "/icons.svg#away";
pub(crate) const CLOCK: &str = "/icons.svg#clock";
pub(crate) const GLOBE: &str = "/icons.svg#globe";
pub(crate) const WIFI_OFF: &str = "/icons.svg#wifi-off";

/// An icon beside a text with the same meaning, so screen readers skip it.
#[component]
pub(crate) fn Icon(
    /// Its URL, which may depend on the state.
    of: fn(Snapshot) -> &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" focusable="false">
            <use href=derived(of)></use>
        </svg>
    }
}
