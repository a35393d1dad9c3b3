//! Tests of several parts together: a real server, the rendered pages, the wire format and the source text.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "an unexpected value is a failed test, in test helpers as well"
)]

mod autobahn;
mod closes;
mod cluster;
mod duet;
mod gallery;
mod handover;
mod health;
mod limits;
mod http_connections;
mod languages;
mod leaks;
mod metrics;
mod moderation;
mod pages;
mod plain_pages;
mod plot;
mod program;
mod relay;
mod samples;
mod socket;
mod support;
mod tidy;
mod tls;
mod vetting;
mod wire;
