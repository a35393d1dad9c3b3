//! The browser's interfaces, each behind a plain face: no `JsValue` leaves this folder, and everything opened here is
//! closed when it is dropped. It must not know the call.

pub(crate) mod devices;
pub(crate) mod peer;
pub(crate) mod socket;

pub(crate) mod page;
pub(crate) mod storage;
pub(crate) mod clock;

pub(crate) mod js;
