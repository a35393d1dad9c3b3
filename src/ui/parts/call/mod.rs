//! The views of a call: the pictures, the chat beside them, and the buttons below.

pub(crate) mod occupancy;
pub(crate) mod pictures;
pub(crate) mod chips;
pub(crate) mod reveal;
pub(crate) mod chat;
pub(crate) mod dock;
pub(crate) mod block_past;
