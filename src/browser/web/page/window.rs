//! The window the page is in: its other pages, its size, its screen that must not go dark, what is pasted from it; it must
//! not know what is in it.

use std::{cell::RefCell, rc::Rc};

use gloo_events::{EventListener, EventListenerOptions};
use js_sys::Array;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, EventTarget, MediaStreamTrack, window};

use crate::{
    browser::{
        inbox::Inbox,
        web::{
            clock,
            devices::{media_devices, video},
            js::reflect::{ask, call, construct, get, has},
        },
    },
    call::{Abilities, Browser, Input, PageEvent},
    protocol::{Language, limits::MAX_LANGUAGES},
    time::Moment,
    ui::SHEET_ID,
};

/// The channel on which the pages of one browser tell each other which of them is used.
const CHANNEL: &str = "passerby";

/// Milliseconds between two signs of the person that are told: whether somebody is there is a matter of minutes.
const ACTIVE_EVERY_MS: u128 = 5_000;

/// The window; listens for as long as it lives.
pub(crate) struct Window {
    channel: JsValue,
    /// What keeps the screen lit: wanted, and had.
    awake: Rc<RefCell<Awake>>,
    _listeners: Vec<EventListener>,
}

#[derive(Default)]
struct Awake {
    wanted: bool,
    lock: Option<JsValue>,
}

impl Window {
    /// Tells the inbox what happens to it.
    pub(crate) fn watch(inbox: &Inbox) -> Option<Self> {
        let document = document()?;
        let channel = construct("BroadcastChannel", [CHANNEL.into()]).unwrap_or(JsValue::NULL);
        let awake = Rc::<RefCell<Awake>>::default();
        let mut listeners = changes(inbox, &document, &channel);
        listeners.extend(signs_of_life(inbox, &document));
        let again = Rc::clone(&awake);
        // The browser lets the screen go dark when the page is hidden, and says nothing when it is back.
        listeners.push(EventListener::new(&document, "visibilitychange", move |_| relight(&again)));
        for change in [PageEvent::Able(abilities(None)), PageEvent::Away(document.hidden())] {
            inbox.put(Input::Page(change));
        }
        Some(Self { channel, awake, _listeners: listeners })
    }

    /// Tells the other pages of this browser that this one is used.
    pub(crate) fn take_over(&self) {
        call(&self.channel, "postMessage", [JsValue::TRUE]);
    }

    /// Keeps the screen lit, or no longer.
    pub(crate) fn keep_awake(&self, wanted: bool) {
        self.awake.borrow_mut().wanted = wanted;
        if wanted {
            relight(&self.awake);
        } else if let Some(lock) = self.awake.borrow_mut().lock.take() {
            call(&lock, "release", []);
        }
    }
}

/// The stranger's picture into a window of its own, or back.
pub(crate) fn picture_in_picture(wanted: bool) {
    spawn_local(async move {
        // A browser that refuses shows the picture where it was.
        if wanted {
            let _ = ask(&video::stranger(), "requestPictureInPicture", []).await;
        } else if let Some(document) = document() {
            let _ = ask(&document, "exitPictureInPicture", []).await;
        }
    });
}

/// Fills the screen, or no longer.
pub(crate) fn full_screen(wanted: bool) {
    spawn_local(async move {
        let Some(document) = document() else { return };
        if wanted {
            let _ = ask(&get(&document, "documentElement"), "requestFullscreen", []).await;
        } else {
            let _ = ask(&document, "exitFullscreen", []).await;
        }
    });
}

/// Puts a text where it can be pasted from.
pub(crate) fn copy(text: String) {
    let clipboard = window().map(|it| get(&it.navigator(), "clipboard")).unwrap_or(JsValue::NULL);
    spawn_local(async move {
        let _ = ask(&clipboard, "writeText", [text.into()]).await;
    });
}

/// Opens the sheet with everything that is not needed all the time.
pub(crate) fn open_sheet() {
    if let Some(sheet) = document().and_then(|it| it.get_element_by_id(SHEET_ID)) {
        call(&sheet, "showPopover", []);
    }
}

/// Loads the page anew.
pub(crate) fn reload() {
    if let Some(window) = window() {
        let _ = window.location().reload();
    }
}

/// What this browser can do, with the picture of this camera.
pub(crate) fn abilities(camera: Option<&MediaStreamTrack>) -> Abilities {
    let Some(document) = document() else { return Abilities::default() };
    let is_true = |name| get(&document, name).is_truthy();
    let blurs = camera.and_then(|it| call(it, "getCapabilities", [])).map(|it| get(&it, "backgroundBlur"));
    let blur = blurs.is_some_and(|it| Array::is_array(&it) && Array::from(&it).includes(&JsValue::TRUE, 0));
    Abilities {
        screen: media_devices::devices().is_some_and(|it| has(&it, "getDisplayMedia")),
        picture_in_picture: is_true("pictureInPictureEnabled"),
        full_screen: is_true("fullscreenEnabled"),
        speakers: has(&video::stranger(), "setSinkId"),
        blur,
    }
}

/// Whose steps for permissions are to be told. The one thing that only the name of the browser says.
pub(crate) fn browser() -> Browser {
    let agent = window().and_then(|it| it.navigator().user_agent().ok()).unwrap_or_default();
    let is = |name| agent.contains(name);
    if is("iPhone") || is("iPad") {
        Browser::OnIos
    } else if is("Firefox") {
        Browser::Firefox
    } else if is("Chrome") && is("Android") {
        Browser::ChromiumOnAndroid
    } else if is("Chrome") {
        Browser::Chromium
    } else if is("Safari") {
        Browser::Safari
    } else {
        Browser::Other
    }
}

/// The languages that the person has told the browser, the best first.
pub(crate) fn languages() -> Vec<Language> {
    let tags = window().and_then(|it| get(&it.navigator(), "languages").dyn_into::<Array>().ok());
    let subtag = |tag: JsValue| {
        let tag = tag.as_string()?;
        Language::new(&tag.split('-').next()?.to_ascii_lowercase())
    };
    let mut all = Vec::new();
    for it in tags.iter().flat_map(Array::iter).filter_map(subtag) {
        if all.len() < MAX_LANGUAGES && !all.contains(&it) {
            all.push(it);
        }
    }
    all
}

fn changes(inbox: &Inbox, document: &Document, channel: &JsValue) -> Vec<EventListener> {
    let on = |target: &JsValue, name: &'static str, change: fn(&Document) -> PageEvent| {
        let (inbox, document) = (inbox.clone(), document.clone());
        let target = target.dyn_ref::<EventTarget>()?;
        Some(EventListener::new(target, name, move |_| inbox.put(Input::Page(change(&document)))))
    };
    let stranger = video::stranger();
    let window = window().map_or(JsValue::NULL, JsValue::from);
    [
        on(&window, "online", |_| PageEvent::Online(true)),
        on(&window, "offline", |_| PageEvent::Online(false)),
        on(document, "visibilitychange", |it| PageEvent::Away(it.hidden())),
        on(document, "fullscreenchange", |it| PageEvent::FillsScreen(it.fullscreen_element().is_some())),
        on(&stranger, "enterpictureinpicture", |_| PageEvent::InPicture(true)),
        on(&stranger, "leavepictureinpicture", |_| PageEvent::InPicture(false)),
        on(channel, "message", |_| PageEvent::TakenOver),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn signs_of_life(inbox: &Inbox, document: &Document) -> Vec<EventListener> {
    let told = Rc::new(RefCell::new(None::<Moment>));
    ["pointerdown", "keydown"]
        .map(|name| {
            let (inbox, told) = (inbox.clone(), Rc::clone(&told));
            EventListener::new_with_options(
                document,
                name,
                EventListenerOptions::run_in_capture_phase(),
                move |_| {
                    let now = clock::now();
                    if told.borrow().is_none_or(|at| (now - at).as_millis() >= ACTIVE_EVERY_MS) {
                        *told.borrow_mut() = Some(now);
                        inbox.put(Input::Page(PageEvent::Active));
                    }
                },
            )
        })
        .into()
}

fn relight(awake: &Rc<RefCell<Awake>>) {
    let is_hidden = document().is_none_or(|it| it.hidden());
    if !awake.borrow().wanted || is_hidden {
        return;
    }
    let awake = Rc::clone(awake);
    let keeper = window().map(|it| get(&it.navigator(), "wakeLock")).unwrap_or(JsValue::NULL);
    spawn_local(async move {
        // A battery that is low may refuse it.
        let Some(lock) = ask(&keeper, "request", ["screen".into()]).await else { return };
        let mut awake = awake.borrow_mut();
        let spare = if awake.wanted { awake.lock.replace(lock) } else { Some(lock) };
        if let Some(spare) = spare {
            call(&spare, "release", []);
        }
    });
}

fn document() -> Option<Document> {
    window()?.document()
}
