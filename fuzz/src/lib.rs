//! The rooms of the server that read what strangers send, with nothing around them, so that a fuzzer is built in seconds;
//! and the laws that these rooms have to keep whatever is sent.

#[path = "../../src/protocol/mod.rs"]
pub mod protocol;

pub mod server;

pub mod laws;
