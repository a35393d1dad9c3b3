//! What goes into the call and what comes out of it: the only types of `call` that other rooms use.

pub(crate) mod input;
pub(crate) mod intent;

pub(crate) mod output;
pub(crate) mod snapshot;
pub(crate) mod problem;
