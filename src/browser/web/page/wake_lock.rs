//! [`WakeLock`]: keeps the screen of the device from turning off.

use std::{cell::RefCell, rc::Rc};

use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use web_sys::window;

use crate::browser::web::js::reflect::{call, call_async, get};

/// A handle on the page's screen wake lock, held or not. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct WakeLock(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    is_wanted: bool,
    /// The `WakeLockSentinel`. The browser releases it when the page is hidden.
    sentinel: Option<JsValue>,
}

impl WakeLock {
    /// Keeps the screen on from now on, or lets it turn off again.
    pub(crate) fn set(&self, is_wanted: bool) {
        self.0.borrow_mut().is_wanted = is_wanted;
        if is_wanted {
            self.renew();
        } else if let Some(sentinel) = self.0.borrow_mut().sentinel.take() {
            call(&sentinel, "release", []);
        }
    }

    /// Requests the lock, if it is wanted and the page is visible.
    pub(crate) fn renew(&self) {
        let window = window();
        let is_hidden = window.as_ref().and_then(|it| it.document()).is_none_or(|it| it.hidden());
        if !self.0.borrow().is_wanted || is_hidden {
            return;
        }
        let state = Rc::clone(&self.0);
        let wake_lock = window.map(|it| get(&it.navigator(), "wakeLock")).unwrap_or(JsValue::NULL);
        spawn_local(async move {
            // A browser may refuse it, for example when the battery is low.
            let Some(sentinel) = call_async(&wake_lock, "request", ["screen".into()]).await else { return };
            let mut state = state.borrow_mut();
            let surplus = if state.is_wanted { state.sentinel.replace(sentinel) } else { Some(sentinel) };
            if let Some(surplus) = surplus {
                call(&surplus, "release", []);
            }
        });
    }
}
