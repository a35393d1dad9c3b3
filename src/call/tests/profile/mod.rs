//! Tests of what the device remembers.

mod topics;
mod past_partners;
