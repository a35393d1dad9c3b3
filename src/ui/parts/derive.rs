//! [`derived`] and [`derived_text`]: values that views derive from the snapshot.
//!
//! Because both take function pointers, all views share one closure type for each type of value. With a closure type of
//! its own, each view would bring its own copy of the reactive code: half a kilobyte of wasm each.

use leptos::prelude::*;

use crate::{
    call::Snapshot,
    ui::{
        PageContext,
        i18n::{Words, words},
    },
};

/// A value derived from the snapshot. It is computed again after each change.
pub(crate) fn derived<T: 'static>(
    derive: fn(Snapshot) -> T,
) -> impl Fn() -> T + Copy + Send + Sync + 'static {
    let PageContext { snapshot, .. } = expect_context();
    move || derive(snapshot.get())
}

/// A value derived from the snapshot and the catalogue, usually a text.
pub(crate) fn derived_text<T: 'static>(
    derive: fn(&'static Words, Snapshot) -> T,
) -> impl Fn() -> T + Copy + Send + Sync + 'static {
    let PageContext { snapshot, .. } = expect_context();
    let words = words();
    move || derive(words, snapshot.get())
}
