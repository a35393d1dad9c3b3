//! Several processes as one server: edges with the sockets, one core with the matchmaker, and between them streams in
//! Redis.
//!
//! `lease` decides which process runs the core, `edge_link` and `core_link` what each end sends and accepts, and
//! `items` are what they tell each other.

mod lease;
mod edge_link;
mod core_link;
mod items;

mod tests;
