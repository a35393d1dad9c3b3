//! [`Lifecycle`]: reports when the page is hidden, shown or left, and when the network changes.

use gloo_events::EventListener;
use js_sys::Reflect;
use wasm_bindgen::JsCast;
use web_sys::{Document, EventTarget, Window, window};

use super::wake_lock::WakeLock;
use crate::{
    browser::inbox::Inbox,
    call::{DeviceEvent, Input, PageEvent},
};

/// Listens until it is dropped.
pub(crate) struct Lifecycle {
    _visibility: EventListener,
    _pagehide: EventListener,
    _focus: EventListener,
    _network: Vec<EventListener>,
}

impl Lifecycle {
    /// Reports whether the page is hidden now, and each change from now on.
    ///
    /// Browsers release a wake lock when the page is hidden, so it is requested again when the page is shown.
    pub(crate) fn watch(inbox: &Inbox, wake_lock: &WakeLock) -> Option<Self> {
        let window = window()?;
        let document = window.document()?;
        inbox.put(Input::Page(PageEvent::Away(document.hidden())));
        let leaving = inbox.clone();
        Some(Self {
            _visibility: on_visibility_change(&document, inbox, wake_lock),
            _pagehide: EventListener::new(&window, "pagehide", move |_| leaving.put(Input::PageHidden)),
            _focus: on_focus(&window, inbox),
            _network: on_network_change(&window, &document, inbox),
        })
    }
}

fn on_visibility_change(document: &Document, inbox: &Inbox, wake_lock: &WakeLock) -> EventListener {
    let (page, inbox, wake_lock) = (document.clone(), inbox.clone(), wake_lock.clone());
    EventListener::new(document, "visibilitychange", move |_| {
        inbox.put(Input::Page(PageEvent::Away(page.hidden())));
        if !page.hidden() {
            wake_lock.renew();
            // A page in the background may have missed that its connections were lost.
            inbox.put(Input::NetworkChanged);
        }
    })
}

fn on_focus(window: &Window, inbox: &Inbox) -> EventListener {
    let inbox = inbox.clone();
    EventListener::new(window, "focus", move |_| inbox.put(Input::Devices(DeviceEvent::Focused)))
}

fn on_network_change(window: &Window, document: &Document, inbox: &Inbox) -> Vec<EventListener> {
    let on_line = |name: &'static str, is_online| {
        let inbox = inbox.clone();
        EventListener::new(window, name, move |_| inbox.put(Input::Page(PageEvent::Online(is_online))))
    };
    let mut listeners = vec![on_line("online", true), on_line("offline", false)];
    // Only some browsers have `navigator.connection`, which reports a change of network.
    let connection = Reflect::get(&window.navigator(), &"connection".into()).ok();
    if let Some(connection) = connection.and_then(|it| it.dyn_into::<EventTarget>().ok()) {
        let (page, inbox) = (document.clone(), inbox.clone());
        listeners.push(EventListener::new(&connection, "change", move |_| {
            // A hidden page checks its connections when it is shown again.
            if !page.hidden() {
                inbox.put(Input::NetworkChanged);
            }
        }));
    }
    listeners
}
