//! Passerby pairs two strangers for a video call. This is the map of the crate, in reading order.
//!
//! Three state machines decide and touch nothing (`matchmaker` and `relay` on the server, `call` in the browser). Two
//! drivers touch everything and decide nothing (`server`, `browser`). They speak one `protocol`. `moderation` is a
//! store with pure rules. The page (`ui`) is a function of the call's `Snapshot`, and sends what a person wants as an
//! `Intent`. `docs/architecture.md` has the code map, seven walks through the code, and the tests of the invariants
//! below.
//!
//! # Invariants
//!
//! 1. `time` and `protocol` use no other room. `matchmaker`, `relay`, `moderation` and `call` use only these two, and
//!    never each other.
//! 2. `ui` uses only types of the interface of `call`, plain types of `protocol` and a few of its limits, which
//!    `src/tests/tidy/imports.rs` lists. `server` uses `matchmaker`, `relay`, `moderation`, `protocol`, `time`
//!    and `ui`; `browser` uses `call`, `protocol`, `time` and `ui`. There are no circular imports.
//! 3. Only `browser/web` uses `web_sys`, `js_sys` and `wasm_bindgen`, apart from the entry below. Only this file and
//!    `main.rs` may contain `#[cfg(feature)]`.
//! 4. The state machines and the rules of `moderation` read no clock, no randomness and no environment: the same inputs
//!    give the same outputs.
//! 5. No message names a destination: the server derives the partner from the sender and the match.
//! 6. A match has one impolite and one polite end. Each end learns exactly once that the match is over.
//! 7. Nobody waits and talks at once, and nobody is matched with themselves.
//! 8. The queue is first come, first served within what its members accept.
//! 9. A numbered message arrives exactly once, across lost sockets. Media outlives signalling.
//! 10. "Connected" means that something arrives from the partner: the promised picture or sound, or else an open data
//!     channel. A connection state is not enough.
//! 11. Every ending closes the devices.
//! 12. The `Debug` output of messages to the server contains no address, description, secret, pair or interest, so
//!     that no log can.
//! 13. A device that the person has switched off is closed, or, a muted microphone in a call, lets nothing through. No
//!     path but a press of the person switches it on.

pub mod time;

pub mod protocol;

#[cfg(feature = "ssr")]
pub mod matchmaker;

#[cfg(feature = "ssr")]
pub mod relay;

#[cfg(feature = "ssr")]
pub mod moderation;

pub mod call;

pub mod ui;

#[cfg(feature = "ssr")]
pub mod server;

#[cfg(feature = "hydrate")]
pub mod browser;

/// The entry in the browser: hydrates the server-rendered page.
#[cfg(all(feature = "hydrate", not(feature = "split")))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    browser::start(async || true, |handoff| handoff.start());
}

/// The entry in the browser if the build splits the program into two files: the page and the call.
#[cfg(feature = "split")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    use leptos::wasm_split::{SplitLoaderError, wasm_split};

    /// The second file contains this function and everything that only it uses.
    #[wasm_split(call, wasm_split_path = ::leptos::wasm_split, preload(fetch), fallible)]
    fn start_call(handoff: Box<browser::Handoff>) -> Result<(), SplitLoaderError> {
        handoff.start();
        Ok(())
    }

    browser::start(
        async || fetch().await.is_ok(),
        |handoff| {
            leptos::task::spawn_local(async {
                // The second file has just been fetched, so this cannot fail.
                let _ = start_call(handoff).await;
            });
        },
    );
}
