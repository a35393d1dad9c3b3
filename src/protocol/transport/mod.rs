//! How messages travel: as text, numbered, and with signs of life.

pub(crate) mod codec;
mod json_text;
mod objects;
pub(crate) mod usual_signal;
pub(crate) mod word;
pub(crate) mod delivery;
pub(crate) mod heartbeat;
