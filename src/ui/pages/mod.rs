//! Whole pages; they must not know how their parts are drawn.

mod home;
mod keys;

pub use home::App;
