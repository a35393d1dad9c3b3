//! The two pictures on the screen and the partner's sound; it must not know when they are to be seen and heard.

use gloo_events::EventListener;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlVideoElement, MediaStream, window};

use crate::{
    browser::{
        inbox::Inbox,
        web::js::{bindings::FrameSource, reflect},
    },
    call::{DeviceEvent, DeviceKind, Input, PageEvent},
};

/// Whose picture.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    /// The partner's.
    Stranger,
    /// One's own.
    Oneself,
}

/// Puts a stream into a picture, or takes it out.
pub(crate) fn show(who: Who, stream: Option<&MediaStream>) {
    if let Some(video) = picture(who) {
        video.set_src_object(stream);
    }
}

/// Plays the partner's picture and sound, and tells whether the browser holds the sound back.
pub(crate) fn play(inbox: &Inbox) {
    let Some(played) = picture(Who::Stranger).and_then(|it| it.play().ok()) else { return };
    let inbox = inbox.clone();
    spawn_local(async move {
        let refusal = wasm_bindgen_futures::JsFuture::from(played).await.err();
        // What is interrupted by the next picture is no refusal.
        let blocked = refusal.is_some_and(|it| reflect::text(&it, "name") == "NotAllowedError");
        inbox.put(Input::Page(PageEvent::SoundBlocked(blocked)));
    });
}

/// How loud the partner is, from 0 to 100.
pub(crate) fn set_volume(volume: u8) {
    if let Some(video) = picture(Who::Stranger) {
        video.set_muted(volume == 0);
        // A phone that has keys for it ignores this.
        video.set_volume(f64::from(volume) / 100.0);
    }
}

/// Lets the partner be heard from another speaker, and tells whether that can be.
pub(crate) fn choose_speaker(inbox: &Inbox, id: String) {
    let inbox = inbox.clone();
    spawn_local(async move {
        let done = reflect::ask(&stranger(), "setSinkId", [id.as_str().into()]).await.is_some();
        let kind = DeviceKind::Speaker;
        inbox.put(Input::Devices(if done {
            DeviceEvent::Used(kind, id)
        } else {
            DeviceEvent::Refused(kind)
        }));
    });
}

/// Tells when the next frame of a picture is on the screen; where the browser does not say, when the first one is there.
pub(crate) fn on_first_frame(who: Who, tell: impl FnOnce() + 'static) {
    let Some(video) = picture(who) else { return };
    let source: &FrameSource = video.unchecked_ref();
    if source.tells_frames().is_some() {
        source.on_next_frame(&Closure::once_into_js(tell));
    } else {
        EventListener::once(&video, "loadeddata", move |_| tell()).forget();
    }
}

/// The element of a picture.
pub(crate) fn picture(who: Who) -> Option<HtmlVideoElement> {
    let selector = match who {
        Who::Stranger => "video[data-who=stranger]",
        Who::Oneself => "video[data-who=self]",
    };
    window()?.document()?.query_selector(selector).ok()??.dyn_into().ok()
}

/// The element, as an object to ask for what not every browser has.
pub(crate) fn stranger() -> JsValue {
    picture(Who::Stranger).map_or(JsValue::NULL, JsValue::from)
}
