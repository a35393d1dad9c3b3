//! WebSocket connections: the handshake, one task per socket, its outbox and the heartbeat of all sockets.

pub(crate) mod upgrade;
pub mod socket;
mod frame_bounds;
mod read_ahead;
pub(crate) mod connection;
pub(crate) mod unserved;
pub(crate) mod sockets;
pub(crate) mod registration;

pub(crate) mod outbox;
pub(crate) mod acks;
pub(crate) mod heartbeat;
