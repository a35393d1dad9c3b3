//! [`LeaveQuestion`]: lets the browser ask before the page is left or reloaded.

use gloo_events::{EventListener, EventListenerOptions};
use web_sys::{Window, window};

use crate::browser::web::js::reflect::set;

/// The browser asks until this is dropped. Only a page that somebody has touched may have that asked.
pub(crate) struct LeaveQuestion {
    _listener: Option<EventListener>,
}

impl LeaveQuestion {
    /// Lets the browser ask from now on, in its own words.
    pub(crate) fn ask() -> Self {
        let options = EventListenerOptions::enable_prevent_default();
        let listen = |window: Window| {
            EventListener::new_with_options(&window, "beforeunload", options, |event| {
                event.prevent_default();
                // Safari asks only if there is a text, which it does not show.
                set(event, "returnValue", &" ".into());
            })
        };
        Self { _listener: window().map(listen) }
    }
}
