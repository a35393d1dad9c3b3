//! The browser's interfaces, each behind a plain face: no `JsValue` leaves this folder, and everything opened here is
//! closed when it is dropped. It must not know the call.

mod bindings;
mod channel;
pub(super) mod clock;
mod desk;
pub(super) mod drag;
mod json;
pub(super) mod media;
pub(super) mod memory;
mod object;
pub(super) mod page;
pub(super) mod peer;
mod permission;
pub(super) mod screen;
mod senders;
pub(super) mod socket;
pub(super) mod sound;
pub(super) mod spare;
mod stats;
pub(super) mod window;
