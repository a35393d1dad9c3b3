//! [`BlurredCopy`]: a tiny and blurred copy of the own picture, for a partner who is not to see more of it yet.

use gloo_timers::callback::Interval;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, MediaStream, MediaStreamTrack, window};

use super::{
    tracks,
    video::{self, VideoElement},
};
use crate::browser::web::js::reflect;

/// The longer side of the copy, in pixels.
const SIDE: u32 = 64;

/// The largest number of areas with a colour of their own along a side: enough for a shape that moves, and too few for
/// a face.
const AREAS: u32 = 12;

/// Milliseconds between two frames.
const INTERVAL_MS: u32 = 100;

/// Frames a second.
const FRAME_RATE: f64 = 10.0;

/// A copy that follows the own picture. Dropping it ends the track.
pub(crate) struct BlurredCopy {
    track: MediaStreamTrack,
    _timer: Interval,
}

/// Two canvases: one to make the picture smaller and smaller, and the one that is sent.
struct Canvases {
    scratch: Canvas,
    sent: Canvas,
}

struct Canvas {
    element: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Drop for BlurredCopy {
    fn drop(&mut self) {
        self.track.stop();
    }
}

impl BlurredCopy {
    /// Starts to copy; `None` if the browser cannot.
    pub(crate) fn start() -> Option<Self> {
        let canvases = Canvases { scratch: Canvas::new()?, sent: Canvas::new()? };
        let stream = reflect::call(&canvases.sent.element, "captureStream", [FRAME_RATE.into()])?;
        let track = tracks::of(stream.dyn_ref::<MediaStream>()?).next()?;
        canvases.draw();
        let _timer = Interval::new(INTERVAL_MS, move || canvases.draw());
        Some(Self { track, _timer })
    }

    /// The track to send.
    pub(crate) fn track(&self) -> MediaStreamTrack {
        Clone::clone(&self.track)
    }
}

impl Canvases {
    /// Draws the current frame of the own picture.
    ///
    /// It is halved until few areas are left. Each pixel of a half is the mean of four, so that fine patterns become
    /// one tone; a single large step would skip pixels.
    fn draw(&self) {
        let Some(video) = video::element(VideoElement::Own) else { return };
        let (mut width, mut height) = (video.video_width() / 2, video.video_height() / 2);
        if width == 0 || height == 0 {
            return;
        }
        self.scratch.resize(width, height);
        self.scratch.draw(&video, (video.video_width(), video.video_height()), (width, height));
        while width.max(height) > AREAS {
            let half = ((width / 2).max(1), (height / 2).max(1));
            self.scratch.draw(&self.scratch.element, (width, height), half);
            (width, height) = half;
        }
        let (longer, shorter) = (width.max(height), width.min(height));
        let short_side = (SIDE * shorter / longer).max(2);
        let size = if width >= height { (SIDE, short_side) } else { (short_side, SIDE) };
        self.sent.resize(size.0, size.1);
        self.sent.draw(&self.scratch.element, (width, height), size);
    }
}

impl Canvas {
    fn new() -> Option<Self> {
        let element: HtmlCanvasElement =
            window()?.document()?.create_element("canvas").ok()?.dyn_into().ok()?;
        // Before the first frame there is a picture, too: black, and as small as the later ones.
        element.set_width(SIDE);
        element.set_height(SIDE);
        let context = element.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Self { element, context })
    }

    /// Setting the size clears the canvas, so it is set only where it changes.
    fn resize(&self, width: u32, height: u32) {
        if (self.element.width(), self.element.height()) != (width, height) {
            self.element.set_width(width);
            self.element.set_height(height);
        }
    }

    /// Draws the top left part of a source into the top left part of this canvas.
    fn draw(&self, source: &JsValue, (from_width, from_height): (u32, u32), (width, height): (u32, u32)) {
        let [x, y, from_width, from_height, width, height] =
            [0, 0, from_width, from_height, width, height].map(JsValue::from);
        let arguments = [source.clone(), x.clone(), y.clone(), from_width, from_height, x, y, width, height];
        reflect::call(&self.context, "drawImage", arguments);
    }
}
