//! What the browser can do, and which browser it is.

use gloo_timers::future::TimeoutFuture;
use js_sys::Array;
use leptos::task::spawn_local;
use web_sys::{MediaStreamTrack, window};

use crate::{
    browser::{
        inbox::Inbox,
        web::{
            devices::{media_devices, video},
            js::reflect::{call, construct, get, has, set, text},
        },
    },
    call::{Abilities, Browser, Input, PageEvent},
};

/// A volume that is not the default, and that a binary fraction represents exactly.
const PROBE_VOLUME: f64 = 0.5;

/// Reports what the browser can do. Whether it can blur the background depends on the camera.
pub(crate) fn report(inbox: &Inbox, camera: Option<&MediaStreamTrack>) {
    let (inbox, mut able) = (inbox.clone(), abilities(camera));
    spawn_local(async move {
        able.volume = is_volume_kept().await;
        inbox.put(Input::Page(PageEvent::Able(able)));
    });
}

/// Whether an element keeps the volume that it is given. Where only keys set the volume, it reads as before: at once,
/// or from the next task on (iOS 15 and later).
async fn is_volume_kept() -> bool {
    let Some(probe) = construct("Audio", []) else { return false };
    set(&probe, "volume", &PROBE_VOLUME.into());
    TimeoutFuture::new(0).await;
    get(&probe, "volume").as_f64() == Some(PROBE_VOLUME)
}

/// Reports what the browser can do, without blur: the browser did not follow the switch, so the page hides it.
pub(crate) fn report_without_blur(inbox: &Inbox) {
    inbox.put(Input::Page(PageEvent::Able(abilities(None))));
}

fn abilities(camera: Option<&MediaStreamTrack>) -> Abilities {
    let Some(document) = window().and_then(|it| it.document()) else { return Abilities::default() };
    let is_true = |name| get(&document, name).is_truthy();
    let blurs = camera.and_then(|it| call(it, "getCapabilities", [])).map(|it| get(&it, "backgroundBlur"));
    // Both values: where only one is listed, the system decides and the page cannot change it.
    let lists = |all: &Array, value: bool| all.includes(&value.into(), 0);
    let blur = blurs
        .filter(Array::is_array)
        .map(|it| Array::from(&it))
        .is_some_and(|it| lists(&it, true) && lists(&it, false));
    Abilities {
        screen: media_devices::media_devices().is_some_and(|it| has(&it, "getDisplayMedia")),
        picture_in_picture: is_true("pictureInPictureEnabled"),
        full_screen: is_true("fullscreenEnabled"),
        speakers: has(&video::stranger_element(), "setSinkId"),
        blur,
        notifications: may_notify(),
        volume: false,
    }
}

/// Whether the page may show notifications or ask to. On Android only a service worker can show one.
fn may_notify() -> bool {
    let permission = text(&get(&js_sys::global(), "Notification"), "permission");
    matches!(permission.as_str(), "default" | "granted")
        && !matches!(browser(), Browser::ChromiumOnAndroid | Browser::FirefoxOnAndroid)
}

/// The kind of browser, which decides the instructions for changing permissions.
pub(crate) fn browser() -> Browser {
    let Some(navigator) = window().map(|it| it.navigator()) else { return Browser::Other };
    let touch_points = u32::try_from(navigator.max_touch_points()).unwrap_or_default();
    let installed = get(&navigator, "standalone").is_truthy();
    Browser::of(&navigator.user_agent().unwrap_or_default(), touch_points, installed)
}
