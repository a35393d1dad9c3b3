//! The server's reading of untrusted input, built without the rest of the server so that a fuzzer compiles in seconds.
//!
//! `protocol`, `server::validate` and `server::privacy` are the server's own source files. `laws` holds the properties
//! that must hold for any input.

#[path = "../../src/protocol/mod.rs"]
pub mod protocol;

pub mod server;

pub mod laws;
