//! Gestures on the pictures: [`Drag`] moves the own picture from corner to corner, and [`Swipe`] leaves the stranger.

use std::{cell::Cell, rc::Rc};

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, window};

use crate::{
    browser::{
        inbox::Inbox,
        web::js::reflect::{call, get, text},
    },
    call::{Corner, Gesture, Input, Intent, PictureWish, WindowWish, is_swipe},
};

/// A pointer that has moved at most this far, in CSS pixels, was a tap and not a drag.
const MAX_TAP_PIXELS: u32 = 6;

/// Where the pointer went down, while a drag is in progress.
type Origin = Cell<Option<(i32, i32)>>;

/// Handles a pointer event on the picture. Returns the corner in which a drag has ended.
type Handler = fn(&HtmlElement, &JsValue, &Origin) -> Option<Corner>;

/// Listens until it is dropped.
pub(crate) struct Drag {
    _listeners: [EventListener; 4],
}

impl Drag {
    /// Reports the corner into which the picture was dragged.
    pub(crate) fn watch(inbox: &Inbox) -> Option<Self> {
        let own: HtmlElement = window()?.document()?.query_selector("[data-own]").ok()??.dyn_into().ok()?;
        let origin = Rc::new(Cell::new(None::<(i32, i32)>));
        let on = |name: &'static str, handler: Handler| {
            let (own, origin, inbox) = (own.clone(), Rc::clone(&origin), inbox.clone());
            EventListener::new(&own.clone(), name, move |event| {
                if let Some(corner) = handler(&own, event, &origin) {
                    inbox.put(Input::Intent(Intent::Window(WindowWish::Picture(PictureWish::PlaceOwn(
                        corner,
                    )))));
                }
            })
        };
        let _listeners = [
            on("pointerdown", |own, event, origin| {
                // A large picture cannot be dragged.
                own.closest("[data-screen=stage]:not([data-preview])").ok()??;
                origin.set(Some(position(event)));
                call(own, "setPointerCapture", [get(event, "pointerId")]);
                None
            }),
            on("pointermove", |own, event, origin| {
                let ((x, y), (now_x, now_y)) = (origin.get()?, position(event));
                translate(own, &format!("{}px {}px", now_x - x, now_y - y));
                None
            }),
            on("pointerup", |own, event, origin| {
                let ((x, y), (now_x, now_y)) = (origin.take()?, position(event));
                translate(own, "");
                let is_drag = now_x.abs_diff(x).max(now_y.abs_diff(y)) > MAX_TAP_PIXELS;
                is_drag.then(|| nearest_corner(own, now_x, now_y)).flatten()
            }),
            on("pointercancel", |own, _, origin| {
                origin.set(None);
                translate(own, "");
                None
            }),
        ];
        Some(Self { _listeners })
    }
}

/// Listens until it is dropped.
pub(crate) struct Swipe {
    _listeners: [EventListener; 3],
}

impl Swipe {
    /// Reports each swipe of a single finger across the stranger's picture.
    pub(crate) fn watch(inbox: &Inbox) -> Option<Self> {
        let view: HtmlElement = window()?.document()?.query_selector(".stranger").ok()??.dyn_into().ok()?;
        let origin = Rc::new(Cell::new(None::<(i32, i32)>));
        let on = |name: &'static str, handler: fn(&JsValue, &Origin) -> Option<(i32, i32)>| {
            let (origin, inbox) = (Rc::clone(&origin), inbox.clone());
            EventListener::new(&view, name, move |event| {
                if handler(event, &origin).is_some_and(|it| is_swipe(it, is_right_to_left())) {
                    inbox.put(Input::Intent(Intent::Gesture(Gesture::Swipe)));
                }
            })
        };
        let _listeners = [
            on("pointerdown", |event, origin| {
                // A second finger enlarges the page.
                let is_finger = text(event, "pointerType") == "touch" && get(event, "isPrimary").is_truthy();
                origin.set(is_finger.then(|| position(event)));
                None
            }),
            on("pointerup", |event, origin| {
                let ((x, y), (now_x, now_y)) = (origin.take()?, position(event));
                Some((now_x - x, now_y - y))
            }),
            on("pointercancel", |_, origin| {
                origin.set(None);
                None
            }),
        ];
        Some(Self { _listeners })
    }
}

fn position(event: &JsValue) -> (i32, i32) {
    let number = |name| get(event, name).as_f64().unwrap_or_default() as i32;
    (number("clientX"), number("clientY"))
}

/// Sets the CSS property through the object model: the page's policy forbids `style` attributes.
fn translate(own: &HtmlElement, by: &str) {
    let _ = own.style().set_property("translate", by);
}

/// The nearest corner of the surrounding box, in terms of the writing direction.
fn nearest_corner(own: &HtmlElement, x: i32, y: i32) -> Option<Corner> {
    let container: Element = own.parent_element()?;
    let bounds = call(&container, "getBoundingClientRect", [])?;
    let bound = |name| get(&bounds, name).as_f64().unwrap_or_default() as i32;
    let is_left = x < bound("left") + bound("width") / 2;
    let is_start = is_left != is_right_to_left();
    Some(match (y < bound("top") + bound("height") / 2, is_start) {
        (true, true) => Corner::TopStart,
        (true, false) => Corner::TopEnd,
        (false, true) => Corner::BottomStart,
        (false, false) => Corner::BottomEnd,
    })
}

/// Whether the page is written from right to left.
fn is_right_to_left() -> bool {
    let root = window().and_then(|it| it.document()?.document_element());
    root.is_some_and(|it| text(&it, "dir") == "rtl")
}
