//! The parts of the page that are hydrated together with the call: [`LateParts`]. One of them is the settings sheet,
//! which opens at its top and holds the focus.

use gloo_events::EventListener;
use leptos::prelude::{ReadSignal, provide_context};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, NodeList};

use super::document;
use crate::{
    browser::web::js::reflect::{call, set, text},
    ui::{
        PageContext, SAFETY_ID, SHEET_CONTENT_ID, SHEET_ID, SafetyContent, SafetyTexts, SheetContent,
        i18n::Words,
    },
};

/// The parts as the server has rendered them.
///
/// Hydration needs exactly that. The parts in the page are visible before, and a page translator may change them.
#[derive(Debug)]
pub(crate) struct LateParts {
    sheet: HtmlElement,
    safety: HtmlElement,
}

impl LateParts {
    /// Copies the parts, which nobody has changed yet.
    pub(crate) fn take() -> Option<Self> {
        let copy = |id| find(id)?.clone_node_with_deep(true).ok()?.dyn_into().ok();
        Some(Self { sheet: copy(SHEET_CONTENT_ID)?, safety: copy(SAFETY_ID)? })
    }

    /// Puts the copies in the places of the parts and hydrates them.
    pub(crate) fn hydrate(self, context: PageContext, words: &'static Words, texts: ReadSignal<SafetyTexts>) {
        let Self { sheet, safety } = self;
        if let Some(shown) = find(SHEET_CONTENT_ID) {
            if let Some(dialog) = shown.parent_element() {
                hold_focus_of(&dialog);
            }
            replace(&shown, &sheet);
            sheet.set_inert(false);
            leptos::mount::hydrate_from(sheet, move || {
                provide_context(context);
                provide_context(words);
                SheetContent()
            })
            .forget();
        }
        if let Some(shown) = find(SAFETY_ID) {
            replace(&shown, &safety);
            leptos::mount::hydrate_from(safety, move || {
                provide_context(context);
                provide_context(words);
                provide_context(texts);
                SafetyContent()
            })
            .forget();
        }
    }
}

fn find(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

fn replace(shown: &Element, copy: &HtmlElement) {
    // Fails only in other kinds of documents.
    let _ = shown.replace_with_with_node_1(copy);
}

/// Opens the sheet.
pub(crate) fn open() {
    if let Some(sheet) = document().and_then(|it| it.get_element_by_id(SHEET_ID)) {
        call(&sheet, "showPopover", []);
    }
}

/// Keeps the focus in the sheet while it is open, and opens it at its top.
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
