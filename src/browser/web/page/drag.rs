//! One's own picture, dragged from corner to corner; it must not know where it stands at rest.

use std::{cell::Cell, rc::Rc};

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, window};

use crate::{
    browser::{
        inbox::Inbox,
        web::js::reflect::{call, get, text},
    },
    call::{Corner, Input, Intent, WindowWish},
};

/// Pixels that a finger moves before it drags: less is a tap.
const SLOP: u32 = 6;

/// Where a finger has come down.
type From = Cell<Option<(i32, i32)>>;

/// What a movement does to the picture, and the corner that it ends in.
type Deed = fn(&HtmlElement, &JsValue, &From) -> Option<Corner>;

/// Listens for as long as it lives.
pub(crate) struct Drag {
    _listeners: [EventListener; 4],
}

impl Drag {
    /// Tells the inbox into which corner the picture was dragged.
    pub(crate) fn watch(inbox: &Inbox) -> Option<Self> {
        let own: HtmlElement = window()?.document()?.query_selector("[data-own]").ok()??.dyn_into().ok()?;
        let from = Rc::new(Cell::new(None::<(i32, i32)>));
        let on = |name: &'static str, command: Deed| {
            let (own, from, inbox) = (own.clone(), Rc::clone(&from), inbox.clone());
            EventListener::new(&own.clone(), name, move |event| {
                if let Some(corner) = command(&own, event, &from) {
                    inbox.put(Input::Intent(Intent::Window(WindowWish::PlaceOwnPicture(corner))));
                }
            })
        };
        let _listeners = [
            on("pointerdown", |own, event, from| {
                // In the mirror it fills the view.
                own.closest("[data-screen=stage]").ok()??;
                from.set(Some(place(event)));
                call(own, "setPointerCapture", [get(event, "pointerId")]);
                None
            }),
            on("pointermove", |own, event, from| {
                let ((x, y), (now_x, now_y)) = (from.get()?, place(event));
                translate(own, &format!("{}px {}px", now_x - x, now_y - y));
                None
            }),
            on("pointerup", |own, event, from| {
                let ((x, y), (now_x, now_y)) = (from.take()?, place(event));
                translate(own, "");
                let is_drag = now_x.abs_diff(x).max(now_y.abs_diff(y)) > SLOP;
                is_drag.then(|| nearest(own, now_x, now_y)).flatten()
            }),
            on("pointercancel", |own, _, from| {
                from.set(None);
                translate(own, "");
                None
            }),
        ];
        Some(Self { _listeners })
    }
}

fn place(event: &JsValue) -> (i32, i32) {
    let number = |name| get(event, name).as_f64().unwrap_or_default() as i32;
    (number("clientX"), number("clientY"))
}

/// By the object model: a `style` attribute would be against the page's policy.
fn translate(own: &HtmlElement, by: &str) {
    let _ = own.style().set_property("translate", by);
}

/// The corner of the surrounding box that is nearest, in the direction of writing.
fn nearest(own: &HtmlElement, x: i32, y: i32) -> Option<Corner> {
    let around: Element = own.parent_element()?;
    let bounds = call(&around, "getBoundingClientRect", [])?;
    let bound = |name| get(&bounds, name).as_f64().unwrap_or_default() as i32;
    let document = own.owner_document()?.document_element()?;
    let is_left = x < bound("left") + bound("width") / 2;
    let is_start = is_left != (text(&document, "dir") == "rtl");
    Some(match (y < bound("top") + bound("height") / 2, is_start) {
        (true, true) => Corner::TopStart,
        (true, false) => Corner::TopEnd,
        (false, true) => Corner::BottomStart,
        (false, false) => Corner::BottomEnd,
    })
}
