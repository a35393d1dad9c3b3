//! What the browser can do, which browser it is, and the languages of its user.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStreamTrack, window};

use crate::{
    browser::{
        inbox::Inbox,
        web::{
            devices::{media_devices, video},
            js::reflect::{call, get, has},
        },
    },
    call::{Abilities, Browser, Input, PageEvent},
    protocol::{Language, limits::MAX_LANGUAGES},
};

/// Reports what the browser can do. Whether it can blur the background depends on the camera.
pub(crate) fn report(inbox: &Inbox, camera: Option<&MediaStreamTrack>) {
    inbox.put(Input::Page(PageEvent::Able(abilities(camera))));
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
    }
}

/// The kind of browser, which decides the instructions for changing permissions.
///
/// Nothing but the user agent string says how a browser's settings look.
pub(crate) fn browser() -> Browser {
    let agent = window().and_then(|it| it.navigator().user_agent().ok()).unwrap_or_default();
    let is = |name| agent.contains(name);
    if is("iPhone") || is("iPad") {
        Browser::OnIos
    } else if is("Firefox") {
        Browser::Firefox
    } else if is("Chrome") && is("Android") {
        Browser::ChromiumOnAndroid
    } else if is("Chrome") {
        Browser::Chromium
    } else if is("Safari") {
        Browser::Safari
    } else {
        Browser::Other
    }
}

/// The languages in the browser's settings, the preferred one first; at most [`MAX_LANGUAGES`], each once.
pub(crate) fn languages() -> Vec<Language> {
    let tags = window().and_then(|it| get(&it.navigator(), "languages").dyn_into::<Array>().ok());
    let primary_subtag = |tag: JsValue| {
        let tag = tag.as_string()?;
        Language::new(&tag.split('-').next()?.to_ascii_lowercase())
    };
    let mut languages = Vec::new();
    for it in tags.iter().flat_map(Array::iter).filter_map(primary_subtag) {
        if languages.len() < MAX_LANGUAGES && !languages.contains(&it) {
            languages.push(it);
        }
    }
    languages
}
