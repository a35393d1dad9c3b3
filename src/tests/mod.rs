//! Tests that need more than one room.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that is surprised has failed, in its helpers too"
)]

mod autobahn;
mod duet;
mod limits;
mod listening;
mod memory;
mod pages;
mod socket;
mod support;
mod tidy;
mod tls;
mod wire;
