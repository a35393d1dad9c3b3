//! The links to the plain pages.

use leptos::prelude::*;

use crate::ui::{
    PageLanguage,
    i18n::{Words, plain::PlainPage},
};

/// The target of links that must not end a call.
pub(crate) const NEW_TAB: Option<&str> = Some("_blank");

/// The links to all plain pages. `current` is the page that contains them, if it is one of these; `target` is the
/// window in which they open, if it is another one. They lead to pages in `language`, and their names are from `words`.
///
/// Only the server calls this, so that the program of the first page does not contain it.
pub(crate) fn links(
    language: PageLanguage,
    words: &'static Words,
    current: Option<PlainPage>,
    target: Option<&'static str>,
) -> impl IntoView + use<> {
    let link = |page: PlainPage| {
        view! {
            <a
                href=language.address(page.path())
                target=target
                rel=target.map(|_| "noopener")
                aria-current=(current == Some(page)).then_some("page")
            >
                {name(words, page)}
            </a>
        }
    };
    PlainPage::ALL.map(link).collect_view()
}

/// The links as a landmark of a page.
pub(crate) fn navigation(
    language: PageLanguage,
    words: &'static Words,
    current: Option<PlainPage>,
) -> impl IntoView + use<> {
    let [name, ..] = words.links;
    view! { <nav class="links" aria-label=name>{links(language, words, current, None)}</nav> }
}

/// The name of a page in a link.
pub(crate) fn name(words: &'static Words, page: PlainPage) -> &'static str {
    let [_, rules, privacy, safety, report, appeal, transparency, contact] = words.links;
    match page {
        PlainPage::Rules => rules,
        PlainPage::Privacy => privacy,
        PlainPage::Safety => safety,
        PlainPage::Report => report,
        PlainPage::Appeal => appeal,
        PlainPage::Transparency => transparency,
        PlainPage::Contact => contact,
    }
}
