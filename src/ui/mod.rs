//! What is seen: Leptos views, the same on both halves; it must not know sockets, media or the browser's interfaces.

mod stage;

pub use stage::Stage;
