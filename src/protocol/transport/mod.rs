//! How messages travel: as text, numbered, and with signs of life.

pub(crate) mod codec;
pub(crate) mod delivery;
pub(crate) mod heartbeat;
