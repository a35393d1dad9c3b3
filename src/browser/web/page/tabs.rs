//! [`Tabs`]: the channel on which the tabs of one browser tell each other which of them is in use.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use crate::{
    browser::{
        inbox::Inbox,
        web::js::reflect::{call, construct},
    },
    call::{Input, PageEvent},
};

/// The name of the `BroadcastChannel`.
const CHANNEL: &str = "passerby";

/// The channel. Listens until it is dropped; a browser without `BroadcastChannel` has no channel.
pub(crate) struct Tabs {
    channel: JsValue,
    _listener: Option<EventListener>,
}

impl Tabs {
    /// Opens the channel and reports when another tab takes over.
    pub(crate) fn watch(inbox: &Inbox) -> Self {
        let channel = construct("BroadcastChannel", [CHANNEL.into()]).unwrap_or(JsValue::NULL);
        let inbox = inbox.clone();
        let listener = channel.dyn_ref::<EventTarget>().map(|channel| {
            EventListener::new(channel, "message", move |_| inbox.put(Input::Page(PageEvent::TakenOver)))
        });
        Self { channel, _listener: listener }
    }

    /// Tells the other tabs that this one is in use now.
    pub(crate) fn take_over(&self) {
        call(&self.channel, "postMessage", [JsValue::TRUE]);
    }
}
