//! The bus between the two parts of the server: the edge, which has the sockets, and the core, which has the
//! matchmaker.
//!
//! In one process both are in one task, and a message costs no queue and no copy on its way between them. What sockets
//! report comes through the `inbox`.

// Nothing drives its machines yet, so only tests need it.
#[cfg(test)]
mod cluster;
mod core;
mod edge;
pub(crate) mod driver;
pub(crate) mod inbox;
