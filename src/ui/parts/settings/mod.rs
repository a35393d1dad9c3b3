//! The settings sheet and its parts, and the details of the connection.

pub(crate) mod sheet;
pub(crate) mod content;
pub(crate) mod actions;
pub(crate) mod connection;
pub(crate) mod details;

pub(crate) mod devices;
pub(crate) mod switches;
pub(crate) mod spoken;
pub(crate) mod topics;
