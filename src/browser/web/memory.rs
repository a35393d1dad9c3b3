//! What is kept on this device from one visit to the next; it must not know what follows from it.

use web_sys::{Storage, window};

use crate::call::Preferences;

/// Where it is kept.
const KEY: &str = "passerby.preferences";

/// The words for what was chosen; what was not chosen is not there.
const HIDE_ADDRESS: &str = "hide-address";
const SAVE_DATA: &str = "save-data";

/// What was kept; nothing where the browser keeps nothing.
pub(in crate::browser) fn recall() -> Preferences {
    let kept = storage().and_then(|it| it.get_item(KEY).ok().flatten()).unwrap_or_default();
    let has = |word| kept.split(' ').any(|it| it == word);
    Preferences { hide_address: has(HIDE_ADDRESS), save_data: has(SAVE_DATA) }
}

/// Keeps this. A browser that may not, or has no room, forgets it when the page is left.
pub(in crate::browser) fn remember(Preferences { hide_address, save_data }: Preferences) {
    let Some(storage) = storage() else { return };
    let words = match (hide_address, save_data) {
        (false, false) => {
            let _ = storage.remove_item(KEY);
            return;
        }
        (true, false) => HIDE_ADDRESS.to_owned(),
        (false, true) => SAVE_DATA.to_owned(),
        (true, true) => [HIDE_ADDRESS, SAVE_DATA].join(" "),
    };
    let _ = storage.set_item(KEY, &words);
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}
