//! The browser: touches everything and decides nothing.

/// Takes the page over.
pub fn start() {}
