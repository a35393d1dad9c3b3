//! What every request is asked before it is answered: where it comes from, and what the answer may do.

pub mod client_ip;
pub mod origin;
pub(crate) mod headers;
