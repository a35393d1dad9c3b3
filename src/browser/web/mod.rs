//! The browser's interfaces behind plain Rust types.
//!
//! No `JsValue` leaves this folder, and dropping an object closes what it has opened.

pub(crate) mod devices;
pub(crate) mod peer;
pub(crate) mod socket;

pub(crate) mod page;
pub(crate) mod storage;
pub(crate) mod clock;
pub(crate) mod intl;

pub(crate) mod js;
