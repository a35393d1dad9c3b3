//! The two `<video>` elements: the stranger's picture and sound, and the person's own picture.

use gloo_events::EventListener;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlMediaElement, HtmlVideoElement, MediaStream, window};

use crate::{
    browser::{
        inbox::Inbox,
        web::js::{bindings::FrameSource, reflect},
    },
    call::{DeviceEvent, Input, PageEvent},
};

/// One of the two elements.
#[derive(Clone, Copy, Debug)]
pub(crate) enum VideoElement {
    /// The stranger's picture and sound.
    Stranger,
    /// The person's own picture, without sound.
    Own,
}

/// Shows a stream in an element, or nothing. Setting the same stream again would make the element start again.
pub(crate) fn show(which: VideoElement, stream: Option<&MediaStream>) {
    if let Some(video) = element(which)
        && video.src_object().as_ref() != stream
    {
        video.set_src_object(stream);
    }
}

/// Plays the stranger's picture and sound, and reports whether the browser blocks the sound.
pub(crate) fn play(inbox: &Inbox) {
    let Some(promise) = element(VideoElement::Stranger).and_then(|it| it.play().ok()) else { return };
    let inbox = inbox.clone();
    spawn_local(async move {
        let error = wasm_bindgen_futures::JsFuture::from(promise).await.err();
        // The next stream interrupts this one with an `AbortError`, which does not mean that the sound is blocked.
        let is_blocked = error.is_some_and(|it| reflect::text(&it, "name") == "NotAllowedError");
        inbox.put(Input::Page(PageEvent::SoundBlocked(is_blocked)));
    });
}

/// Sets the stranger's volume, from 0 to 100.
pub(crate) fn set_volume(volume: u8) {
    if let Some(video) = element(VideoElement::Stranger) {
        video.set_muted(volume == 0);
        // Phones whose volume is set with keys ignore this.
        video.set_volume(f64::from(volume) / 100.0);
    }
}

/// Plays the stranger's sound on the speaker with this device id, and reports whether that worked.
pub(crate) fn set_speaker(inbox: &Inbox, id: String) {
    let inbox = inbox.clone();
    spawn_local(async move {
        let is_set =
            reflect::call_async(&stranger_element(), "setSinkId", [id.as_str().into()]).await.is_some();
        let event = if is_set { DeviceEvent::SpeakerUsed(id) } else { DeviceEvent::SpeakerRefused };
        inbox.put(Input::Devices(event));
    });
}

/// Calls `report` when the next frame is on the screen.
///
/// A browser without `requestVideoFrameCallback` reports when the first frame of the stream is loaded.
pub(crate) fn on_first_frame(which: VideoElement, report: impl FnOnce() + 'static) {
    let Some(video) = element(which) else { return };
    let source: &FrameSource = video.unchecked_ref();
    if source.frame_callback_method().is_some() {
        source.on_next_frame(&Closure::once_into_js(report));
    } else {
        EventListener::once(&video, "loadeddata", move |_| report()).forget();
    }
}

/// Calls `report` when the next frame of the own picture is on the screen.
///
/// A browser without `requestVideoFrameCallback` tells only whether there has been a frame.
pub(crate) fn on_own_frame(report: impl FnOnce() + 'static) {
    let Some(video) = element(VideoElement::Own) else { return };
    let source: &FrameSource = video.unchecked_ref();
    let has_frame = video.ready_state() >= HtmlMediaElement::HAVE_CURRENT_DATA;
    if source.frame_callback_method().is_none() && has_frame {
        report();
    } else {
        on_first_frame(VideoElement::Own, report);
    }
}

/// The stranger's element as a plain object, for methods that not every browser has.
pub(crate) fn stranger_element() -> JsValue {
    element(VideoElement::Stranger).map_or(JsValue::NULL, JsValue::from)
}

/// The element, if the page has it.
pub(crate) fn element(which: VideoElement) -> Option<HtmlVideoElement> {
    let selector = match which {
        VideoElement::Stranger => "video[data-who=stranger]",
        VideoElement::Own => "video[data-who=self]",
    };
    window()?.document()?.query_selector(selector).ok()??.dyn_into().ok()
}
