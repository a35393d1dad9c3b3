//! The mark and the name; it must not know the state of anything.

use leptos::prelude::*;

use super::icon::{self, Icon};
use crate::ui::words::words;

/// The mark with the name beside it.
#[component]
pub(in crate::ui) fn Brand() -> impl IntoView {
    view! {
        <p class="brand">
            <Icon of=|_| icon::MARK/>
            <span class="brand-name">{words().name}</span>
        </p>
    }
}
