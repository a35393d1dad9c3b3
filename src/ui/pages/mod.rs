//! Whole pages; they must not know how their parts are drawn.

mod home;

pub use home::App;
