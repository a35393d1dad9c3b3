//! The settings sheet: [`SheetCopy`] hydrates its content with the call. It opens at its top and holds the focus.

use gloo_events::EventListener;
use leptos::prelude::provide_context;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, NodeList};

use super::document;
use crate::{
    browser::web::js::reflect::{call, set, text},
    ui::{PageContext, SHEET_CONTENT_ID, SHEET_ID, SheetContent, i18n::Words},
};

/// The content of the sheet as the server has rendered it.
///
/// Hydration needs exactly that. The content in the page is visible before, and a page translator may change it.
#[derive(Debug)]
pub(crate) struct SheetCopy(HtmlElement);

impl SheetCopy {
    /// Copies the content, which nobody has changed yet.
    pub(crate) fn take() -> Option<Self> {
        Some(Self(content()?.clone_node_with_deep(true).ok()?.dyn_into().ok()?))
    }

    /// Puts the copy in the place of the content and hydrates it.
    pub(crate) fn hydrate(self, context: PageContext, words: &'static Words) {
        let Self(copy) = self;
        let Some(shown) = content() else { return };
        if let Some(sheet) = shown.parent_element() {
            hold_focus_of(&sheet);
        }
        // Fails only in other kinds of documents.
        let _ = shown.replace_with_with_node_1(&copy);
        copy.set_inert(false);
        leptos::mount::hydrate_from(copy, move || {
            provide_context(context);
            provide_context(words);
            SheetContent()
        })
        .forget();
    }
}

/// Opens the sheet.
pub(crate) fn open() {
    if let Some(sheet) = document().and_then(|it| it.get_element_by_id(SHEET_ID)) {
        call(&sheet, "showPopover", []);
    }
}

fn content() -> Option<Element> {
    document()?.get_element_by_id(SHEET_CONTENT_ID)
}

fn hold_focus_of(sheet: &Element) {
    let opened = sheet.clone();
    EventListener::new(sheet, "toggle", move |event| {
        // Otherwise WebKit opens it where it was scrolled to before.
        opened.set_scroll_top(0);
        set_rest_inert(text(event, "newState") == "open");
    })
    .forget();
    // Before it closes, since the focus returns to the button that opened it.
    EventListener::new(sheet, "beforetoggle", |_| set_rest_inert(false)).forget();
}

/// Keeps the focus in the open sheet. The live regions stay as they are: screen readers announce what happens
/// meanwhile.
fn set_rest_inert(inert: bool) {
    let rest = document().and_then(|it| it.query_selector_all("#app > :not([role], [aria-live])").ok());
    for index in 0..rest.as_ref().map_or(0, NodeList::length) {
        if let Some(part) = rest.as_ref().and_then(|it| it.get(index)) {
            set(&part, "inert", &inert.into());
        }
    }
}
