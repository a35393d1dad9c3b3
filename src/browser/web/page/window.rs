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
            js::reflect::{call, call_async, construct, get, object},
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

/// Asks the person to allow notifications, and reports if they are not allowed.
pub(crate) fn ask_to_notify(inbox: &Inbox) {
    let inbox = inbox.clone();
    spawn_local(async move {
        let answer = call_async(&get(&js_sys::global(), "Notification"), "requestPermission", []).await;
        if answer.and_then(|it| it.as_string()).as_deref() != Some("granted") {
            inbox.put(Input::Page(PageEvent::NotificationsRefused));
        }
    });
}

/// Shows a notification of the system, in place of an earlier one. A press on it leads to the page.
pub(crate) fn notify(text: &str) {
    let options = object([("tag", "passerby".into()), ("icon", "/favicon.svg".into())]);
    let notification = construct("Notification", [text.into(), options]);
    let Some(notification) = notification.and_then(|it| it.dyn_into::<EventTarget>().ok()) else { return };
    EventListener::once(&notification, "click", |_| {
        if let Some(window) = window() {
            // If the browser does not allow it, the page stays in the background.
            let _ = window.focus();
        }
    })
    .forget();
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
