//! What is seen: Leptos views, the same on both halves; it must not know sockets, media or the browser's interfaces.

mod shell;
mod stage;

pub use shell::shell;
pub use stage::Stage;
