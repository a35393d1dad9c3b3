//! Whole pages and their keyboard shortcuts.

mod home;
mod keys;
mod plain;

pub use home::App;
pub use plain::{PlainFacts, plain_page};
