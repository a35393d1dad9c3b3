//! [`Backdrop`]: a few pixels of the stranger's picture, which the page shows enlarged beside it.

use gloo_timers::callback::Interval;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, window};

use super::video::{self, VideoElement};

/// Milliseconds between two pictures. Only colours are seen, so a few pictures a second are enough.
const DRAW_EVERY: u32 = 500;

/// Draws until it is dropped.
pub(crate) struct Backdrop {
    _interval: Interval,
}

impl Backdrop {
    /// Starts to draw the stranger's picture. Returns `None` if the page has no canvas for it.
    pub(crate) fn draw() -> Option<Self> {
        let canvas = window()?.document()?.query_selector(".stranger canvas").ok()??;
        let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let (width, height) = (canvas.width().into(), canvas.height().into());
        // The colours of the last stranger.
        context.clear_rect(0.0, 0.0, width, height);
        let draw = move || {
            if let Some(picture) = video::element(VideoElement::Stranger) {
                // Nothing is drawn before the first frame.
                let _ = context
                    .draw_image_with_html_video_element_and_dw_and_dh(&picture, 0.0, 0.0, width, height);
            }
        };
        Some(Self { _interval: Interval::new(DRAW_EVERY, draw) })
    }
}
