//! One socket: its handshake, its task, and what waits to be sent on it.

pub mod upgrade;
pub(crate) mod connection;

pub(crate) mod outbox;
pub(crate) mod acks;
pub(crate) mod heartbeat;
