//! [`see`] and [`say`]: the two ways for every view to look at the snapshot; it must not know what is looked for.
//!
//! All views share one closure for each kind of answer: each other one would bring its own copy of everything that makes an
//! attribute or a text follow it, half a kilobyte of the page's program a piece.

use leptos::prelude::*;

use crate::{
    call::Snapshot,
    ui::{
        Stage,
        i18n::{Words, words},
    },
};

/// What a view shows of the snapshot, to be looked at again at each change.
pub(crate) fn see<T: 'static>(look: fn(Snapshot) -> T) -> impl Fn() -> T + Copy + Send + Sync + 'static {
    let Stage { snapshot, .. } = expect_context();
    move || look(snapshot.get())
}

/// What a view says of the snapshot, in the words of the page.
pub(crate) fn say<T: 'static>(
    look: fn(&'static Words, Snapshot) -> T,
) -> impl Fn() -> T + Copy + Send + Sync + 'static {
    let Stage { snapshot, .. } = expect_context();
    let words = words();
    move || look(words, snapshot.get())
}
