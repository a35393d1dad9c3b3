//! Passerby pairs two strangers for a video call; this page is the map of the house, in reading order.
//!
//! Two state machines decide and touch nothing ([`matchmaker`] on the server, [`call`] in the browser),
//! two drivers touch everything and decide nothing ([`server`], [`browser`]), and one [`protocol`] is spoken between them.
//! What people see ([`ui`]) is a function of the call's `Snapshot`; what they want leaves it as an `Intent`.

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
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    browser::start();
}
