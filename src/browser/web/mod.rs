//! The browser's interfaces, each behind a plain face: no `JsValue` leaves this folder, and everything opened here is
//! closed when it is dropped. It must not know the call.

mod bindings;
mod cameras;
mod channel;
pub(super) mod clock;
mod json;
pub(super) mod media;
pub(super) mod memory;
pub(super) mod page;
pub(super) mod peer;
mod screen;
mod senders;
pub(super) mod socket;
pub(super) mod spare;
mod stats;
