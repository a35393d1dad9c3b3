//! The call's interface: every input, every output, and everything that the page shows.

pub(crate) mod input;
pub(crate) mod intent;

pub(crate) mod output;
pub(crate) mod send_profile;
pub(crate) mod stored_profile;

pub(crate) mod snapshot;
pub(crate) mod details;
pub(crate) mod devices;
pub(crate) mod paths;
pub(crate) mod problem;
pub(crate) mod safety;
