//! The menu of languages, and the links for search engines. Only the server renders them.

use leptos::prelude::*;

use super::icon;
use crate::ui::{PageLanguage, i18n::Words};

/// The menu: a link for each language, with the name that the language gives itself. `path` is the page's own.
///
/// It needs no script. The page's script only notes what was chosen, and waits for the end of a call.
pub(crate) fn menu(
    language: PageLanguage,
    words: &'static Words,
    path: &'static str,
) -> impl IntoView + use<> {
    let link = |(tag, name): (&'static str, &'static str)| {
        view! {
            <a
                href=PageLanguage::asked_for(tag).address(path)
                lang=tag
                hreflang=tag
                dir="auto"
                aria-current=(tag == language.tag()).then_some("true")
            >
                {name}
            </a>
        }
    };
    view! {
        <details class="languages">
            <summary>
                <svg class="icon" aria-hidden="true" focusable="false">
                    <use href=icon::GLOBE></use>
                </svg>
                <span class="visually-hidden">{words.language_menu}": "</span>
                <bdi lang=language.tag()>{language.name()}</bdi>
            </summary>
            <div class="links">{PageLanguage::all().map(link).collect_view()}</div>
            <p class="languages-later" aria-live="polite" data-text=words.language_later></p>
        </details>
    }
}

/// The same page in all languages, for search engines (hreflang).
pub(crate) fn alternates(home: &str, path: &str) -> impl IntoView + use<> {
    let address = |path: &str| [home, path].concat();
    let of_language = |tag: &'static str| (tag, address(&PageLanguage::asked_for(tag).address(path)));
    let all = PageLanguage::all().map(|it| of_language(it.0)).chain([("x-default", address(path))]);
    all.map(|(tag, href)| view! { <link rel="alternate" hreflang=tag href=href/> }).collect_view()
}
