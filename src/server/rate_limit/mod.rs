//! The rate limiters: one for the messages of each socket, one for everything that a network does.

pub(crate) mod message;
pub(crate) mod subnets;
pub(crate) mod network;
