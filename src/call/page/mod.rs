//! What surrounds the call: the browser, the window, and whether anybody is there.

pub(crate) mod environment;
pub(crate) mod window;
