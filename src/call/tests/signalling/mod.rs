//! Tests of the conversation with the server.

mod session;
mod queue;
mod retry;
mod occupancy;
