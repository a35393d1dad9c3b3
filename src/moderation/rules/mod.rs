//! The pure rules: what follows from times, reports and decisions. Clock and randomness are arguments.

pub(crate) mod unix_time;
pub(crate) mod codes;
pub(crate) mod network_tags;
pub(crate) mod weights;
pub(crate) mod decisions;
pub(crate) mod sanctions;
pub(crate) mod retention;
pub(crate) mod audit_chain;
