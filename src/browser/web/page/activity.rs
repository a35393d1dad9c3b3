//! Signs that somebody is using the page: pointer movements, touches and key presses.

use std::{cell::RefCell, rc::Rc};

use futures::{StreamExt, channel::mpsc};
use gloo_events::{EventListener, EventListenerOptions};
use web_sys::window;

use crate::{
    browser::{inbox::Inbox, web::clock},
    call::{Input, PageEvent},
    time::Moment,
};

/// The events that end [`first_sign`]. A press by a screen reader is only a `click`.
const FIRST_SIGNS: [&str; 5] = ["pointermove", "pointerdown", "keydown", "focusin", "click"];

/// The least time between two reports, in milliseconds. The idle check counts in minutes.
const REPORT_INTERVAL_MS: u128 = 5_000;

/// Reports activity until it is dropped.
pub(crate) struct ActivityReports {
    _listeners: [EventListener; 2],
}

impl ActivityReports {
    /// Reports each touch, click and key press to the inbox, but at most once every five seconds.
    pub(crate) fn watch(inbox: &Inbox) -> Option<Self> {
        let document = window()?.document()?;
        let reported_at = Rc::new(RefCell::new(None::<Moment>));
        let _listeners = ["pointerdown", "keydown"].map(|name| {
            let (inbox, reported_at) = (inbox.clone(), Rc::clone(&reported_at));
            let options = EventListenerOptions::run_in_capture_phase();
            EventListener::new_with_options(&document, name, options, move |_| {
                let now = clock::now();
                if reported_at.borrow().is_none_or(|at| (now - at).as_millis() >= REPORT_INTERVAL_MS) {
                    *reported_at.borrow_mut() = Some(now);
                    inbox.put(Input::Page(PageEvent::Active));
                }
            })
        });
        Some(Self { _listeners })
    }
}

/// Returns at the first sign that somebody is using the page.
pub(crate) async fn first_sign() {
    let Some(window) = window() else { return };
    let (sender, mut signs) = mpsc::unbounded();
    let _listeners = FIRST_SIGNS.map(|name| {
        let sender = sender.clone();
        EventListener::new(&window, name, move |_| {
            // Fails only after the first sign was received.
            let _ = sender.unbounded_send(());
        })
    });
    signs.next().await;
}
