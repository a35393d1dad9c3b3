//! What is seen: Leptos views, the same on both halves; it must not know sockets, media or the browser's interfaces.
//!
//! A [`Stage`] comes by context: its `Snapshot` is drawn, an `Intent` is what leaves. Which text is said when is
//! decided in one pure place, `scene`; the texts themselves are in [`words`]. The same elements are in the document in
//! every state, and style tells the states apart by `data-screen`, `data-phase` and `data-problem` on the root, so the two
//! `<video>` elements are never taken away from whoever feeds them.
//!
//! # How the browser half takes the page over
//!
//! 1. `provide_context` a [`Stage`] whose snapshot is still `Snapshot::default()`, and the [`Words`](words::Words) made
//!    from the lines of the element with the id [`WORDS_ID`]; then `hydrate_from` the element with the id [`ROOT_ID`] with
//!    [`App`]. Nothing outside that element is the page's to touch.
//! 2. When intents are answered, set [`DRIVEN_ATTRIBUTE`] of that element, and read and remove [`PRESSED_ATTRIBUTE`]:
//!    [`PRESSED_START`] means that Start was pressed before. If no `Intent` has come of it, because the press was before
//!    [`App`]'s hydration, act as if `Intent::Start` had come.
//! 3. Feed `video[data-who=stranger]` and `video[data-who=self]`.

#![expect(unreachable_pub, reason = "`#[component]` puts `pub` builders beside views that are not public")]

mod context;
mod view_model;
pub mod i18n;

mod shell;
mod pages;
mod parts;

pub use context::Stage;
pub use pages::App;
pub use shell::{
    BUILD_ATTRIBUTE, DRIVEN_ATTRIBUTE, PRESSED_ATTRIBUTE, PRESSED_START, ROOT_ID, SHEET_ID, WORDS_ID, build,
    shell,
};
