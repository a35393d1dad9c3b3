//! Signalling: the session with the server, its messages, and the way into the queue.

pub(crate) mod session;
pub(crate) mod reconnect;
pub(crate) mod handshake;
pub(crate) mod server_knowledge;
pub(crate) mod inbound;

pub(crate) mod queue;
pub(crate) mod queue_state;
pub(crate) mod retry;
pub(crate) mod sent_signals;
pub(crate) mod prepared_offer;
