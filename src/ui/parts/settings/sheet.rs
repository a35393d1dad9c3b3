//! The settings sheet: a dialog with a title, Close and sections.

use leptos::prelude::*;

use super::content::SheetContent;
use crate::ui::{
    PageLanguage, SHEET_CONTENT_ID, SHEET_ID,
    i18n::words,
    parts::{
        languages,
        links::{NEW_TAB, links},
    },
};

/// The sheet. Buttons open it by its id (`popovertarget`); the browser manages its focus and closes it on Escape.
///
/// Only the server renders it. The browser half hydrates its content together with the call, so that the program of the
/// first page does not contain it. Until then it is inert.
#[component]
pub(crate) fn Sheet() -> impl IntoView {
    let (words, language): (_, PageLanguage) = (words(), expect_context());
    view! {
        <dialog class="sheet" id=SHEET_ID popover="auto" aria-label=words.settings>
            // At the top and always in view: the sheet is long, and a touch outside does not close it on iOS 17 and 18.
            <div class="sheet-head">
                <h2 class="sheet-title">{words.settings}</h2>
                <button
                    class="button"
                    type="button"
                    popovertarget=SHEET_ID
                    popovertargetaction="hide"
                    autofocus=true
                >
                    {words.close}
                </button>
            </div>
            <div id=SHEET_CONTENT_ID inert=true><SheetContent/></div>
            {languages::menu(language, words, "/")}
            <div class="links">{links(language, words, None, NEW_TAB)}</div>
        </dialog>
    }
}
