//! The logo and the name of the site, which lead back to the first page, and the button that opens the settings.

use leptos::prelude::*;

use super::{
    derive::derived,
    icon::{self, Icon},
};
use crate::ui::{
    SHEET_ID,
    i18n::words,
    view_model::{self, Layout},
};

/// The logo with the name beside it, a link to the first page, and the button for the settings sheet outside a call.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    view! {
        <a class="brand" href="/">
            <Icon of=|_| icon::MARK/>
            <span class="brand-name">{words().name}</span>
        </a>
        <button
            class="button settings"
            type="button"
            aria-label=words().settings
            title=words().settings
            popovertarget=SHEET_ID
            hidden=derived(|it| view_model::layout(it) == Layout::Call || view_model::is_locked(it))
        >
            <Icon of=|_| icon::MORE/>
        </button>
    }
}
