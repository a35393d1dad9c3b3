//! Tests of edges and cores together.

pub(super) mod lease_keys;
pub(super) mod loss;

mod histories;
