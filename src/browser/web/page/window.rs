//! Full screen, picture-in-picture, vibration, notifications, and reloading.

use gloo_events::EventListener;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, EventTarget, window};

use crate::{
    browser::{
        inbox::Inbox,
        web::{
            devices::video,
            js::reflect::{call, call_async, get},
            page::document,
        },
    },
    call::{Input, PageEvent},
};

/// Reports changes of full screen, picture-in-picture and the playing of the stranger until it is dropped.
pub(crate) struct WindowEvents {
    _listeners: Vec<EventListener>,
}

impl WindowEvents {
    /// Starts to report to the inbox.
    pub(crate) fn watch(inbox: &Inbox) -> Option<Self> {
        let document = document()?;
        let on = |target: &JsValue, name: &'static str, event: fn(&Document) -> PageEvent| {
            let (inbox, document) = (inbox.clone(), document.clone());
            let target = target.dyn_ref::<EventTarget>()?;
            Some(EventListener::new(target, name, move |_| inbox.put(Input::Page(event(&document)))))
        };
        let stranger = video::stranger_element();
        let listeners = [
            on(&document, "fullscreenchange", |it| PageEvent::FillsScreen(it.fullscreen_element().is_some())),
            on(&stranger, "enterpictureinpicture", |_| PageEvent::InPicture(true)),
            on(&stranger, "leavepictureinpicture", |_| PageEvent::InPicture(false)),
            on(&stranger, "pause", |_| PageEvent::Paused),
        ];
        Some(Self { _listeners: listeners.into_iter().flatten().collect() })
    }
}

/// How long a phone vibrates, in milliseconds.
const VIBRATION: u32 = 80;

/// Vibrates once, on a device that can.
pub(crate) fn vibrate() {
    if let Some(window) = window() {
        call(&window.navigator(), "vibrate", [VIBRATION.into()]);
    }
}

/// Moves the stranger's picture into picture-in-picture, or back into the page.
pub(crate) fn set_picture_in_picture(enter: bool) {
    spawn_local(async move {
        // If the browser refuses, the picture stays where it is.
        if enter {
            let _ = call_async(&video::stranger_element(), "requestPictureInPicture", []).await;
        } else if let Some(document) = document() {
            let _ = call_async(&document, "exitPictureInPicture", []).await;
        }
    });
}

/// Enters or leaves full screen.
pub(crate) fn set_full_screen(enter: bool) {
    spawn_local(async move {
        let Some(document) = document() else { return };
        if enter {
            let _ = call_async(&get(&document, "documentElement"), "requestFullscreen", []).await;
        } else {
            let _ = call_async(&document, "exitFullscreen", []).await;
        }
    });
}

/// Reloads the page.
pub(crate) fn reload() {
    if let Some(window) = window() {
        let _ = window.location().reload();
    }
}
