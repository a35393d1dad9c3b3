//! What is kept on this device from one visit to the next; it must not know what follows from it.

use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{Storage, window};

use super::js::reflect::get;
use crate::{
    browser::inbox::Inbox,
    call::{ChosenDevices, Dated, DeviceKind, Input, PastPartners, Preferences, StoredProfile},
};

/// How the name begins of everything that is kept here.
const OURS: &str = "passerby.";

/// Where the preferences are kept.
const PREFERENCES: &str = "passerby.preferences";

/// Where the topics are kept.
const TOPICS: &str = "passerby.topics";

/// Where the name of this device is kept.
const DEVICE: &str = "passerby.device";

/// Where it is kept whom it has met.
const MET: &str = "passerby.met";

/// Where it is kept whom it has blocked.
const BLOCKED: &str = "passerby.blocked";

/// Listeners for what other pages keep; they go when this is dropped.
pub(crate) struct Listeners {
    _listeners: Vec<EventListener>,
}

/// Tells the inbox what is kept whenever another page of this browser has changed it.
pub(crate) fn watch(inbox: &Inbox) -> Listeners {
    let on = |name: &'static str, is_news: fn(&JsValue) -> bool| {
        let (window, inbox) = (window()?, inbox.clone());
        Some(EventListener::new(&window, name, move |event| {
            if is_news(event) {
                inbox.put(Input::StorageChanged(recall()));
            }
        }))
    };
    let all = [
        // Without a key where everything is gone at once. What is there now counts, and not what the event says: this page
        // may have written since.
        on("storage", |event| get(event, "key").as_string().is_none_or(|key| key.starts_with(OURS))),
        // A page that was left, and is back as it was, has not been told in between.
        on("pageshow", |event| get(event, "persisted").is_truthy()),
    ];
    Listeners { _listeners: all.into_iter().flatten().collect() }
}

/// What was kept; nothing where the browser keeps nothing.
pub(crate) fn recall() -> StoredProfile {
    let storage = storage();
    let kept = |key| storage.as_ref().and_then(|it| it.get_item(key).ok().flatten()).unwrap_or_default();
    StoredProfile {
        preferences: Preferences::from_text(&kept(PREFERENCES)),
        chosen: ChosenDevices(DeviceKind::ALL.map(|kind| kept(key(kind)))),
        topics: kept(TOPICS),
        acquaintances: PastPartners {
            device: kept(DEVICE),
            met: Dated::from_text(&kept(MET)),
            blocked: Dated::from_text(&kept(BLOCKED)),
        },
    }
}

/// Whether anything is kept here.
pub(crate) fn knows_this_device() -> bool {
    recall() != StoredProfile::default()
}

/// Keeps this. A browser that may not, or has no room, forgets it when the page is left.
pub(crate) fn remember(kept: &StoredProfile) {
    let Some(storage) = storage() else { return };
    let keep = |key, text: &str| {
        let _ = if text.is_empty() { storage.remove_item(key) } else { storage.set_item(key, text) };
    };
    keep(PREFERENCES, &kept.preferences.to_text());
    keep(TOPICS, &kept.topics);
    keep(DEVICE, &kept.acquaintances.device);
    keep(MET, &kept.acquaintances.met.to_text());
    keep(BLOCKED, &kept.acquaintances.blocked.to_text());
    DeviceKind::ALL.into_iter().for_each(|kind| keep(key(kind), kept.chosen.of(kind)));
}

/// Keeps nothing.
pub(crate) fn forget() {
    remember(&StoredProfile::default());
}

const fn key(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Camera => "passerby.camera",
        DeviceKind::Microphone => "passerby.microphone",
        DeviceKind::Speaker => "passerby.speaker",
    }
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}
