//! Tests of edges and cores together.

pub(super) mod lease_keys;
pub(super) mod loss;

/// Shared with the tests of several rooms.
#[path = "../../../../tests/support/redis_server.rs"]
mod redis_server;

mod histories;
mod real_redis;
