//! The mark and the name, and the way to the settings; it must not know what is set.

use leptos::prelude::*;

use super::{
    derive::see,
    icon::{self, Icon},
};
use crate::ui::{
    SHEET_ID,
    i18n::words,
    view_model::{self, Screen},
};

/// The mark with the name beside it.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    view! {
        <p class="brand">
            <Icon of=|_| icon::MARK/>
            <span class="brand-name">{words().name}</span>
        </p>
        <button
            class="button settings"
            type="button"
            aria-label=words().settings
            title=words().settings
            popovertarget=SHEET_ID
            hidden=see(|it| view_model::screen(it) == Screen::Stage)
        >
            <Icon of=|_| icon::MORE/>
        </button>
    }
}
