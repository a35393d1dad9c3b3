//! The plain pages, such as the rules: documents without script, which only the server renders.

use leptos::prelude::*;

use crate::ui::{
    Contact, Operator, PageLanguage,
    i18n::plain::{Block, PageText, Part, PlainPage, PlainTexts, Slot, pieces},
    in_language,
    pages::decisions::{self, PlainContent},
    parts::{languages, links},
};

/// What the plain pages tell about the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainFacts {
    /// The person or organisation that runs it, if they are named.
    pub operator: Option<Operator>,
    /// The version of the rules.
    pub rules_version: String,
    /// The public origin of the site.
    pub home: String,
}

/// The texts and facts with which a page is rendered.
#[derive(Clone, Copy)]
struct Source<'a> {
    language: PageLanguage,
    texts: &'static PlainTexts,
    facts: &'a PlainFacts,
}

/// The HTML document of a page, with what it shows besides its texts. `style` is the path of the style sheet.
///
/// A page that is in English only has links to pages in `language`.
pub fn plain_page(
    page: PlainPage,
    language: PageLanguage,
    facts: &PlainFacts,
    content: &PlainContent,
    style: &str,
) -> String {
    let texts = language.texts_of(page);
    let words = in_language(texts.language);
    let source = Source { language, texts, facts };
    let PageText { title, summary, parts } = texts.page(page);
    let parts = parts.iter().map(|it| part(source, it)).collect_view();
    view! {
        <!DOCTYPE html>
        <html lang=texts.language dir=texts.direction>
            <head>
                <meta charset="utf-8"/>
                <title>{[title, words.name].join(" \u{2013} ")}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="description" content=*summary/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f9fafc"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0a0c11"/>
                {page.is_translated().then(|| languages::alternates(&facts.home, page.path()))}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/apple-touch-icon.png"/>
                <link rel="stylesheet" href=style.to_owned()/>
            </head>
            <body class="plain">
                <header class="plain-head">
                    <a class="brand" href=language.address("/") title=texts.back>
                        <svg class="icon" aria-hidden="true" focusable="false">
                            <use href="/icons.svg#mark"></use>
                        </svg>
                        <span class="brand-name">{words.name}</span>
                    </a>
                </header>
                <main class="plain-text">
                    <h1>{*title}</h1>
                    <p class="plain-summary">{*summary}</p>
                    {decisions::content(texts, language, content)}
                    {parts}
                </main>
                <footer class="plain-foot">
                    {links::navigation(language, words, Some(page))}
                    {page.is_translated().then(|| languages::menu(language, words, page.path()))}
                </footer>
            </body>
        </html>
    }
    .to_html()
}

fn part(source: Source<'_>, Part { title, blocks }: &Part) -> impl IntoView + use<> {
    view! {
        <section>
            <h2>{*title}</h2>
            {blocks.iter().map(|it| block(source, it)).collect_view()}
        </section>
    }
}

fn block(source: Source<'_>, block: &Block) -> AnyView {
    let is_named = source.facts.operator.is_some();
    let items = |texts: &[&'static str]| {
        texts.iter().map(|it| view! { <li>{filled(source, it)}</li> }).collect_view()
    };
    match block {
        Block::Text(text) => view! { <p>{filled(source, text)}</p> }.into_any(),
        Block::Operated(text) if is_named => view! { <p>{filled(source, text)}</p> }.into_any(),
        Block::Unnamed(text) if !is_named => view! { <p>{filled(source, text)}</p> }.into_any(),
        Block::Operated(_) | Block::Unnamed(_) => ().into_any(),
        Block::List(texts) => view! { <ul>{items(texts)}</ul> }.into_any(),
        Block::Steps(texts) => view! { <ol>{items(texts)}</ol> }.into_any(),
        Block::Sites(sites) => {
            let site = |(name, url, text): &(&'static str, &'static str, &'static str)| {
                view! { <li>{link((*url).to_owned(), (*name).to_owned())} <br/> {*text}</li> }
            };
            view! { <ul>{sites.iter().map(site).collect_view()}</ul> }.into_any()
        }
    }
}

/// A text with the facts in the places of its slots.
fn filled(source: Source<'_>, text: &'static str) -> AnyView {
    let pieces = pieces(text);
    if pieces.len() == 1 {
        return text.into_any();
    }
    let fill = |(before, slot): (&'static str, Option<Slot>)| (before, slot.map(|it| value(source, it)));
    pieces.into_iter().map(fill).collect_view().into_any()
}

/// What stands in the place of a slot.
fn value(source: Source<'_>, slot: Slot) -> AnyView {
    let Source { language, texts, facts } = source;
    let operator = facts.operator.as_ref();
    let contact = |of: fn(&Operator) -> &Contact| {
        operator.map(|it| link(of(it).href(), of(it).text().to_owned())).into_any()
    };
    match slot {
        Slot::Name => operator.map(|it| view! { <bdi>{it.name.clone()}</bdi> }).into_any(),
        Slot::Country => operator.map(|it| texts.country(&it.country).to_owned()).into_any(),
        Slot::Version => facts.rules_version.clone().into_any(),
        Slot::Contact => contact(|it| &it.contact),
        Slot::Abuse => contact(|it| &it.abuse_contact),
        Slot::Page(page) => {
            let name = links::name(in_language(texts.language), page);
            view! { <a href=language.address(page.path())>{name}</a> }.into_any()
        }
    }
}

/// A link that leads away from this server.
fn link(href: String, text: String) -> impl IntoView + use<> {
    view! {
        <a href=href rel="noopener noreferrer">
            <bdi>{text}</bdi>
        </a>
    }
}
