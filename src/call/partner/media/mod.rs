//! The media of one match: what arrives from the partner, and what the senders are asked to send.

pub(crate) mod liveness;
pub(crate) mod picture;

pub(crate) mod sender_faults;
pub(crate) mod sender_queue;
pub(crate) mod transceivers;
