//! Whole pages and their keyboard shortcuts.

mod home;
mod keys;

pub use home::App;
