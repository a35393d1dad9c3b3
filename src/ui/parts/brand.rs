//! The mark and the name, and the way to the settings; it must not know what is set.

use leptos::prelude::*;

use super::{
    icon::{self, Icon},
    see::see,
};
use crate::ui::{
    SHEET_ID,
    scene::{self, Screen},
    words::words,
};

/// The mark with the name beside it.
#[component]
pub(in crate::ui) fn Brand() -> impl IntoView {
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
            hidden=see(|it| scene::screen(it) == Screen::Stage)
        >
            <Icon of=|_| icon::MORE/>
        </button>
    }
}
