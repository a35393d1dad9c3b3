//! How much one socket and one network may ask for.

pub(crate) mod message;
pub(crate) mod network;
