//! Tests of the session with the server and of the queue.

mod session;
mod queue;
mod retry;
mod occupancy;
