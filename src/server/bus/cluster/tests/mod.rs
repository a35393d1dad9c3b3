//! Tests of edges and cores together.

pub(super) mod lease_keys;

mod histories;
