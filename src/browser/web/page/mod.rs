//! The document and the window: where the page is taken over and what happens to it; it must not know what is on it.

pub(crate) mod window;
pub(crate) mod drag;

use futures::{StreamExt, channel::mpsc};
use gloo_events::EventListener;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{EventTarget, HtmlElement, Window, window};

use super::js::reflect::{ask, get};
use crate::ui::{BUILD_ATTRIBUTE, DRIVEN_ATTRIBUTE, PRESSED_ATTRIBUTE, PRESSED_START, ROOT_ID, WORDS_ID};

/// Listeners for the page's life; they go when this is dropped.
pub(crate) struct Listeners {
    _pagehide: EventListener,
    _network: Vec<EventListener>,
}

/// Leaves a performance mark.
pub(crate) fn mark(name: &str) {
    if let Some(performance) = window().and_then(|it| it.performance()) {
        // A mark more or less is no harm.
        let _ = performance.mark(&["passerby:", name].concat());
    }
}

/// The element whose inside the views are.
pub(crate) fn root() -> Option<HtmlElement> {
    window()?.document()?.get_element_by_id(ROOT_ID)?.dyn_into().ok()
}

/// The name of this page.
pub(crate) fn build() -> String {
    root().and_then(|it| it.get_attribute(BUILD_ATTRIBUTE)).unwrap_or_default()
}

/// The texts that the server has sent, one a line.
pub(crate) fn words() -> String {
    let element = window().and_then(|it| it.document()).and_then(|it| it.get_element_by_id(WORDS_ID));
    element.and_then(|it| it.text_content()).unwrap_or_default()
}

/// Whether Start was pressed before anybody could answer; the page's own small script has written that down.
pub(crate) fn start_is_pressed() -> bool {
    root().and_then(|it| it.get_attribute(PRESSED_ATTRIBUTE)).as_deref() == Some(PRESSED_START)
}

/// From now on presses are answered, and none is written down.
pub(crate) fn answers_presses() {
    let Some(root) = root() else { return };
    // Both fail for none but impossible names.
    let _ = root.set_attribute(DRIVEN_ATTRIBUTE, "");
    let _ = root.remove_attribute(PRESSED_ATTRIBUTE);
}

/// Signs that somebody is there, the press of a screen reader among them.
const STIRS: [&str; 5] = ["pointermove", "pointerdown", "keydown", "focusin", "click"];

/// Comes back with the first sign that somebody is there.
pub(crate) async fn stirs() {
    let Some(window) = window() else { return };
    let (tell, mut told) = mpsc::unbounded();
    let _listeners = STIRS.map(|name| {
        let tell = tell.clone();
        EventListener::new(&window, name, move |_| {
            // The first is enough.
            let _ = tell.unbounded_send(());
        })
    });
    told.next().await;
}

/// Whether the server answers at all.
pub(crate) async fn server_answers() -> bool {
    let window = window().map_or(JsValue::NULL, JsValue::from);
    ask(&window, "fetch", ["/healthz".into()]).await.is_some_and(|it| get(&it, "ok").is_truthy())
}

/// Listens for the page being left, and for the network's or the page's return.
pub(crate) fn listen(
    hidden: impl Fn() + 'static,
    network_changed: impl Fn() + Clone + 'static,
) -> Option<Listeners> {
    let window = window()?;
    Some(Listeners {
        _pagehide: EventListener::new(&window, "pagehide", move |_| hidden()),
        _network: returns(&window, &network_changed),
    })
}

fn returns(window: &Window, changed: &(impl Fn() + Clone + 'static)) -> Vec<EventListener> {
    let on = |target: &EventTarget, name: &'static str| {
        let changed = changed.clone();
        EventListener::new(target, name, move |_| {
            // A page that goes into the background has nothing to look for.
            let is_hidden = self::window().and_then(|it| it.document()).is_some_and(|it| it.hidden());
            if !is_hidden {
                changed();
            }
        })
    };
    // Only some browsers tell of another network.
    let connection = Reflect::get(&window.navigator(), &"connection".into()).ok();
    let connection = connection.and_then(|it| it.dyn_into::<EventTarget>().ok());
    let document = window.document().map(JsCast::unchecked_into::<EventTarget>);
    let targets = [(document, "visibilitychange"), (connection, "change")];
    targets.iter().filter_map(|(target, name)| target.as_ref().map(|it| on(it, name))).collect()
}
