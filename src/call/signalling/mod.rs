//! The page's conversation with the server: the session, its messages, and the way into the queue.

pub(crate) mod session;
pub(crate) mod inbound;

pub(crate) mod queue;
pub(crate) mod retry;
pub(crate) mod prepared_offer;
