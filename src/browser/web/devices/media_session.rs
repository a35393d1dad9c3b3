//! [`MediaSession`]: the call in the controls of the system and of picture-in-picture windows (W3C Media Session).

use wasm_bindgen::{JsValue, prelude::Closure};
use web_sys::window;

use crate::{
    browser::{
        inbox::Inbox,
        web::js::reflect::{call, get},
    },
    call::{Input, Intent},
    protocol::Media,
};

/// The actions of a call, and what they mean. A browser ignores those that it does not know.
const ACTIONS: [(&str, Intent); 3] = [
    ("togglemicrophone", Intent::ToggleMicrophone),
    ("togglecamera", Intent::ToggleCamera),
    ("hangup", Intent::Stop),
];

/// The controls of the call outside of the page. Dropping it removes them.
pub(crate) struct MediaSession {
    session: JsValue,
    _handlers: [Closure<dyn FnMut()>; ACTIONS.len()],
}

impl MediaSession {
    /// Reports presses to the inbox from now on.
    pub(crate) fn new(inbox: &Inbox) -> Self {
        let session = window().map_or(JsValue::UNDEFINED, |it| get(&it.navigator(), "mediaSession"));
        let handlers = ACTIONS.map(|(action, intent)| {
            let inbox = inbox.clone();
            let handler = Closure::new(move || inbox.put(Input::Intent(intent.clone())));
            set_handler(&session, action, handler.as_ref());
            handler
        });
        Self { session, _handlers: handlers }
    }

    /// Shows whether microphone and camera are on.
    pub(crate) fn show(&self, sending: Media) {
        call(&self.session, "setMicrophoneActive", [sending.audio.into()]);
        call(&self.session, "setCameraActive", [sending.video.into()]);
    }
}

impl Drop for MediaSession {
    fn drop(&mut self) {
        for (action, _) in ACTIONS {
            set_handler(&self.session, action, &JsValue::NULL);
        }
    }
}

fn set_handler(session: &JsValue, action: &str, handler: &JsValue) {
    call(session, "setActionHandler", [action.into(), handler.clone()]);
}
