//! How messages travel: as text, numbered, and with signs of life.

pub(crate) mod codec;
mod objects;
pub(crate) mod delivery;
pub(crate) mod heartbeat;
