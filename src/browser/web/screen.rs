//! The two pictures; it must not know when they are to be seen.

use wasm_bindgen::JsCast;
use web_sys::{HtmlVideoElement, MediaStream, window};

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
    let selector = match who {
        Who::Stranger => "video[data-who=stranger]",
        Who::Oneself => "video[data-who=self]",
    };
    let video =
        window().and_then(|it| it.document()).and_then(|it| it.query_selector(selector).ok().flatten());
    if let Some(video) = video.and_then(|it| it.dyn_into::<HtmlVideoElement>().ok()) {
        video.set_src_object(stream);
    }
}
