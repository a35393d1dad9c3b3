//! [`told`] and [`derived_told`]: values that also derive from codes and times.
//!
//! As those of [`derived`](crate::ui::parts::derive::derived), all of them share one closure type.

use leptos::prelude::*;

use crate::{
    call::Snapshot,
    ui::{
        PageContext, SafetyTexts,
        i18n::{Words, words},
        parts::live::live,
    },
};

/// A text derived from the snapshot, the codes and times, and the catalogue.
pub(crate) fn told(text: fn(&'static Words, Snapshot, &SafetyTexts) -> String) -> impl IntoView {
    live(derived_told(text))
}

/// The same as a value.
pub(crate) fn derived_told(
    text: fn(&'static Words, Snapshot, &SafetyTexts) -> String,
) -> impl Fn() -> String + Copy + Send + Sync + 'static {
    let PageContext { snapshot, .. } = expect_context();
    let (texts, words): (ReadSignal<SafetyTexts>, _) = (expect_context(), words());
    move || texts.with(|it| text(words, snapshot.get(), it))
}
