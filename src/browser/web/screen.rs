//! The two pictures; it must not know when they are to be seen.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlVideoElement, MediaStream, window};

use super::bindings::FrameSource;

/// Whose picture.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who {
    /// The partner's.
    Stranger,
    /// One's own.
    Oneself,
}

/// Puts a stream into a picture, or takes it out.
pub(super) fn show(who: Who, stream: Option<&MediaStream>) {
    if let Some(video) = picture(who) {
        video.set_src_object(stream);
    }
}

/// Tells when the next frame of a picture is on the screen; where the browser does not say, when the first one is there.
pub(super) fn on_first_frame(who: Who, tell: impl FnOnce() + 'static) {
    let Some(video) = picture(who) else { return };
    let source: &FrameSource = video.unchecked_ref();
    if source.tells_frames().is_some() {
        source.on_next_frame(&Closure::once_into_js(tell));
    } else {
        EventListener::once(&video, "loadeddata", move |_| tell()).forget();
    }
}

fn picture(who: Who) -> Option<HtmlVideoElement> {
    let selector = match who {
        Who::Stranger => "video[data-who=stranger]",
        Who::Oneself => "video[data-who=self]",
    };
    window()?.document()?.query_selector(selector).ok()??.dyn_into().ok()
}
