//! The stored profile in `localStorage`, which all tabs of this browser share.

use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{Storage, window};

use super::{intl, js::reflect::get};
use crate::{
    browser::inbox::Inbox,
    call::{
        ChosenDevices, Consent, Dated, DeviceKind, Input, PastMatches, PastPartners, Preferences,
        QueuedReports, StoredProfile, StoredReports,
    },
    protocol::{Language, limits::MAX_LANGUAGES},
};

/// The prefix of all keys.
const PREFIX: &str = "passerby.";

/// The key of what the person has said before their first call.
const CONSENT: &str = "passerby.consent";

/// The key of the preferences.
const PREFERENCES: &str = "passerby.preferences";

/// The key of the topics.
const TOPICS: &str = "passerby.topics";

/// The key of the languages that the person has chosen. The script of the document reads and writes it
/// (`ui/language.js`).
const SPOKEN: &str = "passerby.languages";

/// The key of this device's name.
const DEVICE: &str = "passerby.device";

/// The key of the partners that this device has met.
const MET: &str = "passerby.met";

/// The key of the partners that this device has blocked.
const BLOCKED: &str = "passerby.blocked";

/// The key of the statement about the person's age.
const AGE: &str = "passerby.age";

/// The key of the past matches that can be reported.
const PAST: &str = "passerby.past";

/// The key of the reports that the server has not answered.
const REPORTS: &str = "passerby.reports";

/// The key of the language of the page, which that script reads and writes, too.
const LANGUAGE: &str = "passerby.language";

/// Listeners for changes by other tabs. Dropping it removes them.
pub(crate) struct StorageListeners {
    _listeners: Vec<EventListener>,
}

/// Reports the stored profile whenever another tab may have changed it.
pub(crate) fn watch(inbox: &Inbox) -> StorageListeners {
    let on = |name: &'static str, is_relevant: fn(&JsValue) -> bool| {
        let (window, inbox) = (window()?, inbox.clone());
        Some(EventListener::new(&window, name, move |event| {
            if is_relevant(event) {
                inbox.put(Input::StorageChanged(Box::new(load())));
            }
        }))
    };
    let listeners = [
        // The event has no key if the whole storage was cleared. Its value may be older than what this tab has stored
        // since, so the profile is loaded again.
        on("storage", |event| get(event, "key").as_string().is_none_or(|key| key.starts_with(PREFIX))),
        // A page that comes back from the back/forward cache has missed all events in between.
        on("pageshow", |event| get(event, "persisted").is_truthy()),
    ];
    StorageListeners { _listeners: listeners.into_iter().flatten().collect() }
}

/// Loads the stored profile; the default one if nothing is stored or the browser has no storage.
pub(crate) fn load() -> StoredProfile {
    let storage = storage();
    let text = |key| storage.as_ref().and_then(|it| it.get_item(key).ok().flatten()).unwrap_or_default();
    StoredProfile {
        consent: Consent::from_text(&text(CONSENT)),
        age: text(AGE),
        preferences: Preferences::from_text(&text(PREFERENCES)),
        chosen: ChosenDevices(DeviceKind::ALL.map(|kind| text(device_key(kind)))),
        topics: text(TOPICS),
        languages: intl::spoken().split(' ').filter_map(Language::new).take(MAX_LANGUAGES).collect(),
        acquaintances: PastPartners {
            device: text(DEVICE),
            met: Dated::from_text(&text(MET)),
            blocked: Dated::from_text(&text(BLOCKED)),
        },
        reports: StoredReports {
            past: PastMatches::from_text(&text(PAST)),
            queued: QueuedReports::from_text(&text(REPORTS)),
        },
    }
}

/// Whether a profile other than the default one is stored, so this device has been here before.
///
/// Asks for the keys only, so that the program of the first page need not read what is stored.
pub(crate) fn has_profile() -> bool {
    let is_stored = |key| storage().is_some_and(|it| matches!(it.get_item(key), Ok(Some(_))));
    let keys = [CONSENT, PREFERENCES, TOPICS, SPOKEN, DEVICE, MET, BLOCKED, PAST, REPORTS];
    keys.into_iter().chain(DeviceKind::ALL.map(device_key)).any(is_stored)
}

/// Stores the profile. If the browser forbids it or the storage is full, the profile lasts until the page is closed.
pub(crate) fn save(profile: &StoredProfile) {
    let Some(storage) = storage() else { return };
    let store = |key, text: &str| {
        let _ = if text.is_empty() { storage.remove_item(key) } else { storage.set_item(key, text) };
    };
    store(CONSENT, &profile.consent.to_text());
    store(AGE, &profile.age);
    store(PREFERENCES, &profile.preferences.to_text());
    store(TOPICS, &profile.topics);
    store(DEVICE, &profile.acquaintances.device);
    store(MET, &profile.acquaintances.met.to_text());
    store(BLOCKED, &profile.acquaintances.blocked.to_text());
    store(PAST, &profile.reports.past.to_text());
    store(REPORTS, &profile.reports.queued.to_text());
    DeviceKind::ALL.into_iter().for_each(|kind| store(device_key(kind), profile.chosen.of(kind)));
}

/// Erases everything that is stored, and reports what is left: the languages of the browser.
pub(crate) fn erase(inbox: &Inbox) {
    save(&StoredProfile::default());
    for key in [SPOKEN, LANGUAGE] {
        let _ = storage().map(|it| it.remove_item(key));
    }
    inbox.put(Input::StorageChanged(Box::new(load())));
}

const fn device_key(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Camera => "passerby.camera",
        DeviceKind::Microphone => "passerby.microphone",
        DeviceKind::Speaker => "passerby.speaker",
    }
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}
