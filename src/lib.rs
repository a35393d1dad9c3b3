//! Passerby pairs two strangers for a video call; this page is the map of the house, in reading order.
//!
//! Two state machines decide and touch nothing (`matchmaker` on the server, `call` in the browser),
//! two drivers touch everything and decide nothing (`server`, `browser`), and one `protocol` is spoken between them.
//! What people see (`ui`) is a function of the call's `Snapshot`; what they want leaves it as an `Intent`.
//!
//! # The import law
//!
//! `src/tests/tidy.rs` reads the source and fails where this does not hold.
//!
//! - `time` and `protocol` use nothing of ours.
//! - `matchmaker` and `call` use only those two, and never each other.
//! - `ui` uses of `call` only `Snapshot`, the plain types it is made of (`protocol::Media` among them) and `Intent`.
//! - `server` uses `matchmaker`, `protocol`, `time` and `ui`.
//! - `browser` uses `call`, `protocol`, `time` and `ui`; only its folder `web` may say `web_sys`, `js_sys` or
//!   `wasm_bindgen`, in whatever spelling. The entry below is the one exception.
//! - `#[cfg(feature)]` stands here and in `main.rs`, nowhere else.

pub mod time;

pub mod protocol;

#[cfg(feature = "ssr")]
pub mod matchmaker;

pub mod call;

pub mod ui;

#[cfg(feature = "ssr")]
pub mod server;

#[cfg(feature = "hydrate")]
pub mod browser;

/// The browser's entry: takes the server-rendered page over.
#[cfg(all(feature = "hydrate", not(feature = "split")))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    browser::start(async || true, |handoff| handoff.start());
}

/// The browser's entry, where the build makes two files of the program: the page, and the call.
#[cfg(feature = "split")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    use leptos::wasm_split::{SplitLoaderError, wasm_split};

    /// What is in the other file, and everything that nothing else needs.
    #[wasm_split(call, wasm_split_path = ::leptos::wasm_split, preload(fetch), fallible)]
    fn start_call(handoff: Box<browser::Handoff>) -> Result<(), SplitLoaderError> {
        handoff.start();
        Ok(())
    }

    browser::start(
        async || fetch().await.is_ok(),
        |handoff| {
            leptos::task::spawn_local(async {
                // It has just been fetched.
                let _ = start_call(handoff).await;
            });
        },
    );
}
