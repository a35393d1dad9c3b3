//! The server's reading of untrusted input, built without the rest of the server so that a fuzzer compiles in seconds.
//!
//! `protocol`, `relay`, `time`, `server::validate` and `server::privacy` are the server's own source files. `laws`
//! holds the properties that must hold for any input.

#[path = "../../src/protocol/mod.rs"]
pub mod protocol;

#[path = "../../src/time.rs"]
pub mod time;

#[path = "../../src/relay/mod.rs"]
pub mod relay;

pub mod server;

pub mod laws;
