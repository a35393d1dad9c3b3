//! Tests of the browser's state machine: one scenario per test, and random histories in [`history`].
//!
//! [`test_page`] is the harness: a call with a clock, and a fake browser, server and partner around it.

pub(crate) mod test_page;

pub(crate) mod gate;
pub(crate) mod soft_start;
pub(crate) mod signalling;
pub(crate) mod partner;
pub(crate) mod devices;
pub(crate) mod profile;
pub(crate) mod check;
pub(crate) mod paths;
pub(crate) mod report;
pub(crate) mod sanctions;
mod page;

pub(crate) mod history;
